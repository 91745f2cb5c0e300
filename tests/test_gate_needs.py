"""What a plan needs to be judged."""

from __future__ import annotations

from support.gate_values import check_of

from rekmetrics.gate import list_needs
from rekmetrics.thresholds import Check, Rule


def test_asks_only_for_what_decides() -> None:
    """Tests where one is named, confusions where a pair is bounded."""
    plain = check_of("recall", "a", minimum=0.9)
    untested = check_of("f1_macro", max_regression=0.1)
    tested = check_of(max_regression=0.1, regression_test="mcnemar")
    # A bound beside a tested loss is no test.
    other = Check("id", "label", "f1", Rule(regression_test="bootstrap"), "a")
    pair = Check("id", "confusion", "confusion_rate", Rule(maximum=0.1), "a", "b")
    needs = list_needs([plain, untested, tested, other, pair])
    assert needs.tests == {(None, "accuracy", "mcnemar")}
    assert needs.confusions == {("a", "b")}


def test_asks_for_intervals_of_losses_that_decide() -> None:
    """Where the interval decides and no test does; at the rule's level."""
    keys = {"max_regression": 0.1, "decide_on": "confidence_bound"}
    shown = check_of("f1_macro", **keys, confidence_level=0.9)
    tested = check_of(**keys, regression_test="mcnemar")
    bound = check_of("recall", "a", minimum=0.5, decide_on="confidence_bound")
    needs = list_needs([shown, tested, bound, check_of(max_regression=0.1)])
    assert needs.losses == {(None, "f1_macro", 0.9)}
