"""
The Custom Labels calls that moto lacks, added to its Rekognition.

`install` makes them answer in process (under `moto.mock_aws`) as well as over HTTP.
Projects live in moto's own backend objects, so moto's reset empties them. Everything
here answers on loopback or in process; nothing is ever sent to AWS.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rekmetrics.errors import RequestError
from rekmetrics.fake_aws.operations import OPERATIONS
from rekmetrics.fake_aws.projects import (
    CREATED,
    Answer,
    Call,
    Projects,
    Refusal,
    deny,
    dump,
    refuse,
)

__all__ = ["Projects", "describe_version", "install", "projects"]

ACCOUNT = "123456789012"


def handle(projects: Projects, call: Call) -> Answer:
    """What Rekognition answers."""
    projects.requests.append((call.operation, call.parameters))
    if projects.next_answers.get(call.operation):
        return projects.next_answers[call.operation].pop(0)
    try:
        _authorize(projects, call)
        return 200, dump(OPERATIONS[call.operation](projects, call))
    except Refusal as refusal:
        return refuse(refusal.code, str(refusal))


def _authorize(projects: Projects, call: Call) -> None:
    asked = call.parameters
    names = ("ProjectVersionArn", "SourceProjectVersionArn", "ResourceArn")
    resource = next((asked[name] for name in names if name in asked), "*")
    tags = projects.tags.get(resource, {})
    if projects.forbids is not None and projects.forbids(call, tags):
        raise Refusal("AccessDeniedException", deny(call, resource))


def describe_version(
    version_arn: str,
    *,
    status: str = "TRAINING_COMPLETED",
    summary: Mapping[str, str] | None = None,
    manifest: Mapping[str, str] | None = None,
    training: Mapping[str, str] | None = None,
    f1: float | None = None,
    **others: Any,
) -> dict[str, Any]:
    """
    A description as Rekognition gives it; all locations as S3Object (Bucket, Name).

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
    if training is not None:
        asset = {"GroundTruthManifest": {"S3Object": dict(training)}}
        description["TrainingDataResult"]["Output"] = {"Assets": [asset]}
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
    Teach moto's Rekognition these calls; again and again does no harm.

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
        def answer(self: Any) -> tuple[int, dict[str, str], str]:
            parameters = json.loads(self.body or "{}")
            region, account = self.region, self.current_account
            call = Call(operation, parameters, region, account, self.access_key)
            status, body = handle(projects(region, account), call)
            content_type = "application/x-amz-json-1.1"
            # moto reads the status of an answer from its headers.
            return status, {"Content-Type": content_type, "status": str(status)}, body

        return answer

    handlers = {_snake(operation): answering(operation) for operation in OPERATIONS}
    response: Any = type("ProjectsResponse", (responses.RekognitionResponse,), handlers)
    urls.url_paths["{0}/$"] = response.dispatch


def _snake(operation: str) -> str:
    return re.sub("(?<!^)(?=[A-Z])", "_", operation).lower()
