"""A version beside the one that runs today: what may be lost, and what is told."""

from __future__ import annotations

import math

import pytest
from support.gate_values import NAN, beside, check_of, compare, numbers_of, rate

from rekmetrics.gate import Verdict, judge
from rekmetrics.metrics import Estimate


@pytest.mark.parametrize(
    ("value", "status"), [(0.91, "passed"), (0.9099, "failed"), (0.95, "passed")]
)
def test_allows_a_loss_up_to_the_bound(value: float, status: str) -> None:
    """0.92 to 0.91 is exactly 0.01, though floats say 0.010000000000000009."""
    assert 0.92 - 0.91 > 0.01
    check = check_of("f1_macro", max_regression=0.01)
    assert compare(check, Estimate(value), Estimate(0.92)).status == status


def test_blocks_on_a_loss_unless_it_is_a_warning() -> None:
    """And on no version that lost nothing."""
    for level, value, blocks in (
        ("error", 0.5, True),
        ("warning", 0.5, False),
        ("error", 0.9, False),
    ):
        check = check_of("f1_macro", max_regression=0.01, level=level)
        assert compare(check, Estimate(value), Estimate(0.9)).is_blocking == blocks


def test_turns_the_loss_round_where_less_is_better() -> None:
    """A Hamming loss that rises is worse."""
    check = check_of("hamming_loss", max_regression=0.01)
    assert compare(check, rate(6, 100), rate(5, 100)).status == "passed"
    outcome = compare(check, rate(7, 100), rate(5, 100))
    assert outcome.status == "failed"
    assert "rose from 0.050 to 0.070, by 0.020" in outcome.message
    assert compare(check, rate(1, 100), rate(50, 100)).status == "passed"


@pytest.mark.parametrize(
    ("value", "status"), [(0.76, "passed"), (0.7599, "failed"), (0.8, "passed")]
)
def test_allows_a_share_of_the_baseline(value: float, status: str) -> None:
    """5 % of 0.8 are 0.04."""
    check = check_of("f1_macro", max_relative_regression=0.05)
    assert compare(check, Estimate(value), Estimate(0.8)).status == status


def test_needs_both_limits_to_hold() -> None:
    """The stricter one decides."""
    check = check_of("f1_macro", max_regression=0.1, max_relative_regression=0.05)
    assert compare(check, Estimate(0.75), Estimate(0.8)).status == "failed"


def test_allows_no_loss_from_nothing() -> None:
    """5 % of 0 are 0."""
    check = check_of("matthews_corrcoef", max_relative_regression=0.05)
    assert compare(check, Estimate(-0.1), Estimate(0.0)).status == "failed"
    assert compare(check, Estimate(0.0), Estimate(0.0)).status == "passed"


@pytest.mark.parametrize(
    ("p_value", "status"),
    [
        (0.051, "passed"),
        (0.05, "failed"),
        (0.001, "failed"),
        (None, "failed"),
        (NAN, "failed"),
        (math.inf, "failed"),
        (1.5, "failed"),
        (-0.1, "failed"),
    ],
)
def test_excuses_a_loss_only_by_a_p_value(p_value: float | None, status: str) -> None:
    """It must be a probability, and above alpha."""
    check = check_of(max_regression=0.01, regression_test="mcnemar")
    p_values = {(None, "accuracy"): p_value}
    outcome = compare(check, rate(80, 100), rate(90, 100), p_values=p_values)
    assert outcome.status == status
    assert outcome.p_value is None or 0 <= outcome.p_value <= 1


def test_tells_everything_about_a_regression() -> None:
    """Both numbers, the p-value, and the images behind them."""
    check = check_of(max_regression=0.01, regression_test="mcnemar")
    p_values = {(None, "accuracy"): 0.0176}
    outcome = compare(check, rate(81, 100), rate(90, 100), p_values=p_values)
    assert outcome.message == (
        "accuracy fell from 0.900 to 0.810, by 0.090, where 0.01 may be lost, "
        "significantly (p = 0.018, mcnemar, alpha 0.05); 12 images newly broken, "
        "3 newly right"
    )
    assert outcome.change == pytest.approx(-0.09)
    assert (outcome.baseline_value, outcome.value) == (0.9, 0.81)
    assert (outcome.n_newly_broken, outcome.n_newly_right) == (12, 3)


def test_counts_the_images_of_the_label_that_fell() -> None:
    """Images that broke in other labels are no part of it."""
    check = check_of("recall", "a", max_regression=0.01)
    facts = {"newly_broken_by_label": {"a": 2}, "newly_right_by_label": {"a": 1}}
    outcome = compare(check, rate(8, 10), rate(9, 10), **facts)
    assert outcome.message.endswith(
        "0.01 may be lost; 2 images newly broken in this label, 1 newly right"
    )
    assert (outcome.n_newly_broken, outcome.n_newly_right) == (2, 1)


def test_does_not_compare_a_version_with_itself() -> None:
    """It blocks nothing, and speaks for nothing: alone it is no pass."""
    check = check_of(max_regression=0.01)
    outcome = compare(check, rate(9, 10), rate(9, 10), is_same_version=True)
    assert outcome.status == "undefined"
    assert outcome.is_warning
    assert "the baseline is this very version" in outcome.message
    assert not Verdict((outcome,)).is_passed


def test_says_which_test_was_made_and_no_p_value_of_zero() -> None:
    """A tiny p-value is small, not nothing; the test named is the one made."""
    check = check_of(max_regression=0.01, regression_test="mcnemar")
    key = (None, "accuracy")
    outcome = compare(
        check,
        rate(50, 100),
        rate(90, 100),
        p_values={key: 1e-9},
        tests={key: "unpaired bootstrap"},
    )
    assert (
        "significantly (p < 0.001, unpaired bootstrap, alpha 0.05)" in outcome.message
    )


def test_shows_p_values_on_the_right_side_of_alpha() -> None:
    """0.05004 is not printed as 0.050."""
    check = check_of(max_regression=0.01, regression_test="mcnemar")
    outcome = compare(
        check, rate(8, 10), rate(9, 10), p_values={(None, "accuracy"): 0.05004}
    )
    assert "not significantly (p = 0.05004," in outcome.message


def test_needs_no_test_where_nothing_was_lost() -> None:
    """A better version passes, p-value or not."""
    check = check_of(max_regression=0.0, regression_test="mcnemar")
    assert compare(check, rate(9, 10), rate(9, 10)).status == "passed"


def test_shows_an_unchanged_number_in_few_digits() -> None:
    """Two equal thirds are no reason for seventeen digits."""
    check = check_of(max_regression=0.0)
    message = compare(check, rate(1, 3), rate(1, 3)).message
    assert message.startswith("accuracy went from 0.333 to 0.333, no worse")


def test_leaves_a_missing_baseline_to_the_file() -> None:
    """A first release; a label that the baseline does not know."""
    for level, blocks in (("error", True), ("warning", False)):
        check = check_of("recall", "a", max_regression=0.1, on_missing_baseline=level)
        numbers = numbers_of(check, rate(1, 1))
        for comparison in (None, beside()):
            verdict = judge([check], numbers, task="multiclass", comparison=comparison)
            outcome = verdict.outcomes[0]
            assert (outcome.status, outcome.is_blocking) == ("undefined", blocks)


def test_does_not_compare_other_images_unasked() -> None:
    """require_same_images holds whatever is said of missing or undefined ones."""
    lenient = {"on_missing_baseline": "warning", "on_undefined": "warning"}
    facts = {"is_paired": False}
    strict = check_of(max_regression=0.1, **lenient)
    outcome = compare(strict, rate(9, 10), rate(9, 10), **facts)
    assert outcome.is_blocking
    assert "20 images only in this version's test set" in outcome.message
    assert "'require_same_images: false' under baseline" in outcome.message
    loose = check_of(max_regression=0.1, require_same_images=False)
    outcome = compare(loose, rate(9, 10), rate(9, 10), **facts)
    assert outcome.status == "passed"
    assert (
        "compared unpaired (20 images only in this version's test set)"
        in outcome.message
    )


@pytest.mark.parametrize(
    ("value", "before", "status"),
    [
        (None, 0.9, "undefined"),
        (0.9, None, "undefined"),
        (NAN, 0.9, "failed"),
        (0.9, NAN, "failed"),
        (NAN, NAN, "failed"),
        (0.9, -math.inf, "failed"),
    ],
)
def test_compares_only_numbers(
    value: float | None, before: float | None, status: str
) -> None:
    """Neither undefined nor NaN is a version that lost nothing."""
    check = check_of("f1_macro", max_regression=0.5)
    outcome = compare(check, Estimate(value), Estimate(before))
    assert (outcome.status, outcome.is_blocking) == (status, True)
