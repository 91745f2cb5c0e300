"""Decisions about a version and the one that runs today."""

from __future__ import annotations

from rekmetrics.gate.exact import value_of
from rekmetrics.gate.losses import Loss, because, changed_images, say_loss
from rekmetrics.gate.outcomes import Outcome
from rekmetrics.gate.sentences import say_subject, say_undefined
from rekmetrics.metrics import Estimate, Numbers, registry
from rekmetrics.statistics import Comparison
from rekmetrics.thresholds import Check, Level

__all__ = ["judge_regression"]


def judge_regression(
    check: Check, numbers: Numbers, comparison: Comparison | None
) -> Outcome:
    """
    Whether a number has fallen further behind the baseline's than it may.

    With a `regression_test` the fall must also be significant. A p-value that is
    missing or no number does not excuse the fall.
    """
    if comparison is None:
        text = f"{say_subject(check)} has no baseline to be compared with"
        return _undecided(check, text, check.rule.on_missing_baseline)
    ours, theirs = (
        n.estimate(check.label, check.metric) for n in (numbers, comparison.baseline)
    )
    hindrance = _why_not_compared(check, comparison) or _why_no_value(
        check, ours, theirs
    )
    if hindrance is not None:
        return _undecided(check, *hindrance)
    ours, theirs = ours or _NONE, theirs or _NONE
    value, before = value_of(ours), value_of(theirs)
    if value is None or before is None:
        text = (
            f"{say_subject(check)} is {ours.value}, and {theirs.value} in the baseline"
        )
        blocks = check.rule.level == "error"
        return Outcome(check, "failed", blocks, f"{text}: not a number")
    return _decide(check, Loss(value, before, _is_score(check), check.rule), comparison)


_NONE = Estimate(None)


def _why_not_compared(check: Check, comparison: Comparison) -> tuple[str, Level] | None:
    """Why the two versions say nothing about each other, and what that does."""
    subject = say_subject(check)
    if comparison.is_same_version:
        text = f"{subject} is compared with itself: the baseline is this very version"
        return text, "warning"
    if check.rule.require_same_images and not comparison.is_paired:
        text = (
            f"{subject} cannot be compared: the baseline was tested on other images"
            f"{because(comparison)}; test both on the same ones, or say "
            "'require_same_images: false' under baseline"
        )
        return text, "error"
    return None


def _why_no_value(
    check: Check, ours: Estimate | None, theirs: Estimate | None
) -> tuple[str, Level] | None:
    """Why one of the two numbers is missing, and what that does."""
    rule, subject = check.rule, say_subject(check)
    if ours is None:
        return say_undefined(check, "it was not computed"), "error"
    if ours.value is None:
        return say_undefined(check), rule.on_undefined
    if theirs is None:
        text = f"{subject} has no value in the baseline, which lacks the label"
        return text, rule.on_missing_baseline
    if theirs.value is None:
        text = f"{subject} is undefined in the baseline, so nothing can be compared"
        return text, rule.on_undefined
    return None


def _undecided(check: Check, text: str, level: Level) -> Outcome:
    blocks = check.rule.level == "error" and level == "error"
    return Outcome(check, "undefined", blocks, text)


def _decide(check: Check, loss: Loss, comparison: Comparison) -> Outcome:
    rule = check.rule
    p_value = None
    if rule.regression_test is not None:
        p_value = comparison.p_values.get((check.label, check.metric))
    is_excused = p_value is not None and rule.alpha < p_value <= 1
    is_failed = loss.is_beyond and not is_excused
    n_broken, n_right = changed_images(check, comparison)
    return Outcome(
        check,
        "failed" if is_failed else "passed",
        is_failed and rule.level == "error",
        say_loss(check, loss, comparison, p_value),
        value=float(loss.value),
        baseline_value=float(loss.before),
        change=float(loss.value - loss.before),
        margin=loss.margin,
        p_value=p_value if p_value is not None and 0 <= p_value <= 1 else None,
        n_newly_broken=n_broken,
        n_newly_right=n_right,
    )


def _is_score(check: Check) -> bool:
    scope: registry.Scope = "overall" if check.label is None else "label"
    metric = registry.find(check.metric, scope)
    return metric is None or metric.greater_is_better
