"""Decisions: worked out by hand, and attacked where a gate could pass for nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rekmetrics.evaluation import Task
from rekmetrics.gate import Outcome, Verdict, interval_key, judge, list_needs
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.thresholds import Check, Rule

NAN = math.nan


def check_of(metric: str = "accuracy", label: str | None = None, **keys: Any) -> Check:
    kind = "metric" if label is None else "label"
    if "max_regression" in keys or "max_relative_regression" in keys:
        kind = "regression"
    return Check("id", kind, metric, Rule(**keys), label)  # type: ignore[arg-type]


def rate(n_hits: int, n_total: int) -> Estimate:
    return Estimate(n_hits / n_total, n_hits, n_total, n_total)


def numbers_of(check: Check, estimate: Estimate | None) -> Numbers:
    if estimate is None:
        return Numbers({})
    if check.label is None:
        return Numbers({check.metric: estimate})
    return Numbers({}, {check.label: {check.metric: estimate}})


def decide(
    check: Check,
    estimate: Estimate | None,
    interval: tuple[float, float] | None = None,
    *,
    task: Task = "multiclass",
) -> Outcome:
    """The outcome of one bound."""
    intervals = {interval_key(check): interval}
    verdict = judge(
        [check], numbers_of(check, estimate), task=task, intervals=intervals
    )
    return verdict.outcomes[0]


def test_holds_bounds_inclusively() -> None:
    """19 of 20 is 0.95, and 0.95 is enough; so it is for a maximum."""
    assert decide(check_of(minimum=0.95), rate(19, 20)).status == "passed"
    assert decide(check_of(minimum=0.95), rate(18, 20)).status == "failed"
    assert (
        decide(check_of("hamming_loss", maximum=0.05), rate(1, 20)).status == "passed"
    )
    assert (
        decide(check_of("hamming_loss", maximum=0.05), rate(2, 20)).status == "failed"
    )


@pytest.mark.parametrize("n_hits", range(1, 100))
def test_knows_a_rate_that_equals_its_bound(n_hits: int) -> None:
    """Whatever floats make of hundredths."""
    bound = float(f"0.{n_hits:02d}")
    outcome = decide(check_of(minimum=bound, maximum=bound), rate(n_hits, 100))
    assert outcome.status == "passed"
    assert outcome.margin == 0


def test_compares_unrounded_and_prints_no_tie() -> None:
    """A miss by a millionth is a miss, and is seen to be one."""
    outcome = decide(check_of(minimum=0.95), Estimate(0.949999))
    assert outcome.status == "failed"
    assert "is 0.949999, below 0.95 by 0.000001" in outcome.message
    above = decide(check_of("hamming_loss", maximum=0.05), Estimate(0.0500001))
    assert "is 0.0500001, above 0.05 by 0.0000001" in above.message


def test_says_a_miss_in_images() -> None:
    """18 of 20 where one miss is allowed."""
    outcome = decide(check_of("recall", "front yard", minimum=0.95), rate(18, 20))
    assert outcome.message == (
        "recall of 'front yard' is 0.900, below 0.95 by 0.050: 18 of 20 images; "
        "0.95 allows 1 miss, 2 were made"
    )
    assert (outcome.n_hits, outcome.n_total) == (18, 20)
    assert outcome.margin == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("n_hits", "n_total", "bound", "words"),
    [
        (19, 20, 1.0, "1 allows no miss, 1 was made"),
        (1, 3, 0.5, "0.5 allows 1 miss, 2 were made"),
        (6, 10, 0.7, "0.7 allows 3 misses, 4 were made"),
        (0, 4, 0.25, "0.25 allows 3 misses, 4 were made"),
    ],
)
def test_counts_the_misses_that_a_bound_allows(
    n_hits: int, n_total: int, bound: float, words: str
) -> None:
    """The most misses with which the rate still holds the bound."""
    assert words in decide(check_of(minimum=bound), rate(n_hits, n_total)).message


def test_counts_hits_where_less_is_better() -> None:
    """A confusion rate: 2 of 50, where 0.02 allows 1."""
    check = Check("id", "confusion", "confusion_rate", Rule(maximum=0.02), "a", "b")
    verdict = judge(
        [check], Numbers({}), task="multiclass", confusions={("a", "b"): rate(2, 50)}
    )
    assert verdict.outcomes[0].message == (
        "share of 'a' taken for 'b' is 0.040, above 0.02 by 0.020: 2 of 50 images; "
        "0.02 allows 1 miss, 2 were made"
    )
    assert not verdict.is_passed


def test_decides_on_few_confusions_by_their_own_interval() -> None:
    """It is filed under the pair, not under the label."""
    rule = Rule(maximum=0.02, min_support=50, on_inconclusive="warning")
    check = Check("id", "confusion", "confusion_rate", rule, "a", "b")
    assert interval_key(check) == (("a", "b"), "confusion_rate", 0.95)
    for interval, status in (((0.02, 0.4), "inconclusive"), ((0.03, 0.4), "failed")):
        verdict = judge(
            [check],
            Numbers({}),
            task="multiclass",
            confusions={("a", "b"): rate(1, 10)},
            intervals={(("a", "b"), "confusion_rate", 0.95): interval},
        )
        assert verdict.outcomes[0].status == status


def test_counts_boxes_in_detection() -> None:
    """What a detection model finds or misses is a box."""
    check = check_of("recall", "a", minimum=0.95)
    assert "18 of 20 boxes" in decide(check, rate(18, 20), task="detection").message


def test_says_what_too_few_are_too_few_of() -> None:
    """Images, or boxes where boxes are counted."""
    check = check_of("recall", "cat", minimum=0.9, min_support=20)
    for task, unit in (("multiclass", "images"), ("detection", "boxes")):
        outcome = decide(check, rate(9, 10), (0.6, 0.98), task=task)  # type: ignore[arg-type]
        assert f"on 10 {unit} where min_support asks for 20" in outcome.message


def test_keeps_hostile_labels_on_one_line() -> None:
    """Neither a newline nor an escape code gets into a sentence."""
    message = decide(check_of("recall", "a\n\x1b[31m", minimum=0.9), rate(1, 2)).message
    assert message.isprintable()


@pytest.mark.parametrize("value", [NAN, math.inf, -math.inf])
@pytest.mark.parametrize("keys", [{"minimum": 0.0}, {"maximum": 1.0}])
def test_fails_what_is_no_number(value: float, keys: dict[str, float]) -> None:
    """NaN loses against every bound, even where undefined is a warning."""
    check = check_of(**keys, on_undefined="warning", on_inconclusive="warning")
    outcome = decide(check, Estimate(value), (0.0, 1.0))
    assert (outcome.status, outcome.is_blocking) == ("failed", True)


def test_leaves_undefined_to_the_file() -> None:
    """No evidence is neither 0 nor 1."""
    for level, blocks in (("error", True), ("warning", False)):
        check = check_of("precision", "a", minimum=0.0, on_undefined=level)
        outcome = decide(check, Estimate(None))
        assert (outcome.status, outcome.is_blocking) == ("undefined", blocks)
        assert "the label was never predicted" in outcome.message


def test_blocks_on_a_number_that_was_not_computed() -> None:
    """That is our lack of evidence, not the model's: no setting excuses it."""
    lenient = {"on_undefined": "warning", "on_inconclusive": "warning"}
    for check in (
        check_of(minimum=0.5, **lenient),
        check_of("recall", "a", minimum=0.5, **lenient),
        Check(
            "id", "confusion", "confusion_rate", Rule(maximum=1, **lenient), "a", "b"
        ),  # type: ignore[arg-type]
        check_of(max_regression=0.1, **lenient),
    ):
        verdict = judge([check], Numbers({}), task="multiclass", comparison=Beside())
        assert verdict.outcomes[0].is_blocking
        assert not verdict.is_passed


def test_fails_a_rule_without_any_bound() -> None:
    """Nothing to hold is not held."""
    assert decide(check_of(), Estimate(1.0)).status == "failed"


# Few images. 9 of 10: Wilson's 95 % interval is about 0.596 to 0.982.
NINE = rate(9, 10)
NINE_INTERVAL = (0.596, 0.982)


@pytest.mark.parametrize(
    ("bound", "status"),
    [
        (0.50, "passed"),  # the bad end holds it
        (0.596, "passed"),  # inclusively
        (0.60, "inconclusive"),  # the value holds it, the bad end does not
        (0.95, "inconclusive"),  # the value misses it, the good end holds it
        (0.982, "inconclusive"),
        (0.99, "failed"),  # even the good end misses it
    ],
)
@pytest.mark.parametrize("decide_on", ["point_estimate", "confidence_bound"])
def test_decides_on_few_images_by_the_interval(
    bound: float, status: str, decide_on: str
) -> None:
    """Below min_support a check is inconclusive only while its interval holds it."""
    keys = {"min_support": 20, "decide_on": decide_on, "on_inconclusive": "warning"}
    outcome = decide(check_of(minimum=bound, **keys), NINE, NINE_INTERVAL)
    assert outcome.status == status
    assert outcome.is_blocking == (status == "failed")


@pytest.mark.parametrize(
    ("bound", "status"), [(0.01, "failed"), (0.3, "inconclusive"), (0.41, "passed")]
)
def test_decides_losses_on_few_images_the_other_way(bound: float, status: str) -> None:
    """1 of 10 wrong: the bad end is the upper one, 0.404."""
    check = check_of("hamming_loss", maximum=bound, min_support=20)
    assert decide(check, rate(1, 10), (0.018, 0.404)).status == status


def test_decides_on_the_point_where_images_are_enough() -> None:
    """Exactly min_support is enough; the interval then plays no part."""
    check = check_of(minimum=0.9, min_support=10)
    assert decide(check, NINE, NINE_INTERVAL).status == "passed"
    assert decide(check_of(minimum=0.91, min_support=10), NINE).status == "failed"


def test_counts_the_images_behind_a_rate_not_those_of_its_label() -> None:
    """Precision of a label with 50 images that was predicted twice rests on two."""
    estimate = Estimate(0.5, 1, 2, 50)
    check = check_of("precision", "a", minimum=0.75, min_support=20)
    outcome = decide(check, estimate, (0.095, 0.905))
    assert (outcome.status, outcome.support) == ("inconclusive", 2)


def test_does_not_let_few_images_pass_without_an_interval() -> None:
    """A miss is a miss; a hold is not enough."""
    for interval in (None, (NAN, 1.0), (0.0, math.inf), (0.9, 0.1)):
        estimate = Estimate(0.9, support=10)
        low = check_of("f1_macro", minimum=0.95, min_support=20)
        high = check_of("f1_macro", minimum=0.5, min_support=20)
        assert decide(low, estimate, interval).status == "failed"
        assert decide(high, estimate, interval).status == "inconclusive"


def test_holds_the_bad_end_against_the_bound() -> None:
    """58 of 60 is above 0.95, its interval reaches down to 0.886."""
    check = check_of("recall", "a", minimum=0.95, decide_on="confidence_bound")
    outcome = decide(check, rate(58, 60), (0.886, 0.991))
    assert outcome.status == "failed"
    assert outcome.message == (
        "recall of 'a' is 0.967, at least 0.95, but its 95 % interval reaches down to "
        "0.886, past 0.95: 58 of 60 images"
    )
    looser = check_of("recall", "a", minimum=0.886, decide_on="confidence_bound")
    assert decide(looser, rate(58, 60), (0.886, 0.991)).status == "passed"


def test_does_not_pass_on_an_interval_that_is_not_there() -> None:
    """confidence_bound without one is undefined, or failed if the value misses."""
    check = check_of("f1_macro", minimum=0.9, decide_on="confidence_bound")
    assert decide(check, Estimate(0.95, support=99)).status == "undefined"
    assert decide(check, Estimate(0.85, support=99)).status == "failed"


def test_does_not_fail_all_right_by_rounding() -> None:
    """20 of 20 against 1, with an interval that ends a hair below 1."""
    check = check_of(minimum=1.0, min_support=50)
    assert decide(check, rate(20, 20), (0.84, 1 - 1e-16)).status == "inconclusive"


def test_does_not_pass_a_value_below_by_an_interval_above() -> None:
    """A skewed bootstrap is no excuse."""
    check = check_of("f1_macro", minimum=0.9, min_support=50)
    assert decide(check, Estimate(0.8, support=9), (0.92, 0.99)).status == "failed"


def test_only_shows_what_is_a_warning() -> None:
    """level: warning never blocks, and is not hidden either."""
    outcome = decide(check_of(minimum=0.9, level="warning"), Estimate(0.1))
    assert outcome.status == "failed"
    assert outcome.is_warning
    assert not outcome.is_blocking
    for other in (Estimate(0.95), Estimate(0.1)):
        assert not decide(check_of(minimum=0.9), other).is_warning


@dataclass
class Beside:
    """A comparison, as the statistics hand it over."""

    baseline: Numbers = field(default_factory=lambda: Numbers({}))
    is_paired: bool = True
    reason: str = ""
    n_newly_broken: int | None = 12
    n_newly_right: int | None = 3
    newly_broken_by_label: Mapping[str, int] = field(default_factory=dict)
    newly_right_by_label: Mapping[str, int] = field(default_factory=dict)
    is_same_version: bool = False
    tests: Mapping[tuple[str | None, str], str] = field(default_factory=dict)
    p_values: Mapping[tuple[str | None, str], float | None] = field(
        default_factory=dict
    )


def compare(
    check: Check, value: Estimate | None, before: Estimate | None, **facts: Any
) -> Outcome:
    """The outcome of one regression check."""
    beside = Beside(numbers_of(check, before), **facts)
    numbers = numbers_of(check, value)
    verdict = judge([check], numbers, task="multiclass", comparison=beside)
    return verdict.outcomes[0]


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
        for comparison in (None, Beside()):
            verdict = judge([check], numbers, task="multiclass", comparison=comparison)
            outcome = verdict.outcomes[0]
            assert (outcome.status, outcome.is_blocking) == ("undefined", blocks)


def test_does_not_compare_other_images_unasked() -> None:
    """require_same_images holds whatever is said of missing or undefined ones."""
    lenient = {"on_missing_baseline": "warning", "on_undefined": "warning"}
    facts = {"is_paired": False, "reason": "20 of 100 images differ"}
    strict = check_of(max_regression=0.1, **lenient)
    outcome = compare(strict, rate(9, 10), rate(9, 10), **facts)
    assert outcome.is_blocking
    assert "20 of 100 images differ" in outcome.message
    assert "'require_same_images: false' under baseline" in outcome.message
    loose = check_of(max_regression=0.1, require_same_images=False)
    outcome = compare(loose, rate(9, 10), rate(9, 10), **facts)
    assert outcome.status == "passed"
    assert "compared unpaired (20 of 100 images differ)" in outcome.message


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


def test_passes_no_verdict_without_a_check() -> None:
    """An empty plan judged nothing."""
    assert not Verdict(()).is_passed
    assert not judge([], Numbers({}), task="multiclass").is_passed


def test_passes_no_verdict_of_warnings_alone() -> None:
    """Where nothing that could block was decided, the model was not judged."""
    warning = decide(check_of(minimum=0.1, level="warning"), Estimate(0.9))
    undefined = decide(check_of(minimum=0.1, on_undefined="warning"), Estimate(None))
    assert not Verdict((warning, undefined)).is_passed
    assert not Verdict((warning, undefined)).blocking
    passed = decide(check_of(minimum=0.1), Estimate(0.9))
    assert Verdict((warning, undefined, passed)).is_passed
    failed = decide(check_of(minimum=0.95), Estimate(0.9))
    assert not Verdict((passed, failed)).is_passed


def test_asks_only_for_what_decides() -> None:
    """Intervals where they decide, p-values where a test is named."""
    by_bound = check_of(minimum=0.9, decide_on="confidence_bound", confidence_level=0.9)
    few = check_of("recall", "a", minimum=0.9, min_support=20)
    many = check_of("recall", "b", minimum=0.9, min_support=20)
    plain = check_of("f1_macro", minimum=0.9)
    tested = check_of(max_regression=0.1, regression_test="mcnemar")
    pair = Check("id", "confusion", "confusion_rate", Rule(maximum=0.1), "a", "b")
    numbers = Numbers({}, {"a": {"recall": rate(1, 2)}, "b": {"recall": rate(9, 99)}})
    needs = list_needs([by_bound, few, many, plain, tested, pair], numbers)
    assert needs.intervals == {(None, "accuracy", 0.9), ("a", "recall", 0.95)}
    assert needs.p_values == {(None, "accuracy", "mcnemar")}
    assert needs.confusions == {("a", "b")}
    assert needs.has_regressions
    assert not list_needs([plain], numbers).has_regressions


_FLOATS = st.one_of(st.none(), st.floats(), st.floats(0, 1))
_LEVELS = st.sampled_from(["error", "warning"])


@settings(max_examples=500, deadline=None)
@given(
    value=_FLOATS,
    counts=st.one_of(st.none(), st.tuples(st.integers(-2, 30), st.integers(-2, 30))),
    support=st.one_of(st.none(), st.integers(0, 40)),
    low=st.floats(),
    high=st.floats(),
    bound=st.floats(0, 1),
    min_support=st.integers(1, 50),
    decide_on=st.sampled_from(["point_estimate", "confidence_bound"]),
    on_inconclusive=_LEVELS,
    on_undefined=_LEVELS,
)
def test_never_passes_a_value_below_its_minimum(
    value: float | None,
    counts: tuple[int, int] | None,
    support: int | None,
    low: float,
    high: float,
    bound: float,
    min_support: int,
    decide_on: str,
    on_inconclusive: str,
    on_undefined: str,
) -> None:
    """Whatever is odd about counts, support or interval."""
    check = check_of(
        minimum=bound,
        min_support=min_support,
        decide_on=decide_on,
        on_inconclusive=on_inconclusive,
        on_undefined=on_undefined,
    )
    n_hits, n_total = counts or (None, None)
    outcome = decide(check, Estimate(value, n_hits, n_total, support), (low, high))
    assert outcome.message.isprintable()
    if value is None or not value >= bound - 1e-9:
        assert outcome.status != "passed"


@settings(max_examples=200, deadline=None)
@given(
    hits=st.integers(0, 30),
    fewer=st.integers(0, 30),
    n_total=st.integers(1, 30),
    bound=st.floats(0, 1),
)
def test_never_passes_the_worse_of_two(
    hits: int, fewer: int, n_total: int, bound: float
) -> None:
    """One more error never turns failed into passed."""
    worse, better = sorted((min(hits, n_total), min(fewer, n_total)))
    check = check_of(minimum=bound)
    if decide(check, rate(worse, n_total)).status == "passed":
        assert decide(check, rate(better, n_total)).status == "passed"
