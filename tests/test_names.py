"""ARNs and version names: what is read, and what is said of near misses."""

from __future__ import annotations

import pytest

from rekmetrics.errors import RequestError
from rekmetrics.names import (
    did_you_mean,
    mask_account,
    nearest,
    parse_project_arn,
    parse_version_arn,
    parse_version_name,
    quote,
)

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
    assert (arn.project, arn.created) == ("project/rooms", "1690000000001")


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


def test_finds_the_nearest_names_whatever_their_case() -> None:
    """Best first, as they are written; what looks different is left out."""
    assert nearest("Rooms.v2", ["rooms.v1", "ROOMS.V2", "xyz"]) == [
        "ROOMS.V2",
        "rooms.v1",
    ]
    assert nearest("rooms", []) == []


def test_ends_a_sentence_with_the_nearest_name() -> None:
    """Nothing is said where nothing is near."""
    assert did_you_mean("recal", ["precision", "recall"]) == "; did you mean 'recall'?"
    assert did_you_mean("recal", ["xyz"]) == ""


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (PROJECT, PROJECT.replace("123456789012", "*" * 12)),
        ("account 123456789012.", "account ************."),
        ("s3://logs-123456789012-x/a", "s3://logs-************-x/a"),
        ("arn%3Aaws%3A%3A123456789012%3A", "arn%3Aaws%3A%3A************%3A"),
        (
            "arn:aws:rekognition:eu-west-1:123456789012:project/r/version/v.202603011000/1",
            "arn:aws:rekognition:eu-west-1:************:project/r/version/v.202603011000/1",
        ),
        ("1690000000000", "1690000000000"),
        ("val/000000397133.jpg", "val/000000397133.jpg"),
        ("ab123456789012cd", "ab123456789012cd"),
    ],
)
def test_masks_account_ids(text: str, masked: str) -> None:
    """Time stamps, digests and image names stay as they are."""
    assert mask_account(text) == masked


def test_quotes_safely() -> None:
    """Control and direction characters are escaped, long texts cut."""
    assert quote("a\x1b[0m\n\u202e\ud800é") == r"'a\x1b[0m\n\u202e\ud800é'"
    assert len(quote("x" * 5000)) == 203
