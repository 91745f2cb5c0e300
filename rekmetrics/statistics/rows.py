"""What each image adds to the counts, as rows that can be resampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.metrics.numbers import image_scores, means_over_images
from rekmetrics.metrics.records import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation, ImagePatterns, Task


@dataclass(frozen=True, slots=True)
class Layout:
    """
    What the columns of such rows are.

    First the true positives of every label, then the false positives, then the false
    negatives, then one score an image for each of `scores`.
    """

    task: Task
    n_labels: int
    scores: tuple[str, ...]

    @property
    def n_columns(self) -> int:
        return 3 * self.n_labels + len(self.scores)

    def rows(
        self, hits: csr_matrix, false_positives: csr_matrix, misses: csr_matrix
    ) -> csr_matrix:
        """Rows from tables of shape `(n_rows, n_labels)`."""
        from scipy.sparse import csr_matrix, hstack

        scores = image_scores(hits, false_positives, misses, self.task)
        parts = [hits, false_positives, misses]
        if scores:
            columns = np.stack([scores[name] for name in self.scores], axis=1)
            parts.append(csr_matrix(columns))
        return csr_matrix(hstack(parts))

    def split(self, rows: csr_matrix) -> tuple[csr_matrix, csr_matrix, csr_matrix]:
        """The tables that rows were made from."""
        n = self.n_labels
        return rows[:, :n], rows[:, n : 2 * n], rows[:, 2 * n : 3 * n]

    def right(self, rows: csr_matrix) -> csr_matrix:
        """The same images, all right."""
        hits, _, misses = self.split(rows)
        return self.rows(hits + misses, hits * 0, hits * 0)

    def tally(self, totals: NDArray[np.float64], n_images: int) -> Tally:
        """Totals of shape `(…, n_columns)` as counts that the formulas take."""
        ends = [self.n_labels, 2 * self.n_labels, 3 * self.n_labels]
        hits, false_positives, misses, sums = np.split(totals.clip(0.0), ends, axis=-1)
        return Tally(
            hits,
            false_positives,
            misses,
            np.full(totals.shape[:-1], n_images),
            {name: sums[..., column] for column, name in enumerate(self.scores)},
        )


def layout_of(evaluation: Evaluation) -> Layout:
    """The columns that an evaluation's rows have."""
    task = evaluation.task
    names = tuple(record.name for record in means_over_images(task))
    return Layout(task, evaluation.n_labels, names)


def as_rows(patterns: ImagePatterns, layout: Layout) -> csr_matrix:
    """One row for each pattern: what one image of it adds."""
    return layout.rows(
        patterns.true_positives, patterns.false_positives, patterns.false_negatives
    )


def imagined_rows(
    patterns: ImagePatterns, layout: Layout, random: np.random.Generator
) -> csr_matrix:
    """
    Images that were not tested: half of them all right, half of them all wrong.

    There are about 500 of either kind, enough that no single one matters. Their truth
    is taken from tested images, every label that occurs equally often. A wrong one is
    given the labels of another image.
    """
    truth = (patterns.true_positives + patterns.false_negatives).tocsr()
    own, foreign = (
        truth[_pick(truth.tocsc(), labels, random)]
        for labels in _deal_labels(truth, 500, random)
    )
    given = foreign - foreign.minimum(own)
    nothing = own * 0
    return _stack(layout.rows(own, nothing, nothing), layout.rows(nothing, given, own))


def imagined_mistakes(
    patterns: ImagePatterns, layout: Layout, random: np.random.Generator
) -> csr_matrix:
    """
    Images that were not tested, with one mistake.

    The first half lacks a label that it has, the second half has one that it lacks; in
    single-label models all have both mistakes.
    """
    truth = (patterns.true_positives + patterns.false_negatives).tocsr()
    labels, others = _deal_labels(truth, 50, random)
    own = truth[_pick(truth.tocsc(), labels, random)]
    lacked, given = _mark(labels, own), _mark(others, own)
    given -= given.minimum(own)
    if layout.task == "multiclass":
        return layout.rows(own - lacked, given, lacked)
    nothing = own * 0
    return _stack(
        layout.rows(own - lacked, nothing, lacked), layout.rows(own, given, nothing)
    )


def _deal_labels(
    truth: csr_matrix, n: int, random: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """About so many labels, each that occurs as often, and beside each another one."""
    occurring = np.flatnonzero(truth.getnnz(axis=0))
    n_turns = max(1, round(n / max(len(occurring), 1)))
    shifts = random.integers(1, max(len(occurring), 2), size=n_turns)
    others = [np.roll(occurring, shift) for shift in shifts]
    return np.tile(occurring, n_turns), np.concatenate(others)


def _mark(labels: NDArray[np.intp], like: csr_matrix) -> csr_matrix:
    """One label in each row."""
    from scipy.sparse import csr_matrix

    ones, rows = np.ones(len(labels), dtype=like.dtype), np.arange(len(labels))
    return csr_matrix((ones, (rows, labels)), shape=like.shape)


def _pick(
    table: Any, labels: NDArray[np.intp], random: np.random.Generator
) -> NDArray[np.intp]:
    """For every label, one of the rows that have it."""
    starts, ends = table.indptr[labels], table.indptr[labels + 1]
    chosen = starts + (random.random(len(labels)) * (ends - starts)).astype(np.intp)
    return np.asarray(table.indices[chosen], dtype=np.intp)


def _stack(*tables: csr_matrix) -> csr_matrix:
    from scipy.sparse import csr_matrix, vstack

    return csr_matrix(vstack(tables))
