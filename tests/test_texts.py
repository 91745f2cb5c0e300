"""Text from outside, made fit to be read."""

from __future__ import annotations

import pytest

from rekmetrics.texts import (
    did_you_mean,
    hide_signature,
    isolate,
    mask_account,
    nearest,
    quote,
    reveal,
    shorten,
    tell_verdict,
)

HEAD = "arn:aws:rekognition:us-east-1:123456789012:"
PROJECT = HEAD + "project/rooms/1690000000000"


def test_finds_the_nearest_names_whatever_their_case() -> None:
    """Best first, as they are written; what looks different is left out."""
    assert nearest("Rooms.v2", ["rooms.v1", "ROOMS.V2", "xyz"]) == [
        "ROOMS.V2",
        "rooms.v1",
    ]
    assert nearest("rooms", []) == []


def test_tells_a_verdict_in_lines_that_fit_a_terminal() -> None:
    """The first two checks; ids stay whole, and nothing in them is obeyed."""
    assert tell_verdict("v1", "passed", []) == ["v1: passed"]
    assert tell_verdict("v1", "failed", ["accuracy"]) == ["v1: failed: accuracy"]
    long = ["a" * 40 + "-recall", "b" * 40 + "-recall", "c"]
    lines = tell_verdict("rooms.2026-03-01T10.00.00", "failed", long)
    assert lines == [
        "rooms.2026-03-01T10.00.00: failed:",
        f"  {long[0]},",
        f"  {long[1]} and 1 more",
    ]
    assert tell_verdict("v1", "failed", ["\x1b[31m"]) == ["v1: failed: \\x1b[31m"]


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
    long = f"s3://bucket/{'x' * 5000}/summary.json"
    assert len(quote(long)) == 202
    assert quote(long).startswith("'s3://bucket/xx")
    assert quote(long).endswith("xx/summary.json'")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("front yard", "front yard"),
        ("Küche 厨房 🏡", "Küche 厨房 🏡"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("cat\u200bdog", "cat\\u200bdog"),
        ("a\u200db", "a\\u200db"),
        ("gpj.\u202eexe", "gpj.\\u202eexe"),
        ("\u200fabc", "\\u200fabc"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\0b", "a\\x00b"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\ud800", "\\ud800"),
        (" dog", "\\x20dog"),
        ("dog ", "dog\\x20"),
        ("a  b", "a \\x20b"),
        ("a\u00a0b", "a\\xa0b"),
        ("", ""),
    ],
)
def test_reveals_what_a_reader_could_not_see(text: str, shown: str) -> None:
    """Two labels that differ look different, and nothing turns the writing."""
    assert reveal(text) == shown


def test_isolates_only_what_is_written_from_right_to_left() -> None:
    """A tooltip around a Hebrew label keeps its order."""
    assert isolate("שלום") == "\u2068שלום\u2069"
    assert isolate("hall") == "hall"


@pytest.mark.parametrize(("n", "cut"), [(10, "abcdefghij"), (5, "ab…ij"), (4, "ab…j")])
def test_cuts_the_middle_of_long_text(n: int, cut: str) -> None:
    """Beginning and end tell labels apart; the result has the length asked for."""
    assert shorten("abcdefghij", n) == cut
    assert len(shorten("abcdefghij", n)) == n


@pytest.mark.parametrize(
    "query",
    [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0f",
        "AWSAccessKeyId=AKIA&Expires=1&Signature=0f",
        "versionId=3&x-amz-security-token=0f",
    ],
)
def test_leaves_out_what_signs_a_url(query: str) -> None:
    """The place stays, the access that the query grants goes."""
    text = f"read https://b.s3.amazonaws.com/k.jpg?{query} just now"
    assert hide_signature(text) == (
        "read https://b.s3.amazonaws.com/k.jpg?(signature left out) just now"
    )


def test_keeps_a_question_mark_in_a_key() -> None:
    """S3 keys may hold one; evidence is not altered."""
    assert hide_signature("s3://b/what?.jpg") == "s3://b/what?.jpg"
