"""The Custom Labels projects of an account: versions, tags, what is asked, answered."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rekmetrics.arns import ProjectArn, parse_project_arn, parse_version_arn
from rekmetrics.errors import RequestError

CREATED = datetime.datetime(2026, 3, 1, 10, 0, tzinfo=datetime.timezone.utc)
MAX_RESULTS = 100

Answer = tuple[int, str]
"""HTTP status and body."""


class Refusal(Exception):  # noqa: N818 an answer of AWS's, not an error of ours
    """An error of AWS's, by its code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def refuse(code: str, message: str = "", *, status: int = 400) -> Answer:
    """The answer that says this error."""
    return status, dump({"__type": code, "message": message})


def dump(answer: Mapping[str, Any]) -> str:
    """JSON as in AWS's protocol, where a time is the number of seconds since 1970."""
    return json.dumps(answer, default=datetime.datetime.timestamp)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and who sent it where."""

    operation: str
    parameters: Mapping[str, Any]
    region: str
    account: str
    access_key: str = ""


@dataclass
class Projects:
    """
    The Custom Labels projects of one account and region, and how they misbehave.

    `next_answers` are given instead of the proper ones, one for each request, oldest
    first, by operation. `forbids` says of a call, with the tags of the version that it
    is for, whether IAM denies it. `ends` are the states that starting, stopping and
    copying lead to once a description has shown them.
    """

    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    next_answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    page_size: int = MAX_RESULTS
    forbids: Callable[[Call, Mapping[str, str]], bool] | None = None
    ends: dict[str, str] = field(
        default_factory=lambda: {
            "STARTING": "RUNNING",
            "STOPPING": "STOPPED",
            "COPYING_IN_PROGRESS": "COPYING_COMPLETED",
        }
    )

    def add_project(self, project_arn: str) -> None:
        self.versions.setdefault(parse_project_arn(project_arn).text, [])

    def add_version(self, project_arn: str, description: dict[str, Any]) -> None:
        """Keep a description; those that came last are listed first, as AWS does."""
        parse_version_arn(description["ProjectVersionArn"])
        self.add_project(project_arn)
        self.versions[project_arn].insert(0, description)

    def remove_version(self, version_arn: str) -> None:
        """Forget a version and its tags, as if somebody had deleted it."""
        for described in self.versions.values():
            described[:] = [d for d in described if _arn(d) != version_arn]
        self.tags.pop(version_arn, None)

    def fail(
        self,
        operation: str,
        code: str,
        message: str = "",
        *,
        status: int = 400,
        n: int = 1,
    ) -> None:
        """Answer the next `n` requests for this operation with an error of AWS's."""
        self.answer(operation, refuse(code, message)[1], status=status, n=n)

    def answer(
        self, operation: str, body: str, *, status: int = 200, n: int = 1
    ) -> None:
        """Answer the next `n` requests for this operation with these very bytes."""
        self.next_answers.setdefault(operation, []).extend([(status, body)] * n)

    def find_project(self, text: object, call: Call) -> ProjectArn:
        """The project that the ARN names; refused, as AWS does, where it can't be."""
        project: ProjectArn = _parsed(parse_project_arn, text)
        if project.account != call.account:
            raise Refusal("AccessDeniedException", deny(call, project.text))
        if project.region != call.region or project.text not in self.versions:
            raise not_found(project.text)
        return project

    def find_version(self, text: object) -> dict[str, Any]:
        """The description of the version that the ARN names; refused without one."""
        arn = _parsed(parse_version_arn, text).text
        for described in self.versions.values():
            for description in described:
                if _arn(description) == arn:
                    return description
        raise not_found(arn)


def _arn(description: Mapping[str, Any]) -> str:
    return str(description["ProjectVersionArn"])


def _parsed(parse: Callable[[str], Any], text: object) -> Any:
    try:
        return parse(text if isinstance(text, str) else "")
    except RequestError as error:
        message = "Request has invalid parameters"
        raise Refusal("InvalidParameterException", message) from error


def not_found(arn: str) -> Refusal:
    """What AWS says of an ARN that leads nowhere."""
    return Refusal("ResourceNotFoundException", f"{arn} could not be found")


def deny(call: Call, resource: str) -> str:
    """AWS's sentence for a permission that lacks."""
    return (
        f"User: arn:aws:iam::{call.account}:user/demo is not authorized to perform: "
        f"rekognition:{call.operation} on resource: {resource}"
    )
