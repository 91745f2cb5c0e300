"""Curves from the predictions that were made."""

from __future__ import annotations

from support.report_pages import (
    FN,
    FP,
    TP,
    draw_evaluation,
    label_names,
    make_evaluation,
)
from support.report_pages import make_content as content_of

from rekmetrics.report.labels import bin_reliability, render_curves, trace


def tiny() -> object:
    """Label a: found at 0.9 and 0.6, seen falsely at 0.7 and 0.6, missed once."""
    return make_evaluation(
        ["a", "b"],
        [[0], [0], [0], [1], [1]],
        [
            [(0, TP, 0.9)],
            [(0, TP, 0.6)],
            [(0, FN, 0.2)],
            [(0, FP, 0.7)],
            [(0, FP, 0.6), (1, TP, 0.8)],
        ],
    )


def test_traces_precision_and_recall_by_hand() -> None:
    """Kept at 0.6: 2 of 4 right, 2 of 3 found; 0.7: 1 of 2, 1 of 3; 0.9: 1 of 1."""
    curve = trace(tiny(), 0)  # type: ignore[arg-type]
    assert curve.thresholds.round(4).tolist() == [0.6, 0.7, 0.9]
    assert curve.precision.tolist() == [0.5, 0.5, 1.0]
    assert curve.recall.tolist() == [2 / 3, 1 / 3, 1 / 3]


def test_traces_nothing_for_a_label_never_predicted() -> None:
    """No curve, no error; the drawing says so."""
    evaluation = make_evaluation(["a", "b"], [[0], [1]], [[(0, TP, 0.9)], []])
    assert trace(evaluation, 1).thresholds.tolist() == []
    assert "never predicted" in render_curves(content_of(evaluation))


def test_bins_predictions_by_confidence() -> None:
    """0.6, 0.6 hold one of two, 0.7 none of one, 0.8 and 0.9 each one of one."""
    bins = bin_reliability(tiny())  # type: ignore[arg-type]
    counted = [(round(b.mean_confidence, 3), b.n_right, b.n_total) for b in bins]
    assert counted == [(0.6, 1, 2), (0.7, 0, 1), (0.8, 1, 1), (0.9, 1, 1)]


def test_puts_full_confidence_into_the_last_bin() -> None:
    """1.0 is the end of the last bin, not a bin of its own."""
    evaluation = make_evaluation(["a"], [[0], [0]], [[(0, TP, 1.0)], [(0, TP, 0.95)]])
    assert [b.n_total for b in bin_reliability(evaluation)] == [2]


def test_says_what_the_data_cannot_show() -> None:
    """A sentence under each figure."""
    html = render_curves(content_of(draw_evaluation(label_names(40))))
    text = " ".join(html.split())
    assert "cannot show what a lower one would gain" in text
    assert "cannot be seen" in text
    assert "10 with fewer are left out" in text
