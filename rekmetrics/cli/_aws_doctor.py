"""Whether this environment may read a model version; nothing is read, or written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rekmetrics.cli._diagnosis import Diagnosis
from rekmetrics.errors import AwsError

if TYPE_CHECKING:
    from rekmetrics.arns import ProjectArn
    from rekmetrics.aws import Aws

__all__ = ["diagnose_aws"]

# By botocore's own word for the place.
_SOURCES = {
    "assume-role": "a role that a profile assumes",
    "assume-role-with-web-identity": "a role, by a web identity token",
    "config-file": "the AWS configuration file",
    "container-role": "the container's role",
    "custom-process": "the program of credential_process",
    "env": "environment variables",
    "iam-role": "the machine's role",
    "login": "a console login",
    "shared-credentials-file": "the shared credentials file",
    "sso": "single sign-on",
}


def diagnose_aws(
    project: ProjectArn, version_name: str | None, *, profile: str | None
) -> Iterator[Diagnosis]:
    """Region, credentials, then each permission that the gate needs."""
    from rekmetrics.aws import Aws

    aws = Aws(project.region, profile=profile)
    yield Diagnosis("ok", f"region is {project.region}, as the ARN says")
    try:
        yield from _look(aws, project, version_name)
    except AwsError as error:
        yield Diagnosis("bad", str(error))


def _look(
    aws: Aws, project: ProjectArn, version_name: str | None
) -> Iterator[Diagnosis]:
    source = aws.credentials_source
    yield Diagnosis("ok", f"credentials come from {_SOURCES.get(source, source)}")
    for service, url in aws.endpoints.items():
        yield Diagnosis("note", f"{service} is asked at {url}, not at AWS's own place")
    if version_name is None:
        n_versions = len(aws.list_versions(project))
        text = f"rekognition:DescribeProjectVersions is allowed ({n_versions} versions)"
        yield Diagnosis("ok", text)
        yield Diagnosis("note", "with --version NAME, S3 is looked at too")
        return
    found = aws.describe_version(project, version_name)
    yield Diagnosis("ok", "rekognition:DescribeProjectVersions is allowed")
    for name, location in (("summary", found.summary), ("manifest", found.manifest)):
        aws.open(location).close()
        yield Diagnosis("ok", f"the {name} may be read from s3://{location.bucket}")
