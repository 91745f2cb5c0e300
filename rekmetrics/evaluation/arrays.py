"""The arrays of an evaluation, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.errors import EvaluationError
from rekmetrics.evaluation.data import Codes, Counts, EvaluationData, Task
from rekmetrics.evaluation.image_patterns import (
    ImagePatterns,
    find_cell_patterns,
    find_row_patterns,
)
from rekmetrics.evaluation.packing import pack, unpack
from rekmetrics.evaluation.replay import raise_thresholds
from rekmetrics.manifest import EntryKind, starts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix


NO_PREDICTION = "no prediction"
"""Column title for images where no label reached its threshold; never a label."""

MAX_DENSE_LABELS = 5_000
"""A confusion matrix of so many labels takes 200 MB; AWS allows 250 labels."""


@dataclass(frozen=True, eq=False)
class Evaluation(EvaluationData):
    """
    One model version on its test images.

    Image `i` has the ground-truth labels `truth_labels[truth_starts[i]:
    truth_starts[i + 1]]` and, in the same way, the evaluation's entries. Labels are
    codes: indexes into `labels`. An entry is a true positive, a false positive or a
    false negative (`EntryKind`); only the first two are predictions.
    """

    @cached_property
    def is_prediction(self) -> NDArray[np.bool_]:
        """Shape `(n_entries,)`: true positives and false positives."""
        return np.not_equal(self.entry_kinds, EntryKind.FALSE_NEGATIVE)

    @cached_property
    def prediction_starts(self) -> Counts:
        """Shape `(n_images + 1,)`: where each image's predictions start."""
        return starts_of(self.is_prediction, self.entry_starts)

    @cached_property
    def prediction_labels(self) -> Codes:
        """Shape `(n_predictions,)`: label codes of the TP and FP entries."""
        return self.entry_labels[self.is_prediction]

    @cached_property
    def prediction_confidences(self) -> NDArray[np.float32]:
        """Shape `(n_predictions,)`: confidences of the TP and FP entries."""
        return self.entry_confidences[self.is_prediction]

    @cached_property
    def n_with_extra_predictions(self) -> int:
        """How many images have further labels over their thresholds."""
        return int(np.count_nonzero(np.diff(self.prediction_starts) > 1))

    @cached_property
    def flagged_precision(self) -> NDArray[np.float64]:
        """Shape `(n_labels,)`: of each label wherever it reached its threshold."""
        is_hit = self.entry_kinds[self.is_prediction] == EntryKind.TRUE_POSITIVE
        n_seen = np.bincount(self.prediction_labels, minlength=self.n_labels)
        hits = self.prediction_labels[is_hit]
        n_hits = np.bincount(hits, minlength=self.n_labels)
        return np.where(n_seen > 0, n_hits / np.maximum(n_seen, 1), np.nan)

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
        if self.n_labels > MAX_DENSE_LABELS:
            raise EvaluationError(
                f"A confusion matrix of {self.n_labels} labels does not fit; AWS "
                "allows 250 labels: is this the test manifest of one model?"
            )
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
            hits: Counts = np.diagonal(self.confusion).copy()
            return hits
        return _sum_labels(self.outcomes[0])

    @cached_property
    def n_false_positives(self) -> Counts:
        """Shape `(n_labels,)`."""
        if self.task == "multiclass":
            n_predicted: Counts = np.sum(self.confusion[:, :-1], axis=0)
            return n_predicted - self.n_true_positives
        return _sum_labels(self.outcomes[1])

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
    def patterns(self) -> ImagePatterns:
        """The different outcomes of images, for whoever resamples images."""
        if self.task == "multiclass":
            return find_cell_patterns(self.y_true, self.y_pred, self.n_labels)
        return find_row_patterns(self.outcomes)

    def at_confidence(self, minimum: float | Mapping[str, float]) -> Evaluation:
        """
        The evaluation as it would be with higher thresholds.

        Predictions less confident than `minimum` (for all labels, or by label) are
        dropped; a true positive that is dropped becomes a false negative.

        Raises:
            RequestError: for a label that does not exist, and below the threshold
                that Rekognition assumed: what lies there was never written.
        """
        return raise_thresholds(self, minimum)

    def to_bytes(self) -> bytes:
        """All of it as bytes, for another process."""
        return pack(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Evaluation:
        """
        What `to_bytes` gave.

        Raises:
            EvaluationError: if it is something else.
        """
        return unpack(data, cls)

    def truths_of(self, image: int) -> list[str]:
        """The ground-truth labels of one image."""
        start, end = self.truth_starts[image], self.truth_starts[image + 1]
        return [self.labels[code] for code in self.truth_labels[start:end]]

    def predictions_of(self, image: int) -> list[tuple[str, float]]:
        """The predicted labels of one image with their confidences, best first."""
        start, end = self.prediction_starts[image], self.prediction_starts[image + 1]
        named = zip(
            (self.labels[code] for code in self.prediction_labels[start:end]),
            self.prediction_confidences[start:end].tolist(),
            strict=True,
        )
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
        starts = starts_of(chosen, self.entry_starts)
        return self._table(self.entry_labels[chosen], starts)

    @cached_property
    def outcomes(self) -> tuple[csr_matrix, csr_matrix, csr_matrix]:
        """
        True positives, false positives, false negatives by image and label.

        Ground truth that no true positive answers is a miss, with or without an entry
        that says so. True positives beyond the ground truth (two boxes on one) are
        false positives, so that they cannot make up for a miss elsewhere.
        """
        truth = self.y_true_indicator
        claimed = self._kind_table(EntryKind.TRUE_POSITIVE)
        hits = self._findable.minimum(claimed)
        false_positives = self._kind_table(EntryKind.FALSE_POSITIVE) + (claimed - hits)
        return hits, false_positives, truth - hits

    @property
    def _findable(self) -> csr_matrix:
        """The ground truth, less boxes without area, which nothing can match."""
        if self.boxes is None or self.boxes.truth[:, 2:].all():
            return self.y_true_indicator
        has_area = np.all(self.boxes.truth[:, 2:], axis=1)
        starts = starts_of(has_area, self.truth_starts)
        return self._table(self.truth_labels[has_area], starts)


def _sum_labels(table: csr_matrix) -> Counts:
    return np.asarray(table.sum(axis=0), dtype=np.int64).ravel()
