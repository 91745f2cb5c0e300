"""
What a model version did on its test images, as arrays: the narrow waist.

Everything before this module reads files; everything after it computes. It owns the
order of the labels: whoever pairs labels with numbers takes the order from
`Evaluation.labels`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import EvaluationError, ManifestError, RequestError
from rekmetrics.manifest import EntryKind, Manifest, Texts
from rekmetrics.summary import Summary

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = [
    "NO_PREDICTION",
    "Boxes",
    "Evaluation",
    "Patterns",
    "Task",
    "build_evaluation",
]

Task = Literal["multiclass", "multilabel", "detection"]
Codes = NDArray[np.unsignedinteger[Any]]
Counts = NDArray[np.int64]

NO_PREDICTION = "no prediction"
"""Column title for images where no label reached its threshold; never a label."""


@dataclass(frozen=True, eq=False, slots=True)
class Boxes:
    """
    The boxes of a detection model, in pixels, as rows of left, top, width, height.

    `truth` has one row for each of `Evaluation.truth_labels`, `entries` one for each
    of `Evaluation.entry_labels`; `image_sizes` holds width and height per image.
    """

    truth: NDArray[np.float32]
    entries: NDArray[np.float32]
    image_sizes: NDArray[np.uint32]


@dataclass(frozen=True, eq=False, slots=True)
class Patterns:
    """
    The different outcomes that images had, and how many images had each.

    `counts` has shape `(n_patterns,)`; the three matrices have shape `(n_patterns,
    n_labels)` and say what one image of the pattern contributes to the counts of each
    label. Image `i` has pattern `pattern_of_image[i]`. The order of the patterns does
    not depend on the order of the images.
    """

    counts: Counts
    true_positives: csr_matrix
    false_positives: csr_matrix
    false_negatives: csr_matrix
    pattern_of_image: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """
    One model version on its test images.

    Image `i` has the ground-truth labels `truth_labels[truth_starts[i]:
    truth_starts[i + 1]]` and, in the same way, the evaluation's entries. Labels are
    codes: indexes into `labels`. An entry is a true positive, a false positive or a
    false negative (`EntryKind`); only the first two are predictions.
    """

    task: Task
    labels: tuple[str, ...]
    sources: Texts
    truth_starts: Codes
    truth_labels: Codes
    entry_starts: Codes
    entry_labels: Codes
    entry_kinds: NDArray[np.uint8]
    entry_confidences: NDArray[np.float32]
    assumed_thresholds: NDArray[np.float64]
    """Shape `(n_labels,)`; NaN where the summary gives none."""
    boxes: Boxes | None = None

    @property
    def n_images(self) -> int:
        return len(self.truth_starts) - 1

    @property
    def n_labels(self) -> int:
        return len(self.labels)

    @cached_property
    def is_prediction(self) -> NDArray[np.bool_]:
        """Shape `(n_entries,)`: true positives and false positives."""
        return self.entry_kinds != EntryKind.FALSE_NEGATIVE

    @cached_property
    def prediction_starts(self) -> Counts:
        """Shape `(n_images + 1,)`: where each image's predictions start."""
        n_before = np.zeros(len(self.entry_kinds) + 1, dtype=np.int64)
        np.cumsum(self.is_prediction, out=n_before[1:])
        return n_before[self.entry_starts]

    @cached_property
    def prediction_labels(self) -> Codes:
        """Shape `(n_predictions,)`: label codes of the TP and FP entries."""
        return self.entry_labels[self.is_prediction]

    @cached_property
    def prediction_confidences(self) -> NDArray[np.float32]:
        """Shape `(n_predictions,)`: confidences of the TP and FP entries."""
        return self.entry_confidences[self.is_prediction]

    @cached_property
    def y_true(self) -> Counts:
        """Shape `(n_images,)`: the label code of each image; multiclass alone."""
        self._require("multiclass", "y_true")
        return self.truth_labels.astype(np.int64)

    @cached_property
    def y_pred(self) -> Counts:
        """
        Shape `(n_images,)`: the label code predicted, `n_labels` for no prediction.

        The most confident TP or FP wins; a tie between right and wrong goes to the
        wrong one, a tie between wrong ones to the smaller code. Multiclass alone.
        """
        self._require("multiclass", "y_pred")
        predicted = np.full(self.n_images, self.n_labels, dtype=np.int64)
        sizes = np.diff(self.prediction_starts)
        owners = np.flatnonzero(sizes)
        if len(owners) == 0:
            return predicted
        starts = self.prediction_starts[owners]
        highest = np.maximum.reduceat(self.prediction_confidences, starts)
        is_beaten = self.prediction_confidences < np.repeat(highest, sizes[owners])
        is_right = self.entry_kinds[self.is_prediction] == EntryKind.TRUE_POSITIVE
        rank = self.prediction_labels + self.n_labels * (
            is_right + np.int64(2) * is_beaten
        )
        predicted[owners] = np.minimum.reduceat(rank, starts) % self.n_labels
        return predicted

    @cached_property
    def confusion(self) -> Counts:
        """Shape `(n_labels, n_labels + 1)`: images by truth, then by prediction."""
        shape = (self.n_labels, self.n_labels + 1)
        cells = self.y_true * shape[1] + self.y_pred
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)

    @cached_property
    def support(self) -> Counts:
        """Shape `(n_labels,)`: images that bear the label; boxes in detection."""
        return np.bincount(self.truth_labels, minlength=self.n_labels)

    @cached_property
    def n_true_positives(self) -> Counts:
        """Shape `(n_labels,)`."""
        if self.task == "multiclass":
            return self.confusion.diagonal().copy()
        return _sum_labels(self._outcomes[0])

    @cached_property
    def n_false_positives(self) -> Counts:
        """Shape `(n_labels,)`."""
        if self.task == "multiclass":
            return self.confusion[:, :-1].sum(axis=0) - self.n_true_positives
        return _sum_labels(self._outcomes[1])

    @cached_property
    def n_false_negatives(self) -> Counts:
        """Shape `(n_labels,)`: whatever bears the label and was not found."""
        return self.support - self.n_true_positives

    @cached_property
    def y_true_indicator(self) -> csr_matrix:
        """Shape `(n_images, n_labels)`, int32; multilabel and detection (counts)."""
        return self._table(self.truth_labels, self.truth_starts)

    @cached_property
    def y_pred_indicator(self) -> csr_matrix:
        """Shape `(n_images, n_labels)`, int32; multilabel and detection (counts)."""
        return self._table(self.prediction_labels, self.prediction_starts)

    @cached_property
    def patterns(self) -> Patterns:
        """The different outcomes of images, for whoever resamples images."""
        if self.task == "multiclass":
            return self._cell_patterns()
        return self._row_patterns()

    def truths_of(self, image: int) -> list[str]:
        """The ground-truth labels of one image."""
        start, end = self.truth_starts[image], self.truth_starts[image + 1]
        return [self.labels[code] for code in self.truth_labels[start:end]]

    def predictions_of(self, image: int) -> list[tuple[str, float]]:
        """The predicted labels of one image with their confidences, best first."""
        start, end = self.prediction_starts[image], self.prediction_starts[image + 1]
        pairs = zip(
            self.prediction_labels[start:end],
            self.prediction_confidences[start:end],
            strict=True,
        )
        named = [(self.labels[code], float(value)) for code, value in pairs]
        return sorted(named, key=lambda pair: -pair[1])

    def _require(self, task: Task, name: str) -> None:
        if self.task != task:
            raise EvaluationError(f"{name} is for {task} models; this is {self.task}.")

    def _table(self, labels: Codes, starts: NDArray[Any]) -> csr_matrix:
        """How often each label occurs on each image."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(labels), dtype=np.int32)
        shape = (self.n_images, self.n_labels)
        parts = (ones, labels.astype(np.int32), starts.astype(np.int32))
        table = csr_matrix(parts, shape=shape)
        table.sum_duplicates()
        return table

    def _kind_table(self, kind: EntryKind) -> csr_matrix:
        chosen = self.entry_kinds == kind
        n_before = np.zeros(len(chosen) + 1, dtype=np.int64)
        np.cumsum(chosen, out=n_before[1:])
        return self._table(self.entry_labels[chosen], n_before[self.entry_starts])

    @cached_property
    def _outcomes(self) -> tuple[csr_matrix, csr_matrix, csr_matrix]:
        """
        True positives, false positives, false negatives by image and label.

        Ground truth that no true positive answers is a miss, with or without an entry
        that says so. True positives beyond the ground truth (two boxes on one) are
        false positives, so that they cannot make up for a miss elsewhere.
        """
        truth = self.y_true_indicator
        claimed = self._kind_table(EntryKind.TRUE_POSITIVE)
        hits = truth.minimum(claimed)
        false_positives = self._kind_table(EntryKind.FALSE_POSITIVE) + (claimed - hits)
        return hits, false_positives, truth - hits

    def _cell_patterns(self) -> Patterns:
        """Multiclass: the pattern of an image is its cell of the confusion matrix."""
        from scipy.sparse import csr_matrix

        width = self.n_labels + 1
        cells, which, counts = np.unique(
            self.y_true * width + self.y_pred, return_inverse=True, return_counts=True
        )
        truth, predicted = np.divmod(cells, width)
        rows = np.arange(len(cells))

        def mark(chosen: NDArray[np.bool_], labels: Counts) -> csr_matrix:
            ones = np.ones(int(chosen.sum()), dtype=np.int32)
            shape = (len(cells), self.n_labels)
            return csr_matrix((ones, (rows[chosen], labels[chosen])), shape=shape)

        is_right = truth == predicted
        return Patterns(
            counts=counts.astype(np.int64),
            true_positives=mark(is_right, truth),
            false_positives=mark(~is_right & (predicted < self.n_labels), predicted),
            false_negatives=mark(~is_right, truth),
            pattern_of_image=which,
        )

    def _row_patterns(self) -> Patterns:
        """Other tasks: images with equal rows in all three tables share a pattern."""
        random = np.random.default_rng(0)
        digest = np.zeros(self.n_images, dtype=np.uint64)
        for table in self._outcomes:
            weights = random.integers(2**64, size=self.n_labels, dtype=np.uint64)
            digest += table.astype(np.uint64) @ weights
        _, first, which, counts = np.unique(
            digest, return_index=True, return_inverse=True, return_counts=True
        )
        hits, false_positives, misses = (table[first] for table in self._outcomes)
        return Patterns(counts.astype(np.int64), hits, false_positives, misses, which)


def _sum_labels(table: csr_matrix) -> Counts:
    return np.asarray(table.sum(axis=0), dtype=np.int64).ravel()


def build_evaluation(
    manifest: Manifest, summary: Summary, *, task: Task | Literal["auto"] = "auto"
) -> Evaluation:
    """
    Bring a manifest into the summary's order of labels.

    Labels that the summary lacks follow in order of appearance.

    Raises:
        EvaluationError: if there is no image, or more labels than codes.
        ManifestError: naming the line that contradicts itself.
        RequestError: if `task` cannot be read from this manifest.
    """
    if len(manifest.sources) == 0:
        raise EvaluationError("The test manifest has no images: nothing can be judged.")
    labels = tuple(dict.fromkeys((*summary.labels, *manifest.labels)))
    code_of = {label: code for code, label in enumerate(labels)}
    codes = np.array([code_of[label] for label in manifest.labels], dtype=np.uint16)
    reports = [summary.label_reports.get(label) for label in labels]
    thresholds = [report.threshold if report else None for report in reports]
    return Evaluation(
        task=_choose_task(manifest, task),
        labels=labels,
        sources=manifest.sources,
        truth_starts=_view(manifest.truth_starts),
        truth_labels=codes[_view(manifest.truth_labels)],
        entry_starts=_view(manifest.entry_starts),
        entry_labels=codes[_view(manifest.entry_labels)],
        entry_kinds=_view(manifest.entry_kinds),
        entry_confidences=_view(manifest.entry_confidences),
        assumed_thresholds=np.array(thresholds, dtype=np.float64),
        boxes=_read_boxes(manifest) if manifest.is_detection else None,
    )


def _view(column: array[Any]) -> NDArray[Any]:
    """The column's own memory as a read-only array."""
    if len(column) == 0:
        return np.zeros(0, dtype=np.dtype(column.typecode))
    view = np.frombuffer(column, dtype=np.dtype(column.typecode))
    view.flags.writeable = False
    return view


def _read_boxes(manifest: Manifest) -> Boxes:
    return Boxes(
        truth=_view(manifest.truth_boxes).reshape(-1, 4),
        entries=_view(manifest.entry_boxes).reshape(-1, 4),
        image_sizes=_view(manifest.image_sizes).reshape(-1, 2),
    )


def _choose_task(manifest: Manifest, wanted: Task | Literal["auto"]) -> Task:
    """The task that was asked for, or the one that the lines show."""
    if manifest.is_detection:
        if wanted not in ("auto", "detection"):
            raise RequestError(
                f"task: {wanted} was asked for, but the manifest holds boxes: it is "
                "an object-detection model's; use task: detection or auto."
            )
        return "detection"
    if wanted == "detection":
        raise RequestError(
            "task: detection was asked for, but the manifest holds no boxes: it is "
            "an image-classification model's; use task: multiclass, multilabel or auto."
        )
    n_truths = np.diff(_view(manifest.truth_starts))
    several = np.flatnonzero(n_truths != 1)
    if wanted == "multiclass" and len(several):
        raise RequestError(
            "task: multiclass was asked for, but the image of manifest line "
            f"{several[0] + 1} has {n_truths[several[0]]} ground-truth labels "
            f"(lines like it: {len(several)}); use task: multilabel or auto."
        )
    if wanted != "auto":
        return wanted
    return "multilabel" if len(several) else "multiclass"
