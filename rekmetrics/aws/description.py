"""What Rekognition says of one model version, checked and typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rekmetrics.arns import ProjectArn, VersionArn, parse_version_arn
from rekmetrics.errors import AwsError, RequestError
from rekmetrics.model import Model
from rekmetrics.texts import mask_account, quote

__all__ = [
    "S3Location",
    "VersionDescription",
    "describe",
    "identify",
    "is_of",
    "pick_version",
]

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
    """The manifest of the training images."""


def pick_version(
    found: Sequence[Mapping[str, Any]], project: ProjectArn, name: str
) -> Mapping[str, Any] | None:
    """
    The one description that is of this project and bears this name, None if none does.

    Raises:
        AwsError: the answer is of something else, or holds the name twice.
    """
    named: dict[str, Mapping[str, Any]] = {}
    for raw in found:
        arn = identify(raw, project)
        if arn.version_name == name:
            named[arn.text] = raw
    if len(named) > 1:
        raise AwsError(
            f"Project {project.project_name} in {project.region} has {len(named)} "
            f"versions named {quote(name)}, so it is unclear which is meant. "
            "Delete the other, or train under a name of its own."
        )
    return next(iter(named.values()), None)


def identify(raw: Mapping[str, Any], project: ProjectArn) -> VersionArn:
    """
    The ARN of a version of this project.

    Raises:
        AwsError: it is none, or another project's.
    """
    arn = _parse_arn(raw.get("ProjectVersionArn"), project.region)
    if not is_of(arn, project):
        raise AwsError(
            f"Rekognition in {project.region} was asked for versions of project "
            f"{project.project_name} and answered with "
            f"{mask_account(quote(str(arn)))}. The answer is not used; check "
            "the endpoint, then run again."
        )
    return arn


def describe(
    raw: Mapping[str, Any], project: ProjectArn, name: str
) -> VersionDescription:
    """
    Turn Rekognition's answer into a description with both locations in it.

    Raises:
        AwsError: there is no evaluation, and why.
        RequestError: the version is not a Custom Labels model.
    """
    where = f"Model version {name} of project {project.project_name} ({project.region})"
    feature = raw.get("Feature") or "CUSTOM_LABELS"
    if feature != "CUSTOM_LABELS":
        raise RequestError(
            f"{where} is an adapter ({feature}); only Custom Labels models have an "
            "evaluation of this kind."
        )
    _check_status(raw, where)
    return VersionDescription(
        model=Model.from_description(raw, project, name),
        summary=_summary_location(raw["EvaluationResult"], where),
        manifest=_manifest_location(raw, where),
        training=_training_location(raw),
    )


def _parse_arn(text: object, region: str) -> VersionArn:
    try:
        return parse_version_arn(text if isinstance(text, str) else "")
    except RequestError as error:
        raise AwsError(
            f"Rekognition in {region} described a model version without a proper ARN "
            f"({quote(str(text))}). The answer is not used; check the endpoint."
        ) from error


def is_of(arn: VersionArn, project: ProjectArn) -> bool:
    """Whether the version is one of this project's."""
    return (arn.partition, arn.region, arn.account, arn.project_name) == (
        project.partition,
        project.region,
        project.account,
        project.project_name,
    )


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


def _summary_location(result: Mapping[str, Any], where: str) -> S3Location:
    summary = result.get("Summary") or {}
    location = _location(summary.get("S3Object"))
    if location is None:
        raise AwsError(
            f"{where} has an evaluation, but Rekognition does not say where its "
            "summary lies (EvaluationResult.Summary). Train the version again."
        )
    return location


def _manifest_location(raw: Mapping[str, Any], where: str) -> S3Location:
    locations = _manifests(raw.get("TestingDataResult"))
    if not locations:
        raise AwsError(
            f"{where} has an evaluation, but Rekognition does not say where its test "
            "manifest lies (TestingDataResult.Output). Train the version again."
        )
    if len(locations) > 1:
        listed = ", ".join(sorted(place.uri for place in locations))
        raise AwsError(
            f"{where} has {len(locations)} test manifests where one was expected: "
            f"{mask_account(listed)}"
        )
    return locations.pop()


def _training_location(raw: Mapping[str, Any]) -> S3Location | None:
    """None where there is none, or it is not clear which."""
    locations = _manifests(raw.get("TrainingDataResult"))
    return locations.pop() if len(locations) == 1 else None


def _manifests(result: Mapping[str, Any] | None) -> set[S3Location]:
    """Where the manifests of a part of the data set lie."""
    output = (result or {}).get("Output") or {}
    manifests = (
        (asset.get("GroundTruthManifest") or {}).get("S3Object")
        for asset in output.get("Assets") or []
    )
    return {place for place in map(_location, manifests) if place is not None}


def _location(raw: Mapping[str, Any] | None) -> S3Location | None:
    if not raw or not raw.get("Bucket") or not raw.get("Name"):
        return None
    return S3Location(raw["Bucket"], raw["Name"], raw.get("Version") or None)
