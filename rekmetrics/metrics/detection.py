"""
The numbers of an object-detection model.

Precision, recall and F1 come from Rekognition's own flags (true positive, false
positive, missed) at the assumed thresholds: these are the numbers of record. Average
precision, average recall, the classes of size and the confusion matrix come from the
boxes, matched anew at an overlap (IoU) of our own choosing.

A manifest holds no boxes below a label's assumed threshold, so average precision is cut
off there: it is a lower bound of what COCO's tools give for all boxes of the model.
False-negative entries pair a true box with one below the threshold, and so are never
predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import EvaluationError
from rekmetrics.manifest import EntryKind
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.box_averages import BOX_AVERAGES, parse_iou
from rekmetrics.metrics.box_curves import Average, average_precision
from rekmetrics.metrics.boxes import (
    ALL_SIZES,
    COCO_IOUS,
    SIZES,
    LabelledBoxes,
    Matching,
    Pairs,
    confused_boxes,
    find_pairs,
    is_of_size,
    match_pairs,
)
from rekmetrics.metrics.records import BoxAverage

if TYPE_CHECKING:
    from rekmetrics.evaluation import Boxes, Evaluation

__all__ = [
    "DrawnBox",
    "SizeClass",
    "WorstImage",
    "averages",
    "by_size",
    "confused_images",
    "confusion",
    "confusion_matrix",
    "draw_image",
    "match",
    "predicted_boxes",
    "true_boxes",
    "worst_images",
]

BoxKind = Literal["truth", "TP", "FP", "FN"]
Iou: TypeAlias = float | str | None
Overlaps: TypeAlias = Sequence[float] | NDArray[np.float64]

_KINDS: dict[int, BoxKind] = {
    EntryKind.TRUE_POSITIVE: "TP",
    EntryKind.FALSE_POSITIVE: "FP",
    EntryKind.FALSE_NEGATIVE: "FN",
}


@dataclass(frozen=True, slots=True)
class SizeClass:
    """Boxes of one of COCO's classes of size: small, medium or large."""

    name: str
    n_truths: int
    n_predictions: int
    average_precision: float | None
    average_recall: float | None


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """
    One box to draw, in pixels.

    A box of kind FN is the model's, with a confidence below the threshold; the box that
    it missed is one of the kind "truth", as are those that were found.
    """

    kind: BoxKind
    label: str
    left: float
    top: float
    width: float
    height: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class WorstImage:
    """An image with errors: false positives and missed boxes; `index` counts from 0."""

    index: int
    source: str
    width: int
    height: int
    n_errors: int
    boxes: tuple[DrawnBox, ...]


def averages(evaluation: Evaluation, *, iou: Iou = None) -> Numbers:
    """
    The averages over boxes, overall and per label.

    Raises:
        RequestError: if `iou` is neither an overlap nor COCO's "0.50:0.95".
    """
    found = _Averages(evaluation, iou)
    overall, labels = {}, {label: dict[str, Estimate]() for label in evaluation.labels}
    for record in BOX_AVERAGES:
        if record.boxes is None:
            continue
        values = found.values(record.boxes)
        if record.scope == "overall":
            support = found.n_truths(record.boxes)
            overall[record.name] = Estimate(_mean(values), support=support)
            continue
        for code, own in enumerate(labels.values()):
            support = int(evaluation.support[code])
            own[record.name] = Estimate(_mean(values[:, code]), support=support)
    return Numbers(overall, labels)


def match(
    evaluation: Evaluation, *, iou: Iou = None, size: str | None = None
) -> Matching:
    """
    Every predicted box with its fate, for whoever resamples images.

    `box_curves.resampled_averages` then needs no new matching.
    """
    overlaps = parse_iou(iou)
    return _scene(evaluation, overlaps).match(overlaps, area_range=_range_of(size))


def by_size(evaluation: Evaluation, *, iou: Iou = None) -> tuple[SizeClass, ...]:
    """The classes of size, small ones first."""
    overlaps = parse_iou(iou)
    scene = _scene(evaluation, overlaps)
    return tuple(scene.size_class(name, overlaps) for name in SIZES)


def confusion(evaluation: Evaluation, *, iou: Iou = None) -> NDArray[np.int64]:
    """
    Which label was taken for which, by boxes: rows are the truth, background last.

    Shape `(n_labels + 1, n_labels + 1)`; `boxes.confused_boxes` has the protocol. Of
    COCO's range of overlaps the lowest is taken.
    """
    return confusion_matrix(
        true_boxes(evaluation),
        predicted_boxes(evaluation),
        n_labels=evaluation.n_labels,
        iou=min(parse_iou(iou)),
    )


def confusion_matrix(
    truths: LabelledBoxes,
    predictions: LabelledBoxes,
    *,
    n_labels: int,
    iou: float = 0.5,
) -> NDArray[np.int64]:
    """Which label was taken for which; shape `(n_labels + 1, n_labels + 1)`."""
    cells, _ = confused_boxes(truths, predictions, n_labels=n_labels, iou=iou)
    size = n_labels + 1
    counts = np.bincount(cells, minlength=size * size)
    return counts.reshape(size, size).astype(np.int64)


def confused_images(
    evaluation: Evaluation, *, iou: Iou = None
) -> Callable[[int, int], NDArray[np.int64]]:
    """Gives the images behind a cell of `confusion`, the most confident box first."""
    cells, images = confused_boxes(
        true_boxes(evaluation),
        predicted_boxes(evaluation),
        n_labels=evaluation.n_labels,
        iou=min(parse_iou(iou)),
    )
    size = evaluation.n_labels + 1

    def behind(row: int, column: int) -> NDArray[np.int64]:
        found: NDArray[np.int64] = images[cells == row * size + column]
        first = np.sort(np.unique(found, return_index=True)[1])
        return np.asarray(found[first])

    return behind


def true_boxes(evaluation: Evaluation) -> LabelledBoxes:
    """The ground truth."""
    return LabelledBoxes(
        _images(evaluation.truth_starts),
        evaluation.truth_labels.astype(np.int64),
        _boxes(evaluation).truth.astype(np.float64),
        np.zeros(0),
    )


def predicted_boxes(evaluation: Evaluation) -> LabelledBoxes:
    """True and false positives: the boxes that reached their label's threshold."""
    return LabelledBoxes(
        _images(evaluation.prediction_starts),
        evaluation.prediction_labels.astype(np.int64),
        _boxes(evaluation).entries[evaluation.is_prediction].astype(np.float64),
        evaluation.prediction_confidences.astype(np.float64),
    )


def worst_images(evaluation: Evaluation, n: int = 12) -> tuple[WorstImage, ...]:
    """
    The images with most errors, and their boxes; images without errors are left out.

    Of equally bad ones the earlier comes first.
    """
    patterns = evaluation.patterns
    of_pattern = (patterns.false_positives + patterns.false_negatives).sum(axis=1)
    n_errors = np.asarray(of_pattern).ravel()[patterns.pattern_of_image]
    worst = np.argsort(-n_errors, kind="stable")[:n]
    return tuple(
        draw_image(evaluation, int(index), int(n_errors[index]))
        for index in worst
        if n_errors[index]
    )


class _Averages:
    """Averages of one evaluation, each class of size matched once."""

    def __init__(self, evaluation: Evaluation, iou: Iou) -> None:
        self._asked = parse_iou(iou)
        self._all = np.unique([*self._asked, *COCO_IOUS])
        self._scene = _scene(evaluation, self._all)
        self._found: dict[str | None, Average] = {}

    def values(self, boxes: BoxAverage) -> NDArray[np.float64]:
        """Shape `(n_ious, n_labels)`."""
        ious = self._all if boxes.size is None else np.array(self._asked)
        if boxes.size not in self._found:
            matching = self._scene.match(ious, area_range=_range_of(boxes.size))
            self._found[boxes.size] = average_precision(matching)
        chosen = self._asked if boxes.iou is None else parse_iou(boxes.iou)
        values: NDArray[np.float64] = getattr(self._found[boxes.size], boxes.kind)
        return values[np.searchsorted(ious, chosen)]

    def n_truths(self, boxes: BoxAverage) -> int:
        return int(is_of_size(self._scene.truths, _range_of(boxes.size)).sum())


def _range_of(size: str | None) -> tuple[float, float]:
    return ALL_SIZES if size is None else SIZES[size]


@dataclass(frozen=True, eq=False, slots=True)
class _Scene:
    """An evaluation's boxes, and once for all which of them overlap."""

    truths: LabelledBoxes
    predictions: LabelledBoxes
    n_labels: int
    pairs: Pairs

    def match(
        self, ious: Overlaps, *, area_range: tuple[float, float] = ALL_SIZES
    ) -> Matching:
        return match_pairs(
            self.pairs,
            self.truths,
            self.predictions,
            ious=ious,
            n_labels=self.n_labels,
            area_range=area_range,
        )

    def size_class(self, name: str, ious: Overlaps) -> SizeClass:
        area_range = SIZES[name]
        average = average_precision(self.match(ious, area_range=area_range))
        return SizeClass(
            name,
            int(is_of_size(self.truths, area_range).sum()),
            int(is_of_size(self.predictions, area_range).sum()),
            _mean(average.precision),
            _mean(average.recall),
        )


def _scene(evaluation: Evaluation, ious: Overlaps) -> _Scene:
    truths, predictions = true_boxes(evaluation), predicted_boxes(evaluation)
    pairs = find_pairs(truths, predictions, minimum_iou=float(np.min(ious)))
    return _Scene(truths, predictions, evaluation.n_labels, pairs)


def _boxes(evaluation: Evaluation) -> Boxes:
    if evaluation.boxes is None:
        raise EvaluationError(
            f"Boxes are for detection models; this evaluation is {evaluation.task}."
        )
    return evaluation.boxes


def _images(starts: NDArray[Any]) -> NDArray[np.int64]:
    """The image of each item, given where each image's items start."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def _mean(values: NDArray[np.float64]) -> float | None:
    """The mean over what is defined; None where nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None


def draw_image(evaluation: Evaluation, index: int, n_errors: int = 0) -> WorstImage:
    """The boxes of one image; `n_errors` is what the caller knows of it."""
    boxes = _boxes(evaluation)
    truths = slice(*evaluation.truth_starts[index : index + 2])
    entries = slice(*evaluation.entry_starts[index : index + 2])
    width, height = (int(side) for side in boxes.image_sizes[index])
    drawn = [
        _drawn("truth", evaluation.labels[code], box, None)
        for code, box in zip(
            evaluation.truth_labels[truths], boxes.truth[truths], strict=True
        )
    ]
    drawn += [
        _drawn(_KINDS[int(kind)], evaluation.labels[code], box, float(confidence))
        for kind, code, box, confidence in zip(
            evaluation.entry_kinds[entries],
            evaluation.entry_labels[entries],
            boxes.entries[entries],
            evaluation.entry_confidences[entries],
            strict=True,
        )
    ]
    source = evaluation.sources[index]
    return WorstImage(index, source, width, height, n_errors, tuple(drawn))


def _drawn(
    kind: BoxKind, label: str, box: NDArray[np.float32], confidence: float | None
) -> DrawnBox:
    left, top, width, height = (float(number) for number in box)
    return DrawnBox(kind, label, left, top, width, height, confidence)
