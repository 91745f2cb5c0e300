"""Text into HTML."""

from __future__ import annotations

import pytest

from rekmetrics.report.html import (
    escape_lines,
    escape_text,
    hide_signature,
    isolate,
    reveal,
    shorten,
)


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


def test_escapes_all_that_html_would_obey() -> None:
    """Fit for content and for attributes in either kind of quotes."""
    assert escape_text("<a \"'&>") == "&lt;a &quot;&#x27;&amp;&gt;"


def test_keeps_line_ends_and_spaces_of_whole_files() -> None:
    """Only what is invisible or hostile within a line is changed."""
    assert escape_lines("a:\r\n  b: <\x07\n") == "a:\n  b: &lt;\\x07\n"


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
