"""Whether the summary contradicts itself or the description, or leaves much out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

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
    from rekmetrics.model import Model
    from rekmetrics.summary import Summary


_STARTABLE = frozenset(
    (
        "TRAINING_COMPLETED",
        "COPYING_COMPLETED",
        "STARTING",
        "RUNNING",
        "STOPPING",
        "STOPPED",
    )
)
_SPREAD = 3
"""Roundings that meet in one number: precision's, recall's and its own."""


def check_description(summary: Summary, description: Model) -> Iterator[Finding]:
    """Whether the summary is of the version that Rekognition described."""
    yield _check_version(summary, description)
    if description.f1 is None or summary.f1 is None:
        yield compare(
            "described F1",
            description.f1 is summary.f1,
            agree="Neither summary nor description have an F1 score.",
            differ="The F1 score is missing in the summary or in the description.",
            values=(description.f1, summary.f1),
            level="warning",
        )
    else:
        yield compare(
            "described F1",
            is_close(description.f1, summary.f1),
            agree="The summary's F1 score is the one of the version's description.",
            differ=(
                f"The summary's F1 score is {summary.f1}, the version's description "
                f"says {description.f1}: the summary is not this version's."
            ),
            values=(description.f1, summary.f1),
        )
    status = description.status or "without a status"
    yield compare(
        "status",
        status in _STARTABLE,
        agree=f"The version is {status}.",
        differ=(
            f"The version is {status}: its evaluation can be judged, but Rekognition "
            "may not start such a version."
        ),
        values=(None, description.status),
        level="warning",
    )


def _check_version(summary: Summary, description: Model) -> Finding:
    """The version that the summary names; a copy's may name one of its sources."""
    wanted, source = description.version_arn, description.source_version_arn
    found = summary.version_arn
    if found is None:
        text = "The summary does not say which version it is of."
        return Finding("version", "warning", text, wanted)
    if source is None or found == wanted:
        return compare(
            "version",
            found == wanted,
            agree="The summary is of the version asked for.",
            differ=(
                "The summary is of another version than the one asked for: it says "
                f"{found}, wanted {wanted}."
            ),
            values=(wanted, found),
        )
    return compare(
        "version",
        found == source,
        agree="The summary names the version that this one was copied from.",
        differ=(
            f"The summary names {found}, while {wanted} was copied from {source}: a "
            "copy of a copy may keep the first version's name. Rekognition's own "
            "description led to these files."
        ),
        values=(source, found),
        level="warning",
    )


def check_labels(evaluation: Evaluation, summary: Summary) -> Iterator[Finding]:
    """Labels that one file lacks; a label without test images is no wonder."""
    extra = [quote(label) for label in evaluation.labels[len(summary.labels) :]]
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
        unlisted = list_some([quote(label) for label in summary.unlisted])
        yield Finding(
            "unlisted labels",
            "info",
            "The summary reports labels that its list of labels lacks: "
            f"{unlisted}; they are taken in.",
        )


def check_summary(evaluation: Evaluation, summary: Summary) -> Iterator[Finding]:
    """
    Whether the summary's figures are there and follow from each other.

    They tie the manifest to the version and set the thresholds that it was written at,
    so that in classification every rule rests on them. In detection they are known to
    differ.
    """
    level: Level = "info" if evaluation.task == "detection" else "error"
    yield _check_link(evaluation, summary)
    yield _check_label_f1(summary, level)
    yield _check_aggregates(summary, level)
    yield _check_reports(evaluation, summary, level)


def _check_link(evaluation: Evaluation, summary: Summary) -> Finding:
    """Versions may share all test images: what they made of them tells them apart."""
    n_telling = sum(
        (report.precision, report.recall) != (None, None)
        for report in summary.label_reports.values()
    )
    return compare(
        "link",
        n_telling > 0,
        agree=f"Numbers of {n_telling} labels can be held against the manifest.",
        differ=(
            "The summary reports neither precision nor recall of any label, so nothing "
            "shows that the manifest is of the same version; fetch both again."
        ),
        values=(len(summary.labels), n_telling),
        level="warning" if evaluation.task == "detection" else "error",
    )


def _check_label_f1(summary: Summary, level: Level) -> Finding:
    """F1 is the harmonic mean of precision and recall."""
    rounding = _SPREAD * rounding_of(summary.figures)
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
            f"{list_some(differing)}: the summary contradicts itself."
        ),
        values=(f"{n_made} labels", f"{n_made - len(differing)} agree"),
        level=level,
    )


def _check_aggregates(summary: Summary, level: Level) -> Finding:
    """Aggregates are unweighted means over labels, unreported ones left out or 0."""
    rounding = _SPREAD * rounding_of(summary.figures)
    differing, missing = [], []
    for member in ("precision", "recall", "f1"):
        what, aggregate = member.replace("f1", "F1"), getattr(summary, member)
        values = [getattr(one, member) for one in summary.label_reports.values()]
        known = [value for value in values if value is not None]
        if aggregate is None or not known:
            missing.append(what)
            continue
        means = [sum(known) / len(known), sum(known) / len(values)]
        if not any(is_close(aggregate, mean, rounding) for mean in means):
            differing.append(f"{what} ({aggregate} reported, the mean is {means[0]})")
    differ = (
        "What is reported over all labels is not the mean over labels: "
        f"{', '.join(differing)}: the summary contradicts itself."
    )
    if not differing:
        level = "warning"
        differ = f"The summary reports no {', '.join(missing)}, or none of any label."
    return compare(
        "aggregates",
        not differing and not missing,
        agree="What is reported over all labels is the mean over labels.",
        differ=differ,
        level=level,
    )


def _check_reports(evaluation: Evaluation, summary: Summary, level: Level) -> Finding:
    """Numbers that are null, NaN or not there, of labels that were tested."""
    support = dict(zip(evaluation.labels, evaluation.support.tolist(), strict=True))
    codes = set(evaluation.prediction_labels.tolist())
    seen = {evaluation.labels[code] for code in codes}
    telling, missing = [], []
    for label, report in summary.label_reports.items():
        if not support.get(label):
            continue
        if report.recall is None or (report.precision is None and label in seen):
            telling.append(quote(label))
        elif None in (report.precision, report.f1, report.threshold):
            missing.append(quote(label))
    labels = telling or missing
    return compare(
        "reports",
        not labels,
        agree="The summary reports all numbers of every label that was tested.",
        differ=(
            "The summary leaves out numbers of labels that were tested: "
            f"{list_some(labels)}."
        ),
        values=(len(summary.labels), len(summary.labels) - len(labels)),
        level=level if telling else "warning",
    )
