"""Curves that the manifest can honestly give, and what each cannot show."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import Evaluation
from rekmetrics.manifest import EntryKind
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    FONT,
    render_details,
    render_note,
    render_section,
    render_svg,
    render_table,
)
from rekmetrics.report.numerals import format_count, plural
from rekmetrics.texts import shorten

__all__ = ["LabelCurve", "ReliabilityBin", "bin_reliability", "render_curves", "trace"]

_MOST_LABELS = 30
_MOST_OPEN = 12
_MOST_STEPS = 40
_SIZE = 120
_LEFT, _TOP = 26, 8
_RIGHT, _BASE = _LEFT + _SIZE, _TOP + _SIZE * 3 // 4
_END = ' text-anchor="end"'
_BLUE, _ORANGE = 'stroke="#0b5cab"', 'stroke="#a3480b" stroke-dasharray="5 3"'

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LabelCurve:
    """
    One label as its threshold rises; shape `(n_steps,)` each, thresholds ascending.

    Step i keeps the predictions whose confidence is `thresholds[i]` or more.
    """

    thresholds: Floats
    precision: Floats
    recall: Floats


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions of like confidence: how sure they were, how many were right."""

    mean_confidence: float
    n_right: int
    n_total: int

    @property
    def share_right(self) -> float:
        return self.n_right / self.n_total


def trace(evaluation: Evaluation, label: int) -> LabelCurve:
    """Precision and recall of a label, from its predictions as they were made on."""
    chosen = (evaluation.entry_labels == label) & evaluation.is_prediction
    confidences = evaluation.entry_confidences[chosen].astype(np.float64)
    is_right = evaluation.entry_kinds[chosen] == EntryKind.TRUE_POSITIVE
    order = np.argsort(-confidences, kind="stable")
    confidences, n_right = confidences[order], np.cumsum(is_right[order])
    is_last = np.append(confidences[1:] != confidences[:-1], True)[: len(confidences)]
    ends = np.flatnonzero(is_last)
    # At most some forty steps, the first and the last among them.
    chosen = np.linspace(0, max(len(ends) - 1, 0), min(len(ends), _MOST_STEPS))
    ends = ends[np.unique(chosen.round().astype(np.int64))][::-1]
    n_right, support = n_right[ends], max(int(evaluation.support[label]), 1)
    return LabelCurve(confidences[ends], n_right / (ends + 1), n_right / support)


def bin_reliability(evaluation: Evaluation, n_bins: int = 10) -> list[ReliabilityBin]:
    """Predictions in bins of equal width; empty bins are left out."""
    predicted = evaluation.is_prediction
    confidences = evaluation.entry_confidences[predicted]
    is_right = evaluation.entry_kinds[predicted] == EntryKind.TRUE_POSITIVE
    # In their own precision, 0.7 times 10 is 7 and not a little less.
    bins = np.minimum((confidences * np.float32(n_bins)).astype(np.int64), n_bins - 1)
    totals = np.bincount(bins, minlength=n_bins)
    right = np.bincount(bins[is_right], minlength=n_bins)
    sums = np.bincount(bins, weights=confidences, minlength=n_bins)
    return [
        ReliabilityBin(float(sums[i] / totals[i]), int(right[i]), int(totals[i]))
        for i in np.flatnonzero(totals)
    ]


def render_curves(content: ReportContent) -> str:
    """The section of the curves: thresholds of the worst labels, and reliability."""
    labels = np.argsort(-content.grid.errors_by_label(), kind="stable").tolist()
    drawn = [_curve(content, label) for label in labels[:_MOST_LABELS]]
    first, rest = "".join(drawn[:_MOST_OPEN]), "".join(drawn[_MOST_OPEN:])
    more = f"{plural(len(drawn) - _MOST_OPEN, 'more label')}"
    left_out = len(labels) - len(drawn)
    note = (
        "Solid blue: precision; dashed orange: recall, as a label’s threshold rises "
        "from the assumed one (left end) to 1. The labels with most errors come first"
        + (f"; {format_count(left_out)} with fewer are left out" if left_out else "")
        + ". The manifest holds no prediction below the assumed threshold, so it "
        "cannot show what a lower one would gain."
    )
    return render_section(
        "curves",
        "Thresholds and confidence",
        "<h3>Precision and recall as the threshold rises</h3>",
        f'<div class="rm-curves">{first}</div>',
        render_details(more, f'<div class="rm-curves">{rest}</div>') if rest else "",
        render_note(note),
        _reliability(content),
    )


def _curve(content: ReportContent, label: int) -> str:
    name = content.plain(content.evaluation.labels[label])
    curve = trace(content.evaluation, label)
    assumed = float(content.evaluation.assumed_thresholds[label])
    # The assumed threshold may not be known, or lie above what was predicted.
    starts = [*curve.thresholds[:1].tolist(), assumed]
    low = min((start for start in starts if start == start), default=0.0)
    low = min(max(low, 0.0), 0.99)
    plotted = _path(curve, curve.precision, low, "rm-c-right", _BLUE)
    plotted += _path(curve, curve.recall, low, "rm-c-wrong", _ORANGE)
    if not len(curve.thresholds):
        place = f'x="{_LEFT + 12}" y="{_TOP + 50}" fill="#4f5964"'
        plotted = f'<text class="rm-muted" {place}>never predicted</text>'
    said = escape(f"Precision and recall of {name} as its threshold rises")
    return (
        f'<figure class="rm-curve">{_axes(said, f"{low:.2f}", plotted)}'
        f"<figcaption><bdi>{escape(shorten(name, 26))}</bdi></figcaption></figure>"
    )


def _axes(said: str, low: str, plotted: str, zoom: float = 1) -> str:
    """Upwards from 0 to 1, across from `low` to 1."""
    width, height = _RIGHT + 14, _BASE + 20
    grid = "".join(
        f"M{_LEFT} {_TOP + share * (_BASE - _TOP):g}H{_RIGHT}" for share in (0, 0.5, 1)
    )
    texts = (
        f'<text x="{_LEFT - 4}" y="{_TOP + 4}"{_END}>1</text>'
        f'<text x="{_LEFT - 4}" y="{_BASE + 3}"{_END}>0</text>'
        f'<text x="{_LEFT}" y="{_BASE + 14}">{low}</text>'
        f'<text x="{_RIGHT}" y="{_BASE + 14}"{_END}>1</text>'
    )
    return render_svg(
        f'<path class="rm-c-grid" d="{grid}" stroke="#c4c9d0"/>'
        f'<g class="rm-muted" fill="#4f5964">{texts}</g>{plotted}',
        (width * zoom, height * zoom),
        box=(width, height),
        label=said,
        more=f'{FONT} font-size="{10 if zoom == 1 else 7}"',
    )


def _path(curve: LabelCurve, values: Floats, low: float, kind: str, stroke: str) -> str:
    """Steps: between two confidences nothing changes; beyond the last, none is left."""
    ends = curve.thresholds.tolist()
    steps = zip([low, *ends], ends, values.tolist(), strict=False)
    d = "L".join(f"{_x(a, low)} {_y(y)}H{_x(b, low)}" for a, b, y in steps)
    return f'<path class="{kind}" d="M{d}" fill="none" {stroke} stroke-width="2"/>'


def _x(value: float, low: float = 0) -> str:
    return f"{_LEFT + _SIZE * (min(max(value, low), 1) - low) / (1 - low):.1f}"


def _y(value: float) -> str:
    return f"{_TOP + (1 - value) * (_BASE - _TOP):.1f}"


def _reliability(content: ReportContent) -> str:
    bins = bin_reliability(content.evaluation)
    if not bins:
        return ""
    most = max(b.n_total for b in bins)
    ideal = (
        f'<path class="rm-c-ideal" d="M{_LEFT} {_BASE}L{_RIGHT} {_TOP}" '
        'stroke="#5b6672" stroke-dasharray="3 3"/>'
    )
    said = "; ".join(
        f"confidence {b.mean_confidence:.2f}: {b.n_right} of {b.n_total} right"
        for b in bins
    )
    dots = "".join(_dot(b, most) for b in bins)
    svg = _axes(f"Reliability: {said}", "0", ideal + dots, 1.8)
    rows = [
        [f"{b.mean_confidence:.3f}", f"{b.share_right:.3f}", format_count(b.n_total)]
        for b in bins
    ]
    title = "Are its confidences honest?"
    headers = ["Mean confidence", "Share right", "Predictions"]
    table = render_table(title, headers, rows, numeric=(1, 2))
    note = render_note(
        "Across: the confidence of the predictions made; up: the share that was right; "
        "a larger dot stands for more of them. On the dashed line, confidence means "
        "what it says. Only what reached its threshold is in the manifest: how sure "
        "the model was of what it left out, and so whether low confidences are honest, "
        "cannot be seen."
    )
    return (
        f'<h3>{title}</h3><div class="rm-reliability">'
        f'<figure class="rm-curve rm-large">{svg}</figure>{table}</div>{note}'
    )


def _dot(b: ReliabilityBin, most: int) -> str:
    radius = 2 + 5 * (b.n_total / most) ** 0.5
    title = f"confidence {b.mean_confidence:.3f}: {b.n_right} of {b.n_total} right"
    place = f'cx="{_x(b.mean_confidence)}" cy="{_y(b.share_right)}"'
    return (
        f'<circle class="rm-c-dot" {place} r="{radius:.1f}" fill="#0b5cab" '
        f'stroke="#fff"><title>{title}</title></circle>'
    )
