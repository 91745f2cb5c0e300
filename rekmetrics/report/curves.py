"""Curves that the manifest can honestly give, and what each cannot show."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import Evaluation
from rekmetrics.manifest import EntryKind
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_details, render_section
from rekmetrics.report.numerals import format_count, plural
from rekmetrics.texts import shorten

__all__ = ["LabelCurve", "ReliabilityBin", "bin_reliability", "render_curves", "trace"]

_MOST_LABELS = 30
_MOST_OPEN = 12
_MOST_STEPS = 40
_SIZE = 120
_LEFT, _TOP, _BOTTOM = 26, 8, 20

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


def trace(evaluation: Evaluation, label: int) -> LabelCurve:
    """Precision and recall of a label, from its predictions as they were made on."""
    chosen = (evaluation.entry_labels == label) & evaluation.is_prediction
    confidences = evaluation.entry_confidences[chosen].astype(np.float64)
    is_right = evaluation.entry_kinds[chosen] == EntryKind.TRUE_POSITIVE
    order = np.argsort(-confidences, kind="stable")
    confidences, n_right = confidences[order], np.cumsum(is_right[order])
    is_last = np.append(confidences[1:] != confidences[:-1], True)[: len(confidences)]
    n_kept = np.flatnonzero(is_last) + 1
    n_right = n_right[is_last]
    support = max(int(evaluation.support[label]), 1)
    steps = confidences[is_last], n_right / n_kept, n_right / support
    thinned = [step[_thin(len(step))][::-1] for step in steps]
    return LabelCurve(*thinned)


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
    first = "".join(drawn[:_MOST_OPEN])
    rest = "".join(drawn[_MOST_OPEN:])
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
        f'<p class="rm-note">{note}</p>',
        _reliability(content),
    )


def _thin(n: int) -> NDArray[np.int64]:
    """Positions of at most some forty of n steps, the ends always among them."""
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    return np.unique(
        np.linspace(0, n - 1, min(n, _MOST_STEPS)).round().astype(np.int64)
    )


def _curve(content: ReportContent, label: int) -> str:
    name = content.plain(content.evaluation.labels[label])
    curve = trace(content.evaluation, label)
    low = float(content.evaluation.assumed_thresholds[label])
    if len(curve.thresholds):
        low = min(low, curve.thresholds[0]) if low == low else curve.thresholds[0]
    elif low != low:
        low = 0.0
    low = min(max(low, 0.0), 0.99)
    plotted = (
        _path(curve.thresholds, curve.precision, low, "rm-c-right", "#0b5cab", "")
        + _path(curve.thresholds, curve.recall, low, "rm-c-wrong", "#a3480b", "5 3")
        if len(curve.thresholds)
        else f'<text class="rm-muted" x="{_LEFT + 12}" y="{_TOP + 50}" fill="#4f5964">'
        "never predicted</text>"
    )
    said = f"Precision and recall of {name} as its threshold rises"
    return (
        f'<figure class="rm-curve">{_axes(said, f"{low:.2f}", "1", plotted)}'
        f"<figcaption><bdi>{escape(shorten(name, 26))}</bdi></figcaption></figure>"
    )


def _axes(said: str, low: str, high: str, plotted: str, zoom: float = 1) -> str:
    right, base = _LEFT + _SIZE, _TOP + _SIZE * 3 // 4
    width, height = right + 14, base + _BOTTOM
    grid = "".join(
        f"M{_LEFT} {_TOP + share * (base - _TOP):g}H{right}" for share in (0, 0.5, 1)
    )
    return (
        f'<svg width="{width * zoom:g}" height="{height * zoom:g}" '
        f'viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(said)}" font-family="Helvetica, Arial, sans-serif" '
        f'font-size="{10 if zoom == 1 else 7}">'
        f'<path class="rm-c-grid" d="{grid}" stroke="#c4c9d0"/>'
        f'<g class="rm-muted" fill="#4f5964"><text x="{_LEFT - 4}" y="{_TOP + 4}" '
        f'text-anchor="end">1</text><text x="{_LEFT - 4}" y="{base + 3}" '
        f'text-anchor="end">0</text><text x="{_LEFT}" y="{base + 14}">{low}</text>'
        f'<text x="{right}" y="{base + 14}" text-anchor="end">{high}</text></g>'
        f"{plotted}</svg>"
    )


def _path(
    xs: Floats, ys: Floats, low: float, kind: str, colour: str, dashes: str
) -> str:
    """Steps: between two confidences nothing changes; beyond the last, none is left."""
    points = []
    before = low
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        points.append(f"{_x(before, low)} {_y(y)}H{_x(x, low)}")
        before = x
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path class="{kind}" d="M{"L".join(points)}" fill="none" stroke="{colour}" '
        f'stroke-width="2"{dash}/>'
    )


def _x(value: float, low: float) -> str:
    return f"{_LEFT + _SIZE * (min(max(value, low), 1) - low) / (1 - low):.1f}"


def _y(value: float) -> str:
    return f"{_TOP + (1 - value) * (_SIZE * 3 // 4):.1f}"


def _reliability(content: ReportContent) -> str:
    bins = bin_reliability(content.evaluation)
    if not bins:
        return ""
    most = max(b.n_total for b in bins)
    dots = "".join(_dot(b, most) for b in bins)
    base = _TOP + _SIZE * 3 // 4
    ideal = (
        f'<path class="rm-c-ideal" d="M{_LEFT} {base}L{_LEFT + _SIZE} {_TOP}" '
        'stroke="#5b6672" stroke-dasharray="3 3"/>'
    )
    said = "; ".join(
        f"confidence {b.mean_confidence:.2f}: {b.n_right} of {b.n_total} right"
        for b in bins
    )
    svg = _axes(f"Reliability: {said}", "0", "1", ideal + dots, 1.8)
    rows = "".join(
        f'<tr><td align="right">{b.mean_confidence:.3f}</td>'
        f'<td align="right">{b.n_right / b.n_total:.3f}</td>'
        f'<td align="right">{format_count(b.n_total)}</td></tr>'
        for b in bins
    )
    table = (
        '<table class="rm-table" border="1" cellspacing="0" cellpadding="4"><thead><tr>'
        '<th scope="col">Mean confidence</th><th scope="col">Share right</th>'
        f'<th scope="col">Predictions</th></tr></thead><tbody>{rows}</tbody></table>'
    )
    note = (
        "Across: the confidence of the predictions made; up: the share that was right; "
        "a larger dot stands for more of them. On the dashed line, confidence means "
        "what it says. Only what reached its threshold is in the manifest: how sure "
        "the model was of what it left out, and so whether low confidences are honest, "
        "cannot be seen."
    )
    return (
        "<h3>Are its confidences honest?</h3>"
        f'<div class="rm-reliability"><figure class="rm-curve rm-large">{svg}</figure>'
        f'{table}</div><p class="rm-note">{note}</p>'
    )


def _dot(b: ReliabilityBin, most: int) -> str:
    radius = 2 + 5 * (b.n_total / most) ** 0.5
    share = b.n_right / b.n_total
    title = f"confidence {b.mean_confidence:.3f}: {b.n_right} of {b.n_total} right"
    return (
        f'<circle class="rm-c-dot" cx="{_x(b.mean_confidence, 0)}" cy="{_y(share)}" '
        f'r="{radius:.1f}" fill="#0b5cab" stroke="#fff"><title>{title}</title></circle>'
    )
