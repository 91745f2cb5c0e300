"""The AWS of our own: its answers have AWS's shapes, and it stays on loopback."""

from __future__ import annotations

import builtins
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import moto
import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from rekmetrics.errors import RequestError
from rekmetrics.fake_aws import backend
from rekmetrics.fake_aws.server import DemoAws

REGION = "us-east-1"
PROJECT = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms/1690000000000"
HEAD = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms/version"
PLACE = {"Bucket": "bucket", "Name": "key"}
STATUSES = (
    botocore.session.Session()
    .get_service_model("rekognition")
    .shape_for("ProjectVersionStatus")
    .enum
)


@pytest.fixture(params=["in process", "over HTTP"])
def aws(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Any, backend.Projects]]:
    """A client of boto3 and the projects it sees; both ways to run the backend."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    keys = {"aws_access_key_id": "demo", "aws_secret_access_key": "demo"}
    if request.param == "in process":
        backend.install()
        with moto.mock_aws():
            client = boto3.client("rekognition", region_name=REGION, **keys)
            yield client, backend.projects(REGION)
        return
    with DemoAws() as demo:
        client = boto3.client(
            "rekognition", region_name=REGION, endpoint_url=demo.url, **keys
        )
        yield client, demo.projects


def version(name: str, number: int = 1, **choices: Any) -> dict[str, Any]:
    return backend.describe_version(f"{HEAD}/{name}/{number}", **choices)


@pytest.mark.parametrize("status", STATUSES)
def test_describes_in_awss_shape(status: str) -> None:
    """Every member of every answer is one that botocore's model of the service has."""
    projects = backend.Projects()
    description = version(
        "v1", status=status, summary=PLACE, manifest=PLACE, f1=0.5, StatusMessage="so"
    )
    projects.add_version(PROJECT, description)
    model = botocore.session.Session().get_service_model("rekognition")
    shape = model.operation_model("DescribeProjectVersions").output_shape
    answer = {"ProjectVersionDescriptions": [description], "NextToken": ""}
    assert not ParamValidator().validate(answer, shape).has_errors()
    unknown = ParamValidator().validate({"Version": 1}, shape)
    assert unknown.has_errors()


def test_answers_through_botocore(aws: tuple[Any, backend.Projects]) -> None:
    """What was put in comes out typed, newest first, by the name asked for."""
    client, projects = aws
    projects.add_version(PROJECT, version("v1", 1))
    projects.add_version(PROJECT, version("v2", 2, summary=PLACE, f1=0.25))
    listed = client.describe_project_versions(ProjectArn=PROJECT)
    arns = [v["ProjectVersionArn"] for v in listed["ProjectVersionDescriptions"]]
    assert arns == [f"{HEAD}/v2/2", f"{HEAD}/v1/1"]
    assert listed["NextToken"] == ""
    found = client.describe_project_versions(ProjectArn=PROJECT, VersionNames=["v2"])
    (description,) = found["ProjectVersionDescriptions"]
    assert description["EvaluationResult"]["F1Score"] == 0.25
    assert description["CreationTimestamp"] == backend.CREATED
    nothing = client.describe_project_versions(ProjectArn=PROJECT, VersionNames=["v"])
    assert nothing["ProjectVersionDescriptions"] == []


def test_gives_pages(aws: tuple[Any, backend.Projects]) -> None:
    """MaxResults and tokens, for versions and for projects."""
    client, projects = aws
    for number in range(5):
        projects.add_version(PROJECT, version(f"v{number}", number))
    pages = client.get_paginator("describe_project_versions").paginate(
        ProjectArn=PROJECT, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["ProjectVersionDescriptions"]) for page in pages] == [2, 2, 1]
    projects.add_project(PROJECT.replace("rooms", "halls"))
    first = client.describe_projects(MaxResults=1)
    second = client.describe_projects(MaxResults=1, NextToken=first["NextToken"])
    assert first["ProjectDescriptions"][0]["ProjectArn"] == PROJECT
    assert "halls" in second["ProjectDescriptions"][0]["ProjectArn"]
    named = client.describe_projects(ProjectNames=["halls"])
    assert len(named["ProjectDescriptions"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"ProjectArn": PROJECT.replace("rooms", "x")}, "ResourceNotFoundException"),
        ({"ProjectArn": PROJECT.replace(REGION, "eu-west-1")}, "ResourceNotFound"),
        ({"ProjectArn": "no ARN at all, not one bit"}, "InvalidParameterException"),
        ({"ProjectArn": PROJECT.replace("9012:", "9013:")}, "AccessDeniedException"),
        ({"ProjectArn": PROJECT, "NextToken": "x"}, "InvalidPaginationTokenException"),
    ],
)
def test_refuses_as_aws_does(
    aws: tuple[Any, backend.Projects], arguments: dict[str, Any], code: str
) -> None:
    """Errors have AWS's codes, with status 400."""
    client, projects = aws
    projects.add_project(PROJECT)
    with pytest.raises(ClientError, match=code) as caught:
        client.describe_project_versions(**arguments)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_misbehaves_on_cue(aws: tuple[Any, backend.Projects]) -> None:
    """An error once, then the proper answer."""
    client, projects = aws
    projects.add_project(PROJECT)
    projects.fail("DescribeProjectVersions", "AccessDeniedException", "no")
    with pytest.raises(ClientError, match=r"AccessDeniedException.*: no"):
        client.describe_project_versions(ProjectArn=PROJECT)
    assert client.describe_project_versions(ProjectArn=PROJECT)["NextToken"] == ""
    assert [name for name, _ in projects.requests] == ["DescribeProjectVersions"] * 2


def test_serves_a_program_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child process sees this AWS, whatever the user's environment holds."""
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "the-users-own")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    code = (
        "import sys; from rekmetrics.aws import Aws;"
        "from rekmetrics.arns import parse_project_arn as parse;"
        "aws = Aws('us-east-1');"
        "found = aws.describe_version(parse(sys.argv[1]), 'v1');"
        "assert found.f1 == 0.5, found;"
        "assert found.manifest.version, found;"
        "print(aws.open(found.manifest).read(100).decode())"
    )
    with DemoAws() as demo:
        demo.keep_object_versions()
        arn = demo.add_version(PROJECT, "v1", summary=b"{}", manifest=b"one", f1=0.5)
        assert arn == f"{HEAD}/v1/1772359200000"
        # A later version of the object is not the one that the evaluation names.
        stem = f"evaluation/{arn}/TestingGroundTruth-rooms-v1.json"
        demo.put_object(stem, b"two")
        child = subprocess.run(
            [sys.executable, "-c", code, PROJECT],
            env=demo.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    assert (child.stdout, child.stderr) == ("one\n", "")


def test_gives_a_clean_environment() -> None:
    """No AWS variable of the caller's, no configuration file, no metadata service."""
    with DemoAws() as demo:
        environment = demo.environment({"PATH": "/bin", "AWS_PROFILE": "x"})
    assert environment["PATH"] == "/bin"
    assert "AWS_PROFILE" not in environment
    assert environment["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"
    assert environment["AWS_CONFIG_FILE"] == os.devnull


def test_begins_empty_each_time() -> None:
    """What one server held is gone when the next one starts."""
    with DemoAws() as demo:
        demo.add_version(PROJECT, "v1", summary=b"{}", manifest=b"")
    with DemoAws() as demo:
        assert demo.projects.versions == {}


def test_names_the_extra_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto is optional."""
    real_import = builtins.__import__

    def refuse(name: str, *arguments: Any, **choices: Any) -> Any:
        if name.startswith("moto"):
            raise ModuleNotFoundError("No module named 'moto'")
        return real_import(name, *arguments, **choices)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RequestError, match=r"pip install 'rekmetrics\[demo\]'"):
        DemoAws().__enter__()
