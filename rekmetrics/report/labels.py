"""The classification report: a table per label, scikit-learn's text, all numbers."""

from __future__ import annotations

import math

from rekmetrics.metrics import Estimate, classification_report
from rekmetrics.report.cells import link_labels
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_details, render_section, render_table
from rekmetrics.report.numerals import (
    UNDEFINED,
    format_count,
    format_fraction,
    format_interval,
)

__all__ = ["render_labels", "render_numbers"]

_RATES = ("precision", "recall", "f1")


def render_labels(content: ReportContent) -> str:
    """The section of the labels, the worst first."""
    link = link_labels(content)
    is_multilabel = content.evaluation.task == "multilabel"
    has_extra = _has_extra(content)
    headers = ["Label", "Precision", "Recall", "F1", content.unit_plural.capitalize()]
    headers += ["TP", "FP", "FN", *(["TN"] if is_multilabel else [])]
    headers += ["Precision of all"] if has_extra else []
    headers += ["AWS: precision", "AWS: recall", "AWS: F1", "Assumed threshold"]
    rows = [
        [
            link(code, content.show_label(label)),
            *(_rate(content, label, name) for name in _RATES),
            _support(content, label),
            *_counts(content, code),
            *([_flagged(content, code)] if has_extra else []),
            *_reported(content, label),
        ]
        for code, label in _worst_first(content)
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


def _worst_first(content: ReportContent) -> list[tuple[int, str]]:
    """Codes and labels by F1; a label without one has no errors and comes last."""

    def key(item: tuple[int, str]) -> tuple[bool, float]:
        f1 = _value(content, item[1], "f1")
        return f1 is None, f1 or 0.0

    return sorted(enumerate(content.evaluation.labels), key=key)


def _estimate(content: ReportContent, label: str, name: str) -> Estimate:
    return content.numbers.estimate(label, name) or Estimate(None)


def _value(content: ReportContent, label: str, name: str) -> float | None:
    return _estimate(content, label, name).value


def _rate(content: ReportContent, label: str, name: str) -> str:
    value = format_fraction(_value(content, label, name))
    interval = content.label_intervals.get(label, {}).get(name)
    if interval is None or value == UNDEFINED:
        return value
    return f"{value}<br><small>{format_interval(interval)}</small>"


def _support(content: ReportContent, label: str) -> str:
    code = content.evaluation.labels.index(label)
    return format_count(int(content.evaluation.support[code]))


def _counts(content: ReportContent, code: int) -> list[str]:
    evaluation = content.evaluation
    tp = int(evaluation.n_true_positives[code])
    fp = int(evaluation.n_false_positives[code])
    fn = int(evaluation.n_false_negatives[code])
    counts = [tp, fp, fn]
    if evaluation.task == "multilabel":
        counts.append(evaluation.n_images - tp - fp - fn)
    return [format_count(count) for count in counts]


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
        return ["", "", "", ""]
    return [
        format_fraction(value) if value is not None else ""
        for value in (report.precision, report.recall, report.f1, report.threshold)
    ]


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
    return f'<p class="rm-note">{text}</p>'


def _text(content: ReportContent) -> str:
    if content.evaluation.task == "detection":
        return ""
    text = classification_report(content.evaluation)
    body = (
        '<pre class="rm-pre" tabindex="0" role="region" '
        'aria-label="scikit-learn&#x27;s classification report">'
        f"{content.show_lines(text)}</pre>"
    )
    few = content.evaluation.n_labels <= 40
    return render_details("scikit-learn’s classification report", body, is_open=few)
