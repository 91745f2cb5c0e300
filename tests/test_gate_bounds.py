"""Numbers and their bounds: worked out by hand, and attacked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.gate_values import NAN, beside, check_of, decide, rate

from rekmetrics.gate import interval_key, judge
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.thresholds import Check, Rule


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
        verdict = judge([check], Numbers({}), task="multiclass", comparison=beside())
        assert verdict.outcomes[0].is_blocking
        assert verdict.outcomes[0].status == "undefined"
        assert "was not computed" in verdict.outcomes[0].message
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


def test_says_of_a_bound_just_held_that_it_holds() -> None:
    """Exactly at its minimum or maximum, nothing is short."""
    low = decide(check_of(minimum=0.95), rate(19, 20)).message
    assert low == "accuracy is 0.950, at least 0.95: 19 of 20 images"
    check = check_of("hamming_loss", maximum=0.05)
    high = decide(check, rate(1, 20)).message
    assert high == "hamming_loss is 0.050, at most 0.05: 1 of 20 images"
    both = decide(check_of(minimum=0.5, maximum=0.99), rate(19, 20))
    assert both.message == "accuracy is 0.950, between 0.5 and 0.99: 19 of 20 images"
    assert both.margin == pytest.approx(0.04)


def test_says_which_end_reaches_past_which_bound() -> None:
    """Down past a minimum, up past a maximum."""
    keys = {"decide_on": "confidence_bound", "minimum": 0.5, "maximum": 0.9}
    up = decide(check_of(**keys), rate(8, 10), (0.6, 0.95)).message
    assert "its 95 % interval reaches up to 0.950, past 0.9" in up
    down = decide(check_of(**keys), rate(8, 10), (0.4, 0.85)).message
    assert "its 95 % interval reaches down to 0.400, past 0.5" in down
    edge = decide(check_of(**keys), rate(8, 10), (0.5, 0.95)).message
    assert "reaches up to 0.950, past 0.9" in edge


def test_says_what_is_too_few_to_tell() -> None:
    """With its interval, or that there is none; both bounds by name."""
    keys = {"min_support": 20, "minimum": 0.85, "maximum": 0.99}
    told = decide(check_of(**keys), NINE, NINE_INTERVAL).message
    assert told == (
        "accuracy is 0.900, on 10 images where min_support asks for 20, and its 95 % "
        "interval (0.596 to 0.982) holds 0.85 and 0.99: too few to tell: 9 of 10 images"
    )
    told = decide(check_of(min_support=20, minimum=0.85), NINE).message
    assert "and it has no confidence interval: too few to tell from 0.85" in told


def test_counts_nothing_where_several_labels_share_an_image() -> None:
    """Overall rates of multi-label models count pairs; accuracy counts images."""
    for metric, unit in (("precision_micro", "18 of 20;"), ("accuracy", "20 images;")):
        check = check_of(metric, minimum=0.95)
        assert unit in decide(check, rate(18, 20), task="multilabel").message
    check = check_of("recall", "a", minimum=0.95)
    assert "20 images;" in decide(check, rate(18, 20), task="multilabel").message


def test_names_the_number_that_is_no_number() -> None:
    """And why a number is missing, label by label."""
    assert decide(check_of(minimum=0.1), Estimate(NAN)).message == (
        "accuracy is undefined: its value is nan"
    )
    for metric, reason in (
        ("recall", "no test image has the label"),
        ("f1", "no test image has the label, and it was never predicted"),
        ("jaccard", "nothing in the test images gives evidence for it"),
    ):
        check = check_of(metric, "a", minimum=0.1)
        said = decide(check, Estimate(None)).message
        assert said == f"{metric} of 'a' is undefined: {reason}"
    overall = decide(check_of("precision", minimum=0.1), Estimate(None)).message
    assert overall.endswith("nothing in the test images gives evidence for it")


def test_gives_the_numbers_behind_an_outcome() -> None:
    """Value, interval, counts, support and margin; the interval holds a rate."""
    outcome = decide(check_of(minimum=0.5), NINE, (0.91, 0.95))
    assert (outcome.value, outcome.interval) == (0.9, (0.9, 0.95))
    assert (outcome.n_hits, outcome.n_total, outcome.support) == (9, 10, 10)
    assert outcome.margin == pytest.approx(0.4)
    outcome = decide(check_of("f1_macro", minimum=0.5), Estimate(0.9, support=7))
    assert (outcome.interval, outcome.n_hits, outcome.support) == (None, None, 7)
    skewed = decide(check_of("f1_macro", minimum=0.5), Estimate(0.9), (0.91, 0.95))
    assert skewed.interval == (0.91, 0.95)


def test_takes_a_point_for_an_interval() -> None:
    """Where both ends are one, both hold or miss the bound."""
    for bound, status in ((0.9, "passed"), (0.91, "failed")):
        check = check_of("f1_macro", minimum=bound, decide_on="confidence_bound")
        assert decide(check, Estimate(0.9), (0.9, 0.9)).status == status
