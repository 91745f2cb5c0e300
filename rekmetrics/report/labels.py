"""Label by label: rates and counts, what a threshold would change; all numbers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import Evaluation
from rekmetrics.manifest import EntryKind
from rekmetrics.metrics import classification_report
from rekmetrics.report.content import RATES, ReportContent
from rekmetrics.report.images import link_label
from rekmetrics.report.markup import (
    FONT,
    add_small,
    render_details,
    render_note,
    render_pre,
    render_section,
    render_svg,
    render_table,
)
from rekmetrics.report.numerals import (
    format_count,
    format_fraction,
    format_interval,
    plural,
)
from rekmetrics.texts import shorten

_MOST_LABELS = 30
_MOST_OPEN = 12
_MOST_STEPS = 40
_SIZE = 120
_LEFT, _TOP = 26, 8
_RIGHT, _BASE = _LEFT + _SIZE, _TOP + _SIZE * 3 // 4
_END = ' text-anchor="end"'
_BLUE, _ORANGE = 'stroke="#0b5cab"', 'stroke="#a3480b" stroke-dasharray="5 3"'

Floats = NDArray[np.float64]


def render_labels(content: ReportContent) -> str:
    """The section of the labels, the worst first."""
    has_extra, flagged = _has_extra(content), content.evaluation.flagged_precision
    headers = ["Label", "Precision", "Recall", "F1", content.unit_plural.capitalize()]
    headers += ["TP", "FP", "FN"]
    headers += ["TN"] if content.evaluation.task == "multilabel" else []
    headers += ["Precision of all"] if has_extra else []
    headers += ["AWS: precision", "AWS: recall", "AWS: F1", "Assumed threshold"]
    rows = [
        [
            link_label(content, code),
            *(_rate(content, label, name) for name in RATES),
            *_counts(content, code),
            *([format_fraction(flagged[code])] if has_extra else []),
            *_reported(content, label),
        ]
        for code, label in content.labels_worst_first
    ]
    title, flush = "Labels, the lowest F1 first", range(1, len(headers))
    table = render_table(title, headers, rows, numeric=flush, name="rm-labels")
    return render_section("labels", "Labels", _reading(content), table, _text(content))


def render_numbers(content: ReportContent) -> str:
    """The section of all overall metrics, judged or not."""
    from rekmetrics.metrics.registry import find

    rows = []
    for name, estimate in content.numbers.overall.items():
        metric = find(name)
        definition = content.show(metric.definition) if metric else ""
        rows.append([content.show(name), format_fraction(estimate.value), definition])
    headers = ["Metric", "Value", "What it is"]
    table = render_table("All metrics", headers, rows, numeric=(1,), name="rm-numbers")
    return render_section("numbers", "All numbers", table)


def _rate(content: ReportContent, label: str, name: str) -> str:
    value = content.rate(label, name)
    ends = None if value is None else content.label_intervals[label].get(name)
    return add_small(format_fraction(value), format_interval(ends))


def _counts(content: ReportContent, code: int) -> list[str]:
    """Support, and what became of each image (or box)."""
    evaluation = content.evaluation
    found = evaluation.n_true_positives, evaluation.n_false_positives
    counts = [int(n[code]) for n in (*found, evaluation.n_false_negatives)]
    if evaluation.task == "multilabel":
        counts.append(evaluation.n_images - sum(counts))
    return [*map(format_count, (int(evaluation.support[code]), *counts))]


def _has_extra(content: ReportContent) -> bool:
    """Whether it matters that only the most confident label of an image counts."""
    evaluation = content.evaluation
    return evaluation.task == "multiclass" and evaluation.n_with_extra_predictions > 0


def _reported(content: ReportContent, label: str) -> list[str]:
    report = content.loaded.summary.label_reports.get(label)
    names = (*RATES, "threshold")
    values = [None if report is None else getattr(report, name) for name in names]
    return ["" if value is None else format_fraction(value) for value in values]


def _reading(content: ReportContent) -> str:
    text = (
        "Columns headed “AWS” are what Rekognition reports for the version; the "
        "assumed threshold is the confidence from which it counts a label as predicted."
    )
    if content.evaluation.task == "multiclass":
        text += (
            " AWS counts every label that reaches its threshold; here the most "
            "confident one is the answer, so the two may differ a little."
        )
    if _has_extra(content):
        n = format_count(content.evaluation.n_with_extra_predictions)
        text += (
            f" On {n} images further labels reached their thresholds: “Precision of "
            "all” is what an application sees that takes all of them "
            "(task: multilabel judges so)."
        )
    if content.label_intervals:
        text += " Small figures are confidence intervals."
    return render_note(text)


def _text(content: ReportContent) -> str:
    if content.evaluation.task == "detection":
        return ""
    text = content.show_lines(classification_report(content.evaluation))
    body = render_pre("scikit-learn&#x27;s classification report", text)
    few = content.evaluation.n_labels <= 40
    return render_details("scikit-learn’s classification report", body, is_open=few)


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
    lines = _TOP, (_TOP + _BASE) / 2, _BASE
    grid = "".join(f"M{_LEFT} {y:g}H{_RIGHT}" for y in lines)
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
