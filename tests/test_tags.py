"""The verdict as tags: what is written, beside what, and what is said when it isn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import moto
import pytest

from rekmetrics.aws import Aws
from rekmetrics.aws.tags import TAG_KEYS, VerdictTags, write_tags
from rekmetrics.errors import WriteError
from rekmetrics.fake_aws import backend

REGION = "us-east-1"
PROJECT = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms/1690000000000"
ARN = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms/version/v1/1"
DIGEST = "0123456789abcdef" * 4
PASSED = VerdictTags("passed", "2026-03-01T10:00:00+00:00", DIGEST, DIGEST[::-1])
BEGUN = VerdictTags("incomplete", "2026-03-01T09:59:00+00:00")


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> Iterator[backend.Projects]:
    backend.install()
    with moto.mock_aws():
        found = backend.projects(REGION)
        found.add_version(PROJECT, backend.describe_version(ARN))
        yield found


@pytest.fixture
def aws(projects: backend.Projects) -> Aws:
    from botocore.config import Config

    client = boto3.client(
        "rekognition", region_name=REGION, config=Config(retries={"max_attempts": 0})
    )
    return Aws(REGION, rekognition=client)


def test_writes_four_tags(aws: Aws, projects: backend.Projects) -> None:
    """Verdict, time, and the first half of both digests."""
    write_tags(aws, ARN, PASSED)
    assert projects.tags[ARN] == {
        "rekmetrics:verdict": "passed",
        "rekmetrics:thresholds": "0123456789abcdef" * 2,
        "rekmetrics:evaluation": "fedcba9876543210" * 2,
        "rekmetrics:judged": "2026-03-01T10:00:00+00:00",
    }
    assert [name for name, _ in projects.requests] == ["TagResource"]


def test_leaves_nothing_of_an_earlier_verdict(
    aws: Aws, projects: backend.Projects
) -> None:
    """An "incomplete" has no digests, so none of the last run's stays beside it."""
    write_tags(aws, ARN, PASSED)
    write_tags(aws, ARN, BEGUN)
    assert projects.tags[ARN]["rekmetrics:verdict"] == "incomplete"
    assert projects.tags[ARN]["rekmetrics:thresholds"] == "none"
    assert projects.tags[ARN]["rekmetrics:evaluation"] == "none"


def test_leaves_the_tags_of_others_alone(aws: Aws, projects: backend.Projects) -> None:
    projects.tags[ARN] = {"owner": "me", "rekmetrics:verdict-of-mine": "good"}
    write_tags(aws, ARN, PASSED)
    assert projects.tags[ARN]["owner"] == "me"
    assert projects.tags[ARN]["rekmetrics:verdict-of-mine"] == "good"


@pytest.mark.parametrize("n_others", [46, 47])
def test_holds_50_tags_and_says_so(
    aws: Aws, projects: backend.Projects, n_others: int
) -> None:
    """46 of others leave room for our four; with 47 nothing at all is written."""
    others = {f"k{number}": "" for number in range(n_others)}
    projects.tags[ARN] = dict(others)
    if n_others == 46:
        write_tags(aws, ARN, PASSED)
        assert {*projects.tags[ARN]} == {*others, *TAG_KEYS}
        return
    with pytest.raises(WriteError, match=r"holds 50 tags.*untag-resource"):
        write_tags(aws, ARN, PASSED)
    assert projects.tags[ARN] == others


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "AccessDeniedException",
            r"the permission rekognition:TagResource on arn",
        ),
        ("ThrottlingException", r"limiting requests"),
        ("ResourceNotFoundException", r"It was deleted since"),
        ("InternalServerError", r"InternalServerError"),
    ],
)
def test_names_what_kept_the_verdict_from_aws(
    aws: Aws, projects: backend.Projects, code: str, message: str
) -> None:
    """The exit code is 3: a verdict that was asked for could not be written."""
    projects.fail("TagResource", code, "no")
    with pytest.raises(WriteError, match=message) as caught:
        write_tags(aws, ARN, PASSED)
    assert caught.value.exit_code == 3
    assert "the verdict 'passed' could not be written" in str(caught.value)


def test_ends_with_one_gates_verdict(aws: Aws, projects: backend.Projects) -> None:
    """Whatever the order of two gates' requests, all four tags are the last one's."""
    failed = VerdictTags("failed", "2026-03-01T10:00:01+00:00", DIGEST[::-1], DIGEST)
    for order in ([BEGUN, BEGUN, PASSED, failed], [BEGUN, failed, BEGUN, PASSED]):
        for tags in order:
            write_tags(aws, ARN, tags)
        assert projects.tags[ARN] == order[-1].as_tags()


@pytest.mark.parametrize("tags", [PASSED, BEGUN])
def test_keeps_to_awss_alphabet(tags: Any) -> None:
    """Keys and values fit the patterns of botocore's model."""
    import botocore.session

    model = botocore.session.Session().get_service_model("rekognition")
    for shape, texts in (
        ("TagKey", tags.as_tags()),
        ("TagValue", tags.as_tags().values()),
    ):
        limits = model.shape_for(shape).metadata
        assert "\\p{L}\\p{Z}\\p{N}_.:/=+\\-@" in limits["pattern"]
        for text in texts:
            assert limits["min"] <= len(text) <= limits["max"]
            assert set(text) <= {*"abcdefghijklmnopqrstuvwxyz0123456789:.+-=/@_T"}
