"""An evaluation as it was loaded, and whether it is of the version asked for."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rekmetrics.arns import ProjectArn, VersionArn, parse_version_arn
from rekmetrics.errors import RequestError
from rekmetrics.loading.places import OWN_NAMES, Name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.evidence import Finding
    from rekmetrics.manifest.sources import Training
    from rekmetrics.model import Model, SourceFile
    from rekmetrics.summary import Summary

__all__ = ["Loaded", "is_version_of", "try_parse_version_arn"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """An evaluation that was read whole and contradicts itself nowhere that matters."""

    model: Model
    evaluation: Evaluation
    summary: Summary
    documents: tuple[SourceFile, ...]
    findings: tuple[Finding, ...]
    endpoints: Mapping[str, str]
    """Where AWS was asked, by service, if it was not AWS's own place."""
    source: Literal["aws", "folder"]
    training: Training | None = None
    """None where it was not asked for, or a folder does not hold it."""

    @property
    def digest(self) -> str:
        """
        SHA-256 of both documents, in hexadecimal.

        It is what `sha256sum summary.json manifest.jsonl | sha256sum` prints in a
        folder that `--save-evaluation` has left.
        """
        names: tuple[Name, ...] = ("summary", "manifest")
        by_name = {document.name: document.sha256 for document in self.documents}
        lines = (f"{by_name.get(name)}  {OWN_NAMES[name]}\n" for name in names)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def try_parse_version_arn(text: str | None) -> VersionArn | None:
    """The ARN taken apart; None if it is none, as in documents that were edited."""
    with contextlib.suppress(RequestError):
        return parse_version_arn(text or "")
    return None


def is_version_of(
    arn: VersionArn, project: ProjectArn | None, version_name: str | None
) -> bool:
    """Whether it is the version asked for, as far as project and name are given."""
    if version_name is not None and arn.version_name != version_name:
        return False
    return project is None or (
        (arn.partition, arn.region, arn.account, arn.project_name)
        == (project.partition, project.region, project.account, project.project_name)
    )
