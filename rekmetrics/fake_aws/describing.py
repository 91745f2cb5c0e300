"""DescribeProjects and DescribeProjectVersions, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rekmetrics.arns import parse_project_arn, parse_version_arn
from rekmetrics.fake_aws.answers import Refusal
from rekmetrics.fake_aws.projects import CREATED, MAX_RESULTS, Call, Projects

__all__ = ["describe_projects", "describe_versions"]


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
