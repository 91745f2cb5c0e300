"""The versions of a project side by side: what each is, and how it would be judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.errors import RekmetricsError
from rekmetrics.loading.documents import Origin, read_summary
from rekmetrics.run.judge import judge
from rekmetrics.run.request import GateRequest
from rekmetrics.run.settling import settle_alone
from rekmetrics.texts import reveal

if TYPE_CHECKING:
    from rekmetrics.arns import ProjectArn
    from rekmetrics.aws import Aws, ListedVersion
    from rekmetrics.judgement import Judgement
    from rekmetrics.summary import Summary

__all__ = ["Row", "as_document", "as_table", "list_rows"]

_VERDICTS = {0: "passed", 1: "failed"}
_NOTHING = "-"
_HEADS = ("version", "trained", "status", "train", "test", "AWS F1", "verdict")
_METRICS_A_LINE = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One version; `reason` says why it has no numbers, or no verdict."""

    version: ListedVersion
    summary: Summary | None = None
    judgement: Judgement | None = None
    reason: str = ""

    @property
    def verdict(self) -> str | None:
        if self.judgement is None:
            return None
        return _VERDICTS.get(settle_alone(self.judgement.verdict), "incomplete")

    @property
    def metrics(self) -> Mapping[str, float | None]:
        """The overall metrics that the thresholds file has rules for."""
        if self.judgement is None:
            return {}
        checks = (o.check for o in self.judgement.verdict.outcomes)
        names = dict.fromkeys(c.metric for c in checks if c.label is None)
        overall = self.judgement.numbers.overall
        return {name: overall[name].value for name in names if name in overall}


def list_rows(
    project: ProjectArn, aws: Aws, *, thresholds: Path | None, profile: str | None
) -> Iterator[Row]:
    """
    One row a version, the newest first; trouble with one keeps no other away.

    Raises:
        RekmetricsError: the versions cannot be listed.
    """
    for version in aws.list_versions(project):
        yield _try_row(project, version, aws, thresholds, profile)


def _try_row(project: ProjectArn, version: ListedVersion, *how: Any) -> Row:
    try:
        return _row(project, version, *how)
    except RekmetricsError as error:
        return Row(version, reason=str(error))


def _row(
    project: ProjectArn,
    version: ListedVersion,
    aws: Aws,
    thresholds: Path | None,
    profile: str | None,
) -> Row:
    described = version.described
    if described is None:
        return Row(version, reason=version.reason)
    if thresholds is not None:
        request = GateRequest(
            project=project,
            version_name=version.name,
            thresholds=thresholds,
            aws_profile=profile,
        )
        judgement = judge(request)
        return Row(version, judgement.loaded.summary, judgement)
    place = described.summary
    origin = Origin("summary", place.uri, place.version, partial(aws.open, place))
    return Row(version, read_summary(origin)[0])


def as_table(rows: Sequence[Row]) -> list[str]:
    """Lines that fit a terminal: versions, their metrics, and why some have none."""
    is_judged = any(row.judgement is not None for row in rows)
    lines = _aligned([cells[: 6 + is_judged] for cells in (_HEADS, *map(_cells, rows))])
    metrics = [*dict.fromkeys(name for row in rows for name in row.metrics)]
    while metrics:
        part, metrics = metrics[:_METRICS_A_LINE], metrics[_METRICS_A_LINE:]
        table = [["version", *map(reveal, part)]]
        for row in rows:
            values = (_shown(row.metrics.get(name)) for name in part)
            table.append([row.version.name, *values])
        lines += ["", *_aligned(table)]
    reasons = [f"{row.version.name}: {row.reason}" for row in rows if row.reason]
    told = [reveal(line) for reason in reasons for line in reason.splitlines()]
    return [*lines, *([""] if told else []), *told]


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table]


def _cells(row: Row) -> list[str]:
    facts = _facts(row)
    return [
        row.version.name,
        (facts["trained"] or _NOTHING)[:10],
        row.version.status.removeprefix("TRAINING_"),
        _shown(facts["n_training_images"]),
        _shown(facts["n_testing_images"]),
        _shown(facts["f1"]),
        row.verdict or _NOTHING,
    ]


def _shown(value: float | None) -> str:
    if value is None:
        return _NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"


def _facts(row: Row) -> dict[str, Any]:
    described, summary = row.version.described, row.summary
    return {
        "trained": described.model.trained if described else None,
        "f1": described.model.f1 if described else None,
        "n_training_images": summary.n_training_images if summary else None,
        "n_testing_images": summary.n_testing_images if summary else None,
    }


def as_document(project: ProjectArn, rows: Sequence[Row]) -> dict[str, Any]:
    """The same, for JSON."""
    return {
        "schema": 1,
        "project_arn": project.text,
        "versions": [
            {
                "version_name": row.version.name,
                "version_arn": row.version.arn.text,
                "status": row.version.status,
                **_facts(row),
                "verdict": row.verdict,
                "metrics": dict(row.metrics),
                "reason": row.reason or None,
            }
            for row in rows
        ],
    }
