"""Numbers over time: what rules bound, version by version, and small drawings of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from rekmetrics.compare.contenders import Contender
from rekmetrics.compare.records import History, Point
from rekmetrics.report.markup import FONT, render_svg
from rekmetrics.report.numerals import format_fraction
from rekmetrics.texts import isolate, reveal, shorten

__all__ = ["list_histories", "render_history"]

_WIDTH, _HEIGHT = 160, 84
_LEFT, _RIGHT, _TOP, _BOTTOM = 30, 10, 8, 8


def list_histories(groups: Sequence[Sequence[Contender]], by: str) -> list[History]:
    """
    What rules bound, and the metric that ranks; labels without a rule by F1.

    The model as a whole comes first, then labels: those that fell short, then those
    nearest to a bound.
    """
    members = [(member, at) for at, group in enumerate(groups) for member in group]
    members.sort(key=lambda pair: (pair[0].told.trained or "", pair[0].told.name))
    checks = [o.check for member, _ in members for o in member.verdict.outcomes]
    keys = [(c.label, c.metric) for c in checks if c.kind in ("metric", "label")]
    labels = {label: 0 for member, _ in members for label in member.evaluation.labels}
    bare = labels.keys() - {label for label, _ in keys}
    keys = [(None, by), *keys, *((label, "f1") for label in labels if label in bare)]
    found = [_history(members, *key) for key in dict.fromkeys(keys) if members]
    return sorted(found, key=_urgency)


def _history(
    members: Sequence[tuple[Contender, int]], label: str | None, metric: str
) -> History:
    minimum = maximum = None
    points = []
    for member, group in members:
        known = member.told.metrics.get(metric) if label is None else None
        interval, is_short = known.interval if known else None, False
        for outcome in member.verdict.outcomes:
            check = outcome.check
            if (check.label, check.metric) == (label, metric) and (
                check.kind in ("metric", "label")
            ):
                minimum, maximum = check.rule.minimum, check.rule.maximum
                interval, is_short = outcome.interval, outcome.status != "passed"
        point = Point(
            version=member.told.name,
            value=member.value(label, metric),
            interval=interval,
            is_short=is_short,
            group=group,
        )
        points.append(point)
    return History(label=label, metric=metric, min=minimum, max=maximum, points=points)


def _urgency(history: History) -> tuple[bool, bool, float]:
    if history.label is None:
        return False, False, 0.0
    values = [point.value for point in history.points if point.value is not None]
    gaps = [value - history.min for value in values if history.min is not None]
    gaps += [history.max - value for value in values if history.max is not None]
    is_held = not any(point.is_short for point in history.points)
    return True, is_held, min(gaps, default=math.inf)


def render_history(history: History) -> str:
    """A figure, whose drawing needs no style sheet."""
    scale = _scale(history)
    whose = "" if history.label is None else isolate(reveal(history.label))
    told = [f"{p.version}: {format_fraction(p.value)}" for p in history.points]
    told += [f"at least {history.min:g}"] if history.min is not None else []
    told += [f"at most {history.max:g}"] if history.max is not None else []
    said = f"{whose} {history.metric}: {'; '.join(told)}".strip()
    drawn = [_axis(scale), _zone(history.min, scale.low, scale)]
    drawn += [_zone(history.max, scale.high, scale), _line(history.points, scale)]
    drawn += [_mark(at, point, scale) for at, point in enumerate(history.points)]
    title = f"<bdi>{escape(shorten(whose, 24))}</bdi><br>" if whose else ""
    size, font = (_WIDTH, _HEIGHT), f'{FONT} font-size="10"'
    svg = render_svg("".join(drawn), size, label=escape(said), more=font)
    name = escape(reveal(history.metric))
    return (
        f'<figure class="rm-curve">{svg}<figcaption>{title}{name}</figcaption></figure>'
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    low: float
    high: float
    n_points: int

    def x(self, at: int) -> float:
        width = _WIDTH - _LEFT - _RIGHT
        return round(_LEFT + width * (at + 0.5) / self.n_points, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        height = _HEIGHT - _TOP - _BOTTOM
        return round(_TOP + height * (1 - min(max(share, 0.0), 1.0)), 1)


def _scale(history: History) -> _Scale:
    """Full tenths, wide enough for every number that is drawn."""
    values = [point.value for point in history.points]
    ends = [end for point in history.points for end in point.interval or ()]
    shown = [
        value
        for value in (*values, *ends, history.min, history.max)
        if value is not None and math.isfinite(value)
    ] or [0.0, 1.0]
    low = math.floor(round(min(shown) * 10, 9)) / 10
    high = math.ceil(round(max(shown) * 10, 9)) / 10
    return _Scale(low, high if high > low else low + 0.1, len(values))


def _axis(scale: _Scale) -> str:
    ends = (scale.high, scale.low)
    lines = "".join(f"M{_LEFT} {scale.y(end)}H{_WIDTH - _RIGHT}" for end in ends)
    texts = "".join(
        f'<text x="{_LEFT - 5}" y="{scale.y(end) + 3.5}" text-anchor="end">'
        f"{end:.1f}</text>"
        for end in ends
    )
    return (
        f'<path class="rm-c-grid" d="{lines}" stroke="#c4c9d0"/>'
        f'<g class="rm-muted" fill="#4f5964">{texts}</g>'
    )


def _zone(bound: float | None, end: float, scale: _Scale) -> str:
    """A bound, and the side of it, as far as the end of the scale, that falls short."""
    if bound is None:
        return ""
    edge, far = scale.y(bound), scale.y(end)
    right = _WIDTH - _RIGHT
    return (
        f'<rect class="rm-b-zone" x="{_LEFT}" y="{min(edge, far)}" '
        f'width="{right - _LEFT}" height="{abs(far - edge):.1f}" fill="#f8dfc8"/>'
        f'<path class="rm-b-bound" d="M{_LEFT} {edge}H{right}" stroke="#1b1f24"/>'
    )


def _line(points: Sequence[Point], scale: _Scale) -> str:
    """Joins versions of one group that follow each other; others stand alone."""
    path, before = "", None
    for at, point in enumerate(points):
        if point.value is not None:
            letter = "L" if before == point.group else "M"
            path += f"{letter}{scale.x(at)} {scale.y(point.value)}"
        before = None if point.value is None else point.group
    return f'<path class="rm-c-right" d="{path}" fill="none" stroke="#0b5cab"/>'


def _mark(at: int, point: Point, scale: _Scale) -> str:
    """A dot where the rule holds, a diamond where it does not, over the interval."""
    if point.value is None:
        return ""
    x, y = scale.x(at), scale.y(point.value)
    shape, name, colour = (
        f"M{x - 4:g} {y}a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
        "right",
        "0b5cab",
    )
    if point.is_short:
        shape, name, colour = f"M{x} {y - 5:g}l5 5l-5 5l-5-5z", "wrong", "a33b00"
    low, high = map(scale.y, point.interval or (point.value, point.value))
    return (
        f'<path class="rm-b-interval" d="M{x} {low}V{high}" stroke="#5b6672" '
        f'stroke-width="2"/><path class="rm-b-{name}" d="{shape}" fill="{colour}" '
        f'stroke="#fff"><title>{escape(point.version)}: '
        f"{format_fraction(point.value)}</title></path>"
    )
