"""What a check asks for, in words and as a place on a scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rekmetrics.gate import Outcome
from rekmetrics.report.numerals import format_fraction, format_value_and_bound

__all__ = ["Bound", "bound_of", "format_bound", "format_value", "status_word"]

_WORDS = {
    "passed": "passed",
    "failed": "fell short",
    "inconclusive": "inconclusive",
    "undefined": "undefined",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """The number that a value is held against; a bound itself is good enough."""

    value: float
    kind: Literal["at least", "at most"]

    @property
    def is_minimum(self) -> bool:
        return self.kind == "at least"


def bound_of(outcome: Outcome) -> Bound | None:
    """
    The bound on the value, or None.

    A regression's bound is what its baseline allows; None where there is no baseline.
    """
    rule = outcome.check.rule
    if outcome.check.kind == "regression":
        return _bound_from_baseline(outcome)
    lower = None if rule.minimum is None else Bound(rule.minimum, "at least")
    upper = None if rule.maximum is None else Bound(rule.maximum, "at most")
    if lower and upper and outcome.value is not None:
        middle = (lower.value + upper.value) / 2
        return lower if outcome.value < middle else upper
    return lower or upper


def format_bound(outcome: Outcome) -> str:
    """Such as "at least 0.920" or "at most 0.010 below 0.931"."""
    rule = outcome.check.rule
    if outcome.check.kind == "regression":
        return _format_regression(outcome)
    bounds = []
    if rule.minimum is not None:
        bounds.append(
            f"at least {format_value_and_bound(outcome.value, rule.minimum)[1]}"
        )
    if rule.maximum is not None:
        bounds.append(
            f"at most {format_value_and_bound(outcome.value, rule.maximum)[1]}"
        )
    if rule.decide_on == "confidence_bound":
        bounds.append("by the interval")
    return ", ".join(bounds)


def format_value(outcome: Outcome) -> str:
    """The value with the digits that tell it from its bound."""
    bound = bound_of(outcome)
    if bound is None:
        return format_fraction(outcome.value)
    return format_value_and_bound(outcome.value, bound.value)[0]


def status_word(outcome: Outcome) -> str:
    """Such as "fell short", or "fell short (warning)"."""
    word = _WORDS[outcome.status]
    return f"{word} (warning)" if outcome.is_warning else word


def _bound_from_baseline(outcome: Outcome) -> Bound | None:
    """A drop is a loss of value, unless the metric is better the lower it is."""
    rule, baseline = outcome.check.rule, outcome.baseline_value
    if baseline is None:
        return None
    drops = [] if rule.max_regression is None else [rule.max_regression]
    if rule.max_relative_regression is not None:
        drops.append(rule.max_relative_regression * abs(baseline))
    if not drops:
        return None
    if _is_lower_better(outcome):
        return Bound(baseline + min(drops), "at most")
    return Bound(baseline - min(drops), "at least")


def _is_lower_better(outcome: Outcome) -> bool:
    from rekmetrics.metrics.registry import find

    scope: Literal["label", "overall"] = "label" if outcome.check.label else "overall"
    metric = find(outcome.check.metric, scope)
    return metric is not None and not metric.greater_is_better


def _format_regression(outcome: Outcome) -> str:
    rule = outcome.check.rule
    allowed = []
    if rule.max_regression is not None:
        allowed.append(f"{rule.max_regression:.3f}")
    if rule.max_relative_regression is not None:
        allowed.append(f"{100 * rule.max_relative_regression:.1f}% of it")
    return f"worse than the baseline by at most {' and '.join(allowed)}"
