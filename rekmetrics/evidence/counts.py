"""What the summary says of the test images against what the manifest's lines count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.evidence.finding import (
    TOLERANCE,
    Finding,
    Level,
    compare,
    is_close,
    list_some,
    rounding_of,
)
from rekmetrics.manifest import DECIMALS, EntryKind, owners
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.evaluation.data import Counts
    from rekmetrics.summary import Summary


GAP = 0.13
"""
Twice the widest gap of a published run: 0.60 and 0.70 reported, 0.65 and 0.765 counted.
"""

FEW = 2
"""So many boxes may be counted otherwise besides, which is much where there are few."""

AS_WRITTEN = range(1, 7)
"""Decimals of thresholds that may have been rounded."""

COMPARED = {
    "support": ("number of test images", "n_testing_images"),
    "precision": ("precision", "precision"),
    "recall": ("recall", "recall"),
}
"""What is compared label by label, and where it stands in a label's report."""


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """How AWS may have counted, in words where unlike here, and what it gives."""

    words: str
    n_images: int
    support: Counts
    precision: list[float | None]
    recall: list[float | None]


def check_counts(
    evaluation: Evaluation, summary: Summary, *, is_described: bool
) -> list[Finding]:
    """
    Hold all figures against one reading: the first that leaves the fewest doubts.

    A reading that explains one figure and contradicts another explains nothing: files
    of two versions would find one for each.
    """
    readings = _list_readings(evaluation)
    plain = next(readings)
    most = GAP + FEW / max(1, len(evaluation.truth_labels))
    level: Level = "warning" if is_described else "error"
    gaps = {"precision": summary.precision, "recall": summary.recall}
    best: list[Finding] = []
    for reading in chain([plain], readings):
        found = [
            _check_images(reading, plain, summary),
            *(_check_labels(n, reading, plain, evaluation, summary) for n in COMPARED),
            *(
                _check_gap(what, reading, reported, most, level)
                for what, reported in gaps.items()
                if reported is not None and evaluation.task == "detection"
            ),
        ]
        best = min(best or found, found, key=_count_doubts)
        if _count_doubts(best) == (0, 0):
            break
    return best


def _count_doubts(findings: list[Finding]) -> tuple[int, int]:
    levels = [finding.level for finding in findings]
    return levels.count("error"), levels.count("warning")


def _list_readings(evaluation: Evaluation) -> Iterator[Reading]:
    """Every way in which AWS may have counted; ours, which has no words, first."""
    images_of = owners(evaluation.truth_starts)
    borne = images_of * evaluation.n_labels + evaluation.truth_labels
    if evaluation.boxes is not None:  # each label once an image
        table = evaluation.y_true_indicator
        borne = owners(table.indptr) * evaluation.n_labels + table.indices
    has_entries = np.diff(evaluation.entry_starts) > 0
    seen = borne[has_entries[borne // evaluation.n_labels]]
    images, seen_images = (_count(evaluation, keys) for keys in (borne, seen))
    seen_truths = _count(evaluation, evaluation.truth_labels[has_entries[images_of]])
    n_images, n_seen = evaluation.n_images, int(has_entries.sum())
    left_out = "images without an entry are left out"
    for words, hits, false in _list_ways(evaluation):
        precision = _ratios(hits, hits + false)
        recall = _ratios(hits, evaluation.support)
        yield Reading(words, n_images, images, precision, recall)
        recall = _ratios(hits, seen_truths)
        words = f"{words}{' and ' if words else ''}{left_out}"
        yield Reading(f"{words} of the recall", n_images, images, precision, recall)
        yield Reading(words, n_seen, seen_images, precision, recall)


def _list_ways(evaluation: Evaluation) -> Iterator[tuple[str, Counts, Counts]]:
    """True and false positives of each label: at its threshold, or as the top one."""
    hits, false = (
        _count(evaluation, evaluation.entry_labels[evaluation.entry_kinds == kind])
        for kind in (EntryKind.TRUE_POSITIVE, EntryKind.FALSE_POSITIVE)
    )
    yield "", hits, false
    if evaluation.task == "multiclass":
        words = "only the most confident label of an image is counted"
        yield words, evaluation.n_true_positives, evaluation.n_false_positives


def _count(evaluation: Evaluation, codes: NDArray[Any]) -> Counts:
    """How often each label occurs; codes may have the image in them, too."""
    n_labels = evaluation.n_labels
    return np.bincount(codes % n_labels, minlength=n_labels)


def _ratios(n_hits: Counts, n_total: Counts) -> list[float | None]:
    return [
        hits / total if total else None
        for hits, total in zip(n_hits.tolist(), n_total.tolist(), strict=True)
    ]


def _check_images(reading: Reading, plain: Reading, summary: Summary) -> Finding:
    """The number of test images, with or without those that have no entry."""
    n_reported, n_images = summary.n_testing_images, plain.n_images
    agree = "Summary and manifest have the same number of test images."
    if n_reported != n_images:
        agree = (
            f"The summary counts {n_reported} test images of {n_images}: "
            f"{reading.words}. They are misses here."
        )
    return compare(
        "images",
        n_reported == reading.n_images,
        agree=agree,
        differ=(
            f"The summary counts {n_reported} test images, the manifest "
            f"has {n_images}: one of them is cut or of another version; "
            "fetch both again."
        ),
        values=(n_reported, n_images),
    )


def _check_labels(
    name: str,
    reading: Reading,
    plain: Reading,
    evaluation: Evaluation,
    summary: Summary,
) -> Finding:
    """Compare a number of each label; a ratio of nothing may be reported as 0."""
    what, member = COMPARED[name]
    reports = summary.label_reports.items()
    reported = {label: getattr(report, member) for label, report in reports}
    reported = {label: one for label, one in reported.items() if one is not None}
    if not reported:
        return Finding(name, "info", f"The summary reports no {what} of any label.")
    rounding = rounding_of(summary.figures) if name != "support" else 0.0
    at_first, differing = (
        [
            f"{quote(label)} ({reported[label]} reported, {count} counted)"
            for label, count in zip(evaluation.labels, counts, strict=True)
            if label in reported and not is_close(reported[label], count or 0, rounding)
        ]
        for counts in (getattr(plain, name), getattr(reading, name))
    )
    n = len(reported)
    way = f" where {reading.words}, unlike here" if at_first else ""
    why = ": the files are not of one version, or not whole."
    if evaluation.task == "detection":
        why = "; in object detection the two are counted by different rules."
    return compare(
        name,
        not differing,
        agree=f"The {what} reported of {n} labels follows from the manifest{way}.",
        differ=(
            f"The {what} reported does not follow from the manifest for "
            f"{len(differing)} of {n} labels: {list_some(differing)}{why}"
        ),
        values=(f"{n} labels", f"{n - len(at_first)} agree"),
        level="info" if evaluation.task == "detection" else "error",
    )


def _check_gap(
    what: str, reading: Reading, reported: float, most: float, level: Level
) -> Finding:
    """
    Detection: whether a figure over all labels is near what the boxes count.

    Nothing else ties a folder's files together, so a gap too wide is an error there;
    where Rekognition's description led to both files it is a warning.
    """
    known = [one for one in getattr(reading, what) if one is not None]
    counted = sum(known) / len(known) if known else 0.0
    values = (f"{reported:.4g}", f"{counted:.4g}")
    way = f" where {reading.words}, unlike here" if reading.words else ""
    text = (
        f"The {what} reported over all labels is {values[0]}, the manifest's boxes "
        f"give {values[1]}{way}"
    )
    return compare(
        f"{what}_gap",
        abs(counted - reported) <= most,
        agree=f"{text}.",
        differ=(
            f"{text}: published runs differ by 0.065 at most, so the two files may not "
            "be of one version. --save-evaluation keeps digests that tie them together."
        ),
        values=values,
        level=level,
    )


def check_thresholds(
    evaluation: Evaluation, summary: Summary, *, is_described: bool
) -> Finding:
    """
    Whether a prediction lies below its label's assumed threshold.

    Rekognition writes none there. In detection this tells the versions of a folder's
    files apart, as the gaps do; elsewhere precision and recall do that.
    """
    assumed = evaluation.assumed_thresholds
    reports = summary.label_reports.values()
    rounding = rounding_of([report.threshold for report in reports], AS_WRITTEN)
    confidences = evaluation.prediction_confidences.astype(np.float64)
    limits = assumed - max(rounding, _half_unit(confidences))
    labels = evaluation.prediction_labels
    n_below = _count(evaluation, labels[confidences < limits[labels]])
    below = [
        f"{quote(evaluation.labels[code])} ({n_below[code]}, threshold {assumed[code]})"
        for code in np.flatnonzero(n_below).tolist()
    ]
    is_tie = evaluation.task == "detection" and not is_described
    return compare(
        "thresholds",
        not below,
        agree="No prediction lies below the assumed threshold of its label.",
        differ=(
            "Predictions lie below the threshold that the summary gives for their "
            f"label: {list_some(below)}. Rekognition writes none there, so the two "
            "files may not be of one version."
        ),
        level="error" if is_tie else "warning",
    )


def _half_unit(confidences: NDArray[np.float64]) -> float:
    """Half of the last decimal that confidences are written with."""
    for n_decimals in range(1, DECIMALS):
        rounding = np.abs(confidences - np.round(confidences, n_decimals))
        if rounding.max(initial=0.0) < TOLERANCE:
            return 0.5 * 10.0**-n_decimals
    return 0.5 * 10.0**-DECIMALS


def check_surplus(evaluation: Evaluation) -> Finding:
    """Detection: true positives beyond the ground-truth boxes."""
    claimed = int((evaluation.entry_kinds == EntryKind.TRUE_POSITIVE).sum())
    counted = int(evaluation.n_true_positives.sum())
    return compare(
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
