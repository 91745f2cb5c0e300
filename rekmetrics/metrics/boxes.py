"""
Predicted boxes held against true ones: matching by overlap.

The protocol is COCO's, number for number that of pycocotools: within one image and
label the most confident box comes first and takes the free true box that it overlaps
most. At most 100 predicted boxes of one image and label count. Ties are settled by the
order of the input, as in pycocotools: of equally confident boxes the earlier one (in
the earlier image) comes first; of equally overlapped true boxes the later one is taken.

Nothing is done image by image: pairs of boxes of one image and label are index arrays
over all images, and a round of the matching serves one box of every image at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
AreaRange = tuple[float, float]

COCO_IOUS: Floats = np.linspace(0.5, 0.95, 10)
"""COCO's ten overlaps, 0.50:0.95, to the bit as pycocotools has them."""

ALL_SIZES: AreaRange = (0.0, 1e5**2)
"""COCO's "all", which does end: no image is that large."""

SIZES: dict[str, AreaRange] = {
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e5**2),
}
"""Smallest and largest area in pixels, both included, as in COCO."""

_MAX_PREDICTIONS = 100
_PAIRS_AT_ONCE = 1 << 17


@dataclass(frozen=True, eq=False, slots=True)
class LabelledBoxes:
    """
    Boxes of all images: rows of left, top, width, height, each of a label and an image.

    `images` and `labels` are indexes of shape `(n,)`, `boxes` has the shape `(n, 4)`.
    Predicted boxes have `confidences`, true ones an empty array.
    """

    images: Indexes
    labels: Indexes
    boxes: Floats
    confidences: Floats

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False, slots=True)
class Pairs:
    """
    Which predicted boxes overlap which true ones of the same image (and label).

    A pair has a place in `predictions`, one in `truths` and its `ious`; pairs stand in
    the order in which predictions choose. Places count in the order of `ranked` and
    `sorted_truths`, which hold the rows of the input.
    """

    true_boxes: LabelledBoxes
    predicted_boxes: LabelledBoxes
    ranked: Indexes
    sorted_truths: Indexes
    groups: Indexes
    predictions: Indexes
    truths: Indexes
    ious: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Matching:
    """
    What became of every predicted box at every overlap asked for.

    Predictions stand label by label, most confident first; those of label `k` are
    `starts[k]:starts[k + 1]`. A prediction that is neither a hit nor ignored is a false
    positive. The truths are those that count (not ignored for their size).
    """

    starts: Indexes
    rows: Indexes
    """The row that each prediction has in the input."""
    images: Indexes
    is_hit: Flags
    """Shape `(n_ious, n_predictions)`."""
    is_ignored: Flags
    """Shape `(n_ious, n_predictions)`."""
    truth_images: Indexes
    truth_labels: Indexes


def find_pairs(
    truths: LabelledBoxes,
    predictions: LabelledBoxes,
    *,
    minimum_iou: float,
    across_labels: bool = False,
) -> Pairs:
    """
    Find the predicted and true boxes of one image that overlap by `minimum_iou`.

    Only boxes of one label are paired, and at most 100 predicted ones of an image and
    label; `across_labels` pairs all boxes of an image.
    """
    truth_groups, groups = truths.images, predictions.images
    if not across_labels:
        n_labels = 1 + max(
            int(one.labels.max(initial=0)) for one in (truths, predictions)
        )
        truth_groups = truth_groups * n_labels + truths.labels
        groups = groups * n_labels + predictions.labels
    sorted_truths = np.argsort(truth_groups, kind="stable")
    ranked = np.lexsort((-predictions.confidences, groups))
    if not across_labels:
        ranked = ranked[_ranks(groups[ranked]) < _MAX_PREDICTIONS]
    groups, truth_groups = groups[ranked], truth_groups[sorted_truths]
    begins = np.searchsorted(truth_groups, groups, side="left")
    found = _overlapping(
        predictions.boxes[ranked],
        truths.boxes[sorted_truths],
        begins,
        np.searchsorted(truth_groups, groups, side="right") - begins,
        minimum_iou=_at_most_nearly_one(minimum_iou),
    )
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)]
    return Pairs(truths, predictions, ranked, sorted_truths, groups, *columns)


def match_pairs(
    pairs: Pairs,
    *,
    ious: Sequence[float] | Floats,
    n_labels: int,
    area_range: AreaRange = ALL_SIZES,
) -> Matching:
    """
    Match predictions with true boxes at each of `ious`, as COCO does.

    True boxes whose area lies outside `area_range` are ignored: who finds one is
    neither right nor wrong, nor is a prediction of another size that finds none.
    The pairs must have been found with a `minimum_iou` not above any of `ious`.
    """
    truths, predictions = pairs.true_boxes, pairs.predicted_boxes
    is_outside = ~is_of_size(truths, area_range)[pairs.sorted_truths]
    # Truths that count come first, then the largest overlap, then the later one.
    order = np.lexsort(
        (-pairs.truths, -pairs.ious, is_outside[pairs.truths], pairs.predictions)
    )
    labels = predictions.labels[pairs.ranked]
    by_label = np.lexsort((-predictions.confidences[pairs.ranked], labels))
    rows, inside = pairs.ranked[by_label], pairs.sorted_truths[~is_outside]
    taken = np.stack([_assign(pairs, order, iou)[by_label] for iou in ious])
    takes_any = taken >= 0
    takes_ignored = takes_any & np.append(is_outside, False)[taken]
    is_other_size = ~is_of_size(predictions, area_range)[rows]
    return Matching(
        starts=np.searchsorted(labels[by_label], np.arange(n_labels + 1)),
        rows=rows,
        images=predictions.images[rows],
        is_hit=takes_any & ~takes_ignored,
        is_ignored=takes_ignored | (~takes_any & is_other_size),
        truth_images=truths.images[inside],
        truth_labels=truths.labels[inside],
    )


def confused_boxes(
    truths: LabelledBoxes, predictions: LabelledBoxes, *, n_labels: int, iou: float
) -> tuple[Indexes, Indexes]:
    """
    Cell and image of each prediction, the most confident first, then of each miss.

    A cell is its row (the truth) times the number of columns plus its column (what was
    predicted); the last row is background taken for a label, the last column boxes that
    nothing was predicted for. The most confident prediction of an image comes first and
    takes, of all free true boxes that it overlaps by `iou` or more, the one it overlaps
    most, whatever its label (of equals one of its own label, then the earlier).
    """
    pairs = find_pairs(truths, predictions, minimum_iou=iou, across_labels=True)
    truth_labels = truths.labels[pairs.sorted_truths]
    labels = predictions.labels[pairs.ranked]
    is_other = labels[pairs.predictions] != truth_labels[pairs.truths]
    order = np.lexsort((pairs.truths, is_other, -pairs.ious, pairs.predictions))
    taken = _assign(pairs, order, iou)
    missed = np.bincount(taken + 1, minlength=len(truths) + 1)[1:] == 0
    best = np.argsort(-predictions.confidences[pairs.ranked], kind="stable")
    rows = np.append(
        np.append(truth_labels, n_labels)[taken][best], truth_labels[missed]
    )
    columns = np.append(labels[best], np.full(missed.sum(), n_labels))
    images = predictions.images[pairs.ranked][best]
    lacking = truths.images[pairs.sorted_truths][missed]
    return rows * (n_labels + 1) + columns, np.append(images, lacking)


def is_of_size(boxes: LabelledBoxes, area_range: AreaRange) -> Flags:
    """Shape `(n,)`: the area in pixels lies in the range, its ends included."""
    smallest, largest = area_range
    areas = boxes.boxes[:, 2] * boxes.boxes[:, 3]
    return (areas >= smallest) & (areas <= largest)


def _ranks(groups: Indexes) -> Indexes:
    """The place of each item within its group; `groups` is sorted."""
    is_first = _is_first(groups)
    firsts = np.flatnonzero(is_first)
    ranks: Indexes = np.arange(len(groups)) - firsts[np.cumsum(is_first) - 1]
    return ranks


def _is_first(groups: Indexes) -> Flags:
    """Whether an item opens its group; equal ones stand together."""
    return np.append(True, groups[1:] != groups[:-1])[: len(groups)]


def _overlapping(
    predicted: Floats,
    true: Floats,
    begins: Indexes,
    lengths: Indexes,
    *,
    minimum_iou: float,
) -> Iterator[tuple[Indexes, Indexes, Floats]]:
    """
    Pairs of sufficient overlap, found in pieces so that memory stays small.

    The true boxes of a prediction's group are `lengths` from `begins` on.
    """
    ends = np.cumsum(lengths)
    n_pairs = int(ends[-1]) if len(ends) else 0
    borders = np.searchsorted(ends, np.arange(0, n_pairs, _PAIRS_AT_ONCE))
    borders = np.unique(np.append(borders, len(lengths)))
    yield np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    for start, stop in pairwise(borders):
        own = lengths[start:stop]
        rows = np.repeat(np.arange(start, stop), own)
        offsets = np.repeat(begins[start:stop] - (np.cumsum(own) - own), own)
        columns = np.arange(len(rows)) + offsets
        ious = _ious(predicted, true, rows, columns)
        kept = np.flatnonzero(ious >= minimum_iou)
        yield rows[kept], columns[kept], ious[kept]


def _ious(predicted: Floats, true: Floats, rows: Indexes, columns: Indexes) -> Floats:
    """Intersection over union of each pair, 0 where nothing is shared."""
    left, top, width, height = predicted[rows].T
    true_left, true_top, true_width, true_height = true[columns].T
    shared_width = np.minimum(left + width, true_left + true_width)
    shared_width -= np.maximum(left, true_left)
    shared_height = np.minimum(top + height, true_top + true_height)
    shared_height -= np.maximum(top, true_top)
    shared = shared_width.clip(0) * shared_height.clip(0)
    union = width * height + true_width * true_height - shared
    ious: Floats = np.divide(shared, union, out=np.zeros(len(rows)), where=shared > 0)
    return ious


def _at_most_nearly_one(iou: float) -> float:
    """A hair less than 1, as in pycocotools: identical boxes may miss 1 by rounding."""
    return min(iou, 1 - 1e-10)


def _assign(pairs: Pairs, order: Indexes, iou: float) -> Indexes:
    """The truth that each prediction takes, as places; -1 where it takes none."""
    n_truths = len(pairs.true_boxes)
    order = order[pairs.ious[order] >= _at_most_nearly_one(iou)]
    predictions, truths = pairs.predictions[order], pairs.truths[order]
    taken = np.full(len(pairs.ranked), -1, dtype=np.int64)
    has_rival = np.bincount(predictions, minlength=len(taken))[predictions] > 1
    has_rival |= np.bincount(truths, minlength=n_truths)[truths] > 1
    taken[predictions[~has_rival]] = truths[~has_rival]
    predictions, truths = predictions[has_rival], truths[has_rival]
    is_free = np.ones(n_truths, dtype=bool)
    for turn in _turns(predictions, pairs.groups):
        turn = turn[is_free[truths[turn]]]
        turn = turn[_is_first(predictions[turn])]
        taken[predictions[turn]] = truths[turn]
        is_free[truths[turn]] = False
    return taken


def _turns(predictions: Indexes, groups: Indexes) -> Iterator[Indexes]:
    """Places of the pairs whose predictions come first in their groups, second, …"""
    distinct, places = np.unique(predictions, return_inverse=True)
    ranks = _ranks(groups[distinct])[places]
    order = np.argsort(ranks, kind="stable")
    n_turns = int(ranks.max(initial=-1)) + 1
    borders = np.searchsorted(ranks[order], np.arange(n_turns + 1))
    for start, stop in pairwise(borders):
        yield order[start:stop]
