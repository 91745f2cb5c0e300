"""What an evaluation is made of, before anything is derived from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rekmetrics.manifest import Texts

__all__ = ["Boxes", "Codes", "Counts", "EvaluationData", "Task"]

Task = Literal["multiclass", "multilabel", "detection"]
Codes = NDArray[np.unsignedinteger[Any]]
Counts = NDArray[np.int64]


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
class EvaluationData:
    """The arrays of an `Evaluation`, which says what they mean."""

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
