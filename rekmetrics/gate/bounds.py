"""Decisions about a number and its bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from rekmetrics.evaluation import Task
from rekmetrics.gate.exact import counts_of, exact, value_of
from rekmetrics.gate.outcomes import (
    IntervalKey,
    Outcome,
    Status,
    blocks,
    interval_key,
)
from rekmetrics.gate.sentences import Facts, say_bound, say_undefined
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.thresholds import Check, Rule

Interval = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Numbers, and what says how sure they are."""

    numbers: Numbers
    task: Task
    intervals: Mapping[IntervalKey, tuple[float, float] | None]
    confusions: Mapping[tuple[str, str], Estimate]

    def estimate(self, check: Check) -> Estimate | None:
        if check.label is not None and check.predicted is not None:
            return self.confusions.get((check.label, check.predicted))
        return self.numbers.estimate(check.label, check.metric)

    def interval(self, check: Check, estimate: Estimate) -> Interval | None:
        """The interval, if it has two finite ends; that of a rate holds the rate."""
        found = self.intervals.get(interval_key(check))
        if found is None or not all(math.isfinite(end) for end in found):
            return None
        low, high = exact(found[0]), exact(found[1])
        if counts_of(estimate) and (value := value_of(estimate)) is not None:
            low, high = min(low, value), max(high, value)
        return (low, high) if low <= high else None


def judge_bound(check: Check, evidence: Evidence) -> Outcome:
    """
    Whether a number holds its bounds, or its interval does where that decides.

    Below `min_support` the interval decides, and may leave the check inconclusive.
    """
    rule = check.rule
    estimate = evidence.estimate(check)
    if estimate is None:
        # Not the model's lack of evidence but ours: no setting turns it green.
        text = say_undefined(check, "it was not computed")
        return Outcome(check, "undefined", rule.level == "error", text)
    value = value_of(estimate)
    if value is None:
        return _without_value(check, estimate)
    interval = evidence.interval(check, estimate)
    support = estimate.n_cases
    status = _decide(value, rule, support, interval)
    counts = counts_of(estimate)
    facts = Facts(value, interval, counts, support, evidence.task)
    return Outcome(
        check,
        status,
        blocks(rule, status),
        say_bound(check, status, facts),
        value=estimate.value,
        interval=(float(interval[0]), float(interval[1])) if interval else None,
        n_hits=counts[0] if counts else None,
        n_total=counts[1] if counts else None,
        support=support,
        margin=_margin(value, rule),
    )


def _without_value(check: Check, estimate: Estimate) -> Outcome:
    rule = check.rule
    support = estimate.n_cases
    if estimate.value is None:
        status: Status = "undefined"
        text = say_undefined(check)
    else:
        status = "failed"
        text = say_undefined(check, f"its value is {estimate.value}")
    return Outcome(check, status, blocks(rule, status), text, support=support)


def _decide(
    value: Fraction, rule: Rule, support: int | None, interval: Interval | None
) -> Status:
    holds = _holds(rule, value, value)
    is_small = support is not None and support < rule.min_support
    if not is_small and rule.decide_on == "point_estimate":
        return "passed" if holds else "failed"
    if interval is None:
        if not holds:
            return "failed"
        return "inconclusive" if is_small else "undefined"
    low, high = interval
    bad_end_holds = _holds(rule, low, high)
    if holds and bad_end_holds:
        return "passed"
    if not is_small or bad_end_holds or _misses(rule, low, high):
        return "failed"
    return "inconclusive"


def _holds(rule: Rule, low: Fraction, high: Fraction) -> bool:
    """Whether both ends keep within the bounds."""
    return rule.has_bound and not (
        (rule.minimum is not None and not low >= exact(rule.minimum))
        or (rule.maximum is not None and not high <= exact(rule.maximum))
    )


def _misses(rule: Rule, low: Fraction, high: Fraction) -> bool:
    """Whether even the good end is beyond a bound."""
    return (rule.minimum is not None and high < exact(rule.minimum)) or (
        rule.maximum is not None and low > exact(rule.maximum)
    )


def _margin(value: Fraction, rule: Rule) -> float | None:
    margins = []
    if rule.minimum is not None:
        margins.append(value - exact(rule.minimum))
    if rule.maximum is not None:
        margins.append(exact(rule.maximum) - value)
    return float(min(margins)) if margins else None
