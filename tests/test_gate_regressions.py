"""A version beside the one that runs today: what may be lost, and what is told."""

from __future__ import annotations

import math

import pytest
from support.gate_values import NAN, beside, check_of, compare, numbers_of, rate

from rekmetrics.gate import Outcome, Verdict, judge
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.thresholds import Check, Rule


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
        (0.051, "inconclusive"),
        (1.0, "inconclusive"),
        (0.05, "failed"),
        (0.001, "failed"),
        (None, "failed"),
        (NAN, "failed"),
        (math.inf, "failed"),
        (1.5, "failed"),
        (-0.1, "failed"),
    ],
)
def test_doubts_a_loss_only_by_a_p_value(p_value: float | None, status: str) -> None:
    """It must be a probability, and above alpha; then the loss is no pass either."""
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


TESTED = {"max_regression": 0.01, "regression_test": "mcnemar"}
KEY = (None, "accuracy")


@pytest.mark.parametrize(
    ("level", "on_inconclusive", "blocks"),
    [
        ("error", "error", True),
        ("error", "warning", False),
        ("warning", "error", False),
    ],
)
def test_does_not_pass_a_loss_that_cannot_be_told(level, on_inconclusive, blocks):
    """4 of 4 changed images broke: p = 1/16, and 5 would have been enough."""
    check = check_of(**TESTED, level=level, on_inconclusive=on_inconclusive)
    outcome = compare(
        check,
        rate(86, 100),
        rate(90, 100),
        p_values={KEY: 1 / 16},
        tests={KEY: "mcnemar"},
        n_newly_broken=4,
        n_newly_right=0,
    )
    assert (outcome.status, outcome.is_blocking) == ("inconclusive", blocks)
    assert outcome.message.endswith(
        "not significantly (p = 0.062, mcnemar, alpha 0.05); 4 images newly broken, "
        "0 newly right: too few to tell it from chance; at this ratio about 5 changed "
        "images would"
    )
    assert not Verdict((outcome,)).is_passed


@pytest.mark.parametrize(
    ("facts", "is_told"),
    [
        ({}, True),
        ({"is_paired": False}, False),  # no images changed: there are two sets
        ({"n_newly_right": 12}, False),  # no number would
        ({"n_newly_broken": 0}, False),
    ],
)
def test_says_how_many_images_would_tell_where_some_would(facts, is_told) -> None:
    """12 broken and 3 right at p = 0.2; to 0.05 it is (1.645 / 0.842)² times 15."""
    check = check_of(**TESTED, require_same_images=False)
    outcome = compare(check, rate(8, 10), rate(9, 10), p_values={KEY: 0.2}, **facts)
    assert outcome.status == "inconclusive"
    assert "too few to tell it from chance" in outcome.message
    assert ("at this ratio about 58 changed images would" in outcome.message) == is_told


def several(p_values: list[float], **keys: object) -> list[Outcome]:
    """The outcomes of as many tested losses, each of another label."""
    labels = [f"l{i}" for i in range(len(p_values))]
    rule = Rule(max_regression=0.01, regression_test="bootstrap")
    checks = [Check(n, "regression", "recall", rule, n) for n in labels]
    ours = Numbers({}, {n: {"recall": rate(5, 10)} for n in labels})
    theirs = Numbers({}, {n: {"recall": rate(9, 10)} for n in labels})
    known = {(n, "recall"): p for n, p in zip(labels, p_values, strict=True)}
    comparison = beside(theirs, p_values=known)
    verdict = judge(checks, ours, task="multiclass", comparison=comparison, **keys)
    return list(verdict.outcomes)


@pytest.mark.parametrize(
    ("method", "failed"),
    [
        ({}, [True, False, False, False]),  # 0.04, 0.06, 0.06, 0.4
        ({"multiplicity": "holm"}, [True, False, False, False]),
        # 0.04, 0.04, 0.04, 0.4
        ({"multiplicity": "benjamini-hochberg"}, [True, True, True, False]),
        ({"multiplicity": "none"}, [True, True, True, False]),
    ],
)
def test_holds_many_tests_to_one_error_rate(method, failed) -> None:
    """By Holm 0.01 counts 0.04 among four; by Benjamini and Hochberg three do."""
    outcomes = several([0.01, 0.02, 0.03, 0.4], **method)
    assert [o.status == "failed" for o in outcomes] == failed
    assert [o.p_value for o in outcomes] == [0.01, 0.02, 0.03, 0.4]
    assert all(o.status in ("failed", "inconclusive") for o in outcomes)


def test_shows_both_p_values() -> None:
    """What the test gave, and what it counts among the others."""
    first, second = several([0.01, 0.03])
    assert "significantly (p = 0.020 for all tests together, p = 0.010 alone, " in (
        first.message
    )
    assert (first.p_value, first.adjusted_p_value) == (0.01, 0.02)
    assert second.adjusted_p_value == 0.03


def test_counts_no_test_that_gave_no_p_value() -> None:
    """Nothing is adjusted for what was not tested; it fails as it is."""
    outcomes = several([0.04, NAN])
    assert [o.adjusted_p_value for o in outcomes] == [0.04, None]
    assert [o.status for o in outcomes] == ["failed", "failed"]
    assert outcomes[1].p_value is None


def test_counts_the_adjustment_in_the_images_that_are_wanted() -> None:
    """Among two, half of alpha is to be reached: (1.960 / 0.842)² times 15."""
    rule = Rule(max_regression=0.01, regression_test="bootstrap")
    facts = {
        "newly_broken_by_label": {"l0": 12, "l1": 12},
        "newly_right_by_label": {"l0": 3, "l1": 3},
    }
    checks = [Check(n, "regression", "recall", rule, n) for n in ("l0", "l1")]
    ours = Numbers({}, {n: {"recall": rate(5, 10)} for n in ("l0", "l1")})
    theirs = Numbers({}, {n: {"recall": rate(9, 10)} for n in ("l0", "l1")})
    p_values = {("l0", "recall"): 0.2, ("l1", "recall"): 0.9}
    comparison = beside(theirs, p_values=p_values, **facts)
    verdict = judge(checks, ours, task="multiclass", comparison=comparison)
    assert "at this ratio about 82 changed images would" in verdict.outcomes[0].message


SHOWN = {"max_regression": 0.02, "decide_on": "confidence_bound"}


@pytest.mark.parametrize(
    ("interval", "value", "status"),
    [
        ((-0.01, 0.02), 89, "passed"),  # the bad end holds it, inclusively
        ((-0.01, 0.0201), 89, "failed"),
        ((0.0, 0.05), 87, "failed"),  # the loss itself is beyond
        ((0.0, 0.01), 87, "failed"),  # whatever an odd interval says
        (None, 89, "undefined"),
        (None, 87, "failed"),
        ((0.0, math.inf), 89, "undefined"),
        ((NAN, 0.01), 89, "undefined"),
    ],
)
def test_asks_to_be_shown_that_nothing_was_lost(interval, value, status) -> None:
    """The bad end of the difference's interval must hold the limit."""
    intervals = {(None, "accuracy", 0.95): interval}
    outcome = compare(
        check_of(**SHOWN), rate(value, 100), rate(90, 100), intervals=intervals
    )
    assert outcome.status == status
    assert outcome.is_blocking == (status != "passed")


def test_says_how_far_the_loss_may_reach() -> None:
    """In the metric's unit, at the rule's level."""
    check = check_of(**SHOWN, confidence_level=0.9)
    for end, said in (
        (0.03, ", but its 90 % interval reaches to a loss of 0.030, past 0.020;"),
        (0.01, ", and its 90 % interval reaches to a loss of 0.010;"),
    ):
        outcome = compare(
            check,
            rate(89, 100),
            rate(90, 100),
            intervals={(None, "accuracy", 0.9): (-0.01, end)},
        )
        assert said in outcome.message


def test_lets_a_test_stand_for_the_interval() -> None:
    """With a test, decide_on is about the bound beside it, as it was."""
    check = check_of(**TESTED, decide_on="confidence_bound")
    outcome = compare(check, rate(90, 100), rate(90, 100), p_values={KEY: 1.0})
    assert outcome.status == "passed"
    assert "interval" not in outcome.message


def test_says_how_far_a_loss_may_reach_by_the_stricter_limit() -> None:
    """2 % of 0.9 are 0.018, less than 0.05."""
    check = check_of(**(SHOWN | {"max_regression": 0.05}), max_relative_regression=0.02)
    outcome = compare(
        check,
        rate(89, 100),
        rate(90, 100),
        intervals={(None, "accuracy", 0.95): (0.0, 0.03)},
    )
    assert outcome.status == "failed"
    assert "reaches to a loss of 0.030, past 0.018" in outcome.message
    assert "0.05 and 2 % of the baseline's (0.018) may be lost" in outcome.message
    assert outcome.margin == pytest.approx(0.008)


@pytest.mark.parametrize("known", ["newly_broken_by_label", "newly_right_by_label"])
def test_counts_no_images_of_a_label_that_only_one_knows(known) -> None:
    """Half a comparison is none."""
    check = check_of("recall", "a", max_regression=0.01)
    outcome = compare(check, rate(8, 10), rate(9, 10), **{known: {"a": 2}})
    assert "newly" not in outcome.message


def test_says_why_a_loss_cannot_be_judged() -> None:
    """Each reason has its own words."""
    check = check_of("recall", "a", max_regression=0.01, on_undefined="warning")
    nothing = Estimate(None)
    for ours, theirs, said in (
        (nothing, rate(9, 10), "is undefined: no test image has the label"),
        (rate(9, 10), nothing, "undefined in the baseline, so nothing can be compared"),
        (rate(9, 10), None, "has no value in the baseline, which lacks the label"),
        (None, rate(9, 10), "is undefined: it was not computed"),
        (Estimate(NAN), rate(9, 10), "is nan, and 0.9 in the baseline: not a number"),
    ):
        assert said in compare(check, ours, theirs).message
    alone = judge([check], numbers_of(check, rate(1, 2)), task="multiclass")
    assert "has no baseline to be compared with" in alone.outcomes[0].message
    other = compare(
        check_of(max_regression=0.1), rate(9, 10), rate(9, 10), is_paired=False
    )
    assert "(20 images only in this version's test set); test both" in other.message


def test_blocks_no_number_that_is_none_where_it_only_warns() -> None:
    """level: warning is a warning, whatever the number."""
    check = check_of("f1_macro", max_regression=0.5, level="warning")
    outcome = compare(check, Estimate(NAN), Estimate(0.9))
    assert (outcome.status, outcome.is_blocking) == ("failed", False)


def test_says_that_there_is_no_p_value() -> None:
    """Or what it was instead of one."""
    check = check_of(**TESTED)
    for p_value, said in (
        (None, "; there is no p-value, so the loss counts as it is"),
        (1.5, "; the p-value is 1.5, so the loss counts as it is"),
    ):
        outcome = compare(check, rate(8, 10), rate(9, 10), p_values={KEY: p_value})
        assert said in outcome.message
    alike = compare(check, rate(9, 10), rate(9, 10), p_values={KEY: 0.5})
    assert "p = " not in alike.message


def test_says_nothing_of_a_test_that_was_not_asked_for() -> None:
    """A p-value that is there by chance decides nothing."""
    check = check_of(max_regression=0.01)
    outcome = compare(check, rate(8, 10), rate(9, 10), p_values={KEY: 0.9})
    assert outcome.status == "failed"
    assert (outcome.p_value, outcome.adjusted_p_value) == (None, None)
    assert "p = " not in outcome.message


def test_says_one_image_as_one() -> None:
    """Grammar."""
    check = check_of(max_regression=0.5)
    outcome = compare(check, rate(8, 10), rate(9, 10), n_newly_broken=1)
    assert outcome.message.endswith("; 1 image newly broken, 3 newly right")


@pytest.mark.parametrize(
    ("p_value", "alpha", "said"),
    [
        (0.0009, 0.05, "(p < 0.001, "),
        (0.001, 0.05, "(p = 0.001, "),
        (0.0009, 0.001, "(p = 0.0009, "),
        (0.0009, 0.002, "(p < 0.001, "),
    ],
)
def test_says_of_tiny_p_values_that_they_are_small(p_value, alpha, said) -> None:
    """Unless alpha is as small: then they must be told apart."""
    check = check_of(**TESTED, alpha=alpha)
    outcome = compare(check, rate(8, 10), rate(9, 10), p_values={KEY: p_value})
    assert said in outcome.message


def test_blocks_nothing_by_a_warning_that_could_not_be_judged() -> None:
    """level: warning, whatever is missing."""
    check = check_of("recall", "a", max_regression=0.01, level="warning")
    numbers = numbers_of(check, rate(1, 1))
    (alone,) = judge([check], numbers, task="multiclass").outcomes
    others = compare(check, rate(1, 1), rate(1, 1), is_paired=False)
    lost = compare(check, rate(1, 1), None)
    for outcome in (alone, others, lost):
        assert (outcome.status, outcome.is_blocking) == ("undefined", False)
