"""A loss against the baseline: how great, how great it may be, and what is said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from rekmetrics.gate.exact import exact, figures, plain
from rekmetrics.gate.outcomes import Status, is_on_interval, loss_request
from rekmetrics.gate.sentences import say_subject
from rekmetrics.statistics import Comparison, images_to_decide
from rekmetrics.thresholds import Check, Rule

_SMALLEST_SHOWN = 0.001


def limits_of(rule: Rule, before: Fraction) -> list[Fraction]:
    """What may be lost at most, each in the metric's unit."""
    limits = []
    if rule.max_regression is not None:
        limits.append(exact(rule.max_regression))
    if rule.max_relative_regression is not None:
        limits.append(exact(rule.max_relative_regression) * abs(before))
    return limits


@dataclass(frozen=True)
class Loss:
    """A number beside the baseline's, and what says how sure its loss is."""

    check: Check
    value: Fraction
    before: Fraction
    greater_is_better: bool
    comparison: Comparison
    adjusted_p_value: float | None
    """None where it is no probability."""

    @property
    def rule(self) -> Rule:
        return self.check.rule

    @property
    def size(self) -> Fraction:
        """By how much the value is worse; negative where it is better."""
        change = self.value - self.before
        return -change if self.greater_is_better else change

    @cached_property
    def limits(self) -> list[Fraction]:
        return limits_of(self.rule, self.before)

    def is_beyond(self, size: Fraction) -> bool:
        """Whether it is more than may be lost; so it is where nothing says how much."""
        return not self.limits or size > min(self.limits)

    @property
    def margin(self) -> float | None:
        return float(min(self.limits) - self.size) if self.limits else None

    @property
    def p_value(self) -> float | None:
        """As the test gave it, whatever it is worth."""
        if not self.rule.regression_test:
            return None
        return self.comparison.p_values.get((self.check.label, self.check.metric))

    @property
    def test(self) -> str | None:
        key = self.check.label, self.check.metric
        return self.comparison.tests.get(key, self.rule.regression_test)

    @property
    def interval(self) -> tuple[Fraction, Fraction] | None:
        found = self.comparison.intervals.get(loss_request(self.check))
        if found is None or not all(math.isfinite(end) for end in found):
            return None
        return exact(found[0]), exact(found[1])

    @property
    def n_changed(self) -> tuple[int | None, int | None]:
        """Images newly broken and newly right, those of the label if there is one."""
        comparison, label = self.comparison, self.check.label
        if label is None:
            return comparison.n_newly_broken, comparison.n_newly_right
        return (
            comparison.newly_broken_by_label.get(label),
            comparison.newly_right_by_label.get(label),
        )


def because(comparison: Comparison) -> str:
    """Why the two were not tested on the same images, in brackets."""
    return f" ({comparison.reason})" if comparison.reason else ""


def say_loss(loss: Loss, status: Status) -> str:
    """The sentence about a number beside the baseline's."""
    allowed = " and ".join(_say_limits(loss))
    text = f"{_say_change(loss)}, where {allowed} may be lost"
    if loss.is_beyond(loss.size) and loss.rule.regression_test is not None:
        text += _say_test(loss)
    if status == "undefined":
        text += ", but the loss has no interval, whose bad end is to decide"
    elif not loss.is_beyond(loss.size) and is_on_interval(loss.rule):
        text += _say_interval(loss)
    text += _say_images(loss)
    return text + (_say_wanted(loss) if status == "inconclusive" else "")


def _say_change(loss: Loss) -> str:
    is_same = loss.value == loss.before
    before = figures(loss.before, [] if is_same else [loss.value])
    value = figures(loss.value, [] if is_same else [loss.before])
    if loss.size <= 0:
        return f"{say_subject(loss.check)} went from {before} to {value}, no worse"
    verb = "fell" if loss.greater_is_better else "rose"
    gap = figures(loss.size, [*loss.limits, Fraction(0)])
    return f"{say_subject(loss.check)} {verb} from {before} to {value}, by {gap}"


def _say_limits(loss: Loss) -> Sequence[str]:
    said = []
    if loss.rule.max_regression is not None:
        said.append(plain(loss.rule.max_regression))
    if loss.rule.max_relative_regression is not None:
        share = plain(exact(loss.rule.max_relative_regression) * 100)
        said.append(f"{share} % of the baseline's ({figures(loss.limits[-1])})")
    return said


def _say_test(loss: Loss) -> str:
    rule, raw, p_value = loss.rule, loss.p_value, loss.adjusted_p_value
    if raw is None:
        return "; there is no p-value, so the loss counts as it is"
    if p_value is None:
        return f"; the p-value is {raw}, so the loss counts as it is"
    shown, alone = _say_p_value(p_value, rule), _say_p_value(raw, rule)
    if shown != alone:
        shown += f" for all tests together, {alone} alone"
    not_ = "not " if p_value > rule.alpha else ""
    return f", {not_}significantly ({shown}, {loss.test}, alpha {plain(rule.alpha)})"


def _say_p_value(p_value: float, rule: Rule) -> str:
    if p_value < _SMALLEST_SHOWN < rule.alpha:
        return f"p < {_SMALLEST_SHOWN}"
    return f"p = {figures(exact(p_value), [exact(rule.alpha)])}"


def _say_interval(loss: Loss) -> str:
    if loss.interval is None:
        return ""
    end, limit = loss.interval[1], min(loss.limits)
    level = plain(loss.rule.confidence_level * 100)
    reach = f"its {level} % interval reaches to a loss of {figures(end, [limit])}"
    is_held = not loss.is_beyond(end)
    return f", and {reach}" if is_held else f", but {reach}, past {figures(limit)}"


def _say_images(loss: Loss) -> str:
    if not loss.comparison.is_paired:
        return f"; compared unpaired{because(loss.comparison)}"
    broken, right = loss.n_changed
    if broken is None or right is None:
        return ""
    images = "image" if broken == 1 else "images"
    where = "" if loss.check.label is None else " in this label"
    return f"; {broken} {images} newly broken{where}, {right} newly right"


def _say_wanted(loss: Loss) -> str:
    """How many changed images would have decided it, at the ratio that was found."""
    broken, right = loss.n_changed
    raw, p_value = loss.p_value, loss.adjusted_p_value
    few, wanted = ": too few to tell it from chance", None
    if loss.comparison.is_paired and broken and right is not None and raw:
        threshold = loss.rule.alpha * min(1.0, raw / (p_value or raw))
        wanted = images_to_decide(broken, right, raw, threshold)
    if wanted is None:
        return few
    return f"{few}; at this ratio about {wanted} changed images would"
