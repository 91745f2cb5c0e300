"""An order of labels in which those that are confused stand side by side."""

from __future__ import annotations

import numpy as np

from rekmetrics.metrics.confusions import Grid, Order

__all__ = ["order_by_confusion"]


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
