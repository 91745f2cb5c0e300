"""The versions of a project, newest first, each with its evaluation or why not."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rekmetrics.arns import ProjectArn, VersionArn
from rekmetrics.aws.description import VersionDescription, describe, identify
from rekmetrics.errors import AwsError, RequestError

__all__ = ["ListedVersion", "list_descriptions"]


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version; `described` where it can be judged, else `reason` says why not."""

    arn: VersionArn
    status: str
    created: float
    """When it was made, in seconds since 1970."""
    described: VersionDescription | None = None
    reason: str = ""

    @property
    def name(self) -> str:
        return self.arn.version_name


def list_descriptions(
    found: Iterable[Mapping[str, Any]], project: ProjectArn
) -> list[ListedVersion]:
    """
    What Rekognition has listed, the newest version first.

    Raises:
        AwsError: the answer is of something else.
    """
    listed = [_list_one(raw, project) for raw in found]
    return sorted(listed, key=lambda one: (one.created, one.name), reverse=True)


def _list_one(raw: Mapping[str, Any], project: ProjectArn) -> ListedVersion:
    arn = identify(raw, project)
    status = raw.get("Status") or "without a status"
    created = _created(raw, arn)
    try:
        described = describe(raw, project, arn.version_name)
    except (AwsError, RequestError) as error:
        return ListedVersion(arn, status, created, reason=str(error))
    return ListedVersion(arn, status, created, described)


def _created(raw: Mapping[str, Any], arn: VersionArn) -> float:
    """By the description; an ARN ends with the same moment in milliseconds."""
    moment = raw.get("CreationTimestamp")
    if isinstance(moment, datetime.datetime):
        return moment.timestamp()
    return int(arn.created) / 1000
