"""Numbers over time, version by version, as small drawings with their bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rekmetrics.compare.records import Comparison, Number
from rekmetrics.report.markup import FONT, render_svg
from rekmetrics.report.numerals import format_fraction
from rekmetrics.texts import isolate, reveal, shorten

_WIDTH, _HEIGHT = 160, 84
_LEFT, _RIGHT, _TOP, _BASE = 30, 150, 8, 76


def render_histories(comparison: Comparison) -> list[str]:
    """
    A figure of each number: the model's, then those of labels, the worst first.

    Drawings need no style sheet. The worst are those that fell short, then those
    nearest to a bound.
    """
    judged = [version for version in reversed(comparison.versions) if version.verdict]
    sets = enumerate(comparison.groups)
    groups = {name: at for at, group in sets for name in group.versions}
    points: dict[tuple[str | None, str], list[_Point]] = {}
    for version in judged:
        for whose, numbers in [(None, version.metrics), *version.labels.items()]:
            for metric, number in numbers.items():
                point = _Point(version.name, groups[version.name], number)
                points.setdefault((whose, metric), []).append(point)
    histories = [_History(*key, own) for key, own in points.items()]
    return [history.render() for history in sorted(histories, key=_History.urgency)]


@dataclass(frozen=True, slots=True)
class _Point:
    """One version's number; `group` tells who was tested on the same images."""

    version: str
    group: int
    number: Number


@dataclass(frozen=True, slots=True)
class _History:
    """One number from the oldest version to the newest."""

    label: str | None
    metric: str
    points: Sequence[_Point]

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        return self.points[-1].number.min, self.points[-1].number.max

    def urgency(self) -> tuple[bool, bool, float]:
        if self.label is None:
            return False, False, 0.0
        low, high = self.bounds
        values = [p.number.value for p in self.points if p.number.value is not None]
        gaps = [value - low for value in values if low is not None]
        gaps += [high - value for value in values if high is not None]
        is_held = not any(point.number.is_short for point in self.points)
        return True, is_held, min(gaps, default=math.inf)

    def render(self) -> str:
        (low, high), scale = self.bounds, self._scale()
        whose = "" if self.label is None else isolate(reveal(self.label))
        told = [f"{p.version}: {format_fraction(p.number.value)}" for p in self.points]
        told += [f"at least {low:g}"] if low is not None else []
        told += [f"at most {high:g}"] if high is not None else []
        said = f"{whose} {self.metric}: {'; '.join(told)}".strip()
        drawn = [
            _axis(scale),
            _zone(low, scale.low, scale),
            _zone(high, scale.high, scale),
            _line(self.points, scale),
            *(_mark(at, point, scale) for at, point in enumerate(self.points)),
        ]
        size, font = (_WIDTH, _HEIGHT), f'{FONT} font-size="10"'
        svg = render_svg("".join(drawn), size, label=escape(said), more=font)
        title = f"<bdi>{escape(shorten(whose, 24))}</bdi><br>" if whose else ""
        caption = f"<figcaption>{title}{escape(reveal(self.metric))}</figcaption>"
        return f'<figure class="rm-curve">{svg}{caption}</figure>'

    def _scale(self) -> _Scale:
        """Full tenths, wide enough for every number that is drawn."""
        numbers = [point.number for point in self.points]
        ends = [end for number in numbers for end in number.interval or ()]
        candidates = [*(number.value for number in numbers), *ends]
        shown = [
            value
            for value in (*candidates, *self.bounds)
            if value is not None and math.isfinite(value)
        ] or [0.0, 1.0]
        low = math.floor(round(min(shown) * 10, 9)) / 10
        high = math.ceil(round(max(shown) * 10, 9)) / 10
        return _Scale(low, high if high > low else low + 0.1, len(numbers))


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    n_points: int

    def x(self, at: int) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (at + 0.5) / self.n_points, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(_BASE - (_BASE - _TOP) * min(max(share, 0.0), 1.0), 1)


def _axis(scale: _Scale) -> str:
    place = f'x="{_LEFT - 5}" text-anchor="end"'
    lines = f"M{_LEFT} {_TOP}H{_RIGHT}M{_LEFT} {_BASE}H{_RIGHT}"
    return (
        f'<path class="rm-c-grid" d="{lines}" stroke="#c4c9d0"/>'
        '<g class="rm-muted" fill="#4f5964">'
        f'<text {place} y="{_TOP + 3.5}">{scale.high:.1f}</text>'
        f'<text {place} y="{_BASE + 3.5}">{scale.low:.1f}</text></g>'
    )


def _zone(bound: float | None, end: float, scale: _Scale) -> str:
    """A bound, and the side of it, as far as the end of the scale, that falls short."""
    if bound is None:
        return ""
    edge, far = scale.y(bound), scale.y(end)
    return (
        f'<rect class="rm-b-zone" x="{_LEFT}" y="{min(edge, far)}" '
        f'width="{_RIGHT - _LEFT}" height="{abs(far - edge):.1f}" fill="#f8dfc8"/>'
        f'<path class="rm-b-bound" d="M{_LEFT} {edge}H{_RIGHT}" stroke="#1b1f24"/>'
    )


def _line(points: Sequence[_Point], scale: _Scale) -> str:
    """Joins versions of one group that follow each other; others stand alone."""
    path, before = "", None
    for at, point in enumerate(points):
        value = point.number.value
        if value is not None:
            letter = "L" if before == point.group else "M"
            path += f"{letter}{scale.x(at)} {scale.y(value)}"
        before = None if value is None else point.group
    return f'<path class="rm-c-right" d="{path}" fill="none" stroke="#0b5cab"/>'


def _mark(at: int, point: _Point, scale: _Scale) -> str:
    """A dot where the bound holds, a diamond where it does not, over the interval."""
    value, interval = point.number.value, point.number.interval
    if value is None:
        return ""
    x, y = scale.x(at), scale.y(value)
    if point.number.is_short:
        name, colour, shape = "wrong", "#a33b00", f"M{x} {y - 5:g}l5 5l-5 5l-5-5z"
    else:
        name, colour = "right", "#0b5cab"
        shape = f"M{x - 4:g} {y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"
    low, high = map(scale.y, interval or (value, value))
    return (
        f'<path class="rm-b-interval" d="M{x} {low}V{high}" stroke="#5b6672" '
        f'stroke-width="2"/><path class="rm-b-{name}" d="{shape}" fill="{colour}" '
        f'stroke="#fff"><title>{escape(point.version)}: '
        f"{format_fraction(value)}</title></path>"
    )
