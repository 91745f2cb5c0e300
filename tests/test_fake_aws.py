"""The AWS of our own: its answers have AWS's shapes, and it stays on loopback."""

from __future__ import annotations

import builtins
import json
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
from rekmetrics.fake_aws.projects import CREATED, Call
from rekmetrics.fake_aws.server import DemoAws

pytestmark = pytest.mark.slow

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
    assert description["CreationTimestamp"] == CREATED
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


ARN = f"{HEAD}/v1/1"
MODEL = botocore.session.Session().get_service_model("rekognition")


def status_of(client: Any, project: str = PROJECT, name: str = "v1") -> str:
    found = client.describe_project_versions(ProjectArn=project, VersionNames=[name])
    return found["ProjectVersionDescriptions"][0]["Status"]


def fits(operation: str, answer: dict[str, Any]) -> bool:
    """Whether botocore's model of the service knows this answer."""
    shape = MODEL.operation_model(operation).output_shape
    kept = {name: value for name, value in answer.items() if name in shape.members}
    assert set(answer) - set(kept) == {"ResponseMetadata"}
    return not ParamValidator().validate(kept, shape).has_errors()


def test_starts_and_stops_step_by_step(aws: tuple[Any, backend.Projects]) -> None:
    """The states are AWS's, each shown once, and botocore's own waiter ends."""
    client, projects = aws
    projects.add_version(PROJECT, version("v1"))
    started = client.start_project_version(
        ProjectVersionArn=ARN, MinInferenceUnits=1, MaxInferenceUnits=2
    )
    assert started["Status"] == "STARTING"
    assert fits("StartProjectVersion", started)
    assert [status_of(client), status_of(client)] == ["STARTING", "RUNNING"]
    client.get_waiter("project_version_running").wait(
        ProjectArn=PROJECT, WaiterConfig={"Delay": 0, "MaxAttempts": 2}
    )
    (running,) = projects.versions[PROJECT]
    shape = MODEL.shape_for("ProjectVersionDescription")
    assert not ParamValidator().validate(running, shape).has_errors()
    stopped = client.stop_project_version(ProjectVersionArn=ARN)
    assert fits("StopProjectVersion", stopped)
    assert [status_of(client), status_of(client)] == ["STOPPING", "STOPPED"]
    projects.ends["STARTING"] = "FAILED"
    client.start_project_version(ProjectVersionArn=ARN, MinInferenceUnits=1)
    assert [status_of(client), status_of(client)] == ["STARTING", "FAILED"]


def test_copies_with_its_evaluation() -> None:
    """The copy names its source, has files of its own, and the request's tags alone."""
    halls = PROJECT.replace("rooms", "halls")
    with DemoAws() as demo:
        keys = {"aws_access_key_id": "demo", "aws_secret_access_key": "demo"}
        client = boto3.client(
            "rekognition", region_name=REGION, endpoint_url=demo.url, **keys
        )
        arn = demo.add_version(PROJECT, "v1", summary=b"{}", manifest=b"", f1=0.5)
        demo.projects.add_project(halls)
        client.tag_resource(ResourceArn=arn, Tags={"owner": "me"})
        arguments = dict(
            SourceProjectArn=PROJECT,
            SourceProjectVersionArn=arn,
            DestinationProjectArn=halls,
            VersionName="v1",
            OutputConfig={"S3Bucket": demo.bucket, "S3KeyPrefix": "halls"},
        )
        copied = client.copy_project_version(**arguments, Tags={"a": "b"})
        assert fits("CopyProjectVersion", copied)
        states = [status_of(client, halls), status_of(client, halls)]
        assert states == ["COPYING_IN_PROGRESS", "COPYING_COMPLETED"]
        (copy,) = demo.projects.versions[halls]
        assert copy["SourceProjectVersionArn"] == arn
        place = copy["EvaluationResult"]["Summary"]["S3Object"]
        assert place["Name"].startswith("halls/evaluation/")
        tags = client.list_tags_for_resource(ResourceArn=copied["ProjectVersionArn"])
        assert tags["Tags"] == {"a": "b"}
        assert fits("ListTagsForResource", tags)
        with pytest.raises(ClientError, match="ResourceInUseException"):
            client.copy_project_version(**arguments)
        arguments["VersionName"] = "v2"
        with pytest.raises(ClientError, match="InvalidParameterException"):
            client.copy_project_version(**{**arguments, "SourceProjectArn": halls})
        arguments["OutputConfig"] = {"S3Bucket": "missing", "S3KeyPrefix": ""}
        with pytest.raises(ClientError, match="InvalidParameterException"):
            client.copy_project_version(**arguments)


def test_keeps_tags(aws: tuple[Any, backend.Projects]) -> None:
    """Tags of others stay, those of the same key give way."""
    client, projects = aws
    projects.add_version(PROJECT, version("v1"))
    first = client.tag_resource(ResourceArn=ARN, Tags={"a": "1", "b": "2"})
    assert fits("TagResource", first)
    client.tag_resource(ResourceArn=ARN, Tags={"b": "3", "c": ""})
    taken = client.untag_resource(ResourceArn=ARN, TagKeys=["a", "never there"])
    assert fits("UntagResource", taken)
    listed = client.list_tags_for_resource(ResourceArn=ARN)
    assert listed["Tags"] == {"b": "3", "c": ""}


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ({f"k{number}": "" for number in range(51)}, "ServiceQuotaExceededException"),
        ({"k": "v" * 257}, "InvalidParameterException"),
        ({"k" * 129: "v"}, "InvalidParameterException"),
        ({"k": "one;two"}, "InvalidParameterException"),
        ({"aws:k": "v"}, "InvalidParameterException"),
    ],
)
def test_holds_awss_limits_on_tags(tags: dict[str, str], code: str) -> None:
    """50 a resource, 128 and 256 characters, AWS's alphabet; nothing is written."""
    projects = backend.Projects()
    projects.add_version(PROJECT, version("v1"))
    asked = {"ResourceArn": ARN, "Tags": tags}
    status, body = backend.handle(projects, Call("TagResource", asked, REGION, "1"))
    assert (status, json.loads(body)["__type"]) == (400, code)
    assert projects.tags[ARN] == {}


@pytest.mark.parametrize(
    ("status", "operation", "code"),
    [
        ("RUNNING", "start", "ResourceInUseException"),
        ("STARTING", "start", "ResourceInUseException"),
        ("TRAINING_IN_PROGRESS", "start", "ResourceInUseException"),
        ("STOPPED", "stop", "ResourceInUseException"),
        ("gone", "start", "ResourceNotFoundException"),
        ("gone", "stop", "ResourceNotFoundException"),
    ],
)
def test_refuses_what_the_state_forbids(
    aws: tuple[Any, backend.Projects], status: str, operation: str, code: str
) -> None:
    """AWS's codes, as botocore's model lists them for the operation."""
    client, projects = aws
    if status != "gone":
        projects.add_version(PROJECT, version("v1", status=status))
    units = {"MinInferenceUnits": 1} if operation == "start" else {}
    with pytest.raises(ClientError, match=code):
        getattr(client, f"{operation}_project_version")(ProjectVersionArn=ARN, **units)
    listed = MODEL.operation_model(f"{operation.title()}ProjectVersion").error_shapes
    assert code in {shape.name for shape in listed}


def test_asks_iam(aws: tuple[Any, backend.Projects]) -> None:
    """Whoever plays IAM sees the call and the tags of the version it is for."""
    client, projects = aws
    projects.add_version(PROJECT, version("v1"))
    client.tag_resource(ResourceArn=ARN, Tags={"a": "1"})
    seen = []
    projects.forbids = lambda call, tags: not seen.append((call.operation, dict(tags)))
    with pytest.raises(ClientError, match=r"AccessDenied.*StartProjectVersion on"):
        client.start_project_version(ProjectVersionArn=ARN, MinInferenceUnits=1)
    assert seen == [("StartProjectVersion", {"a": "1"})]


def test_serves_a_program_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child process sees this AWS, whatever the user's environment holds."""
    code = (
        "import sys; from rekmetrics.aws import Aws;"
        "from rekmetrics.arns import parse_project_arn as parse;"
        "aws = Aws('us-east-1');"
        "found = aws.describe_version(parse(sys.argv[1]), 'v1');"
        "assert found.model.f1 == 0.5, found;"
        "assert found.manifest.version, found;"
        "print(aws.open(found.manifest).read(100).decode())"
    )
    with DemoAws() as demo:
        demo.projects.versions.clear()  # moto looks at the profile once
        monkeypatch.setenv("AWS_PROFILE", "the-users-own")
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_SESSION_TOKEN", "the-users-own")
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        xmlns = "http://s3.amazonaws.com/doc/2006-03-01/"
        xml = f'<VersioningConfiguration xmlns="{xmlns}"><Status>Enabled</Status>'
        body = f"{xml}</VersioningConfiguration>".encode()
        demo._send("PUT", f"/{demo.bucket}?versioning", body)
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


def test_names_documents_as_aws_does() -> None:
    """By what they are, project and version; no training manifest where none is."""
    documents = {"summary": b"{}", "manifest": b"m"}
    with DemoAws() as demo:
        demo.projects.versions.clear()
        arn = demo.add_version(PROJECT, "v1", training=b"t", **documents)
        demo.add_version(PROJECT, "v2", number="2", **documents)
        second, first = map(
            str,
            sorted(demo.projects.versions[PROJECT], key=lambda one: arn in str(one)),
        )
        demo.projects.versions.clear()
    for kind in (
        "EvaluationResultSummary",
        "TestingGroundTruth",
        "TrainingGroundTruth",
    ):
        assert f"evaluation/{arn}/{kind}-rooms-v1.json" in first
    assert "TestingGroundTruth-rooms-v2.json" in second
    assert "TrainingGroundTruth" not in second


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
