"""
AWS's own numbers as evidence: summary, manifest and description against each other.

What the three agree on was fetched whole, belongs to the version asked for, and was
read as Rekognition meant it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from msgspec import Meta

from rekmetrics.manifest import EntryKind
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.evaluation.data import Counts
    from rekmetrics.model import Model
    from rekmetrics.summary import LabelReport, Summary

__all__ = ["Finding", "check_evidence"]

Level = Literal["error", "warning", "info"]

TOLERANCE = 1e-6
"""Equal as 32-bit floats; one image among 500,000 makes more than that."""

SHOWN_LABELS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """
    The result of one comparison: "info" says that it agrees or cannot be decided.

    An "error" contradicts what the verdict rests on; a "warning" is to be shown.
    """

    name: Annotated[str, Meta(description="What was compared.")]
    level: Annotated[
        Level,
        Meta(
            description="error contradicts what the verdict rests on; warning is to be "
            "looked at; info agrees, or cannot be decided."
        ),
    ]
    message: Annotated[str, Meta(description="The same in a sentence.")]
    expected: Annotated[str | None, Meta(description="What one side says.")] = None
    found: Annotated[str | None, Meta(description="What the other says.")] = None


def check_evidence(
    evaluation: Evaluation, summary: Summary, *, description: Model | None = None
) -> list[Finding]:
    """
    Compare what is told twice; one finding for each comparison that was made.

    In detection the manifest's counts are known to differ from the summary's numbers:
    there, these comparisons end as "info".
    """
    findings = [_check_images(evaluation, summary)]
    if description is not None:
        findings += [_check_arn(summary, description), _check_f1(summary, description)]
    findings += [
        _check_labels(evaluation, summary),
        _check_link(evaluation, summary),
        _check_support(evaluation, summary),
        _check_precision(evaluation, summary),
        _check_recall(evaluation, summary),
        _check_label_f1(summary),
        *_check_aggregates(evaluation, summary),
        _check_presence(evaluation, summary),
    ]
    if evaluation.task == "detection":
        findings.append(_check_surplus(evaluation))
    return findings


def _compare(
    name: str,
    is_equal: bool,
    *,
    agree: str,
    differ: str,
    values: tuple[object, object],
    level: Level = "error",
) -> Finding:
    """The finding of one comparison; `values` are what was expected and found."""
    expected, found = (None if value is None else str(value) for value in values)
    if is_equal:
        return Finding(name, "info", agree, expected, found)
    return Finding(name, level, differ, expected, found)


def _check_images(evaluation: Evaluation, summary: Summary) -> Finding:
    return _compare(
        "images",
        summary.n_testing_images == evaluation.n_images,
        agree="Summary and manifest have the same number of test images.",
        differ=(
            f"The summary counts {summary.n_testing_images} test images, the manifest "
            f"has {evaluation.n_images}: one of them is cut or of another version; "
            "fetch both again."
        ),
        values=(summary.n_testing_images, evaluation.n_images),
    )


def _check_arn(summary: Summary, description: Model) -> Finding:
    wanted, source = description.version_arn, description.source_version_arn
    values = (wanted, summary.version_arn)
    if summary.version_arn is None:
        text = "The summary does not say which version it is of."
        return Finding("version", "warning", text, wanted)
    if source is not None and summary.version_arn == source:
        text = "The summary names the version that this one was copied from."
        return Finding("version", "info", text, source, summary.version_arn)
    return _compare(
        "version",
        summary.version_arn == wanted,
        agree="The summary is of the version asked for.",
        differ=(
            "The summary is of another version than the one asked for: it says "
            f"{summary.version_arn}, wanted {wanted}"
            f"{f' or its source {source}' if source else ''}."
        ),
        values=values,
    )


def _check_f1(summary: Summary, description: Model) -> Finding:
    values = (description.f1, summary.f1)
    if description.f1 is None or summary.f1 is None:
        text = "The F1 score is missing in the summary or in the description."
        level: Level = "info" if description.f1 is summary.f1 else "warning"
        return Finding("described F1", level, text, *_texts(values))
    return _compare(
        "described F1",
        _is_close(description.f1, summary.f1),
        agree="The summary's F1 score is the one of the version's description.",
        differ=(
            f"The summary's F1 score is {summary.f1}, the version's description says "
            f"{description.f1}: the summary is not this version's."
        ),
        values=values,
    )


def _check_labels(evaluation: Evaluation, summary: Summary) -> Finding:
    """Labels of the manifest that the summary lacks; the other way is no wonder."""
    extra = evaluation.labels[len(summary.labels) :]
    return _compare(
        "labels",
        not extra,
        agree="All labels of the manifest are among the summary's.",
        differ=(
            f"The manifest has labels that the summary lacks: {_list(extra)}; no "
            "threshold is known for them."
        ),
        values=(len(summary.labels), evaluation.n_labels),
        level="warning",
    )


def _check_link(evaluation: Evaluation, summary: Summary) -> Finding:
    """Versions may share all test images: what they made of them tells them apart."""
    n_telling = sum(
        (report.precision, report.recall) != (None, None)
        for report in summary.label_reports.values()
    )
    return _compare(
        "link",
        n_telling > 0,
        agree=f"Numbers of {n_telling} labels can be held against the manifest.",
        differ=(
            "The summary reports neither precision nor recall of any label, so nothing "
            "shows that the manifest is of the same version; fetch both again."
        ),
        values=(len(summary.labels), n_telling),
        level="info" if evaluation.task == "detection" else "error",
    )


def _check_support(evaluation: Evaluation, summary: Summary) -> Finding:
    counts = evaluation.support
    if evaluation.boxes is not None:
        table = evaluation.y_true_indicator
        counts = np.bincount(table.indices, minlength=evaluation.n_labels)
    return _compare_labels(
        "label support",
        evaluation,
        summary,
        counts.tolist(),
        lambda report: report.n_testing_images,
        "number of test images",
    )


def _check_precision(evaluation: Evaluation, summary: Summary) -> Finding:
    hits = _flags(evaluation, EntryKind.TRUE_POSITIVE)
    n_predicted = hits + _flags(evaluation, EntryKind.FALSE_POSITIVE)
    return _compare_labels(
        "label precision",
        evaluation,
        summary,
        _ratios(hits, n_predicted),
        lambda report: report.precision,
        "precision",
    )


def _check_recall(evaluation: Evaluation, summary: Summary) -> Finding:
    hits = _flags(evaluation, EntryKind.TRUE_POSITIVE)
    return _compare_labels(
        "label recall",
        evaluation,
        summary,
        _ratios(hits, evaluation.support),
        lambda report: report.recall,
        "recall",
    )


def _flags(evaluation: Evaluation, kind: EntryKind) -> Counts:
    """How often each label bears the flag: at its threshold, whatever the task."""
    labels = evaluation.entry_labels[evaluation.entry_kinds == kind]
    return np.bincount(labels, minlength=evaluation.n_labels)


def _ratios(n_hits: Counts, n_total: Counts) -> list[float | None]:
    return [
        hits / total if total else None
        for hits, total in zip(n_hits.tolist(), n_total.tolist(), strict=True)
    ]


def _compare_labels(
    name: str,
    evaluation: Evaluation,
    summary: Summary,
    counted: Sequence[float | None],
    read: Callable[[LabelReport], float | None],
    what: str,
) -> Finding:
    """Compare a number of each label; a ratio of nothing may be reported as 0."""
    reports = summary.label_reports
    made = [
        (label, reported, value)
        for label, value in zip(evaluation.labels, counted, strict=True)
        if label in reports and (reported := read(reports[label])) is not None
    ]
    differing = [
        f"{quote(label)} ({reported} reported, {value} counted)"
        for label, reported, value in made
        if not _is_close(reported, value or 0.0)
    ]
    if not made:
        return Finding(name, "info", f"The summary reports no {what} of any label.")
    is_detection = evaluation.task == "detection"
    return _compare(
        name,
        not differing,
        agree=f"The {what} reported of {len(made)} labels follows from the manifest.",
        differ=(
            f"The {what} reported does not follow from the manifest for "
            f"{len(differing)} of {len(made)} labels: {_list(differing, shown=str)}"
            + (
                "; in object detection the two are counted by different rules."
                if is_detection
                else ": the files are not of one version, or not whole."
            )
        ),
        values=(f"{len(made)} labels", f"{len(made) - len(differing)} agree"),
        level="info" if is_detection else "error",
    )


def _check_label_f1(summary: Summary) -> Finding:
    """F1 is the harmonic mean of precision and recall."""
    differing, n_made = [], 0
    for label, report in summary.label_reports.items():
        if report.precision is None or report.recall is None or report.f1 is None:
            continue
        n_made += 1
        both = report.precision + report.recall
        wanted = 2 * report.precision * report.recall / both if both else 0.0
        if not _is_close(report.f1, wanted):
            differing.append(f"{quote(label)} ({report.f1}, not {wanted})")
    return _compare(
        "label F1",
        not differing,
        agree=(
            f"The F1 score reported of {n_made} labels follows from precision and "
            "recall."
        ),
        differ=(
            "The F1 score reported does not follow from precision and recall for "
            f"{_list(differing, shown=str)}."
        ),
        values=(f"{n_made} labels", f"{n_made - len(differing)} agree"),
        level="warning",
    )


def _check_aggregates(evaluation: Evaluation, summary: Summary) -> Iterable[Finding]:
    """Aggregates are unweighted means over labels, unreported ones left out or 0."""
    reports = summary.label_reports.values()
    aggregates = (
        ("precision", summary.precision, [report.precision for report in reports]),
        ("recall", summary.recall, [report.recall for report in reports]),
        ("F1", summary.f1, [report.f1 for report in reports]),
    )
    for what, aggregate, values in aggregates:
        known = [value for value in values if value is not None]
        if aggregate is None or not known:
            text = f"The summary reports no {what}, or none of any label."
            yield Finding(f"aggregate {what}", "warning", text)
            continue
        means = [sum(known) / len(known), sum(known) / len(values)]
        yield _compare(
            f"aggregate {what}",
            any(_is_close(aggregate, mean) for mean in means),
            agree=f"The {what} reported is the mean over labels.",
            differ=f"The {what} reported is {aggregate}, the mean is {means[0]}.",
            values=(means[0], aggregate),
            level="info" if evaluation.task == "detection" else "warning",
        )


def _check_presence(evaluation: Evaluation, summary: Summary) -> Finding:
    """Numbers that are null, NaN or not there, of labels that were tested."""
    support = dict(zip(evaluation.labels, evaluation.support.tolist(), strict=True))
    missing = [
        label
        for label, report in summary.label_reports.items()
        if support.get(label)
        and None in (report.precision, report.recall, report.f1, report.threshold)
    ]
    return _compare(
        "reported numbers",
        not missing,
        agree="The summary reports all numbers of every label that was tested.",
        differ=(
            "The summary leaves out numbers of labels that were tested: "
            f"{_list(missing)}."
        ),
        values=(len(summary.labels), len(summary.labels) - len(missing)),
        level="warning",
    )


def _check_surplus(evaluation: Evaluation) -> Finding:
    """Detection: true positives beyond the ground-truth boxes."""
    claimed = int(_flags(evaluation, EntryKind.TRUE_POSITIVE).sum())
    counted = int(evaluation.n_true_positives.sum())
    return _compare(
        "true positives",
        claimed == counted,
        agree="No image has more true positives of a label than ground-truth boxes.",
        differ=(
            f"{claimed - counted} true positives go beyond the ground-truth boxes of "
            "their label on their image; they are counted as false positives."
        ),
        values=(counted, claimed),
        level="warning",
    )


def _is_close(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=0, abs_tol=TOLERANCE)


def _texts(values: Iterable[object]) -> tuple[str | None, ...]:
    return tuple(None if value is None else str(value) for value in values)


def _list(items: Sequence[str], *, shown: Callable[[str], str] = quote) -> str:
    text = ", ".join(shown(item) for item in items[:SHOWN_LABELS])
    more = len(items) - SHOWN_LABELS
    return f"{text} and {more} more" if more > 0 else text
