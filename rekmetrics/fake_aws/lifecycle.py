"""Starting, stopping and copying versions, with AWS's states and refusals."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from rekmetrics.arns import parse_version_arn
from rekmetrics.fake_aws.answers import Refusal
from rekmetrics.fake_aws.projects import CREATED, Call, Projects
from rekmetrics.fake_aws.tagging import check_tags

__all__ = ["copy_version", "start_version", "stop_version"]

_STARTABLE = {"TRAINING_COMPLETED", "COPYING_COMPLETED", "STOPPED", "FAILED"}
_COPYABLE = {*_STARTABLE, "STARTING", "RUNNING", "STOPPING"}
_RUNNING = {"STARTING", "RUNNING", "STOPPING"}
_MAX_UNITS = 5


def start_version(projects: Projects, call: Call) -> dict[str, Any]:
    """Let a version run; a later description says that it does."""
    description = projects.find_version(call.parameters.get("ProjectVersionArn"))
    if description["Status"] not in _STARTABLE:
        raise _in_use(description)
    units = call.parameters["MinInferenceUnits"]
    most = call.parameters.get("MaxInferenceUnits", units)
    if most < units:
        message = "MaxInferenceUnits must not be less than MinInferenceUnits"
        raise Refusal("InvalidParameterException", message)
    if most > _MAX_UNITS or _n_running(projects) >= projects.max_running:
        message = "The maximum number of inference units or running models is reached"
        raise Refusal("LimitExceededException", message)
    description.update(Status="STARTING", MinInferenceUnits=units)
    if "MaxInferenceUnits" in call.parameters:
        description["MaxInferenceUnits"] = most
    return {"Status": "STARTING"}


def stop_version(projects: Projects, call: Call) -> dict[str, Any]:
    """Let a running version stop; a later description says that it has."""
    description = projects.find_version(call.parameters.get("ProjectVersionArn"))
    if description["Status"] != "RUNNING":
        raise _in_use(description)
    description["Status"] = "STOPPING"
    return {"Status": "STOPPING"}


def copy_version(projects: Projects, call: Call) -> dict[str, Any]:
    """Copy model and evaluation into another project; the tags are the request's."""
    asked = call.parameters
    source = projects.find_version(asked.get("SourceProjectVersionArn"))
    project = projects.find_project(asked.get("DestinationProjectArn"), call)
    named = parse_version_arn(source["ProjectVersionArn"]).project_name
    if projects.find_project(asked.get("SourceProjectArn"), call).project_name != named:
        message = "The version is not one of the source project's"
        raise Refusal("InvalidParameterException", message)
    if source["Status"] not in _COPYABLE:
        raise _in_use(source)
    there = [
        parse_version_arn(version["ProjectVersionArn"]).version_name
        for version in projects.versions[project.text]
    ]
    if asked["VersionName"] in there:
        message = f"A version named {asked['VersionName']} already exists"
        raise Refusal("ResourceInUseException", message)
    tags = check_tags(asked.get("Tags", {}))
    head = project.text.removesuffix(f"/{project.created}")
    number = int(CREATED.timestamp() * 1000) + len(there)
    arn = f"{head}/version/{asked['VersionName']}/{number}"
    projects.add_version(project.text, _copied(source, arn, call))
    projects.tags[arn] = dict(tags)
    return {"ProjectVersionArn": arn}


def _copied(source: Mapping[str, Any], arn: str, call: Call) -> dict[str, Any]:
    """The copy's description; its evaluation lies where the request wanted it."""
    description = copy.deepcopy(dict(source))
    output = call.parameters["OutputConfig"]
    places = [
        asset["GroundTruthManifest"]["S3Object"]
        for asset in description["TestingDataResult"]
        .get("Output", {})
        .get("Assets", [])
    ]
    if "EvaluationResult" in description:
        places.append(description["EvaluationResult"]["Summary"]["S3Object"])
    for place in places:
        place.update(_copy_object(place, output, call.account))
        place.pop("Version", None)
    description.pop("MinInferenceUnits", None)
    description.pop("MaxInferenceUnits", None)
    return {
        **description,
        "ProjectVersionArn": arn,
        "SourceProjectVersionArn": source["ProjectVersionArn"],
        "Status": "COPYING_IN_PROGRESS",
        "OutputConfig": dict(output),
    }


def _copy_object(
    place: Mapping[str, str], output: Mapping[str, str], account: str
) -> dict[str, str]:
    from moto.core.exceptions import ServiceException
    from moto.s3.models import s3_backends

    s3 = s3_backends[account]["aws"]
    name = "/".join(filter(None, (output.get("S3KeyPrefix"), place["Name"])))
    try:
        key = s3.get_object(place["Bucket"], place["Name"], place.get("Version"))
        data = b"" if key is None else key.value
        s3.put_object(output["S3Bucket"], name, data)
    except ServiceException as error:
        message = f"The evaluation cannot be copied to {output['S3Bucket']}"
        raise Refusal("InvalidParameterException", message) from error
    return {"Bucket": output["S3Bucket"], "Name": name}


def _n_running(projects: Projects) -> int:
    return sum(
        description["Status"] in _RUNNING
        for described in projects.versions.values()
        for description in described
    )


def _in_use(description: Mapping[str, Any]) -> Refusal:
    message = f"{description['ProjectVersionArn']} is {description['Status']}"
    return Refusal("ResourceInUseException", message)
