"""Whether the summary contradicts itself, or leaves out what it should have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.evidence.finding import (
    Finding,
    Level,
    compare,
    is_close,
    list_some,
    rounding_of,
)
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.summary import Summary

__all__ = [
    "check_aggregates",
    "check_extra_predictions",
    "check_label_f1",
    "check_labels",
    "check_reports",
]

_SPREAD = 3
"""Roundings that meet in one number: precision's, recall's and its own."""


def check_labels(evaluation: Evaluation, summary: Summary) -> Iterator[Finding]:
    """Labels that one file lacks; a label without test images is no wonder."""
    extra = evaluation.labels[len(summary.labels) :]
    yield compare(
        "labels",
        not extra,
        agree="All labels of the manifest are among the summary's.",
        differ=(
            f"The manifest has labels that the summary lacks: {list_some(extra)}; no "
            "threshold is known for them."
        ),
        values=(len(summary.labels), evaluation.n_labels),
        level="warning",
    )
    if summary.unlisted:
        yield Finding(
            "unlisted labels",
            "info",
            "The summary reports labels that its list of labels lacks: "
            f"{list_some(summary.unlisted)}; they are taken in.",
        )


def check_label_f1(summary: Summary, level: Level) -> Finding:
    """F1 is the harmonic mean of precision and recall."""
    rounding = _SPREAD * rounding_of(summary)
    differing, n_made = [], 0
    for label, report in summary.label_reports.items():
        if report.precision is None or report.recall is None or report.f1 is None:
            continue
        n_made += 1
        both = report.precision + report.recall
        wanted = 2 * report.precision * report.recall / both if both else 0.0
        if not is_close(report.f1, wanted, rounding):
            differing.append(f"{quote(label)} ({report.f1}, not {wanted})")
    return compare(
        "label_f1",
        not differing,
        agree=(
            f"The F1 score reported of {n_made} labels follows from precision and "
            "recall."
        ),
        differ=(
            "The F1 score reported does not follow from precision and recall for "
            f"{list_some(differing, shown=str)}: the summary contradicts itself."
        ),
        values=(f"{n_made} labels", f"{n_made - len(differing)} agree"),
        level=level,
    )


def check_aggregates(summary: Summary, level: Level) -> Finding:
    """Aggregates are unweighted means over labels, unreported ones left out or 0."""
    reports = summary.label_reports.values()
    rounding = _SPREAD * rounding_of(summary)
    differing, missing = [], []
    for what, aggregate, values in (
        ("precision", summary.precision, [report.precision for report in reports]),
        ("recall", summary.recall, [report.recall for report in reports]),
        ("F1", summary.f1, [report.f1 for report in reports]),
    ):
        known = [value for value in values if value is not None]
        if aggregate is None or not known:
            missing.append(what)
            continue
        means = [sum(known) / len(known), sum(known) / len(values)]
        if not any(is_close(aggregate, mean, rounding) for mean in means):
            differing.append(f"{what} ({aggregate} reported, the mean is {means[0]})")
    if differing:
        text = (
            "What is reported over all labels is not the mean over labels: "
            f"{', '.join(differing)}: the summary contradicts itself."
        )
        return Finding("aggregates", level, text)
    if missing:
        text = f"The summary reports no {', '.join(missing)}, or none of any label."
        return Finding("aggregates", "warning", text)
    text = "What is reported over all labels is the mean over labels."
    return Finding("aggregates", "info", text)


def check_reports(evaluation: Evaluation, summary: Summary, level: Level) -> Finding:
    """Numbers that are null, NaN or not there, of labels that were tested."""
    support = dict(zip(evaluation.labels, evaluation.support.tolist(), strict=True))
    seen = np.bincount(evaluation.prediction_labels, minlength=evaluation.n_labels)
    is_seen = dict(zip(evaluation.labels, (seen > 0).tolist(), strict=True))
    missing, telling = [], []
    for label, report in summary.label_reports.items():
        if not support.get(label):
            continue
        if report.recall is None or (report.precision is None and is_seen[label]):
            telling.append(label)
        elif None in (report.precision, report.f1, report.threshold):
            missing.append(label)
    text = "The summary leaves out numbers of labels that were tested: "
    labels = telling or missing
    return compare(
        "reports",
        not labels,
        agree="The summary reports all numbers of every label that was tested.",
        differ=f"{text}{list_some(labels)}.",
        values=(len(summary.labels), len(summary.labels) - len(labels)),
        level=level if telling else "warning",
    )


def check_extra_predictions(evaluation: Evaluation) -> Finding:
    """Multiclass: labels over their thresholds behind the most confident one."""
    n_extra = evaluation.n_with_extra_predictions
    return compare(
        "extra predictions",
        n_extra == 0,
        agree="No image has more than one label over its threshold.",
        differ=(
            f"{n_extra} of {evaluation.n_images} images have further labels over their "
            "thresholds, and only the most confident one of each counts. If your "
            "application takes every label that Rekognition returns, judge with "
            "`task: multilabel`, or bound `extra_predictions_rate`."
        ),
        values=(0, n_extra),
        level="warning",
    )
