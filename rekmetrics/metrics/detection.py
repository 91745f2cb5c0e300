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

As in pycocotools precision is read at 101 recalls: at each the best that is reached
from there on. Averages are computed for many resamples of images at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import EvaluationError
from rekmetrics.manifest import EntryKind, owners
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.box_averages import BOX_AVERAGES, parse_iou
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

if TYPE_CHECKING:
    from rekmetrics.evaluation import Boxes, Evaluation


BoxKind = Literal["truth", "TP", "FP", "FN"]
Iou: TypeAlias = float | str | None
Floats = NDArray[np.float64]

_RECALLS: Floats = np.linspace(0.0, 1.0, 101)
_KINDS: dict[int, BoxKind] = {
    EntryKind.TRUE_POSITIVE: "TP",
    EntryKind.FALSE_POSITIVE: "FP",
    EntryKind.FALSE_NEGATIVE: "FN",
}


@dataclass(frozen=True, eq=False, slots=True)
class Average:
    """
    Shape `(…, n_ious, n_labels)`; NaN for a label without a true box that counts.

    The leading axis is that of resamples, where there are any.
    """

    precision: Floats
    recall: Floats


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """
    One box to draw, in pixels.

    A box of kind FN is the model's, with a confidence below the threshold; the box that
    it missed is one of the kind "truth", as are those that were found.
    """

    kind: BoxKind
    label: str
    confidence: float | None
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class DrawnImage:
    """An image of this many pixels with its boxes."""

    source: str
    width: int
    height: int
    boxes: tuple[DrawnBox, ...]


def averages(evaluation: Evaluation, *, iou: Iou = None) -> Numbers:
    """
    The averages over boxes, overall and per label; each class of size is matched once.

    Raises:
        RequestError: if `iou` is neither an overlap nor COCO's "0.50:0.95".
    """
    asked = parse_iou(iou)
    every = np.unique([*asked, *COCO_IOUS])
    pairs = _pair(evaluation, every)
    ious = {size: np.array(asked) for size in SIZES} | {None: every}
    found = {
        size: average_precision(_match(evaluation, pairs, ious[size], size))
        for size in ious
    }
    overall, labels = {}, {label: dict[str, Estimate]() for label in evaluation.labels}
    for record in BOX_AVERAGES:
        if (boxes := record.boxes) is None:
            continue
        chosen = asked if boxes.iou is None else parse_iou(boxes.iou)
        values: Floats = getattr(found[boxes.size], boxes.kind)
        values = values[np.searchsorted(ious[boxes.size], chosen)]
        if record.scope == "overall":
            is_counted = is_of_size(pairs.true_boxes, _range_of(boxes.size))
            support = int(is_counted.sum())
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

    `resampled_averages` then needs no new matching.
    """
    ious = np.array(parse_iou(iou))
    return _match(evaluation, _pair(evaluation, ious), ious, size)


def average_precision(matching: Matching) -> Average:
    """The averages over all images, each counting once."""
    both = (matching.images, matching.truth_images)
    n_images = 1 + max(int(images.max(initial=-1)) for images in both)
    once = resampled_averages(matching, np.ones((1, n_images), dtype=np.int64))
    return Average(once.precision[0], once.recall[0])


def resampled_averages(matching: Matching, weights: NDArray[np.integer]) -> Average:
    """
    The averages where images count `weights` times, of shape `(n_resamples, n_images)`.

    No resample needs matching anew: boxes of different images never meet.
    """
    n_ious, n_labels = len(matching.is_hit), len(matching.starts) - 1
    precision = np.full((len(weights), n_ious, n_labels), np.nan)
    recall = np.full_like(precision, np.nan)
    order = np.argsort(matching.truth_labels, kind="stable")
    borders = np.searchsorted(matching.truth_labels[order], np.arange(n_labels + 1))
    for label in np.flatnonzero(np.diff(borders)):
        own = slice(matching.starts[label], matching.starts[label + 1])
        truths = order[borders[label] : borders[label + 1]]
        n_truths = weights[:, matching.truth_images[truths]].sum(axis=1)
        times = weights[:, matching.images[own]]
        for row in range(n_ious):
            precision[:, row, label], recall[:, row, label] = _averages(
                np.cumsum(times * matching.is_hit[row, own], axis=1),
                np.cumsum(times * ~matching.is_ignored[row, own], axis=1),
                n_truths,
            )
    return Average(precision, recall)


def count_by_size(evaluation: Evaluation) -> dict[str, list[int]]:
    """How many true boxes, and how many predicted ones, each class of size has."""
    both = true_boxes(evaluation), predicted_boxes(evaluation)
    return {
        size: [int(is_of_size(boxes, area).sum()) for boxes in both]
        for size, area in SIZES.items()
    }


def confuse(
    evaluation: Evaluation, *, iou: Iou = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Which label was taken for which: cell and image of each box (`confused_boxes`).

    Of COCO's range of overlaps the lowest is taken.
    """
    return confused_boxes(
        true_boxes(evaluation),
        predicted_boxes(evaluation),
        n_labels=evaluation.n_labels,
        iou=min(parse_iou(iou)),
    )


def true_boxes(evaluation: Evaluation) -> LabelledBoxes:
    """The ground truth."""
    return LabelledBoxes(
        owners(evaluation.truth_starts),
        evaluation.truth_labels.astype(np.int64),
        _boxes(evaluation).truth.astype(np.float64),
        np.zeros(0),
    )


def predicted_boxes(evaluation: Evaluation) -> LabelledBoxes:
    """True and false positives: the boxes that reached their label's threshold."""
    return LabelledBoxes(
        owners(evaluation.prediction_starts),
        evaluation.prediction_labels.astype(np.int64),
        _boxes(evaluation).entries[evaluation.is_prediction].astype(np.float64),
        evaluation.prediction_confidences.astype(np.float64),
    )


def worst_images(evaluation: Evaluation, n: int = 12) -> tuple[DrawnImage, ...]:
    """
    The images with most errors, and their boxes; images without errors are left out.

    Of equally bad ones the earlier comes first.
    """
    patterns = evaluation.patterns
    of_pattern = (patterns.false_positives + patterns.false_negatives).sum(axis=1)
    n_errors = np.asarray(of_pattern).ravel()[patterns.pattern_of_image]
    worst = np.argsort(-n_errors, kind="stable")[:n]
    return tuple(draw_image(evaluation, i) for i in worst.tolist() if n_errors[i])


def draw_image(evaluation: Evaluation, index: int) -> DrawnImage:
    """One image with its true boxes, then those of the model."""
    boxes, labels = _boxes(evaluation), evaluation.labels
    truths = slice(*evaluation.truth_starts[index : index + 2])
    entries = slice(*evaluation.entry_starts[index : index + 2])
    width, height = (int(side) for side in boxes.image_sizes[index])
    drawn = [
        DrawnBox("truth", labels[code], None, *box)
        for code, box in zip(
            evaluation.truth_labels[truths], boxes.truth[truths].tolist(), strict=True
        )
    ]
    drawn += [
        DrawnBox(_KINDS[kind], labels[code], confidence, *box)
        for kind, code, box, confidence in zip(
            evaluation.entry_kinds[entries].tolist(),
            evaluation.entry_labels[entries],
            boxes.entries[entries].tolist(),
            evaluation.entry_confidences[entries].tolist(),
            strict=True,
        )
    ]
    return DrawnImage(evaluation.sources[index], width, height, tuple(drawn))


def _pair(evaluation: Evaluation, ious: Floats) -> Pairs:
    """Which boxes overlap, found once for all these overlaps."""
    truths, predictions = true_boxes(evaluation), predicted_boxes(evaluation)
    return find_pairs(truths, predictions, minimum_iou=float(ious.min()))


def _match(
    evaluation: Evaluation, pairs: Pairs, ious: Floats, size: str | None
) -> Matching:
    n_labels, area_range = evaluation.n_labels, _range_of(size)
    return match_pairs(pairs, ious=ious, n_labels=n_labels, area_range=area_range)


def _range_of(size: str | None) -> tuple[float, float]:
    return ALL_SIZES if size is None else SIZES[size]


def _averages(
    n_hits: NDArray[np.integer],
    n_counted: NDArray[np.integer],
    n_truths: NDArray[np.integer],
) -> tuple[Floats, Floats]:
    """
    Average precision and recall, from running counts by falling confidence.

    Shape `(n_resamples, n_predictions)` for counts, `(n_resamples,)` for the rest.
    """
    n_resamples, n_predictions = n_hits.shape
    has_truths = n_truths > 0
    if n_predictions == 0:
        nothing = np.where(has_truths, 0.0, np.nan)
        return nothing, nothing
    precisions = n_hits / np.maximum(n_counted, 1)
    best = np.maximum.accumulate(precisions[:, ::-1], axis=1)[:, ::-1]
    recalls = n_hits / np.maximum(n_truths, 1)[:, None]
    # All rows in one search: each is shifted past the one before.
    shifts = 2.0 * np.arange(n_resamples)[:, None]
    reached = np.searchsorted((recalls + shifts).ravel(), (_RECALLS + shifts).ravel())
    places = reached.reshape(n_resamples, -1) - np.arange(n_resamples)[:, None] * (
        n_predictions
    )
    padded = np.append(best, np.zeros((n_resamples, 1)), axis=1)
    averages = np.take_along_axis(padded, places, axis=1).mean(axis=1)
    averages[~has_truths] = np.nan
    return averages, np.where(has_truths, recalls[:, -1], np.nan)


def _boxes(evaluation: Evaluation) -> Boxes:
    if evaluation.boxes is None:
        raise EvaluationError(
            f"Boxes are for detection models; this evaluation is {evaluation.task}."
        )
    return evaluation.boxes


def _mean(values: NDArray[np.float64]) -> float | None:
    """The mean over what is defined; None where nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None
