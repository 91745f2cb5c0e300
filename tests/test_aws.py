"""Asking AWS: what is found, what is refused, and in which words."""

from __future__ import annotations

import datetime
import functools
import io
import os
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import faulty_s3
from support.faulty_s3 import FaultyS3

from rekmetrics.arns import parse_project_arn
from rekmetrics.aws import Aws, S3Location
from rekmetrics.aws.body import Body
from rekmetrics.aws.client import Patience
from rekmetrics.aws.trouble import Request
from rekmetrics.errors import AwsError, EvaluationError, RequestError
from rekmetrics.fake_aws.backend import describe_version
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.streams import ReadAhead

REGION = "us-east-1"
PROJECT_ARN = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms/1690000000000"
PROJECT = parse_project_arn(PROJECT_ARN)
HEAD = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms/version"
PLACES = {
    "summary": {"Bucket": "b", "Name": "summary.json"},
    "manifest": {"Bucket": "b", "Name": "manifest.json"},
}
LINES = b'{"a line": "of a manifest"}\n' * 400
PLACE = S3Location("bucket", "folder/a:b.json")
BRIEF = Patience(n_tries=3, connect_timeout=1, read_timeout=0.2)


@pytest.fixture(autouse=True)
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between botocore's tries, which no test has the time for."""
    waits: list[float] = []
    clock = types.SimpleNamespace(sleep=waits.append)
    monkeypatch.setattr("botocore.endpoint.time", clock)
    return waits


@pytest.fixture(scope="module")
def running_demo() -> Iterator[DemoAws]:
    """One AWS for all tests of the file."""
    with DemoAws() as demo:
        yield demo


@pytest.fixture
def demo(running_demo: DemoAws, monkeypatch: pytest.MonkeyPatch) -> DemoAws:
    """That AWS without projects, and this process's environment pointing to it."""
    running_demo.projects.__init__()  # type: ignore[misc]
    running_demo.projects.add_project(PROJECT_ARN)
    set_environment(monkeypatch, running_demo.environment({}))
    return running_demo


@pytest.fixture(scope="module")
def running_s3() -> Iterator[FaultyS3]:
    """One faulty S3 for all tests of the file."""
    with FaultyS3(LINES) as server:
        yield server


@pytest.fixture
def s3(running_s3: FaultyS3, monkeypatch: pytest.MonkeyPatch) -> FaultyS3:
    """That S3 without faults, and this process's environment pointing to it."""
    running_s3.faults, running_s3.requests = [], []
    environment = {
        "AWS_ENDPOINT_URL": running_s3.url,
        "AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    set_environment(monkeypatch, environment)
    return running_s3


def set_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


def add(demo: DemoAws, name: str, number: int = 1, **choices: Any) -> str:
    arn = f"{HEAD}/{name}/{number}"
    demo.projects.add_version(
        PROJECT_ARN, describe_version(arn, **{**PLACES, **choices})
    )
    return arn


def connect(patience: Patience = BRIEF) -> Aws:
    """One Aws for each endpoint: a client of boto3 takes long to make."""
    return connect_to(os.environ["AWS_ENDPOINT_URL"], patience)


@functools.cache
def connect_to(url: str, patience: Patience) -> Aws:
    return Aws(REGION, patience=patience)


def describe(name: str = "v1", aws: Aws | None = None) -> Any:
    return (aws or connect(Patience())).describe_version(PROJECT, name)


def refusal(name: str = "v1", aws: Aws | None = None) -> str:
    with pytest.raises(AwsError) as caught:
        describe(name, aws)
    text = str(caught.value)
    assert REGION in text
    assert "123456789012" not in text
    return text


def read(aws: Aws, place: S3Location = PLACE) -> bytes:
    with ReadAhead(lambda: aws.open(place), chunk=1000, deadline=5) as ahead:
        return b"".join(ahead)


def test_describes_the_very_version(demo: DemoAws) -> None:
    """Of versions with similar names, the one asked for; with both places in it."""
    add(demo, "v1", 1)
    add(
        demo,
        "v10",
        2,
        f1=0.875,
        manifest={"Bucket": "b", "Name": "m:1/x.json", "Version": "abc"},
        SourceProjectVersionArn=f"{HEAD}/old/1",
        BaseModelVersion="base-1",
        KmsKeyId="key",
        TrainingEndTimestamp=datetime.datetime(
            2026, 3, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))
        ),
    )
    found = describe("v10")
    model = found.model
    assert model.version_arn == f"{HEAD}/v10/2"
    assert (model.version_name, model.status) == ("v10", "TRAINING_COMPLETED")
    assert model.f1 == 0.875
    assert model.trained == "2026-03-01T10:00:00+00:00"
    assert model.source_version_arn == f"{HEAD}/old/1"
    assert model.base_model_version == "base-1"
    assert found.summary == S3Location("b", "summary.json")
    assert found.manifest == S3Location("b", "m:1/x.json", "abc")
    assert found.manifest.uri == "s3://b/m:1/x.json"


@pytest.mark.parametrize(
    "status",
    [
        "TRAINING_COMPLETED",
        "STARTING",
        "RUNNING",
        "FAILED",
        "STOPPING",
        "STOPPED",
        "COPYING_COMPLETED",
        "DEPRECATED",
        "EXPIRED",
        "SOMETHING_NEW",
    ],
)
def test_accepts_whatever_has_an_evaluation(demo: DemoAws, status: str) -> None:
    """FAILED is a failed start: the evaluation is there all the same."""
    add(demo, "v1", status=status)
    assert describe().model.status == status


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("TRAINING_IN_PROGRESS", "an evaluation exists once it is TRAINING_COMPLETED"),
        ("TRAINING_FAILED", "says 'no ************ images'; there is no evaluation"),
        ("COPYING_IN_PROGRESS", "once it is COPYING_COMPLETED"),
        ("COPYING_FAILED", "the version it was copied from"),
        ("DELETING", "its evaluation is going away"),
    ],
)
def test_refuses_a_status_without_evaluation(
    demo: DemoAws, status: str, words: str
) -> None:
    """Even if results are still listed, as they are while a version is deleted."""
    add(demo, "v1", status=status, StatusMessage="no 123456789012 images")
    text = refusal()
    assert f"Model version v1 of project rooms (us-east-1) is {status}; " in text
    assert words in text


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"summary": None}, "tells of no evaluation"),
        ({"EvaluationResult": {"F1Score": 1.0}}, "where its summary lies"),
        ({"manifest": None}, "where its test manifest lies"),
        ({"TestingDataResult": {"Output": {"Assets": []}}}, "test manifest lies"),
        (
            {"TestingDataResult": {"Validation": {"Assets": []}}},
            "where its test manifest lies",
        ),
        (
            {
                "TestingDataResult": {
                    "Output": {
                        "Assets": [
                            {
                                "GroundTruthManifest": {
                                    "S3Object": {"Bucket": "b", "Name": n}
                                }
                            }
                            for n in "xy"
                        ]
                    }
                }
            },
            "2 test manifests where one was expected: s3://b/x, s3://b/y",
        ),
    ],
)
def test_says_which_part_of_the_description_is_missing(
    demo: DemoAws, choices: dict[str, Any], words: str
) -> None:
    """Everything in a description is optional."""
    add(demo, "v1", **choices)
    assert words in refusal()


def test_refuses_an_adapter(demo: DemoAws) -> None:
    """Adapters of content moderation have files of another shape."""
    add(demo, "v1", Feature="CONTENT_MODERATION")
    with pytest.raises(RequestError, match=r"is an adapter \(CONTENT_MODERATION\)"):
        describe()


def test_lists_the_nearest_versions(demo: DemoAws) -> None:
    """An unknown version: those of similar name first, then the newest."""
    for number in range(8):
        add(demo, f"other{number}", number)
    add(demo, "rooms.2026", 9)
    demo.projects.page_size = 2
    text = refusal("rooms.2025")
    assert (
        "project rooms in us-east-1 has no model version 'rooms.2025'" in text.lower()
    )
    assert "there are rooms.2026, other7, other6, other5, other4 and 4 more" in text


def test_says_that_there_is_no_version(demo: DemoAws) -> None:
    """A project in which nothing was trained."""
    assert refusal().endswith("'v1'; there is none yet.")


def test_does_without_the_list_where_it_is_denied(demo: DemoAws) -> None:
    """The first question is answered, the second one is not allowed."""
    empty = '{"ProjectVersionDescriptions": [], "NextToken": ""}'
    demo.projects.answer("DescribeProjectVersions", empty)
    demo.projects.fail("DescribeProjectVersions", "AccessDeniedException")
    assert refusal().endswith("no model version 'v1'.")


def test_lists_the_nearest_projects(demo: DemoAws) -> None:
    """An unknown project, and one whose number is another."""
    other = parse_project_arn(PROJECT_ARN.replace("rooms", "romos"))
    with pytest.raises(AwsError, match=r"project/romos/16.* there are rooms\."):
        connect().describe_version(other, "v1")
    other = parse_project_arn(PROJECT_ARN.replace("1690000000000", "17"))
    with pytest.raises(AwsError, match=r"the one of this name is .*/1690000000000\."):
        connect().describe_version(other, "v1")


def test_asks_for_the_region_of_an_unknown_project(demo: DemoAws) -> None:
    """A well-formed ARN of another region names a project that is not there."""
    other = parse_project_arn(PROJECT_ARN.replace("rooms", "romos"))
    with pytest.raises(AwsError, match=r"another region\? Only the ARN's own was"):
        connect().describe_version(other, "v1")


def test_does_without_projects_where_they_are_denied(demo: DemoAws) -> None:
    """DescribeProjects is a permission that the gate does not need."""
    demo.projects.fail("DescribeProjects", "AccessDeniedException")
    other = parse_project_arn(PROJECT_ARN.replace("rooms", "romos"))
    with pytest.raises(AwsError, match=r"does not exist .* check region, account"):
        connect().describe_version(other, "v1")


def test_follows_pages(demo: DemoAws) -> None:
    """The version asked for may be on the last of several pages."""
    add(demo, "v1", 1)
    page = '{"ProjectVersionDescriptions": [], "NextToken": "page-0"}'
    demo.projects.answer("DescribeProjectVersions", page)
    assert describe().model.version_name == "v1"
    assert demo.projects.requests[-1][1]["NextToken"] == "page-0"


def test_stops_where_pages_never_end(demo: DemoAws) -> None:
    """Ever new tokens end in a sentence."""
    page = '{"ProjectVersionDescriptions": [], "NextToken": "more"}'
    demo.projects.answer("DescribeProjectVersions", page, n=100)
    assert "does not end after 20 pages" in refusal()


@pytest.mark.parametrize(
    "body",
    [
        "<html>Please log in</html>",
        "",
        '{"ProjectVersionDescriptions": [',
        "{}",
        "[]",
        '{"ProjectVersionDescriptions": null}',
        '{"ProjectVersionDescriptions": "x"}',
        '{"ProjectVersionDescriptions": [3]}',
        '{"ProjectVersionDescriptions": [{}]}',
        '{"ProjectVersionDescriptions": [{"ProjectVersionArn": "v1"}]}',
    ],
)
def test_takes_no_garbage_for_an_answer(demo: DemoAws, body: str) -> None:
    """botocore makes an empty answer of most of it, without an error."""
    demo.projects.answer("DescribeProjectVersions", body, n=3)
    assert "answer" in refusal()


def test_takes_no_other_version_for_an_answer(demo: DemoAws) -> None:
    """The version returned must be of the project asked for, and bear the name."""
    foreign = describe_version(f"{HEAD}/v1/1".replace("rooms", "halls"), **PLACES)
    demo.projects.versions[PROJECT_ARN] = [foreign]
    assert "answered with 'arn:" in refusal()
    demo.projects.versions[PROJECT_ARN] = []
    add(demo, "v2")
    other = (
        f'{{"ProjectVersionDescriptions": [{{"ProjectVersionArn": "{HEAD}/v2/1"}}]}}'
    )
    demo.projects.answer("DescribeProjectVersions", other)
    assert "there are v2" in refusal()


def test_refuses_two_versions_of_one_name(demo: DemoAws) -> None:
    """It is unclear which is meant; the same one twice is one."""
    add(demo, "v1", 1)
    demo.projects.versions[PROJECT_ARN] *= 2
    assert describe().model.version_arn == f"{HEAD}/v1/1"
    add(demo, "v1", 2)
    assert "has 2 versions named 'v1'" in refusal()


DENIAL = (
    "User: arn:aws:sts::123456789012:assumed-role/ci/jane@example.org is not "
    "authorized to perform: rekognition:DescribeProjectVersions on resource: "
    "arn:aws:rekognition:us-east-1:123456789012:project/rooms/1 because no "
    "identity-based policy allows it"
)


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        (
            "AccessDeniedException",
            "",
            "rekognition:DescribeProjectVersions on arn:aws:",
        ),
        (
            "AccessDeniedException",
            DENIAL,
            (
                "arn:aws:sts::************:assumed-role/ci/… needs the permission "
                "rekognition:DescribeProjectVersions on "
                "arn:aws:rekognition:us-east-1:************:project/rooms/1."
            ),
        ),
        ("ExpiredTokenException", "", "the AWS credentials have expired"),
        ("UnrecognizedClientException", "", "AWS does not know the credentials"),
        ("InvalidSignatureException", "", "the secret key does not fit"),
        ("RequestExpired", "", "clock is wrong"),
        ("InvalidParameterException", "x " * 500, "InvalidParameterException: x x"),
        ("PreconditionFailed", "", "AWS answered PreconditionFailed, and no more."),
        ("SomethingNew", "key ASIAABCDEFGHIJKLMNOP {0}", "SomethingNew: key … {0}"),
    ],
)
def test_says_why_rekognition_refuses(
    demo: DemoAws, code: str, message: str, words: str
) -> None:
    """Permission and resource by name; account, person and key by no name."""
    demo.projects.fail("DescribeProjectVersions", code, message)
    text = refusal()
    assert words in text
    assert len(text) < 420


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("ThrottlingException", 400, "limiting requests, also after 4 tries"),
        ("ProvisionedThroughputExceededException", 400, "also after 4 tries"),
        ("InternalServerError", 500, "failed with InternalServerError, also after 4"),
    ],
)
def test_tries_again_and_not_for_ever(
    demo: DemoAws, sleeps: list[float], code: str, status: int, words: str
) -> None:
    """Four tries; the fourth may still succeed."""
    add(demo, "v1")
    demo.projects.fail("DescribeProjectVersions", code, status=status, n=3)
    assert describe().model.version_name == "v1"
    assert len(demo.projects.requests) == 4
    assert len(sleeps) == 3
    demo.projects.fail("DescribeProjectVersions", code, status=status, n=5)
    assert words in refusal()
    assert len(demo.projects.requests) == 8


def test_asks_the_region_of_the_arn(
    demo: DemoAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever region the environment prefers."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    add(demo, "v1")
    assert describe(aws=Aws(REGION)).model.version_name == "v1"


def test_shows_endpoints_that_are_not_awss(
    demo: DemoAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By service, without the password in them; nothing if AWS's own are used."""
    assert Aws(REGION).endpoints == {"rekognition": demo.url, "s3": demo.url}
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    assert Aws(REGION).endpoints == {}
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://me:pass@127.0.0.1:9/x?token=1")
    assert Aws(REGION).endpoints == {"s3": "http://127.0.0.1:9/x"}


def test_finds_endpoints_in_the_configuration_file(
    demo: DemoAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile's endpoint is shown like one of the environment."""
    config = tmp_path / "config"
    config.write_text("[profile ci]\nendpoint_url = http://127.0.0.1:9\n")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    shown = Aws(REGION, profile="ci").endpoints
    assert shown == dict.fromkeys(("rekognition", "s3"), "http://127.0.0.1:9")


PROFILES = {
    "none": ("[profile other]\n", "no AWS credentials were found"),
    "half": (
        "[profile ci]\naws_access_key_id = AKIAABCDEFGHIJKLMNOP\n",
        "the AWS credentials are incomplete",
    ),
    "process": (
        "[profile ci]\ncredential_process = /nonexistent/program\n",
        "come from /nonexistent/program, which cannot be used (No such file",
    ),
    "process that fails": (
        "[profile ci]\ncredential_process = false\n",
        "the program of credential_process gave no credentials. Run it by hand",
    ),
    "process that babbles": (
        "[profile ci]\ncredential_process = echo hello\n",
        "what the program of credential_process printed",
    ),
    "token file": (
        (
            "[profile ci]\nrole_arn = arn:aws:iam::123456789012:role/ci\n"
            "web_identity_token_file = /nonexistent/token\n"
        ),
        "come from /nonexistent/token, which cannot be used (No such file",
    ),
    "single sign-on": (
        (
            "[profile ci]\nsso_session = s\nsso_account_id = 123456789012\n"
            "sso_role_name = r\n[sso-session s]\nsso_region = us-east-1\n"
            "sso_start_url = https://example.org\n"
        ),
        "'aws sso login'",
    ),
    "role without source": (
        (
            "[profile ci]\nrole_arn = arn:aws:iam::123456789012:role/ci\n"
            "source_profile = gone\n"
        ),
        "the AWS configuration is wrong",
    ),
    "nonsense": ("[profile ci\nx", "the AWS configuration file is not readable"),
}


@pytest.mark.parametrize("case", PROFILES)
def test_says_what_is_wrong_with_credentials(
    demo: DemoAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    """Whatever a credential provider raises, the user reads a sentence."""
    config, words = PROFILES[case]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "config"
    path.write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    profile = None if case == "none" else "ci"
    text = refusal(aws=Aws(REGION, profile=profile))
    assert words in text
    assert "AKIA" not in text


@pytest.mark.parametrize(
    "variables",
    [
        {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE\n"},
        {"AWS_SESSION_TOKEN": "half\nanother half"},
    ],
)
def test_says_that_a_variable_holds_a_line_break(
    demo: DemoAws, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """A secret pasted with its line's end is no trouble of the network."""
    set_environment(monkeypatch, {**demo.environment({}), **variables})
    text = refusal(aws=Aws(REGION, patience=BRIEF))
    assert "key id or session token hold a line break" in text
    assert "AKIA" not in text
    assert "half" not in text


def test_says_that_a_profile_does_not_exist(demo: DemoAws) -> None:
    """The profile is named."""
    text = refusal(aws=Aws(REGION, profile="nix"))
    assert "profile does not exist" in text
    assert "nix" in text


def test_says_that_nobody_answers(
    demo: DemoAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A port that nobody listens on, tried as often as is said."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert "no connection to http://127.0.0.1:9" in refusal(
        aws=Aws(REGION, patience=BRIEF)
    )


def test_reads_an_object(s3: FaultyS3) -> None:
    """All of it, through the checksum, from the key as it is."""
    assert read(connect()) == LINES
    assert s3.requests == ["/bucket/folder/a%3Ab.json"]


def test_asks_for_the_object_version(s3: FaultyS3) -> None:
    """And believes nothing else."""
    aws = connect()
    with pytest.raises(AwsError, match=r"asked for version abc and gave None"):
        aws.open(S3Location("bucket", "key", "abc"))
    assert s3.requests == ["/bucket/key?versionId=abc"]


@pytest.mark.parametrize("fault", [faulty_s3.composite_checksum])
def test_reads_what_only_looks_odd(s3: FaultyS3, fault: faulty_s3.Fault) -> None:
    """A checksum of parts cannot be checked; length and content still are."""
    s3.faults = [fault]
    assert read(connect()) == LINES


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faulty_s3.truncate, "the connection broke in the middle"),
        (faulty_s3.cut_silently, "does not have the checksum"),
        (faulty_s3.corrupt, "does not have the checksum"),
        (faulty_s3.reset_midway, "the connection broke in the middle"),
        (faulty_s3.stall, "did not answer in time"),
        (faulty_s3.without_length, "does not tell its length"),
        (faulty_s3.chunked, "does not tell its length"),
        (faulty_s3.gzipped, "stored in the encoding 'gzip'"),
    ],
)
def test_never_takes_a_part_for_the_whole(
    s3: FaultyS3, fault: faulty_s3.Fault, words: str
) -> None:
    """Whatever happens on the way, there is no quiet end."""
    s3.faults = [fault]
    with pytest.raises(AwsError) as caught:
        read(connect())
    assert str(caught.value).startswith("s3://bucket/folder/a:b.json (us-east-1): ")
    assert words in str(caught.value)
    assert caught.value.code == "Transfer"


def test_checks_checksums_whatever_the_environment_says(
    s3: FaultyS3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """botocore can be told to leave them alone, and old ones do without being told."""
    monkeypatch.setenv("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required")
    s3.faults = [faulty_s3.corrupt]
    with pytest.raises(AwsError, match="does not have the checksum"):
        read(Aws(REGION))


@pytest.mark.parametrize(("length", "n_bytes"), [(9, 10), (11, 10), (0, 1), (1, 0)])
def test_counts_the_bytes_itself(length: int, n_bytes: int) -> None:
    """A client that botocore did not make, or a botocore that does not look."""
    answer = {"Body": io.BytesIO(b"x" * n_bytes), "ContentLength": length}
    body = Body(answer, Request("s3://b/k", REGION, "", ""))
    with (
        ReadAhead(lambda: body, chunk=4) as ahead,
        pytest.raises(AwsError, match=f"{n_bytes} of {length} bytes arrived"),
    ):
        list(ahead)


def test_ends_a_trickle_at_the_deadline(s3: FaultyS3) -> None:
    """No single read times out, yet the whole does; its thread ends, too."""
    s3.faults = [faulty_s3.trickle]
    aws = connect()
    with (
        ReadAhead(lambda: aws.open(PLACE), deadline=0.3) as ahead,
        pytest.raises(EvaluationError, match=r"only 0 bytes .* 0\.3 seconds"),
    ):
        list(ahead)
    assert not ahead._thread.is_alive()


@pytest.mark.parametrize(
    "fault",
    [
        faulty_s3.reset,
        faulty_s3.refuse(503, "SlowDown"),
        faulty_s3.refuse(500, "InternalError"),
    ],
)
def test_has_botocore_try_again(
    s3: FaultyS3, sleeps: list[float], fault: faulty_s3.Fault
) -> None:
    """Twice wrong, then right."""
    s3.faults = [fault, fault]
    assert read(connect()) == LINES
    assert (len(s3.requests), len(sleeps)) == (3, 2)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faulty_s3.reset, "was closed without an answer"),
        (faulty_s3.refuse(503, "SlowDown"), "limiting requests, also after 3 tries"),
        (faulty_s3.refuse(500, "InternalError"), "InternalError, also after 3 tries"),
        (faulty_s3.refuse(502, "Bad"), "Bad, also after 3 tries"),
    ],
)
def test_gives_up_after_the_tries(
    s3: FaultyS3, sleeps: list[float], fault: faulty_s3.Fault, words: str
) -> None:
    """Three tries are three requests, with waits that are bounded."""
    s3.faults = [fault] * 9
    with pytest.raises(AwsError) as caught:
        read(connect())
    assert words in str(caught.value)
    assert len(s3.requests) == 3
    assert sum(sleeps) <= 2 * 20


KMS = (
    "User: arn:aws:sts::123456789012:assumed-role/ci/me is not authorized to perform: "
    "kms:Decrypt on the resource associated with this ciphertext because no "
    "identity-based policy allows the kms:Decrypt action"
)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            faulty_s3.refuse(403, "AccessDenied", "Access Denied"),
            (
                "the caller needs the permission s3:GetObject on "
                "arn:aws:s3:::bucket/folder/a:b.json; without s3:ListBucket a missing"
            ),
        ),
        (
            faulty_s3.refuse(403, "AccessDenied", KMS),
            "assumed-role/ci/… needs the permission kms:Decrypt on the key of arn:",
        ),
        (faulty_s3.refuse(400, "KMS.DisabledException"), "KMS key that the object"),
        (faulty_s3.refuse(404, "NoSuchKey"), "the object is not there (NoSuchKey)"),
        (faulty_s3.refuse(404, "NoSuchBucket"), "the bucket does not exist"),
        (faulty_s3.refuse(404, "NoSuchVersion"), "this object version no longer"),
        (faulty_s3.refuse(405, "MethodNotAllowed"), "is a delete marker"),
        (faulty_s3.refuse(403, "InvalidObjectState"), "is archived (Glacier)"),
        (faulty_s3.refuse(403, "RequestTimeTooSkewed"), "clock is wrong"),
        (faulty_s3.refuse(403, "SignatureDoesNotMatch"), "secret key does not fit"),
        (faulty_s3.refuse(400, "ExpiredToken"), "the AWS credentials have expired"),
        (faulty_s3.refuse(403, "InvalidAccessKeyId"), "does not know the credentials"),
        (faulty_s3.refuse(418, "Teapot", "short and stout"), "Teapot: short and stout"),
    ],
)
def test_says_why_s3_refuses(s3: FaultyS3, fault: faulty_s3.Fault, words: str) -> None:
    """Object, region, permission and resource; no account, no session's name."""
    s3.faults = [fault]
    with pytest.raises(AwsError) as caught:
        read(connect())
    text = str(caught.value)
    assert text.startswith("s3://bucket/folder/a:b.json (us-east-1): ")
    assert words in text
    assert "123456789012" not in text


def test_follows_a_bucket_into_its_region(s3: FaultyS3) -> None:
    """A bucket may be in another region than the model: botocore asks again there."""
    elsewhere = faulty_s3.refuse(
        301, "PermanentRedirect", x_amz_bucket_region="eu-west-1"
    )
    s3.faults = [elsewhere]
    assert read(connect()) == LINES
    s3.faults = [elsewhere] * 9
    with pytest.raises(AwsError, match="the bucket is in another region"):
        read(connect())
    assert len(s3.requests) < 9


def test_imports_no_boto3_before_it_is_needed() -> None:
    """The plugin is imported by every run of pytest."""
    code = (
        "import sys, rekmetrics.aws; rekmetrics.aws.Aws('us-east-1');"
        "sys.exit('boto3' in sys.modules or 'botocore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
