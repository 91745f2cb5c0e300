"""A small drawing of one check: value, interval, bound and baseline on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rekmetrics.gate import Outcome
from rekmetrics.report.figures import Bound, bound_of
from rekmetrics.report.numerals import format_fraction

__all__ = ["Scale", "render_bar", "scale_of"]

_WIDTH = 150
_HEIGHT = 22
_MARGIN = 6
_MIDDLE = _HEIGHT / 2


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


def render_bar(outcome: Outcome, scale: Scale) -> str:
    """The drawing as SVG, without anything that a style sheet would have to add."""
    bound = bound_of(outcome)
    parts = [
        _line("rm-b-track", "#c4c9d0", scale.low, scale.high, scale, width=2),
        _zone(bound, scale),
    ]
    if outcome.interval is not None:
        low, high = outcome.interval
        parts.append(_line("rm-b-interval", "#5b6672", low, high, scale, width=5))
    if outcome.baseline_value is not None:
        parts.append(_baseline(scale.x(outcome.baseline_value)))
    if bound is not None:
        x = scale.x(bound.value)
        parts.append(
            f'<path class="rm-b-bound" d="M{x} 1V{_HEIGHT - 1}" stroke="#1b1f24" '
            'stroke-width="2"/>'
        )
    if outcome.value is not None and outcome.value == outcome.value:
        parts.append(_mark(scale.x(outcome.value), outcome))
    return (
        f'<svg class="rm-bar" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{_words(outcome)}">'
        f"{''.join(parts)}</svg>"
    )


def _values(outcome: Outcome) -> Iterable[float]:
    bound = bound_of(outcome)
    candidates = (
        outcome.value,
        outcome.baseline_value,
        None if bound is None else bound.value,
        *(outcome.interval or ()),
    )
    return (v for v in candidates if v is not None and math.isfinite(v))


def _line(
    name: str, colour: str, low: float, high: float, scale: Scale, *, width: int
) -> str:
    return (
        f'<path class="{name}" d="M{scale.x(low)} {_MIDDLE:g}H{scale.x(high)}" '
        f'stroke="{colour}" stroke-width="{width}" stroke-linecap="round"/>'
    )


def _zone(bound: Bound | None, scale: Scale) -> str:
    """Where a value falls short."""
    if bound is None:
        return ""
    edge = scale.x(bound.value)
    start, end = (_MARGIN, edge) if bound.is_minimum else (edge, _WIDTH - _MARGIN)
    return (
        f'<rect class="rm-b-zone" x="{start}" y="3" width="{round(end - start, 1)}" '
        f'height="{_HEIGHT - 6}" fill="#f8dfc8"/>'
    )


def _baseline(x: float) -> str:
    """A hollow triangle that points down on the scale."""
    return (
        f'<path class="rm-b-baseline" d="M{x - 4:g} 1h8l-4 7z" fill="#fff" '
        'stroke="#5b6672"/>'
    )


def _mark(x: float, outcome: Outcome) -> str:
    """A dot where the check holds, a diamond where it does not."""
    if outcome.status == "passed":
        return (
            f'<circle class="rm-b-right" cx="{x}" cy="{_MIDDLE:g}" r="5" '
            'fill="#0b5cab" stroke="#fff"/>'
        )
    return (
        f'<path class="rm-b-wrong" d="M{x} 4.5l6.5 6.5l-6.5 6.5l-6.5-6.5z" '
        'fill="#a33b00" stroke="#fff"/>'
    )


def _words(outcome: Outcome) -> str:
    bound = bound_of(outcome)
    words = f"value {format_fraction(outcome.value)}"
    if bound is not None:
        words += f", bound {bound.kind} {bound.value:.3f}"
    return words
