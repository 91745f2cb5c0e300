"""Decisions about a version and the one that runs today."""

from __future__ import annotations

from collections.abc import Sequence

from rekmetrics.gate.exact import value_of
from rekmetrics.gate.losses import Loss, because, say_loss
from rekmetrics.gate.outcomes import Outcome, Status, blocks, is_on_interval
from rekmetrics.gate.sentences import say_subject, say_undefined
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics import Comparison, Multiplicity, adjust
from rekmetrics.thresholds import Check, Level


def adjust_p_values(
    checks: Sequence[Check], comparison: Comparison | None, method: Multiplicity
) -> dict[str, float]:
    """The p-values of all tests of losses, by check id, adjusted for their number."""
    if comparison is None:
        return {}
    found = {
        check.id: comparison.p_values.get((check.label, check.metric))
        for check in checks
        if check.kind == "regression" and check.rule.regression_test is not None
    }
    sound = {name: p for name, p in found.items() if p is not None and 0 <= p <= 1}
    return dict(zip(sound, adjust(list(sound.values()), method), strict=True))


def judge_regression(
    check: Check,
    numbers: Numbers,
    comparison: Comparison | None,
    adjusted_p_value: float | None,
) -> Outcome:
    """
    Whether a number has fallen further behind the baseline's than it may.

    With a `regression_test` the fall fails only if it is significant; if not, it is
    inconclusive. A p-value that is missing or no number does not excuse the fall.
    Without a test, `decide_on` says whether the fall or the bad end of its interval
    is held against the limit.
    """
    found = hindrance(check, numbers, comparison)
    if found is not None or comparison is None:
        text, level = found or ("", "error")
        is_blocking = check.rule.level == "error" and level == "error"
        return Outcome(check, "undefined", is_blocking, text)
    ours, theirs = (
        n.estimate(check.label, check.metric) or Estimate(None)
        for n in (numbers, comparison.baseline)
    )
    value, before = value_of(ours), value_of(theirs)
    if value is None or before is None:
        text = (
            f"{say_subject(check)} is {ours.value}, and {theirs.value} in the "
            "baseline: not a number"
        )
        return Outcome(check, "failed", check.rule.level == "error", text)
    metric = find_for(check.label, check.metric)
    is_score = metric is None or metric.greater_is_better
    return _outcome(Loss(check, value, before, is_score, comparison, adjusted_p_value))


def hindrance(
    check: Check, numbers: Numbers, comparison: Comparison | None
) -> tuple[str, Level] | None:
    """Why the two versions say nothing about a loss, and what that does."""
    rule, subject = check.rule, say_subject(check)
    if comparison is None:
        text = f"{subject} has no baseline to be compared with"
        return text, rule.on_missing_baseline
    if comparison.is_same_version:
        text = f"{subject} is compared with itself: the baseline is this very version"
        return text, "warning"
    if rule.require_same_images and not comparison.is_paired:
        text = (
            f"{subject} cannot be compared: the baseline was tested on other images"
            f"{because(comparison)}; test both on the same ones, or say "
            "'require_same_images: false' under baseline"
        )
        return text, "error"
    ours = numbers.estimate(check.label, check.metric)
    theirs = comparison.baseline.estimate(check.label, check.metric)
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


def _decide(loss: Loss) -> Status:
    rule, p_value = loss.rule, loss.adjusted_p_value
    if rule.regression_test is not None:
        if not loss.is_beyond(loss.size):
            return "passed"
        is_told = p_value is None or not rule.alpha < p_value <= 1
        return "failed" if is_told else "inconclusive"
    if loss.is_beyond(loss.size):
        return "failed"
    if not is_on_interval(rule):
        return "passed"
    if loss.interval is None:
        return "undefined"
    return "failed" if loss.is_beyond(loss.interval[1]) else "passed"


def _outcome(loss: Loss) -> Outcome:
    status = _decide(loss)
    n_newly_broken, n_newly_right = loss.n_changed
    return Outcome(
        loss.check,
        status,
        blocks(loss.rule, status),
        say_loss(loss, status),
        value=float(loss.value),
        baseline_value=float(loss.before),
        change=float(loss.value - loss.before),
        margin=loss.margin,
        p_value=None if loss.adjusted_p_value is None else loss.p_value,
        adjusted_p_value=loss.adjusted_p_value,
        n_newly_broken=n_newly_broken,
        n_newly_right=n_newly_right,
    )
