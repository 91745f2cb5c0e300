"""Which labels are mistaken for which, as counts."""

from __future__ import annotations

import numpy as np
import pytest
from support.report_pages import (
    FN,
    FP,
    TP,
    draw_detection,
    draw_multilabel,
    make_evaluation,
)

from rekmetrics.metrics.confusions import Grid, count_confusions
from rekmetrics.report.confusions import order_by_confusion


def small_grid() -> Grid:
    """Four labels; a is taken for c, b for d, b once for a, c twice for nothing."""
    counts = np.array(
        [[6, 0, 4, 0, 0], [1, 5, 0, 4, 0], [0, 0, 8, 0, 2], [0, 0, 0, 9, 0]]
    )
    return Grid(
        ("a", "b", "c", "d"), counts, counts.sum(axis=1), (), ("no prediction",)
    )


def test_counts_single_labels_with_no_prediction_as_the_last_column() -> None:
    """Three images: right, confused, and nothing seen."""
    evaluation = make_evaluation(
        ["a", "b"], [[0], [0], [1]], [[(0, TP, 0.9)], [(1, FP, 0.8)], [(1, FN, 0.1)]]
    )
    grid = count_confusions(evaluation)
    assert grid.counts.tolist() == [[1, 1, 0], [0, 0, 1]]
    assert grid.totals.tolist() == [2, 1]
    assert grid.column_name(2) == "no prediction"


def test_pairs_a_missed_label_with_the_ones_seen_falsely() -> None:
    """
    Several labels an image.

    Image 0 has a and b, b is missed and c seen falsely: b, c. Image 1 has a, which is
    missed, and b and c are seen falsely: a, b and a, c. Image 2 misses c for nothing.
    Image 3 has all it should, and a false a counts nowhere.
    """
    evaluation = make_evaluation(
        ["a", "b", "c"],
        [[0, 1], [0], [2], [1]],
        [
            [(0, TP, 0.9), (1, FN, 0.1), (2, FP, 0.8)],
            [(0, FN, 0.2), (1, FP, 0.9), (2, FP, 0.7)],
            [(2, FN, 0.3)],
            [(1, TP, 0.9), (0, FP, 0.6)],
        ],
        task="multilabel",
    )
    grid = count_confusions(evaluation)
    assert grid.counts.tolist() == [[1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]]
    assert grid.totals.tolist() == [2, 2, 1]
    assert grid.column_name(3) == "nothing instead"


def test_counts_every_missed_label_at_least_once() -> None:
    """A row holds what was found and, wrong cells and "nothing" together, the rest."""
    evaluation = draw_multilabel(["a", "b", "c", "d"])
    grid = count_confusions(evaluation)
    missed = grid.totals - np.diagonal(grid.counts)
    assert missed.tolist() == evaluation.n_false_negatives.tolist()


def test_gives_boxes_a_background_row_and_column() -> None:
    """In detection both what is missed and what is made up have a place."""
    grid = count_confusions(draw_detection(["a", "b", "c"]))
    assert grid.counts.shape == (4, 4)
    assert grid.row_name(3) == grid.column_name(3) == "background"


def test_puts_confused_labels_side_by_side() -> None:
    """a and d share 4 of 10, b and c 4, a and b 1: d a b c or its mirror."""
    counts = np.array(
        [[5, 1, 0, 4, 0], [0, 6, 4, 0, 0], [0, 0, 10, 0, 0], [0, 0, 0, 10, 0]]
    )
    labels = ("a", "b", "c", "d")
    grid = Grid(labels, counts, counts.sum(axis=1), (), ("no prediction",))
    assert order_by_confusion(grid).tolist() in ([3, 0, 1, 2], [2, 1, 0, 3])


def test_orders_every_label_once() -> None:
    """Labels that nobody confuses are there too."""
    grid = Grid(("a", "b", "c"), np.diag([1, 2, 3]), np.array([1, 2, 3]))
    assert sorted(order_by_confusion(grid).tolist()) == [0, 1, 2]


def test_orders_a_random_grid_completely() -> None:
    """Linking chains loses and doubles nothing."""
    counts = np.random.default_rng(0).integers(0, 9, (60, 61))
    labels = tuple(str(i) for i in range(60))
    grid = Grid(labels, counts, counts.sum(axis=1), (), ("no prediction",))
    assert sorted(order_by_confusion(grid).tolist()) == list(range(60))


def test_counts_what_is_left_out_as_other_labels() -> None:
    """Rows keep their sums when only some labels are shown."""
    few = small_grid().reorder([1, 0])
    assert few.labels == ("b", "a")
    assert few.counts.tolist() == [[5, 1, 0, 4], [0, 6, 0, 4]]
    assert few.column_name(3) == "other labels"
    assert few.totals.tolist() == [10, 10]


def test_lists_the_most_frequent_confusions_first() -> None:
    """By count, then by share; the diagonal is not among them."""
    found = [(c.row, c.column, c.count, c.total) for c in small_grid().confusions(3)]
    assert found == [(0, 2, 4, 10), (1, 3, 4, 10), (2, 4, 2, 10)]


@pytest.mark.parametrize(("label", "errors"), [(0, 5), (1, 5), (2, 6), (3, 4)])
def test_counts_errors_of_a_label_both_ways(label: int, errors: int) -> None:
    """Missed and seen falsely; what got no prediction counts as missed."""
    assert small_grid().errors_by_label()[label] == errors
