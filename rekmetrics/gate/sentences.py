"""What is said of a check: one sentence, in images where a rate is behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from rekmetrics.evaluation import Task
from rekmetrics.gate.exact import exact, figures, plain
from rekmetrics.gate.outcomes import Status
from rekmetrics.metrics.registry import find_for
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check, Rule


@dataclass(frozen=True, slots=True)
class Facts:
    """What a bound was held against; `counts` are the hits and total of a rate."""

    value: Fraction
    interval: tuple[Fraction, Fraction] | None
    counts: tuple[int, int] | None
    support: int | None
    task: Task


def say_subject(check: Check) -> str:
    """What the check is about: "accuracy", "recall of 'front yard'"."""
    if check.label is None:
        return check.metric
    if check.predicted is not None:
        return f"share of {quote(check.label)} taken for {quote(check.predicted)}"
    return f"{check.metric} of {quote(check.label)}"


def say_undefined(check: Check, reason: str | None = None) -> str:
    """Why there is no number to judge."""
    if reason is None:
        reason = "nothing in the test images gives evidence for it"
        if check.label is not None:
            reason = _UNDEFINED.get(check.metric, reason)
    return f"{say_subject(check)} is undefined: {reason}"


_UNDEFINED = {
    "precision": "the label was never predicted",
    "recall": "no test image has the label",
    "f1": "no test image has the label, and it was never predicted",
    "confusion_rate": "no test image has the label",
}


def say_bound(check: Check, status: Status, facts: Facts) -> str:
    """The sentence about a number held against its bounds."""
    rule = check.rule
    start = f"{say_subject(check)} is {_value(rule, facts)}"
    if status == "inconclusive":
        few = _inconclusive(rule, facts, _unit(check, facts.task))
        return f"{start}{few}{_in_images(check, facts)}"
    if status == "undefined":
        return (
            f"{start}, but it has no confidence interval, and the rule is decided on "
            "the interval's bad end"
        )
    miss = _miss(rule, facts)
    if miss:
        return f"{start}, {miss}{_in_images(check, facts)}"
    if status == "failed":
        return f"{start}, {_held(rule)}, but {_reach(rule, facts)}" + _in_images(
            check, facts
        )
    return f"{start}, {_held(rule)}{_in_images(check, facts)}"


def _bounds(rule: Rule) -> list[Fraction]:
    return [exact(b) for b in (rule.minimum, rule.maximum) if b is not None]


def _value(rule: Rule, facts: Facts) -> str:
    return figures(facts.value, _bounds(rule))


def _held(rule: Rule) -> str:
    if rule.minimum is not None and rule.maximum is not None:
        return f"between {plain(rule.minimum)} and {plain(rule.maximum)}"
    if rule.minimum is not None:
        return f"at least {plain(rule.minimum)}"
    return f"at most {plain(rule.maximum or 0)}"


def _missed(rule: Rule, facts: Facts) -> tuple[str, float] | None:
    """Which bound the value itself misses, and on which side it lies."""
    if rule.minimum is not None and facts.value < exact(rule.minimum):
        return "below", rule.minimum
    if rule.maximum is not None and facts.value > exact(rule.maximum):
        return "above", rule.maximum
    return None


def _miss(rule: Rule, facts: Facts) -> str:
    """By how much the value itself is short; empty where it is not."""
    if (missed := _missed(rule, facts)) is None:
        return ""
    side, bound = missed
    gap = figures(abs(exact(bound) - facts.value), [Fraction(0)])
    return f"{side} {plain(bound)} by {gap}"


def _interval(rule: Rule, facts: Facts) -> str:
    low, high = facts.interval or (facts.value, facts.value)
    bounds = _bounds(rule)
    level = plain(rule.confidence_level * 100)
    return f"{level} % interval ({figures(low, bounds)} to {figures(high, bounds)})"


def _reach(rule: Rule, facts: Facts) -> str:
    low, high = facts.interval or (facts.value, facts.value)
    bound, end = rule.maximum, high
    if rule.minimum is not None and low < exact(rule.minimum):
        bound, end = rule.minimum, low
    side = "down" if end is low else "up"
    level = plain(rule.confidence_level * 100)
    reached = figures(end, _bounds(rule))
    return (
        f"its {level} % interval reaches {side} to {reached}, past {plain(bound or 0)}"
    )


def _inconclusive(rule: Rule, facts: Facts, unit: str) -> str:
    wanted = " and ".join(plain(bound) for bound in _bounds(rule))
    few = f", on {facts.support}{unit} where min_support asks for {rule.min_support}"
    if facts.interval is None:
        return (
            f"{few}, and it has no confidence interval: too few to tell from {wanted}"
        )
    return f"{few}, and its {_interval(rule, facts)} holds {wanted}: too few to tell"


def _in_images(check: Check, facts: Facts) -> str:
    """The same in images (or boxes), and how many misses the bound allows."""
    if facts.counts is None:
        return ""
    hits, total = facts.counts
    text = f": {hits} of {total}{_unit(check, facts.task)}"
    if (missed := _missed(check.rule, facts)) is None:
        return text
    side, bound = missed
    if side == "below":
        allowed, made = total - math.ceil(exact(bound) * total), total - hits
    else:
        allowed, made = math.floor(exact(bound) * total), hits
    count = {0: "no miss", 1: "1 miss"}.get(allowed, f"{allowed} misses")
    was = "was" if made == 1 else "were"
    return f"{text}; {plain(bound)} allows {count}, {made} {was} made"


def _unit(check: Check, task: Task) -> str:
    if task == "detection":
        return " boxes"
    metric = find_for(check.label, check.metric)
    if metric and metric.share and task not in metric.share.of_images:
        return ""
    return " images"
