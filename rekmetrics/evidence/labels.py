"""What the summary says of labels against what the manifest's lines count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.evidence.finding import (
    Finding,
    Level,
    compare,
    is_close,
    list_some,
    rounding_of,
)
from rekmetrics.manifest import EntryKind
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.summary import LabelReport, Summary

__all__ = [
    "check_images",
    "check_link",
    "check_precision",
    "check_recall",
    "check_support",
    "count_flags",
]

Figures = Sequence[float | None]
Reading = tuple[str, Figures]
"""How AWS may have counted, and what comes out; no words for how we count."""

ENTRIES = "images without an entry are left out"
TOP = "only the most confident label of an image is counted"


def check_images(evaluation: Evaluation, summary: Summary) -> Finding:
    """The number of test images, with or without those that have no entry."""
    n_reported, n_images = summary.n_testing_images, evaluation.n_images
    n_with_entries = int(_has_entries(evaluation).sum())
    values = (n_reported, n_images)
    if n_reported == n_with_entries < n_images:
        text = (
            f"The summary counts {n_reported} test images of {n_images}: {ENTRIES}. "
            "They are misses here."
        )
        return Finding("images", "info", text, *map(str, values))
    return compare(
        "images",
        n_reported == n_images,
        agree="Summary and manifest have the same number of test images.",
        differ=(
            f"The summary counts {n_reported} test images, the manifest "
            f"has {n_images}: one of them is cut or of another version; "
            "fetch both again."
        ),
        values=values,
    )


def check_link(evaluation: Evaluation, summary: Summary) -> Finding:
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


def check_support(evaluation: Evaluation, summary: Summary) -> Finding:
    """How many test images each label has."""
    has_entries = _has_entries(evaluation)
    if evaluation.boxes is None:
        every = evaluation.support.tolist()
        some = _count_truths(evaluation, has_entries).tolist()
    else:
        table = evaluation.y_true_indicator
        owners = np.repeat(np.arange(evaluation.n_images), np.diff(table.indptr))
        every, some = (
            np.bincount(table.indices[chosen], minlength=evaluation.n_labels).tolist()
            for chosen in (slice(None), has_entries[owners])
        )
    return _compare_labels(
        "support",
        evaluation,
        summary,
        [("", every), (ENTRIES, some)],
        lambda report: report.n_testing_images,
        "number of test images",
    )


def check_precision(evaluation: Evaluation, summary: Summary) -> Finding:
    """The precision of each label, at its threshold."""
    return _compare_labels(
        "precision",
        evaluation,
        summary,
        list(read_precision(evaluation)),
        lambda report: report.precision,
        "precision",
    )


def check_recall(evaluation: Evaluation, summary: Summary) -> Finding:
    """The recall of each label, at its threshold."""
    return _compare_labels(
        "recall",
        evaluation,
        summary,
        list(read_recall(evaluation)),
        lambda report: report.recall,
        "recall",
    )


def read_precision(evaluation: Evaluation) -> Iterator[Reading]:
    """Each label's precision, in every way that AWS may have counted."""
    hits = count_flags(evaluation, EntryKind.TRUE_POSITIVE)
    n_predicted = hits + count_flags(evaluation, EntryKind.FALSE_POSITIVE)
    yield "", _ratios(hits, n_predicted)
    if evaluation.task == "multiclass":
        tops = evaluation.n_true_positives
        yield TOP, _ratios(tops, tops + evaluation.n_false_positives)


def read_recall(evaluation: Evaluation) -> Iterator[Reading]:
    """Each label's recall, in every way that AWS may have counted."""
    hits = count_flags(evaluation, EntryKind.TRUE_POSITIVE)
    some = _count_truths(evaluation, _has_entries(evaluation))
    yield "", _ratios(hits, evaluation.support)
    yield ENTRIES, _ratios(hits, some)
    if evaluation.task == "multiclass":
        tops = evaluation.n_true_positives
        yield TOP, _ratios(tops, evaluation.support)
        yield f"{TOP}, and {ENTRIES}", _ratios(tops, some)


def count_flags(evaluation: Evaluation, kind: EntryKind) -> NDArray[Any]:
    """How often each label bears the flag: at its threshold, whatever the task."""
    labels = evaluation.entry_labels[evaluation.entry_kinds == kind]
    return np.bincount(labels, minlength=evaluation.n_labels)


def _has_entries(evaluation: Evaluation) -> NDArray[np.bool_]:
    """Shape `(n_images,)`."""
    return np.asarray(evaluation.entry_starts[1:] > evaluation.entry_starts[:-1])


def _count_truths(evaluation: Evaluation, chosen: NDArray[np.bool_]) -> NDArray[Any]:
    """How often each label is borne on the chosen images."""
    is_counted = np.repeat(chosen, np.diff(evaluation.truth_starts))
    labels = evaluation.truth_labels[is_counted]
    return np.bincount(labels, minlength=evaluation.n_labels)


def _ratios(n_hits: NDArray[Any], n_total: NDArray[Any]) -> list[float | None]:
    return [
        hits / total if total else None
        for hits, total in zip(n_hits.tolist(), n_total.tolist(), strict=True)
    ]


def _compare_labels(
    name: str,
    evaluation: Evaluation,
    summary: Summary,
    readings: Sequence[Reading],
    read: Callable[[LabelReport], float | None],
    what: str,
) -> Finding:
    """Compare a number of each label; a ratio of nothing may be reported as 0."""
    reported = {
        label: value
        for label, report in summary.label_reports.items()
        if (value := read(report)) is not None
    }
    if not reported:
        return Finding(name, "info", f"The summary reports no {what} of any label.")
    rounding = rounding_of(summary) if name != "support" else 0.0
    differing = [
        _list_differing(evaluation, reported, counted, rounding)
        for _, counted in readings
    ]
    n, n_agree = len(reported), len(reported) - len(differing[0])
    values = (f"{n} labels", f"{n_agree} agree")
    for (words, _), left in zip(readings, differing, strict=True):
        if not left:
            text = f"The {what} reported of {n} labels follows from the manifest"
            way = f" where {words}, unlike here" if words else ""
            return Finding(name, "info", f"{text}{way}.", *values)
    why = ": the files are not of one version, or not whole."
    if evaluation.task == "detection":
        why = "; in object detection the two are counted by different rules."
    text = (
        f"The {what} reported does not follow from the manifest for "
        f"{len(differing[0])} of {n} labels: {list_some(differing[0], shown=str)}{why}"
    )
    level: Level = "info" if evaluation.task == "detection" else "error"
    return Finding(name, level, text, *values)


def _list_differing(
    evaluation: Evaluation,
    reported: dict[str, float],
    counted: Figures,
    rounding: float,
) -> list[str]:
    return [
        f"{quote(label)} ({reported[label]} reported, {value} counted)"
        for label, value in zip(evaluation.labels, counted, strict=True)
        if label in reported and not is_close(reported[label], value or 0.0, rounding)
    ]
