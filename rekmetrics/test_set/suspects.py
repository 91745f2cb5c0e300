"""Images with a label that is probably wrong: the model is confident of another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import Evaluation
from rekmetrics.manifest import EntryKind, owners
from rekmetrics.metrics.boxes import find_pairs
from rekmetrics.metrics.detection import predicted_boxes, true_boxes

Numbers = NDArray[np.float64]

_NEAR = 0.1
_ONE_PLACE = 0.5
"""Overlaps (IoU) from which boxes have to do with each other, and show one thing."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """
    An image, what it is said to be, and what a confident prediction says.

    In detection `truths` is the label of the box in whose place another was seen, empty
    where there is no box.
    """

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
    confident than the image's own. Of boxes those count that have no box of their label
    near: in the place of one that was missed, or of none (cf. ObjectLab: Tkachenko,
    Thyagarajan and Mueller 2023).
    """
    images = owners(evaluation.entry_starts)
    labels = evaluation.entry_labels.astype(np.int64)
    confidences = evaluation.entry_confidences.astype(np.float64)
    is_false = evaluation.entry_kinds == EntryKind.FALSE_POSITIVE
    wanted = _mean_confidences(evaluation.n_labels, labels, confidences, ~is_false)
    own = np.full(evaluation.n_images, np.nan)
    if evaluation.task == "multiclass":
        own[images[~is_false]] = confidences[~is_false]
    is_suspect = is_false & (confidences >= wanted[labels])
    is_suspect &= ~(confidences <= own[images])
    contradicted = None
    if evaluation.task == "detection":
        contradicted = _contradicted_boxes(evaluation)
        is_suspect &= contradicted >= 0
    entries = _most_confident(np.flatnonzero(is_suspect), images, confidences)
    margin = confidences[entries] - np.nan_to_num(own[images[entries]])
    found = [
        _suspect(evaluation, entry, int(images[entry]), own, contradicted)
        for entry in entries[np.argsort(-margin, kind="stable")].tolist()
    ]
    if baseline is not None:
        known = {suspect.contradiction for suspect in find_suspects(baseline).found}
        found = [replace(s, is_in_baseline=s.contradiction in known) for s in found]
        found.sort(key=lambda suspect: not suspect.is_in_baseline)
    is_cut = wanted < evaluation.assumed_thresholds
    cut = [evaluation.labels[code] for code in np.flatnonzero(is_cut).tolist()]
    return Suspects(tuple(found), evaluation.n_images, tuple(cut))


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


def _contradicted_boxes(evaluation: Evaluation) -> NDArray[np.int64]:
    """
    The label in whose place each entry sees another, of shape `(n_entries,)`.

    It is `n_labels` where there is no box, and -1 where the entry contradicts nothing:
    a box of its own label is near, or the one in its place was found all the same.
    """
    truths, seen = true_boxes(evaluation), predicted_boxes(evaluation)
    pairs = find_pairs(truths, seen, minimum_iou=_NEAR, across_labels=True)
    rows, boxes = pairs.ranked[pairs.predictions], pairs.sorted_truths[pairs.truths]
    is_own = seen.labels[rows] == truths.labels[boxes]
    is_in_place = pairs.ious >= _ONE_PLACE
    was_found = np.isin(boxes, boxes[is_own & is_in_place])
    in_place = np.flatnonzero(is_in_place)[np.argsort(pairs.ious[is_in_place])]
    contradicted = np.full(len(seen), evaluation.n_labels)
    contradicted[rows[in_place]] = truths.labels[boxes[in_place]]
    contradicted[rows[is_own | (is_in_place & was_found)]] = -1
    of_entries = np.full(len(evaluation.entry_kinds), -1)
    of_entries[evaluation.is_prediction] = contradicted
    return of_entries


def _suspect(
    evaluation: Evaluation,
    entry: int,
    image: int,
    own: Numbers,
    contradicted: NDArray[np.int64] | None,
) -> Suspect:
    truths = tuple(evaluation.truths_of(image))
    if contradicted is not None:
        truths = evaluation.labels[contradicted[entry] :][:1]
    return Suspect(
        image,
        evaluation.sources[image],
        truths,
        evaluation.labels[int(evaluation.entry_labels[entry])],
        float(evaluation.entry_confidences[entry]),
        None if np.isnan(own[image]) else float(own[image]),
    )
