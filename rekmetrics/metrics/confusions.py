"""Which labels are mistaken for which, as one table of counts for every task."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import NO_PREDICTION, Evaluation
from rekmetrics.evaluation.mistakes import Images, distinct, find_mistakes
from rekmetrics.metrics import Estimate

if TYPE_CHECKING:
    from rekmetrics.metrics.detection import Iou


BACKGROUND = "background"
NOTHING = "nothing instead"
OTHER_LABELS = "other labels"

Counts = NDArray[np.int64]
Order = NDArray[np.int64]
Cell = tuple[int, int]
"""Row and column of a grid."""
Pair = tuple[str, str]
"""True label, and what it was seen as."""


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
    counts: Counts
    totals: Counts
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

    def errors_by_label(self) -> Counts:
        """Shape `(n_labels,)`: how often each was missed or falsely seen."""
        n, wrong = self.n_labels, self._wrong()
        errors: Counts = wrong.sum(axis=1)[:n] + wrong.sum(axis=0)[:n]
        return errors

    def confusions(self, n_most: int) -> list[Confusion]:
        """The wrong cells with the highest counts, then the highest shares."""
        wrong = self._wrong()
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
        return replace(
            self,
            labels=tuple(self.labels[i] for i in keep),
            counts=counts,
            totals=self.totals[rows],
            extra_columns=extra_columns,
        )

    def _wrong(self) -> Counts:
        wrong: Counts = self.counts.copy()
        np.fill_diagonal(wrong[: self.n_labels, : self.n_labels], 0)
        return wrong


def count_confusions(evaluation: Evaluation, *, iou: Iou = None) -> Grid:
    """The grid of an evaluation, by what its task can say."""
    labels, n = evaluation.labels, evaluation.n_labels
    if evaluation.task == "multiclass":
        counts = np.asarray(evaluation.confusion, dtype=np.int64)
        return Grid(labels, counts, counts.sum(axis=1), (), (NO_PREDICTION,))
    if evaluation.task == "multilabel":
        support = np.asarray(evaluation.support, dtype=np.int64)
        return Grid(labels, _count_mistaken(evaluation), support, (), (NOTHING,))
    from rekmetrics.metrics.detection import confuse

    cells, _ = confuse(evaluation, iou=iou)
    counts = np.bincount(cells, minlength=(n + 1) ** 2).reshape(n + 1, n + 1)
    return Grid(labels, counts, counts.sum(axis=1), (BACKGROUND,), (BACKGROUND,))


def find_images(
    grid: Grid, evaluation: Evaluation, n_most: int, *, iou: Iou = None
) -> dict[Cell, Images]:
    """The images of the wrong cells with the highest counts, the surest first."""
    cells, n = [(one.row, one.column) for one in grid.confusions(n_most)], grid.n_labels
    if evaluation.task == "detection":
        from rekmetrics.metrics.detection import confuse

        numbers, images = confuse(evaluation, iou=iou)
        found = [distinct(images[numbers == r * (n + 1) + c]) for r, c in cells]
    else:
        mistakes = find_mistakes(evaluation)
        found = [
            mistakes.confused(row, column) if column < n else mistakes.unseen(row)
            for row, column in cells
        ]
    return {cell: own for cell, own in zip(cells, found, strict=True) if len(own)}


def confusion_rates(
    evaluation: Evaluation, pairs: Iterable[Pair], *, iou: Iou = None
) -> dict[Pair, Estimate]:
    """
    The share of a true label's images (boxes) that were seen as another label.

    `NO_PREDICTION` as the other label stands for the last column of the grid: what was
    missed with nothing seen in its place. Undefined for labels without test images.
    """
    wanted = list(pairs)
    if not wanted:
        return {}
    grid = count_confusions(evaluation, iou=iou)
    code_of = {label: code for code, label in enumerate(evaluation.labels)}
    code_of.setdefault(NO_PREDICTION, evaluation.n_labels)
    rates = {}
    for truth, predicted in wanted:
        row, column = code_of[truth], code_of[predicted]
        n_hits, n_total = int(grid.counts[row, column]), int(grid.totals[row])
        rates[truth, predicted] = Estimate.rate(n_hits, n_total, n_total)
    return rates


def _count_mistaken(evaluation: Evaluation) -> Counts:
    """
    Several labels an image: a label was mistaken for another where an image lacks the
    first and got the second falsely; "nothing instead" where it got none falsely.
    """
    patterns = evaluation.patterns
    falsely = patterns.false_positives
    missed = patterns.false_negatives.multiply(patterns.counts[:, None]).T.tocsr()
    has_none = np.asarray(falsely.sum(axis=1)).ravel() == 0
    instead = (missed @ falsely).toarray()
    counts: Counts = np.column_stack([instead, missed @ has_none]).astype(np.int64)
    np.fill_diagonal(counts, evaluation.n_true_positives)
    return counts
