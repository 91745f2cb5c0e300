"""
What a model version did on its test images, as arrays: the narrow waist.

Everything before this module reads files; everything after it computes. It owns the
order of the labels: whoever pairs labels with numbers takes the order from
`Evaluation.labels`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rekmetrics.manifest import EntryKind, Texts

__all__ = ["NO_PREDICTION", "Boxes", "Evaluation", "Task"]

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
