"""Whether the files are of the version that Rekognition described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rekmetrics.evidence.finding import Finding, Level, as_texts, compare, is_close

if TYPE_CHECKING:
    from rekmetrics.model import Model
    from rekmetrics.summary import Summary

__all__ = ["check_f1", "check_status", "check_version"]

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


def check_version(summary: Summary, description: Model) -> Finding:
    """The version that the summary names; a copy's may name one of its sources."""
    wanted, source = description.version_arn, description.source_version_arn
    found = summary.version_arn
    if found is None:
        text = "The summary does not say which version it is of."
        return Finding("version", "warning", text, wanted)
    if source is not None and found == source:
        text = "The summary names the version that this one was copied from."
        return Finding("version", "info", text, source, found)
    if source is not None and found != wanted:
        text = (
            f"The summary names {found}, while {wanted} was copied from {source}: a "
            "copy of a copy may keep the first version's name. Rekognition's own "
            "description led to these files."
        )
        return Finding("version", "warning", text, source, found)
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


def check_f1(summary: Summary, description: Model) -> Finding:
    """The one number that summary and description both tell."""
    values = (description.f1, summary.f1)
    if description.f1 is None or summary.f1 is None:
        text = "The F1 score is missing in the summary or in the description."
        level: Level = "info" if description.f1 is summary.f1 else "warning"
        return Finding("described F1", level, text, *as_texts(values))
    return compare(
        "described F1",
        is_close(description.f1, summary.f1),
        agree="The summary's F1 score is the one of the version's description.",
        differ=(
            f"The summary's F1 score is {summary.f1}, the version's description says "
            f"{description.f1}: the summary is not this version's."
        ),
        values=values,
    )


def check_status(description: Model) -> Finding:
    """Whether Rekognition will start the version at all."""
    status = description.status or "without a status"
    return compare(
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
