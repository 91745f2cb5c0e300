"""Decisions about a version and the one that runs today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rekmetrics.gate.exact import exact, figures, plain, value_of
from rekmetrics.gate.outcomes import Comparison, Outcome
from rekmetrics.gate.sentences import say_subject, say_undefined
from rekmetrics.metrics import Numbers, registry
from rekmetrics.thresholds import Check, Rule

__all__ = ["judge_regression"]

_SMALLEST_SHOWN = 0.001


def judge_regression(
    check: Check, numbers: Numbers, comparison: Comparison | None
) -> Outcome:
    """
    Whether a number has fallen further behind the baseline's than it may.

    With a `regression_test` the fall must also be significant. A p-value that is
    missing or no number does not excuse the fall.
    """
    rule = check.rule
    subject = say_subject(check)
    if comparison is None:
        text = f"{subject} has no baseline to be compared with"
        return _undecided(check, text, rule.on_missing_baseline)
    if comparison.is_same_version:
        text = f"{subject} is compared with itself: the baseline is this very version"
        return _undecided(check, text, "warning")
    if rule.require_same_images and not comparison.is_paired:
        text = (
            f"{subject} cannot be compared: the baseline was tested on other images"
            f"{_because(comparison.reason)}; test both on the same ones, or say "
            "'require_same_images: false' under baseline"
        )
        return _undecided(check, text, "error")
    ours = numbers.estimate(check.label, check.metric)
    theirs = comparison.baseline.estimate(check.label, check.metric)
    if ours is None:
        return _undecided(check, say_undefined(check, "it was not computed"), "error")
    if ours.value is None:
        return _undecided(check, say_undefined(check), rule.on_undefined)
    if theirs is None:
        text = f"{subject} has no value in the baseline, which lacks the label"
        return _undecided(check, text, rule.on_missing_baseline)
    if theirs.value is None:
        text = f"{subject} is undefined in the baseline, so nothing can be compared"
        return _undecided(check, text, rule.on_undefined)
    value, before = value_of(ours), value_of(theirs)
    if value is None or before is None:
        text = f"{subject} is {ours.value}, and {theirs.value} in the baseline"
        blocks = rule.level == "error"
        return Outcome(check, "failed", blocks, f"{text}: not a number")
    return _compare(check, _Change(value, before, _is_score(check)), comparison)


@dataclass(frozen=True, slots=True)
class _Change:
    value: Fraction
    before: Fraction
    greater_is_better: bool

    @property
    def loss(self) -> Fraction:
        """By how much the value is worse; negative where it is better."""
        change = self.value - self.before
        return -change if self.greater_is_better else change

    def limits(self, rule: Rule) -> list[Fraction]:
        """What the loss may be at most, each in the metric's unit."""
        limits = []
        if rule.max_regression is not None:
            limits.append(exact(rule.max_regression))
        if rule.max_relative_regression is not None:
            limits.append(exact(rule.max_relative_regression) * abs(self.before))
        return limits


def _compare(check: Check, change: _Change, comparison: Comparison) -> Outcome:
    rule = check.rule
    limits = change.limits(rule)
    p_value = None
    if rule.regression_test is not None:
        p_value = comparison.p_values.get((check.label, check.metric))
    is_excused = p_value is not None and rule.alpha < p_value <= 1
    is_worse = not limits or change.loss > min(limits)
    is_failed = is_worse and not is_excused
    text = _say(check, change, comparison, is_worse=is_worse, p_value=p_value)
    n_broken, n_right = _changed_images(check, comparison)
    return Outcome(
        check,
        "failed" if is_failed else "passed",
        is_failed and rule.level == "error",
        text,
        value=float(change.value),
        baseline_value=float(change.before),
        change=float(change.value - change.before),
        margin=float(min(limits) - change.loss) if limits else None,
        p_value=p_value if p_value is not None and 0 <= p_value <= 1 else None,
        n_newly_broken=n_broken,
        n_newly_right=n_right,
    )


def _changed_images(
    check: Check, comparison: Comparison
) -> tuple[int | None, int | None]:
    """Images that are newly broken and newly right, in the check's own label if any."""
    if check.label is None:
        return comparison.n_newly_broken, comparison.n_newly_right
    return (
        comparison.newly_broken_by_label.get(check.label),
        comparison.newly_right_by_label.get(check.label),
    )


def _undecided(check: Check, text: str, level: str) -> Outcome:
    blocks = check.rule.level == "error" and level == "error"
    return Outcome(check, "undefined", blocks, text)


def _is_score(check: Check) -> bool:
    scope: registry.Scope = "overall" if check.label is None else "label"
    metric = registry.find(check.metric, scope)
    return metric is None or metric.greater_is_better


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _say(
    check: Check,
    change: _Change,
    comparison: Comparison,
    *,
    is_worse: bool,
    p_value: float | None,
) -> str:
    limits = change.limits(check.rule)
    is_same = change.value == change.before
    before = figures(change.before, [] if is_same else [change.value])
    value = figures(change.value, [] if is_same else [change.before])
    if change.loss <= 0:
        start = f"{say_subject(check)} went from {before} to {value}, no worse"
    else:
        verb = "fell" if change.greater_is_better else "rose"
        gap = figures(change.loss, [*limits, Fraction(0)])
        start = f"{say_subject(check)} {verb} from {before} to {value}, by {gap}"
    allowed = " and ".join(_say_limits(check.rule, limits))
    text = f"{start}, where {allowed} may be lost"
    if is_worse and check.rule.regression_test is not None:
        key = (check.label, check.metric)
        test = comparison.tests.get(key, check.rule.regression_test)
        text += _say_test(check.rule, test, p_value)
    return text + _say_images(check, comparison)


def _say_limits(rule: Rule, limits: Sequence[Fraction]) -> list[str]:
    said = []
    if rule.max_regression is not None:
        said.append(plain(rule.max_regression))
    if rule.max_relative_regression is not None:
        share = plain(exact(rule.max_relative_regression) * 100)
        said.append(f"{share} % of the baseline's ({figures(limits[-1])})")
    return said


def _say_test(rule: Rule, test: str, p_value: float | None) -> str:
    if p_value is None:
        return "; there is no p-value, so the loss counts as it is"
    if not 0 <= p_value <= 1:
        return f"; the p-value is {p_value}, so the loss counts as it is"
    shown = f"p = {figures(exact(p_value), [exact(rule.alpha)])}"
    if p_value < _SMALLEST_SHOWN < rule.alpha:
        shown = f"p < {_SMALLEST_SHOWN}"
    not_ = "not " if p_value > rule.alpha else ""
    return f", {not_}significantly ({shown}, {test}, alpha {plain(rule.alpha)})"


def _say_images(check: Check, comparison: Comparison) -> str:
    if not comparison.is_paired:
        return f"; compared unpaired{_because(comparison.reason)}"
    broken, right = _changed_images(check, comparison)
    if broken is None or right is None:
        return ""
    images = "image" if broken == 1 else "images"
    where = "" if check.label is None else " in this label"
    return f"; {broken} {images} newly broken{where}, {right} newly right"
