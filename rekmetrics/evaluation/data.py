"""
What an evaluation is made of, before anything is derived from it.

What is true of every evaluation is checked once, so that nobody checks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import EvaluationError, ManifestError
from rekmetrics.manifest import EntryKind, Texts, owners
from rekmetrics.texts import quote

Task = Literal["multiclass", "multilabel", "detection"]
Codes = NDArray[np.unsignedinteger[Any]]
Counts = NDArray[np.int64]

ROUNDING = 1.0
"""Pixels by which a box may stick out of its image: coordinates are rounded."""


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
    """
    The arrays of an `Evaluation`, which says what they mean.

    Raises:
        EvaluationError: if the arrays do not fit together.
        ManifestError: naming the line of an image that contradicts itself.
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

    def __post_init__(self) -> None:
        _check_arrays(self)
        if self.task == "detection":
            _check_boxes(self)
        else:
            _check_sets(self)

    @property
    def n_images(self) -> int:
        return len(self.truth_starts) - 1

    @property
    def n_labels(self) -> int:
        return len(self.labels)


def _require(is_true: bool | np.bool_, text: str) -> None:
    if not is_true:
        raise EvaluationError(f"This evaluation cannot be used: {text}.")


def _check_arrays(evaluation: EvaluationData) -> None:
    n_images, n_labels = evaluation.n_images, evaluation.n_labels
    _require(n_images > 0, "it has no images")
    _require(n_labels > 0, "it has no labels")
    _require(len(set(evaluation.labels)) == n_labels, "a label is listed twice")
    _require(len(evaluation.sources) == n_images, "images and source-refs differ")
    _require(evaluation.assumed_thresholds.shape == (n_labels,), "thresholds missing")
    n_entries = len(evaluation.entry_labels)
    _check_starts(evaluation.truth_starts, n_images, len(evaluation.truth_labels))
    _check_starts(evaluation.entry_starts, n_images, n_entries)
    for codes in (evaluation.truth_labels, evaluation.entry_labels):
        _require(np.all(codes < n_labels), "a label code is out of range")
    kinds, confidences = evaluation.entry_kinds, evaluation.entry_confidences
    _require(len(kinds) == len(confidences) == n_entries, "columns of entries differ")
    _require(np.all((kinds >= 1) & (kinds <= 3)), "an entry is of no known kind")
    is_fraction = (confidences >= 0) & (confidences <= 1)
    _require(np.all(is_fraction), "a confidence is not between 0 and 1")


def _check_starts(starts: NDArray[Any], n_images: int, total: int) -> None:
    _require(len(starts) == n_images + 1, "columns of images differ in length")
    fits = starts[0] == 0 and starts[-1] == total and np.all(starts[1:] >= starts[:-1])
    _require(fits, "the starts of images do not fit the columns")


def _check_sets(evaluation: EvaluationData) -> None:
    """Classification: truths and entries are sets, and the flags agree with them."""
    n_truths = np.diff(evaluation.truth_starts)
    _fail_first(n_truths == 0, "has no ground-truth label.")
    if evaluation.task == "multiclass":
        _fail_first(n_truths != 1, "has several ground-truth labels (multiclass).")
    _require(evaluation.boxes is None, "it is a classification with boxes")
    n_labels = evaluation.n_labels
    truths = owners(evaluation.truth_starts) * n_labels + evaluation.truth_labels
    entries = owners(evaluation.entry_starts) * n_labels + evaluation.entry_labels
    known = np.sort(truths)
    _fail_twice(evaluation, known, "ground truths")
    _fail_twice(evaluation, np.sort(entries), "entries")
    places = np.minimum(np.searchsorted(known, entries), len(known) - 1)
    is_true = known[places] == entries
    kinds = evaluation.entry_kinds
    is_wrong = is_true == (kinds == EntryKind.FALSE_POSITIVE)
    if np.any(is_wrong):
        _fail_flag(evaluation, int(np.flatnonzero(is_wrong)[0]), entries)


def _fail_first(is_wrong: NDArray[np.bool_], text: str) -> None:
    if np.any(is_wrong):
        raise ManifestError(f"the image {text}", line=int(np.argmax(is_wrong)) + 1)


def _fail_twice(evaluation: EvaluationData, keys: NDArray[Any], what: str) -> None:
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if len(twice):
        image, code = divmod(int(keys[twice[0]]), evaluation.n_labels)
        label = quote(evaluation.labels[code])
        raise ManifestError(f"label {label} has two {what}.", line=image + 1)


def _fail_flag(evaluation: EvaluationData, entry: int, keys: NDArray[Any]) -> None:
    image, code = divmod(int(keys[entry]), evaluation.n_labels)
    kind = EntryKind(int(evaluation.entry_kinds[entry])).name.lower().replace("_", " ")
    start, end = evaluation.truth_starts[image], evaluation.truth_starts[image + 1]
    truths = [
        quote(evaluation.labels[truth]) for truth in evaluation.truth_labels[start:end]
    ]
    raise ManifestError(
        f"label {quote(evaluation.labels[code])} is marked as {kind}, but the ground "
        f"truth is {', '.join(truths)}.",
        line=image + 1,
    )


def _check_boxes(evaluation: EvaluationData) -> None:
    boxes = evaluation.boxes
    if boxes is None:
        raise EvaluationError("This evaluation cannot be used: it has no boxes.")
    n_truths, n_entries = len(evaluation.truth_labels), len(evaluation.entry_labels)
    _require(boxes.truth.shape == (n_truths, 4), "truths and boxes differ")
    _require(boxes.entries.shape == (n_entries, 4), "entries and boxes differ")
    _require(boxes.image_sizes.shape == (evaluation.n_images, 2), "sizes missing")
    _check_inside(boxes.truth, owners(evaluation.truth_starts), boxes, "ground-truth")
    _check_inside(boxes.entries, owners(evaluation.entry_starts), boxes, "evaluation")


def _check_inside(
    rows: NDArray[np.float32], images: NDArray[np.intp], boxes: Boxes, what: str
) -> None:
    """Boxes lie in their images, but for rounding."""
    corner, size = rows[:, :2].astype(np.float64), rows[:, 2:].astype(np.float64)
    limits = boxes.image_sizes.astype(np.float64)[images] + ROUNDING
    is_good = np.isfinite(rows).all(axis=1) & (size >= 0).all(axis=1)
    is_good &= (corner >= -ROUNDING).all(axis=1) & (corner + size <= limits).all(axis=1)
    _require(is_good.all(), f"a box of the {what} lies outside its image")
