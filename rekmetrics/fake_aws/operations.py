"""What Rekognition does when it is called: one function an operation of AWS's."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rekmetrics.arns import parse_project_arn, parse_version_arn
from rekmetrics.fake_aws.projects import CREATED, MAX_RESULTS, Call, Projects, Refusal

_STARTABLE = {"TRAINING_COMPLETED", "COPYING_COMPLETED", "STOPPED", "FAILED"}
_COPYABLE = {*_STARTABLE, "STARTING", "RUNNING", "STOPPING"}
_MAX_TAGS = 50
_TAG = re.compile(r"[\w\s.:/=+\-@]*")


def describe_projects(projects: Projects, call: Call) -> dict[str, Any]:
    """All projects, or those named."""
    names = call.parameters.get("ProjectNames")
    described = [
        {"ProjectArn": arn, "CreationTimestamp": CREATED, "Status": "CREATED"}
        for arn in projects.versions
        if not names or parse_project_arn(arn).project_name in names
    ]
    return _page("ProjectDescriptions", described, projects, call.parameters)


def describe_versions(projects: Projects, call: Call) -> dict[str, Any]:
    """The versions of a project, or those named; what is under way moves on a step."""
    project = projects.find_project(call.parameters.get("ProjectArn"), call)
    names = call.parameters.get("VersionNames")
    found = [
        version
        for version in projects.versions[project.text]
        if names is None
        or parse_version_arn(version["ProjectVersionArn"]).version_name in names
    ]
    shown = [dict(version) for version in found]
    for version in found:
        version["Status"] = projects.ends.get(version["Status"], version["Status"])
    return _page("ProjectVersionDescriptions", shown, projects, call.parameters)


def _page(
    member: str,
    found: Sequence[Any],
    projects: Projects,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    size = min(parameters.get("MaxResults", MAX_RESULTS), projects.page_size)
    token = parameters.get("NextToken") or "page-0"
    number = token.removeprefix("page-")
    if not number.isdecimal():
        message = "The pagination token is not valid"
        raise Refusal("InvalidPaginationTokenException", message)
    start, end = int(number), int(number) + size
    # As AWS does: the last page has an empty token, not none.
    following = f"page-{end}" if end < len(found) else ""
    return {member: list(found[start:end]), "NextToken": following}


def start_version(projects: Projects, call: Call) -> dict[str, Any]:
    """Let a version run; a later description says that it does."""
    description = projects.find_version(call.parameters.get("ProjectVersionArn"))
    if description["Status"] not in _STARTABLE:
        raise _in_use(description)
    asked = call.parameters.items()
    units = {name: n for name, n in asked if name.endswith("InferenceUnits")}
    description.update(Status="STARTING", **units)
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


def _in_use(description: Mapping[str, Any]) -> Refusal:
    message = f"{description['ProjectVersionArn']} is {description['Status']}"
    return Refusal("ResourceInUseException", message)


def tag(projects: Projects, call: Call) -> dict[str, Any]:
    """Write tags beside those that are there; one of the same key gives way."""
    kept = _tags_of(projects, call)
    kept.update(check_tags({**kept, **call.parameters["Tags"]}))
    return {}


def untag(projects: Projects, call: Call) -> dict[str, Any]:
    """Take tags away; a key that is not there is no error."""
    kept = _tags_of(projects, call)
    for key in call.parameters["TagKeys"]:
        kept.pop(key, None)
    return {}


def list_tags(projects: Projects, call: Call) -> dict[str, Any]:
    """All tags of a version."""
    return {"Tags": dict(_tags_of(projects, call))}


def check_tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The same tags; refused where AWS's limits do not allow them."""
    for key, value in tags.items():
        is_short = 1 <= len(key) <= 128 and len(value) <= 256
        is_plain = _TAG.fullmatch(key) and _TAG.fullmatch(value)
        if key.lower().startswith("aws:") or not (is_short and is_plain):
            raise Refusal("InvalidParameterException", f"The tag {key} is not valid")
    if len(tags) > _MAX_TAGS:
        message = f"A resource has at most {_MAX_TAGS} tags"
        raise Refusal("ServiceQuotaExceededException", message)
    return tags


def _tags_of(projects: Projects, call: Call) -> dict[str, str]:
    arn = call.parameters.get("ResourceArn")
    version_arn = projects.find_version(arn)["ProjectVersionArn"]
    return projects.tags.setdefault(version_arn, {})


OPERATIONS: Mapping[str, Callable[[Projects, Call], dict[str, Any]]] = {
    "CopyProjectVersion": copy_version,
    "DescribeProjectVersions": describe_versions,
    "DescribeProjects": describe_projects,
    "ListTagsForResource": list_tags,
    "StartProjectVersion": start_version,
    "StopProjectVersion": stop_version,
    "TagResource": tag,
    "UntagResource": untag,
}
