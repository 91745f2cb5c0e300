"""The classification report: a table per label, scikit-learn's text, all numbers."""

from __future__ import annotations

import math

from rekmetrics.metrics import classification_report
from rekmetrics.report.content import RATES, ReportContent
from rekmetrics.report.images import link_labels
from rekmetrics.report.markup import (
    render_details,
    render_note,
    render_pre,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import (
    UNDEFINED,
    format_count,
    format_fraction,
    format_interval,
)

__all__ = ["render_labels", "render_numbers"]


def render_labels(content: ReportContent) -> str:
    """The section of the labels, the worst first."""
    link, has_extra = link_labels(content), _has_extra(content)
    headers = ["Label", "Precision", "Recall", "F1", content.unit_plural.capitalize()]
    headers += ["TP", "FP", "FN"]
    headers += ["TN"] if content.evaluation.task == "multilabel" else []
    headers += ["Precision of all"] if has_extra else []
    headers += ["AWS: precision", "AWS: recall", "AWS: F1", "Assumed threshold"]
    rows = [
        [
            link(code, content.show_label(label)),
            *(_rate(content, label, name) for name in RATES),
            *_counts(content, code),
            *([_flagged(content, code)] if has_extra else []),
            *_reported(content, label),
        ]
        for code, label in content.labels_worst_first
    ]
    table = render_table(
        "Labels, the lowest F1 first",
        headers,
        rows,
        numeric=range(1, len(headers)),
        name="rm-labels",
    )
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
    value = format_fraction(content.rate(label, name))
    interval = content.label_intervals.get(label, {}).get(name)
    if interval is None or value == UNDEFINED:
        return value
    return f"{value}<br><small>{format_interval(interval)}</small>"


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


def _flagged(content: ReportContent, code: int) -> str:
    value = content.evaluation.flagged_precision[code].item()
    return format_fraction(None if math.isnan(value) else value)


def _reported(content: ReportContent, label: str) -> list[str]:
    report = content.loaded.summary.label_reports.get(label)
    if report is None:
        return [""] * 4
    values = report.precision, report.recall, report.f1, report.threshold
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
