"""What Rekognition says of one model version, checked and typed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rekmetrics.arns import ProjectArn, VersionArn, parse_version_arn
from rekmetrics.errors import AwsError, RequestError
from rekmetrics.model import Model
from rekmetrics.texts import mask_account, quote

_PENDING = "an evaluation exists once it is TRAINING_COMPLETED. Wait, then run again."
_NOT_EVALUABLE = {
    "TRAINING_IN_PROGRESS": _PENDING,
    "TRAINING_FAILED": "there is no evaluation. Train another version.",
    "COPYING_IN_PROGRESS": (
        "an evaluation exists once it is COPYING_COMPLETED. Wait, then run again."
    ),
    "COPYING_FAILED": (
        "there is no evaluation. Copy it again, or give the version it was copied from."
    ),
    "DELETING": "its evaluation is going away. Give another version.",
}


@dataclass(frozen=True, slots=True)
class S3Location:
    """One object in S3; `version` is set where the bucket keeps versions."""

    bucket: str
    key: str
    version: str | None = None

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class VersionDescription:
    """A trained model version, and where its evaluation lies."""

    model: Model
    summary: S3Location
    manifest: S3Location
    training: S3Location | None = None
    """The manifest of the training images, where it is clear which."""


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version; `described` where it can be judged, else `reason` says why not."""

    arn: VersionArn
    status: str
    created: float
    """When it was made, in seconds since 1970."""
    described: VersionDescription | None = None
    reason: str = ""
    is_unclear: bool = False
    """Whether it should have an evaluation, and Rekognition tells of none clearly."""

    @property
    def name(self) -> str:
        return self.arn.version_name


def pick_version(
    found: Sequence[Mapping[str, Any]], project: ProjectArn, name: str
) -> Mapping[str, Any] | None:
    """The one description that bears this name; AwsError if there are several."""
    named: dict[str, Mapping[str, Any]] = {}
    for raw in found:
        arn = _identify(raw, project)
        if arn.version_name == name:
            named[arn.text] = raw
    if len(named) > 1:
        raise AwsError(
            f"Project {project.project_name} in {project.region} has {len(named)} "
            f"versions named {quote(name)}, so it is unclear which is meant. "
            "Delete the other, or train under a name of its own."
        )
    return next(iter(named.values()), None)


def list_descriptions(
    found: Iterable[Mapping[str, Any]], project: ProjectArn
) -> list[ListedVersion]:
    """What Rekognition has listed, the newest version first."""
    listed = [_list_one(raw, project) for raw in found]
    return sorted(listed, key=lambda one: (one.created, one.name), reverse=True)


def describe(
    raw: Mapping[str, Any], project: ProjectArn, name: str
) -> VersionDescription:
    """
    Turn Rekognition's answer into a description with both locations in it.

    AwsError says why there is no evaluation, RequestError that it is no such model.
    """
    where = f"Model version {name} of project {project.project_name} ({project.region})"
    feature = raw.get("Feature") or "CUSTOM_LABELS"
    if feature != "CUSTOM_LABELS":
        raise RequestError(
            f"{where} is an adapter ({feature}); only Custom Labels models have an "
            "evaluation of this kind."
        )
    _check_status(raw, where)
    result = raw["EvaluationResult"]
    summaries = _locations([result.get("Summary")])
    manifests = _manifests(raw.get("TestingDataResult"))
    trainings = _manifests(raw.get("TrainingDataResult"))
    return VersionDescription(
        Model.from_description(raw, project, name),
        _the_one(summaries, where, "summary", "EvaluationResult.Summary"),
        _the_one(manifests, where, "test manifest", "TestingDataResult.Output"),
        trainings.pop() if len(trainings) == 1 else None,
    )


def _identify(raw: Mapping[str, Any], project: ProjectArn) -> VersionArn:
    """The ARN of a version of this project; AwsError for another's, and for none."""
    text = str(raw.get("ProjectVersionArn"))
    try:
        arn = parse_version_arn(text)
    except RequestError as error:
        raise AwsError(
            f"Rekognition in {project.region} described a model version without a "
            f"proper ARN ({quote(text)}). The answer is not used; check the endpoint."
        ) from error
    if not arn.is_of(project):
        raise AwsError(
            f"Rekognition in {project.region} was asked for versions of project "
            f"{project.project_name} and answered with "
            f"{mask_account(quote(text))}. The answer is not used; check "
            "the endpoint, then run again."
        )
    return arn


def _list_one(raw: Mapping[str, Any], project: ProjectArn) -> ListedVersion:
    arn = _identify(raw, project)
    status = raw.get("Status") or "without a status"
    created = _created(raw, arn)
    try:
        described = describe(raw, project, arn.version_name)
    except RequestError as error:
        return ListedVersion(arn, status, created, reason=str(error))
    except AwsError as error:
        is_unclear = status not in _NOT_EVALUABLE
        return ListedVersion(
            arn, status, created, reason=str(error), is_unclear=is_unclear
        )
    return ListedVersion(arn, status, created, described)


def _created(raw: Mapping[str, Any], arn: VersionArn) -> float:
    """By the description; an ARN ends with the same moment in milliseconds."""
    moment = raw.get("CreationTimestamp")
    if isinstance(moment, datetime.datetime):
        return moment.timestamp()
    return int(arn.created) / 1000


def _check_status(raw: Mapping[str, Any], where: str) -> None:
    status = raw.get("Status") or "without a status"
    advice = _NOT_EVALUABLE.get(status)
    if advice is None and raw.get("EvaluationResult"):
        return
    if advice is None:
        advice = "Rekognition tells of no evaluation. Train the version again."
    reason = raw.get("StatusMessage")
    if reason and status.endswith("FAILED"):
        advice = f"Rekognition says {mask_account(quote(str(reason)))}; {advice}"
    raise AwsError(f"{where} is {status}; {advice}")


def _the_one(places: set[S3Location], where: str, what: str, member: str) -> S3Location:
    if not places:
        raise AwsError(
            f"{where} has an evaluation, but Rekognition does not say where its "
            f"{what} lies ({member}). Train the version again."
        )
    if len(places) > 1:
        listed = mask_account(", ".join(sorted(place.uri for place in places)))
        raise AwsError(
            f"{where} has {len(places)} {what}s where one was expected: {listed}"
        )
    return next(iter(places))


def _manifests(result: Mapping[str, Any] | None) -> set[S3Location]:
    """Where the manifests of a part of the data set lie."""
    assets = ((result or {}).get("Output") or {}).get("Assets") or ()
    return _locations(asset.get("GroundTruthManifest") for asset in assets)


def _locations(holders: Iterable[Mapping[str, Any] | None]) -> set[S3Location]:
    """The objects in S3 that are named whole."""
    objects = [(holder or {}).get("S3Object") or {} for holder in holders]
    return {
        S3Location(found["Bucket"], found["Name"], found.get("Version") or None)
        for found in objects
        if found.get("Bucket") and found.get("Name")
    }
