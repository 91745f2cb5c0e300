"""Which labels are mistaken for which, as one table of counts for every task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import NO_PREDICTION, Evaluation
from rekmetrics.manifest import EntryKind
from rekmetrics.report.mistakes import find_missed

if TYPE_CHECKING:
    from rekmetrics.metrics.detection import Iou

__all__ = ["Confusion", "Grid", "Order", "count_confusions", "order_by_confusion"]

BACKGROUND = "background"
NOTHING_INSTEAD = "nothing instead"
OTHER_LABELS = "other labels"

Order = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Confusion:
    """One wrong cell: what it was, what it was seen as, as positions in the grid."""

    row: int
    column: int
    count: int
    total: int


@dataclass(frozen=True, eq=False)
class Grid:
    """
    Counts of shape `(n_rows, n_columns)`: true labels down, what was seen across.

    The first `n_labels` rows and columns are the labels, in one order. What follows
    them has a name of ours ("no prediction", "background"), never a label. `totals` of
    shape `(n_rows,)` is what a row's shares are taken of.
    """

    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    totals: NDArray[np.int64]
    extra_rows: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()

    @property
    def n_labels(self) -> int:
        return len(self.labels)

    @property
    def n_right(self) -> int:
        return int(np.trace(self.counts[: self.n_labels, : self.n_labels]))

    def row_name(self, row: int) -> str:
        return (*self.labels, *self.extra_rows)[row]

    def column_name(self, column: int) -> str:
        return (*self.labels, *self.extra_columns)[column]

    def errors_by_label(self) -> NDArray[np.int64]:
        """Shape `(n_labels,)`: how often each was missed or falsely seen."""
        n = self.n_labels
        wrong = self.counts.copy()
        np.fill_diagonal(wrong[:n, :n], 0)
        errors: NDArray[np.int64] = wrong.sum(axis=1)[:n] + wrong.sum(axis=0)[:n]
        return errors

    def confusions(self, n_most: int) -> list[Confusion]:
        """The wrong cells with the highest counts, then the highest shares."""
        n = self.n_labels
        wrong = self.counts.copy()
        np.fill_diagonal(wrong[:n, :n], 0)
        rows, columns = np.nonzero(wrong)
        counts, totals = wrong[rows, columns], self.totals[rows]
        shares = counts / np.maximum(totals, 1)
        best = np.lexsort((columns, rows, -shares, -counts))[:n_most]
        return [
            Confusion(int(rows[i]), int(columns[i]), int(counts[i]), int(totals[i]))
            for i in best
        ]

    def reorder(self, order: Sequence[int] | Order) -> Grid:
        """
        The same counts with the labels in another order.

        Where the order leaves labels out, what was seen as one of them is counted in a
        column "other labels".
        """
        n, keep = self.n_labels, np.asarray(order, dtype=np.int64)
        dropped = np.setdiff1d(np.arange(n), keep)
        rows = np.concatenate([keep, np.arange(n, len(self.counts))])
        columns = np.concatenate([keep, np.arange(n, self.counts.shape[1])])
        counts = self.counts[np.ix_(rows, columns)]
        extra_columns = self.extra_columns
        if len(dropped):
            others = self.counts[np.ix_(rows, dropped)].sum(axis=1, keepdims=True)
            counts = np.concatenate([counts, others], axis=1)
            extra_columns = (*extra_columns, OTHER_LABELS)
        return Grid(
            tuple(self.labels[i] for i in keep),
            counts,
            self.totals[rows],
            self.extra_rows,
            extra_columns,
        )


def order_by_confusion(grid: Grid) -> Order:
    """
    An order of the labels in which those that are confused stand side by side.

    Pairs are linked from the most confused on, each label to two others at most, which
    gives chains; the chains with most errors come first.
    """
    n = grid.n_labels
    wrong = grid.counts[:n, :n].astype(np.float64)
    np.fill_diagonal(wrong, 0)
    share = wrong / np.maximum(grid.totals[:n, None], 1)
    likeness = np.triu(share + share.T, 1)
    rows, columns = np.nonzero(likeness)
    by_strength = np.argsort(-likeness[rows, columns], kind="stable")
    chain_of = [[label] for label in range(n)]
    for pair in by_strength:
        _link(chain_of, int(rows[pair]), int(columns[pair]))
    chains = {id(chain): chain for chain in chain_of}
    errors = grid.errors_by_label()
    ranked = sorted(chains.values(), key=lambda chain: (-errors[chain].max(), chain[0]))
    return np.array([label for chain in ranked for label in chain], dtype=np.int64)


def count_confusions(evaluation: Evaluation, *, iou: Iou = None) -> Grid:
    """The grid of an evaluation, by what its task can say."""
    if evaluation.task == "multiclass":
        counts = np.asarray(evaluation.confusion, dtype=np.int64)
        return Grid(evaluation.labels, counts, counts.sum(axis=1), (), (NO_PREDICTION,))
    if evaluation.task == "multilabel":
        return _count_mistaken(evaluation)
    return _count_boxes(evaluation, iou)


def _count_mistaken(evaluation: Evaluation) -> Grid:
    """
    Several labels an image: a label was mistaken for another where an image lacks the
    first and got the second falsely; "nothing instead" where it got none falsely.
    """
    n = evaluation.n_labels
    starts = evaluation.entry_starts.astype(np.int64)
    images = np.repeat(np.arange(evaluation.n_images), np.diff(starts))
    labels = evaluation.entry_labels.astype(np.int64)
    falsely = evaluation.entry_kinds == EntryKind.FALSE_POSITIVE
    missed_images, missed_labels = find_missed(evaluation)
    n_false = np.bincount(images[falsely], minlength=evaluation.n_images)
    false_starts = np.concatenate([[0], np.cumsum(n_false)])
    repeats = n_false[missed_images]
    offsets = np.arange(repeats.sum()) - np.repeat(
        np.cumsum(repeats) - repeats, repeats
    )
    seen = labels[falsely][np.repeat(false_starts[missed_images], repeats) + offsets]
    counts = np.zeros((n, n + 1), dtype=np.int64)
    np.add.at(counts, (np.repeat(missed_labels, repeats), seen), 1)
    np.add.at(counts, (missed_labels[repeats == 0], n), 1)
    counts[np.arange(n), np.arange(n)] = evaluation.n_true_positives
    support = np.asarray(evaluation.support, dtype=np.int64)
    return Grid(evaluation.labels, counts, support, (), (NOTHING_INSTEAD,))


def _count_boxes(evaluation: Evaluation, iou: Iou) -> Grid:
    from rekmetrics.metrics.detection import confusion

    counts = confusion(evaluation, iou=iou)
    totals = counts.sum(axis=1)
    return Grid(evaluation.labels, counts, totals, (BACKGROUND,), (BACKGROUND,))


def _link(chain_of: list[list[int]], first: int, second: int) -> None:
    """Join the chains of two labels where both labels are ends of different chains."""
    left, right = chain_of[first], chain_of[second]
    if left is right or first not in (left[0], left[-1]):
        return
    if second not in (right[0], right[-1]):
        return
    if left[-1] != first:
        left.reverse()
    if right[0] != second:
        right.reverse()
    left.extend(right)
    for label in right:
        chain_of[label] = left
