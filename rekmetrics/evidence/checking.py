"""All comparisons, and what becomes of a contradiction."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from rekmetrics.contradictions import NAMES
from rekmetrics.errors import EvaluationError
from rekmetrics.evidence.consistency import (
    check_description,
    check_labels,
    check_summary,
)
from rekmetrics.evidence.counts import check_counts, check_surplus, check_thresholds
from rekmetrics.evidence.finding import Finding, compare
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.manifest import Note
    from rekmetrics.model import Model
    from rekmetrics.summary import Summary


def check_evidence(
    evaluation: Evaluation, summary: Summary, *, description: Model | None = None
) -> list[Finding]:
    """
    Compare what is told twice; one finding for each comparison that was made.

    In detection the manifest's counts are known to differ from the summary's numbers:
    there, most of these comparisons end as "info".
    """
    is_described = description is not None
    counts = check_counts(evaluation, summary, is_described=is_described)
    findings = [
        *counts,
        *(check_description(summary, description) if description else ()),
        *check_labels(evaluation, summary),
        *check_summary(evaluation, summary),
        check_thresholds(evaluation, summary, is_described=is_described),
    ]
    if evaluation.task == "multiclass":
        findings.append(_check_extra_predictions(evaluation))
    if evaluation.task == "detection":
        findings.append(check_surplus(evaluation))
    return findings


def settle(
    findings: Iterable[Finding], notes: Iterable[Note], accepted: Collection[str]
) -> tuple[Finding, ...]:
    """
    All that is to be shown; contradictions that a team accepts become warnings.

    Raises:
        EvaluationError: for the others, with the line that would take them down; none
            takes down another version's files.
    """
    found = [_take_down(finding, accepted) for finding in findings]
    errors = [finding for finding in found if finding.level == "error"]
    lines = [finding.message for finding in errors]
    if {finding.name for finding in errors} <= set(NAMES):
        keys = ", ".join(f"{finding.name}: warning" for finding in errors)
        lines += [
            "If you know why, and judge it all the same, add to thresholds.yaml:",
            f"evidence: {{{keys}}}",
        ]
    if errors:
        raise EvaluationError(mask_account("\n".join(lines)))
    return (*found, *map(_as_finding, notes))


def _take_down(finding: Finding, accepted: Collection[str]) -> Finding:
    if finding.level != "error" or finding.name not in NAMES.keys() & set(accepted):
        return finding
    text = f"{finding.message} (The thresholds file takes this for a warning.)"
    return replace(finding, level="warning", message=text)


def _as_finding(note: Note) -> Finding:
    name = note.oddity.name.lower().replace("_", " ")
    return Finding(name, "warning" if note.oddity.is_warning else "info", str(note))


def _check_extra_predictions(evaluation: Evaluation) -> Finding:
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
