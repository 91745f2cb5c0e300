"""A loss against the baseline: how great, how great it may be, and what is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from rekmetrics.gate.exact import exact, figures, plain
from rekmetrics.gate.sentences import say_subject
from rekmetrics.statistics import Comparison
from rekmetrics.thresholds import Check, Rule

__all__ = ["Loss", "because", "changed_images", "say_loss"]

_SMALLEST_SHOWN = 0.001


@dataclass(frozen=True, slots=True)
class Loss:
    """A number beside the baseline's."""

    value: Fraction
    before: Fraction
    greater_is_better: bool
    rule: Rule

    @property
    def size(self) -> Fraction:
        """By how much the value is worse; negative where it is better."""
        change = self.value - self.before
        return -change if self.greater_is_better else change

    @property
    def limits(self) -> list[Fraction]:
        """What the loss may be at most, each in the metric's unit."""
        rule = self.rule
        limits = []
        if rule.max_regression is not None:
            limits.append(exact(rule.max_regression))
        if rule.max_relative_regression is not None:
            limits.append(exact(rule.max_relative_regression) * abs(self.before))
        return limits

    @property
    def is_beyond(self) -> bool:
        """Whether it is more than may be lost; so it is where nothing says how much."""
        return not self.limits or self.size > min(self.limits)

    @property
    def margin(self) -> float | None:
        return float(min(self.limits) - self.size) if self.limits else None


def changed_images(
    check: Check, comparison: Comparison
) -> tuple[int | None, int | None]:
    """Images that are newly broken and newly right, in the check's own label if any."""
    if check.label is None:
        return comparison.n_newly_broken, comparison.n_newly_right
    return (
        comparison.newly_broken_by_label.get(check.label),
        comparison.newly_right_by_label.get(check.label),
    )


def because(comparison: Comparison) -> str:
    """Why the two were not tested on the same images, in brackets."""
    return f" ({comparison.reason})" if comparison.reason else ""


def say_loss(
    check: Check, loss: Loss, comparison: Comparison, p_value: float | None
) -> str:
    """The sentence about a number beside the baseline's."""
    allowed = " and ".join(_say_limits(loss))
    text = f"{_say_change(check, loss)}, where {allowed} may be lost"
    if loss.is_beyond and loss.rule.regression_test is not None:
        key = (check.label, check.metric)
        test = comparison.tests.get(key, loss.rule.regression_test)
        text += _say_test(loss.rule, test, p_value)
    return text + _say_images(check, comparison)


def _say_change(check: Check, loss: Loss) -> str:
    is_same = loss.value == loss.before
    before = figures(loss.before, [] if is_same else [loss.value])
    value = figures(loss.value, [] if is_same else [loss.before])
    if loss.size <= 0:
        return f"{say_subject(check)} went from {before} to {value}, no worse"
    verb = "fell" if loss.greater_is_better else "rose"
    gap = figures(loss.size, [*loss.limits, Fraction(0)])
    return f"{say_subject(check)} {verb} from {before} to {value}, by {gap}"


def _say_limits(loss: Loss) -> Sequence[str]:
    said = []
    if loss.rule.max_regression is not None:
        said.append(plain(loss.rule.max_regression))
    if loss.rule.max_relative_regression is not None:
        share = plain(exact(loss.rule.max_relative_regression) * 100)
        said.append(f"{share} % of the baseline's ({figures(loss.limits[-1])})")
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
        return f"; compared unpaired{because(comparison)}"
    broken, right = changed_images(check, comparison)
    if broken is None or right is None:
        return ""
    images = "image" if broken == 1 else "images"
    where = "" if check.label is None else " in this label"
    return f"; {broken} {images} newly broken{where}, {right} newly right"
