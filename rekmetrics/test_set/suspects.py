"""Images whose label is probably wrong: the model contradicts it with confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import Evaluation
from rekmetrics.manifest import EntryKind

__all__ = ["Suspect", "Suspects", "find_shared_suspects", "find_suspects"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Suspect:
    """An image, what it is said to be, and what a confident prediction says."""

    image: int
    source: str
    truths: tuple[str, ...]
    seen: str
    confidence: float
    own_confidence: float | None
    """Of the label that the image is said to have; None where there is no entry."""
    is_in_baseline: bool = False
    """Whether the baseline contradicts the label alike."""

    @property
    def contradiction(self) -> tuple[str, tuple[str, ...], str]:
        """What versions have in common that contradict the image alike."""
        return (self.source, self.truths, self.seen)


@dataclass(frozen=True, slots=True)
class Suspects:
    """The most probable first; `cut_labels` may hide contradictions, see the docs."""

    found: tuple[Suspect, ...]
    n_images: int
    cut_labels: tuple[str, ...]

    @property
    def pairs(self) -> dict[tuple[str, str], int]:
        """How many images there are of each label and what was seen in its place."""
        counts: dict[tuple[str, str], int] = {}
        for suspect in self.found:
            pair = (", ".join(suspect.truths), suspect.seen)
            counts[pair] = counts.get(pair, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: -item[1]))


def find_suspects(
    evaluation: Evaluation, baseline: Evaluation | None = None
) -> Suspects:
    """
    Confident learning (Northcutt, Jiang and Chuang 2021) on what the manifest has.

    A label's own threshold is the mean confidence of the images that are said to have
    it. An image is suspect where another label reaches its threshold, and is more
    confident than the image's own. Not for detection.
    """
    images = np.repeat(
        np.arange(evaluation.n_images), np.diff(evaluation.entry_starts.astype(int))
    )
    labels = evaluation.entry_labels.astype(np.int64)
    confidences = evaluation.entry_confidences.astype(np.float64)
    is_false = evaluation.entry_kinds == EntryKind.FALSE_POSITIVE
    wanted = _mean_confidences(evaluation.n_labels, labels, confidences, ~is_false)
    own = np.full(evaluation.n_images, np.nan)
    if evaluation.task == "multiclass":
        own[images[~is_false]] = confidences[~is_false]
    is_suspect = is_false & (confidences >= wanted[labels])
    is_suspect &= ~(confidences <= own[images])
    entries = _most_confident(np.flatnonzero(is_suspect), images, confidences)
    margin = confidences[entries] - np.nan_to_num(own[images[entries]])
    found = [
        _suspect(evaluation, entry, images, own)
        for entry in entries[np.argsort(-margin, kind="stable")].tolist()
    ]
    if baseline is not None:
        known = {suspect.contradiction for suspect in find_suspects(baseline).found}
        found = [replace(s, is_in_baseline=s.contradiction in known) for s in found]
        found.sort(key=lambda suspect: not suspect.is_in_baseline)
    is_cut = wanted < evaluation.assumed_thresholds
    cut = [evaluation.labels[code] for code in np.flatnonzero(is_cut).tolist()]
    return Suspects(tuple(found), evaluation.n_images, tuple(cut))


def find_shared_suspects(evaluations: Sequence[Evaluation]) -> Suspects:
    """
    The suspects of the first evaluation that all the others contradict alike.

    `cut_labels` are those of any of them. At least one is wanted, none of detection.
    """
    first, *others = map(find_suspects, evaluations)
    shared = first.found
    for other in others:
        known = {suspect.contradiction for suspect in other.found}
        shared = tuple(one for one in shared if one.contradiction in known)
    cut = dict.fromkeys(label for one in (first, *others) for label in one.cut_labels)
    return replace(first, found=shared, cut_labels=tuple(cut))


def _mean_confidences(
    n_labels: int, labels: NDArray[Any], confidences: Numbers, is_own: NDArray[np.bool_]
) -> Numbers:
    """Shape `(n_labels,)`: NaN, which nothing reaches, where no image has the label."""
    sums = np.bincount(labels[is_own], confidences[is_own], minlength=n_labels)
    counts = np.bincount(labels[is_own], minlength=n_labels)
    with np.errstate(invalid="ignore"):
        means: Numbers = sums / counts
    return means


def _most_confident(
    entries: NDArray[Any], images: NDArray[Any], confidences: Numbers
) -> NDArray[Any]:
    """One entry for each image."""
    order = entries[np.lexsort((-confidences[entries], images[entries]))]
    first: NDArray[Any] = order[np.unique(images[order], return_index=True)[1]]
    return first


def _suspect(
    evaluation: Evaluation,
    entry: int,
    images: NDArray[Any],
    own: Numbers,
) -> Suspect:
    image = int(images[entry])
    return Suspect(
        image,
        evaluation.sources[image],
        tuple(evaluation.truths_of(image)),
        evaluation.labels[int(evaluation.entry_labels[entry])],
        float(evaluation.entry_confidences[entry]),
        None if np.isnan(own[image]) else float(own[image]),
    )
