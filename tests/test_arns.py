"""ARNs and version names: what is read, and what is said of near misses."""

from __future__ import annotations

import pytest

from rekmetrics.arns import parse_project_arn, parse_version_arn, parse_version_name
from rekmetrics.errors import RequestError

HEAD = "arn:aws:rekognition:us-east-1:123456789012:"
PROJECT = HEAD + "project/rooms/1690000000000"
VERSION = HEAD + "project/rooms/version/v1.2026-03-01/1690000000001"


def test_takes_a_project_arn_apart() -> None:
    """Every part of the ARN has a field of its own."""
    arn = parse_project_arn(PROJECT)
    assert (arn.partition, arn.region, arn.account) == (
        "aws",
        "us-east-1",
        "123456789012",
    )
    assert (arn.project_name, arn.created) == ("rooms", "1690000000000")
    assert str(arn) == PROJECT


def test_takes_a_version_arn_apart() -> None:
    """The version's ARN holds project and version name and the version's number."""
    arn = parse_version_arn(VERSION)
    assert (arn.project_name, arn.version_name) == ("rooms", "v1.2026-03-01")
    assert (arn.project_name, arn.created) == ("rooms", "1690000000001")


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws", "eu-central-1"),
        ("aws-cn", "cn-north-1"),
        ("aws-us-gov", "us-gov-west-1"),
        ("aws-iso", "us-iso-east-1"),
        ("aws-iso-b", "us-isob-east-1"),
        ("aws-eusc", "eusc-de-east-1"),
        ("aws-new", "mars-north-1"),
    ],
)
def test_accepts_every_partition(partition: str, region: str) -> None:
    """Partitions and regions that are not known yet are AWS's to judge."""
    text = f"arn:{partition}:rekognition:{region}:123456789012:project/a/1"
    assert parse_project_arn(text).partition == partition


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; a CI variable that is not set"),
        (" \t", "is empty"),
        (PROJECT + "\n", r"000\n' begins or ends with white space"),
        (f"'{PROJECT}'", "quotation marks"),
        ("$PROJECT_ARN", "variable that was not filled in"),
        ("${{ vars.ARN }}", "variable that was not filled in"),
        ("%PROJECT_ARN%", "variable that was not filled in"),
        ("rooms", "is a name, not an ARN"),
        ("https://rooms/", "is not an ARN"),
        ("arn:aws:rekognition", "is cut off"),
        (PROJECT.replace("rekognition", "sagemaker"), "service 'sagemaker'"),
        (PROJECT.replace("arn:aws:", "arn:AWS:"), "partition 'AWS'"),
        (PROJECT.replace("us-east-1", ""), "region ''"),
        (PROJECT.replace("123456789012", "1234-5678-9012"), "of 14 characters"),
        (PROJECT.replace("123456789012", "١٢٣٤٥٦٧٨٩٠١٢"), "12 digits"),
        (PROJECT.replace("us-east-1", "us-gov-west-1"), "partition aws-us-gov"),
        (PROJECT.replace("us-east-1", "cn-north-1"), "partition aws-cn"),
        (VERSION, "is the ARN of a model version"),
        (VERSION, "--version v1.2026-03-01"),
        (HEAD + "project/rooms", "lacks the number"),
        (HEAD + "project/rooms/dataset/test/1", "ARN of a dataset"),
        (HEAD + "collection/faces", "not the ARN of a Custom Labels project"),
        (HEAD + "project/rooms/1x", "does not read arn:aws:rekognition:REGION"),
        (HEAD + "project/ro\0oms/1", r"ro\x00oms/1' holds characters"),
        (HEAD + "project/ro\x1b[31moms/1", r"ro\x1b[31moms"),
        (HEAD + "project/" + "n" * 256 + "/1", "does not read"),
    ],
)
def test_explains_what_is_no_project_arn(text: str, words: str) -> None:
    """Each near miss has a message of its own, on one line, safe on a terminal."""
    with pytest.raises(RequestError) as caught:
        parse_project_arn(text)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()
    assert "123456789012" not in str(caught.value)


def test_refuses_a_project_arn_as_a_version_arn() -> None:
    """A version ARN has a version part."""
    with pytest.raises(RequestError, match="project/NAME/version/VERSION/NUMBER"):
        parse_version_arn(PROJECT)


@pytest.mark.parametrize("name", ["v1", "-", "a" * 255, "rooms.2026-03-01T10.00.00"])
def test_accepts_version_names(name: str) -> None:
    """Letters, digits and three signs, 255 of them at most."""
    assert parse_version_name(name) == name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; a CI variable"),
        ("v1\n", "begins or ends with white space"),
        ("a b", "holds ' '; only letters, digits"),
        ("../v/1", "holds '/'"),
        ("vé", "holds 'é'"),
        ("$(VERSION)", "not filled in"),
        (VERSION, "give its name alone: v1.2026-03-01"),
        (PROJECT, "is the ARN of a project"),
        ("a" * 256, "has 256 characters"),
    ],
)
def test_explains_what_is_no_version_name(text: str, words: str) -> None:
    """The message says what to give instead."""
    with pytest.raises(RequestError) as caught:
        parse_version_name(text)
    assert words in str(caught.value)
