"""The versions of a project side by side: what each is, and how it would be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, structs

from rekmetrics.errors import RekmetricsError
from rekmetrics.loading.documents import Origin, read_summary
from rekmetrics.run.judge import judge
from rekmetrics.run.request import GateRequest
from rekmetrics.run.settling import settle_alone, state_of
from rekmetrics.texts import reveal, tell_verdict

if TYPE_CHECKING:
    from rekmetrics.arns import ProjectArn
    from rekmetrics.aws import Aws, ListedVersion
    from rekmetrics.judgement import Judgement
    from rekmetrics.summary import Summary


class Row(Struct, frozen=True, kw_only=True):
    """One version, as JSON has it."""

    version_name: str
    version_arn: str
    status: str
    """AWS's word."""
    trained: str | None
    """When training ended, ISO 8601."""
    f1: float | None
    """Rekognition's own F1."""
    n_training_images: int | None = None
    n_testing_images: int | None = None
    verdict: Literal["passed", "failed", "incomplete"] | None = None
    """Null where no bounds were given, or the version could not be judged."""
    fell_short: list[str] = []
    """Ids of the checks that block."""
    metrics: dict[str, float | None] = {}
    """The overall ones that the thresholds file has rules for."""
    reason: str | None = None
    """Why numbers or verdict lack."""


class Versions(Struct, frozen=True, kw_only=True):
    """The versions of a project."""

    schema: Literal[1] = 1
    project_arn: str
    versions: list[Row]
    """The newest first."""


class Project(Struct, frozen=True):
    """One project, as JSON has it."""

    project_arn: str
    project_name: str


class Projects(Struct, frozen=True, kw_only=True):
    """The projects of a region."""

    schema: Literal[1] = 1
    region: str
    projects: list[Project]


_HEADS = {
    "version": "version_name",
    "trained": "trained",
    "status": "status",
    "train": "n_training_images",
    "test": "n_testing_images",
    "AWS F1": "f1",
}
_METRICS_A_LINE = 3


def list_rows(
    project: ProjectArn, aws: Aws, *, thresholds: Path | None, profile: str | None
) -> Iterator[Row]:
    """
    One row a version, the newest first; trouble with one keeps no other away.

    Raises:
        RekmetricsError: the versions cannot be listed.
    """
    for version in aws.list_versions(project):
        row = _known(version)
        try:
            if version.described is not None and thresholds is not None:
                request = GateRequest(
                    project=project,
                    version_name=version.name,
                    thresholds=thresholds,
                    aws_profile=profile,
                )
                row = structs.replace(row, **_judged(judge(request)))
            elif version.described is not None:
                place = version.described.summary
                opened = partial(aws.open, place)
                origin = Origin("summary", place.uri, place.version, opened)
                row = structs.replace(row, **_counted(read_summary(origin)[0]))
        except RekmetricsError as error:
            row = structs.replace(row, reason=str(error))
        yield row


def as_table(rows: Sequence[Row]) -> list[str]:
    """Lines that fit a terminal: versions, their metrics, and why some have none."""
    heads = dict(_HEADS)
    if any(row.verdict for row in rows):
        heads["verdict"] = "verdict"
    lines = _aligned(heads, [[_cell(row, k) for k in heads.values()] for row in rows])
    short = [row for row in rows if row.verdict and row.fell_short]
    lines += [""] * bool(short)
    for row in short:
        lines += tell_verdict(row.version_name, row.verdict or "", row.fell_short)
    metrics = [*dict.fromkeys(name for row in rows for name in row.metrics)]
    while metrics:
        part, metrics = metrics[:_METRICS_A_LINE], metrics[_METRICS_A_LINE:]
        cells = [[row.version_name, *map(row.metrics.get, part)] for row in rows]
        lines += ["", *_aligned(["version", *map(reveal, part)], cells)]
    reasons = ((row.version_name, row.reason) for row in rows if row.reason)
    told = [line for name, why in reasons for line in f"{name}: {why}".splitlines()]
    return [*lines, *([""] if told else []), *map(reveal, told)]


def _cell(row: Row, key: str) -> Any:
    if key == "trained" and row.trained:
        return row.trained[: len("2026-03-01")]
    if key == "status":
        return row.status.removeprefix("TRAINING_")
    return getattr(row, key)


def _aligned(heads: Iterable[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    table = [[*heads], *([*map(_shown, row)] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(map(str.ljust, cells, widths)).rstrip() for cells in table]


def _known(version: ListedVersion) -> Row:
    model = version.described.model if version.described else None
    return Row(
        version_name=version.name,
        version_arn=version.arn.text,
        status=version.status,
        trained=model.trained if model else None,
        f1=model.f1 if model else None,
        reason=version.reason or None,
    )


def _counted(summary: Summary) -> dict[str, Any]:
    return {
        "n_training_images": summary.n_training_images,
        "n_testing_images": summary.n_testing_images,
    }


def _judged(judgement: Judgement) -> dict[str, Any]:
    checks = (outcome.check for outcome in judgement.verdict.outcomes)
    names = dict.fromkeys(check.metric for check in checks if check.label is None)
    overall = judgement.numbers.overall
    return {
        **_counted(judgement.loaded.summary),
        "verdict": state_of(settle_alone(judgement.verdict)),
        "fell_short": [outcome.check.id for outcome in judgement.verdict.blocking],
        "metrics": {name: overall[name].value for name in names if name in overall},
    }


def _shown(value: str | float | None) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4f}"
