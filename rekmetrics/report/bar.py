"""One check: its value and bound in words, its sign, and both drawn on a scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from rekmetrics.gate import Outcome
from rekmetrics.gate.exact import exact
from rekmetrics.gate.losses import limits_of
from rekmetrics.report.content import State
from rekmetrics.report.markup import render_svg
from rekmetrics.report.numerals import format_fraction, format_value_and_bound

_WIDTH = 150
_HEIGHT = 22
_MARGIN = 6
_MIDDLE = _HEIGHT // 2

_DISC = 'circle cx="8" cy="8" r="8" fill="{}"'
_OCTAGON = 'path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z" fill="#a33b00"'
_TRIANGLE = 'path d="M8 0.5L16 15H0z" fill="#7a5b00"'
_SYMBOLS = {
    "passed": ("rm-s-right", _DISC.format("#0b5cab"), "M4.2 8.4l2.6 2.6l5-5.6"),
    "failed": ("rm-s-wrong", _OCTAGON, "M4.7 4.7l6.6 6.6m0-6.6l-6.6 6.6"),
    "warning": ("rm-s-warn", _TRIANGLE, "M8 5.2v4.6m0 1.4v2"),
    "incomplete": ("rm-s-wrong", _DISC.format("#a33b00"), "M3.6 8h8.8"),
}
"""Class, ground and mark: they say by shape what they say by colour."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The number that a value is held against; a bound itself is good enough."""

    value: float
    kind: Literal["at least", "at most"]


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


def name_check(
    outcome: Outcome, show: Callable[[str], str], show_label: Callable[[str], str]
) -> str:
    """What a check is about, shown so: metric, and label or pair of labels."""
    check = outcome.check
    if check.kind == "confusion" and check.label is not None:
        return f"{show_label(check.label)} seen as {show_label(check.predicted or '')}"
    metric = show(check.metric)
    if check.kind == "regression":
        metric += " against the baseline"
    return metric if check.label is None else f"{show_label(check.label)}: {metric}"


def format_bound(outcome: Outcome) -> str:
    """Such as "at least 0.920" or "at most 0.010 worse than the baseline"."""
    rule = outcome.check.rule
    if outcome.check.kind == "regression":
        return _format_regression(outcome)
    sides = (("at least", rule.minimum), ("at most", rule.maximum))
    bounds = [
        f"{side} {format_value_and_bound(outcome.value, bound)[1]}"
        for side, bound in sides
        if bound is not None
    ]
    by = ["by the interval"] if rule.decide_on == "confidence_bound" else []
    return ", ".join(bounds + by)


def format_value(outcome: Outcome) -> str:
    """The value with the digits that tell it from its bound."""
    bound = bound_of(outcome)
    if bound is None:
        return format_fraction(outcome.value)
    return format_value_and_bound(outcome.value, bound.value)[0]


def status_word(outcome: Outcome) -> str:
    """Such as "fell short", or "fell short (warning)"."""
    word = "fell short" if outcome.status == "failed" else outcome.status
    return f"{word} (warning)" if outcome.is_warning else word


def _bound_from_baseline(outcome: Outcome) -> Bound | None:
    """A drop is a loss of value, unless the metric is better the lower it is."""
    from rekmetrics.metrics.registry import find_for

    check, baseline = outcome.check, outcome.baseline_value
    if baseline is None or not (limits := limits_of(check.rule, exact(baseline))):
        return None
    metric, most = find_for(check.label, check.metric), float(min(limits))
    if metric is not None and not metric.greater_is_better:
        return Bound(baseline + most, "at most")
    return Bound(baseline - most, "at least")


def _format_regression(outcome: Outcome) -> str:
    rule = outcome.check.rule
    allowed = []
    if rule.max_regression is not None:
        allowed.append(f"{rule.max_regression:.3f}")
    if rule.max_relative_regression is not None:
        allowed.append(f"{100 * rule.max_relative_regression:.1f}%")
    return f"at most {' and '.join(allowed)} worse than the baseline"


@dataclass(frozen=True, slots=True)
class Scale:
    """The stretch of numbers that a bar shows."""

    low: float = 0.0
    high: float = 1.0

    def x(self, value: float) -> float:
        """Where a value lies, in pixels; what is off the scale lies at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (
            self.high - self.low
        )
        return round(_MARGIN + share * (_WIDTH - 2 * _MARGIN), 1)

    def __str__(self) -> str:
        return f"{self.low:.1f} to {self.high:.1f}".replace("-", "\u2212")


def scale_of(outcomes: Iterable[Outcome]) -> Scale:
    """The scale on which all of these can be compared, its ends full tenths."""
    values = [value for outcome in outcomes for value in _values(outcome)]
    if not values:
        return Scale()
    low = math.floor(round(min(values) * 10, 9)) / 10
    high = math.ceil(round(max(values) * 10, 9)) / 10
    if high > 0.8:
        high = max(high, 1.0)
    if low < 0.2:
        low = min(low, 0.0)
    return Scale(low, high if high > low else low + 0.1)


def is_drawn(outcome: Outcome) -> bool:
    """Whether it shares the scales of rates: counts would push all others aside."""
    is_count = outcome.check.metric == "images_per_label"
    return not is_count and all(abs(value) <= 1 for value in _values(outcome))


def _values(outcome: Outcome) -> Iterable[float]:
    bound = bound_of(outcome)
    candidates = (
        outcome.value,
        outcome.baseline_value,
        None if bound is None else bound.value,
        *(outcome.interval or ()),
    )
    return (v for v in candidates if v is not None and math.isfinite(v))


def render_bar(outcome: Outcome, scale: Scale) -> str:
    """Value, interval, bound and baseline of a check on one scale."""
    bound = bound_of(outcome)
    told = f"value {format_fraction(outcome.value)}"
    parts = [_line("rm-b-track", "#c4c9d0", 2, scale.x(scale.low), scale.x(scale.high))]
    if bound is not None:
        told += f", bound {bound.kind} {bound.value:.3f}"
        edge = scale.x(bound.value)
        is_minimum = bound.kind == "at least"
        start, end = (_MARGIN, edge) if is_minimum else (edge, _WIDTH - _MARGIN)
        parts.append(
            f'<rect class="rm-b-zone" x="{start}" y="3" '
            f'width="{round(end - start, 1)}" height="{_HEIGHT - 6}" fill="#f8dfc8"/>'
        )
    if outcome.interval is not None:
        ends = map(scale.x, outcome.interval)
        parts.append(_line("rm-b-interval", "#5b6672", 5, *ends))
    if outcome.baseline_value is not None:
        parts.append(
            f'<path class="rm-b-baseline" d="M{scale.x(outcome.baseline_value) - 4:g} '
            '1h8l-4 7z" fill="#fff" stroke="#5b6672"/>'
        )
    if bound is not None:
        parts.append(
            f'<path class="rm-b-bound" d="M{edge} 1V{_HEIGHT - 1}" stroke="#1b1f24" '
            'stroke-width="2"/>'
        )
    if outcome.value is not None and outcome.value == outcome.value:
        parts.append(_mark(scale.x(outcome.value), outcome))
    return render_svg("".join(parts), (_WIDTH, _HEIGHT), name="rm-bar", label=told)


def _line(name: str, colour: str, width: int, left: float, right: float) -> str:
    return (
        f'<path class="{name}" d="M{left} {_MIDDLE}H{right}" stroke="{colour}" '
        f'stroke-width="{width}" stroke-linecap="round"/>'
    )


def _mark(x: float, outcome: Outcome) -> str:
    """A dot where the check holds, a diamond where it does not."""
    if outcome.status == "passed":
        shape = (
            f'circle class="rm-b-right" cx="{x}" cy="{_MIDDLE}" r="5" fill="#0b5cab"'
        )
    else:
        path = f"M{x} 4.5l6.5 6.5l-6.5 6.5l-6.5-6.5z"
        shape = f'path class="rm-b-wrong" d="{path}" fill="#a33b00"'
    return f'<{shape} stroke="#fff"/>'


def render_symbol(outcome: Outcome) -> str:
    """The sign of one check; the word beside it says the same."""
    failed = "warning" if outcome.is_warning else "failed"
    return _symbol("passed" if outcome.status == "passed" else failed, 14)


def render_state_symbol(state: State, size: int = 30) -> str:
    """The sign of the whole run."""
    return _symbol(state, size)


def _symbol(name: str, size: int) -> str:
    kind, ground, mark = _SYMBOLS[name]
    shapes = f'<{ground}/><path d="{mark}" fill="none" stroke="#fff" stroke-width="2"/>'
    return render_svg(shapes, (size, size), name=f"rm-s {kind}", box=(16, 16))
