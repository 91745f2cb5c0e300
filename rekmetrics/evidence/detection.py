"""Detection: figures that may differ, but not by any amount."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rekmetrics.evidence.finding import Finding, Level, compare
from rekmetrics.evidence.labels import (
    Figures,
    count_flags,
    read_precision,
    read_recall,
)
from rekmetrics.manifest import EntryKind

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.summary import Summary

__all__ = ["check_gaps", "check_surplus"]

GAP = 0.13
"""
Twice the widest gap of a published run: 0.60 and 0.70 reported, 0.65 and 0.765 counted.
"""

FEW = 2
"""So many boxes may be counted otherwise besides, which is much where there are few."""


def check_gaps(
    evaluation: Evaluation, summary: Summary, *, is_described: bool
) -> Iterator[Finding]:
    """
    Whether precision and recall over all labels are near what the boxes count.

    Nothing else ties a folder's files together, so a gap too wide is an error there;
    where Rekognition's description led to both files it is a warning.
    """
    for what, name, reported, readings in (
        ("precision", "precision_gap", summary.precision, read_precision(evaluation)),
        ("recall", "recall_gap", summary.recall, read_recall(evaluation)),
    ):
        if reported is None:
            continue
        found = [(_mean(figures), words) for words, figures in readings]
        most = GAP + FEW / max(1, len(evaluation.truth_labels))
        yield _check_gap(what, name, reported, found, most, is_described)


def _check_gap(
    what: str,
    name: str,
    reported: float,
    means: list[tuple[float, str]],
    most: float,
    is_described: bool,
) -> Finding:
    counted = means[0][0]
    near = [words for mean, words in means if abs(mean - reported) <= most]
    values = (f"{reported:.4g}", f"{counted:.4g}")
    text = (
        f"The {what} reported over all labels is {values[0]}, the manifest's boxes "
        f"give {values[1]}"
    )
    if near:
        level: Level = "warning" if near[0] else "info"
        way = f", but near it where {near[0]}" if near[0] else ""
        return Finding(name, level, f"{text}{way}.", *values)
    return Finding(
        name,
        "warning" if is_described else "error",
        f"{text}: published runs differ by 0.065 at most, so the two files may not be "
        "of one version. --save-evaluation keeps digests that tie them together.",
        *values,
    )


def _mean(figures: Figures) -> float:
    known = [value for value in figures if value is not None]
    return sum(known) / len(known) if known else 0.0


def check_surplus(evaluation: Evaluation) -> Finding:
    """True positives beyond the ground-truth boxes."""
    claimed = int(count_flags(evaluation, EntryKind.TRUE_POSITIVE).sum())
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
