"""
The two Custom Labels calls that moto lacks, added to its Rekognition.

`install` makes them answer in process (under `moto.mock_aws`) as well as over HTTP.
Projects live in moto's own backend objects, so moto's reset empties them. Everything
here answers on loopback or in process; nothing is ever sent to AWS.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rekmetrics.arns import parse_project_arn, parse_version_arn
from rekmetrics.errors import RequestError

__all__ = ["Answer", "Projects", "describe_version", "install", "projects"]

ACCOUNT = "123456789012"
CREATED = datetime.datetime(2026, 3, 1, 10, 0, tzinfo=datetime.timezone.utc)
_MAX_RESULTS = 100

Answer = tuple[int, str]
"""HTTP status and body."""


@dataclass
class Projects:
    """
    The Custom Labels projects of one account and region, and how they misbehave.

    `next_answers` are given instead of the proper ones, one for each request, oldest
    first, by operation ("DescribeProjects", "DescribeProjectVersions").
    """

    versions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    next_answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    page_size: int = _MAX_RESULTS

    def add_project(self, project_arn: str) -> None:
        self.versions.setdefault(parse_project_arn(project_arn).text, [])

    def add_version(self, project_arn: str, description: dict[str, Any]) -> None:
        """Keep a description; those that came last are listed first, as AWS does."""
        parse_version_arn(description["ProjectVersionArn"])
        self.add_project(project_arn)
        self.versions[project_arn].insert(0, description)

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
        body = json.dumps({"__type": code, "message": message})
        self.answer(operation, body, status=status, n=n)

    def answer(
        self, operation: str, body: str, *, status: int = 200, n: int = 1
    ) -> None:
        """Answer the next `n` requests for this operation with these very bytes."""
        self.next_answers.setdefault(operation, []).extend([(status, body)] * n)

    def handle(
        self, operation: str, parameters: Mapping[str, Any], region: str, account: str
    ) -> Answer:
        """What Rekognition answers."""
        self.requests.append((operation, parameters))
        if self.next_answers.get(operation):
            return self.next_answers[operation].pop(0)
        try:
            if operation == "DescribeProjects":
                return 200, _dump(self._describe_projects(parameters))
            return 200, _dump(self._describe_versions(parameters, region, account))
        except _Refusal as refusal:
            return 400, _dump({"__type": refusal.code, "message": str(refusal)})

    def _describe_projects(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        names = parameters.get("ProjectNames")
        described = [
            {"ProjectArn": arn, "CreationTimestamp": CREATED, "Status": "CREATED"}
            for arn in self.versions
            if not names or parse_project_arn(arn).project_name in names
        ]
        return self._page("ProjectDescriptions", described, parameters)

    def _describe_versions(
        self, parameters: Mapping[str, Any], region: str, account: str
    ) -> dict[str, Any]:
        try:
            project = parse_project_arn(parameters.get("ProjectArn", ""))
        except RequestError as error:
            message = "Request has invalid parameters"
            raise _Refusal("InvalidParameterException", message) from error
        if project.account != account:
            raise _Refusal("AccessDeniedException", _denial(account, project.text))
        if project.region != region or project.text not in self.versions:
            message = f"{project.text} could not be found"
            raise _Refusal("ResourceNotFoundException", message)
        names = parameters.get("VersionNames")
        described = [
            version
            for version in self.versions[project.text]
            if names is None
            or parse_version_arn(version["ProjectVersionArn"]).version_name in names
        ]
        return self._page("ProjectVersionDescriptions", described, parameters)

    def _page(
        self, member: str, found: Sequence[Any], parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        size = min(parameters.get("MaxResults", _MAX_RESULTS), self.page_size)
        token = parameters.get("NextToken") or "page-0"
        number = token.removeprefix("page-")
        if not number.isdecimal():
            message = "The pagination token is not valid"
            raise _Refusal("InvalidPaginationTokenException", message)
        start, end = int(number), int(number) + size
        # As AWS does: the last page has an empty token, not none.
        following = f"page-{end}" if end < len(found) else ""
        return {member: list(found[start:end]), "NextToken": following}


def describe_version(
    version_arn: str,
    *,
    status: str = "TRAINING_COMPLETED",
    summary: Mapping[str, str] | None = None,
    manifest: Mapping[str, str] | None = None,
    f1: float | None = None,
    **others: Any,
) -> dict[str, Any]:
    """
    A description as Rekognition gives it; both locations as S3Object (Bucket, Name).

    `others` are further members by AWS's names, for example StatusMessage.
    """
    description: dict[str, Any] = {
        "ProjectVersionArn": version_arn,
        "CreationTimestamp": CREATED,
        "Status": status,
        "TestingDataResult": {"Input": {"AutoCreate": False}},
        "TrainingDataResult": {"Input": {}},
    }
    if manifest is not None:
        description["OutputConfig"] = {"S3Bucket": manifest["Bucket"]}
        asset = {"GroundTruthManifest": {"S3Object": dict(manifest)}}
        output = {"Assets": [asset], "AutoCreate": False}
        description["TestingDataResult"]["Output"] = output
    if summary is not None:
        description["TrainingEndTimestamp"] = CREATED + datetime.timedelta(hours=1)
        description["BillableTrainingTimeInSeconds"] = 1899
        description["EvaluationResult"] = {"Summary": {"S3Object": dict(summary)}}
        if f1 is not None:
            description["EvaluationResult"]["F1Score"] = f1
    return {**description, **others}


def projects(region: str, account: str = ACCOUNT) -> Projects:
    """The projects of one account and region, in moto's own backend."""
    from moto.rekognition.models import rekognition_backends

    backend = rekognition_backends[account][region]
    found: Projects = backend.__dict__.setdefault("custom_labels", Projects())
    return found


def install() -> None:
    """
    Teach moto's Rekognition both calls; again and again does no harm.

    Raises:
        RequestError: moto is not installed.
    """
    try:
        from moto.rekognition import responses, urls
    except ImportError as error:
        raise RequestError(
            f"the built-in example needs moto ({error}); "
            "install it: pip install 'rekmetrics[demo]'"
        ) from error

    def answering(operation: str) -> Callable[[Any], tuple[int, dict[str, str], str]]:
        def handle(self: Any) -> tuple[int, dict[str, str], str]:
            region, account = self.region, self.current_account
            parameters = json.loads(self.body or "{}")
            answer = projects(region, account)
            status, body = answer.handle(operation, parameters, region, account)
            content_type = "application/x-amz-json-1.1"
            # moto reads the status of an answer from its headers.
            return status, {"Content-Type": content_type, "status": str(status)}, body

        return handle

    handlers = {
        "describe_projects": answering("DescribeProjects"),
        "describe_project_versions": answering("DescribeProjectVersions"),
    }
    response: Any = type("ProjectsResponse", (responses.RekognitionResponse,), handlers)
    urls.url_paths["{0}/$"] = response.dispatch


class _Refusal(Exception):  # noqa: N818 an answer of AWS's, not an error of ours
    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def _denial(account: str, resource: str) -> str:
    return (
        f"User: arn:aws:iam::{account}:user/demo is not authorized to perform: "
        f"rekognition:DescribeProjectVersions on resource: {resource}"
    )


def _dump(answer: Mapping[str, Any]) -> str:
    """JSON as in AWS's protocol, where a time is the number of seconds since 1970."""
    return json.dumps(answer, default=datetime.datetime.timestamp)
