"""All comparisons, and what becomes of a contradiction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rekmetrics.contradictions import NAMES
from rekmetrics.errors import EvaluationError
from rekmetrics.evidence import consistency, detection, identity, labels
from rekmetrics.evidence.finding import Finding, Level
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.manifest import Note
    from rekmetrics.model import Model
    from rekmetrics.summary import Summary

__all__ = ["check_evidence", "settle"]


def check_evidence(
    evaluation: Evaluation, summary: Summary, *, description: Model | None = None
) -> list[Finding]:
    """
    Compare what is told twice; one finding for each comparison that was made.

    In detection the manifest's counts are known to differ from the summary's numbers:
    there, most of these comparisons end as "info".
    """
    findings = [labels.check_images(evaluation, summary)]
    if description is not None:
        findings += [
            identity.check_version(summary, description),
            identity.check_f1(summary, description),
            identity.check_status(description),
        ]
    level: Level = "info" if evaluation.task == "detection" else "error"
    findings += [
        *consistency.check_labels(evaluation, summary),
        labels.check_link(evaluation, summary),
        labels.check_support(evaluation, summary),
        labels.check_precision(evaluation, summary),
        labels.check_recall(evaluation, summary),
        consistency.check_label_f1(summary, level),
        consistency.check_aggregates(summary, level),
        consistency.check_reports(evaluation, summary, level),
    ]
    if evaluation.task == "multiclass":
        findings.append(consistency.check_extra_predictions(evaluation))
    if evaluation.task == "detection":
        is_described = description is not None
        findings += [
            *detection.check_gaps(evaluation, summary, is_described=is_described),
            detection.check_surplus(evaluation),
        ]
    return findings


def settle(
    findings: Iterable[Finding], notes: Iterable[Note], accepted: Collection[str]
) -> tuple[Finding, ...]:
    """
    All that is to be shown; contradictions that a team accepts become warnings.

    Raises:
        EvaluationError: for the others, with the line that would take them down.
    """
    found = [_take_down(finding, accepted) for finding in findings]
    errors = [finding for finding in found if finding.level == "error"]
    if errors:
        lines = [finding.message for finding in errors]
        raise EvaluationError(mask_account("\n".join([*lines, *_way_on(errors)])))
    return (*found, *map(_as_finding, notes))


def _take_down(finding: Finding, accepted: Collection[str]) -> Finding:
    if finding.level != "error" or finding.name not in NAMES.keys() & set(accepted):
        return finding
    text = f"{finding.message} (The thresholds file takes this for a warning.)"
    return replace(finding, level="warning", message=text)


def _way_on(errors: Sequence[Finding]) -> Iterable[str]:
    """The line for thresholds.yaml; none where a file is another version's."""
    names = [finding.name for finding in errors]
    if set(names) <= set(NAMES):
        yield "If you know why, and judge it all the same, add to thresholds.yaml:"
        yield f"evidence: {{{', '.join(f'{name}: warning' for name in names)}}}"


def _as_finding(note: Note) -> Finding:
    level: Level = "warning" if note.oddity.is_warning else "info"
    return Finding(note.oddity.name.lower().replace("_", " "), level, str(note))
