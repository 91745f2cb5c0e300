"""Which images two evaluations share, and whether their ground truth is the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.manifest import Texts


Indexes: TypeAlias = NDArray[np.intp]


@dataclass(frozen=True, eq=False, slots=True)
class Pairing:
    """
    The images that both evaluations have, by `source-ref`, with the same ground truth.

    Image `here[i]` of the one is image `there[i]` of the other.
    """

    here: Indexes
    there: Indexes
    n_only_here: int
    n_only_there: int
    n_truth_changed: int

    @property
    def is_complete(self) -> bool:
        """Whether the two were tested on the very same images."""
        return not (self.n_only_here or self.n_only_there or self.n_truth_changed)

    @property
    def reason(self) -> str:
        """Why they were not; empty where they were."""
        parts = (
            (self.n_only_here, "only in this version's test set"),
            (self.n_only_there, "only in the baseline's"),
            (self.n_truth_changed, "with another ground truth"),
        )
        return ", ".join(
            f"{n} {'image' if n == 1 else 'images'} {what}" for n, what in parts if n
        )


def pair_images(evaluation: Evaluation, baseline: Evaluation) -> Pairing:
    """Match images by source; an image listed twice is matched in order."""
    here, there = _match_sources(evaluation.sources, baseline.sources)
    code_of = {label: code for code, label in enumerate(evaluation.labels)}
    for label in baseline.labels:
        code_of.setdefault(label, len(code_of))
    ours, theirs = _digest(evaluation, code_of), _digest(baseline, code_of)
    is_same = ours[here] == theirs[there]
    return Pairing(
        here[is_same],
        there[is_same],
        evaluation.n_images - len(here),
        baseline.n_images - len(there),
        int((~is_same).sum()),
    )


def pair_patterns(
    evaluation: Evaluation, baseline: Evaluation, pairing: Pairing
) -> tuple[Indexes, Indexes, Indexes]:
    """The different pairs of patterns: here, there, and how many images are of each."""
    n = len(baseline.patterns.counts)
    pairs, counts = np.unique(
        evaluation.patterns.pattern_of_image[pairing.here] * n
        + baseline.patterns.pattern_of_image[pairing.there],
        return_counts=True,
    )
    here, there = np.divmod(pairs, n)
    return here, there, counts


def find_changed(
    evaluation: Evaluation, baseline: Evaluation, pairing: Pairing
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the pairs are newly broken, and which newly right."""
    was_right = find_right(baseline)[pairing.there]
    is_right = find_right(evaluation)[pairing.here]
    return was_right & ~is_right, is_right & ~was_right


def find_right(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Shape `(n_images,)`: whether nothing is wrong with an image."""
    if evaluation.task == "multiclass":
        return np.equal(evaluation.y_true, evaluation.y_pred)
    patterns = evaluation.patterns
    wrong = patterns.false_positives + patterns.false_negatives
    is_right: NDArray[np.bool_] = np.asarray(wrong.sum(axis=1)).ravel() == 0
    return is_right[patterns.pattern_of_image]


def _match_sources(ours: Texts, theirs: Texts) -> tuple[Indexes, Indexes]:
    if ours.packed == theirs.packed and ours.ends == theirs.ends:
        everything = np.arange(len(ours))
        return everything, everything
    index_of = {key: index for index, key in enumerate(_keys(theirs))}
    pairs = [
        (index, index_of[key])
        for index, key in enumerate(_keys(ours))
        if key in index_of
    ]
    here, there = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return here, there


def _keys(sources: Texts) -> Iterator[tuple[str, int]]:
    """Each image's source, and how often it occurred before."""
    n_before: dict[str, int] = {}
    for source in sources:
        n = n_before.get(source, 0)
        n_before[source] = n + 1
        yield source, n


def _digest(evaluation: Evaluation, code_of: dict[str, int]) -> NDArray[np.uint64]:
    """A number for each image's ground truth, whatever the order of its labels."""
    codes = np.array([code_of[label] for label in evaluation.labels], dtype=np.uint64)
    columns = [codes[evaluation.truth_labels]]
    if evaluation.boxes is not None:
        sides = np.ascontiguousarray(evaluation.boxes.truth, dtype=np.float32)
        columns += list((sides + 0).view(np.uint32).astype(np.uint64).T)
    random = np.random.default_rng(0)
    one = np.zeros(len(evaluation.truth_labels), dtype=np.uint64)
    for column in columns:
        one = _mix(one + column + random.integers(2**64, dtype=np.uint64))
    sums = np.zeros(len(one) + 1, dtype=np.uint64)
    np.cumsum(one, out=sums[1:])
    return np.diff(sums[evaluation.truth_starts])


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter the bits (the finalizer of splitmix64); sums wrap around on purpose."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: NDArray[np.uint64] = values ^ (values >> np.uint64(31))
    return mixed
