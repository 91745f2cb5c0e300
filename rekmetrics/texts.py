"""
Text that comes from outside, made fit to be read: quoted, masked, shortened, revealed.

Nothing here escapes for HTML or Markdown; `report` does.
"""

from __future__ import annotations

import difflib
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

_SHOWN_CHARACTERS = 200
_TERMINAL = 80
_MOST_NAMES = 2
_SIGNED_QUERY = re.compile(r"\?\S*(?:X-Amz-|AWSAccessKeyId=|Signature=)\S*", re.I)
_JOINER = "\u200d"
_VARIATION_SELECTOR = "\ufe0f"

# The account of a Rekognition ARN is masked by its place, so that twelve digits in
# the name of a version stay; elsewhere twelve digits that stand alone are an account,
# unless they are an image's file name.
_ACCOUNT = re.compile(
    r"(?P<before>arn:[a-z0-9-]+:rekognition:[a-z0-9-]+:)[0-9]{12}"
    r"(?P<after>:project/[a-zA-Z0-9_.\-/]*)"
    r"|(?:(?<![0-9A-Za-z])|(?<=%3[Aa]))[0-9]{12}(?![0-9A-Za-z])"
    r"(?!\.(?i:jpe?g|png)\b)"
)


def quote(text: str) -> str:
    """
    The text in quotes, on one line, nothing in it a terminal obeys.

    Where it is long, its middle is left out: the end of an address tells which.
    """
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in shorten(text, _SHOWN_CHARACTERS)
    )
    return f"'{shown}'"


def nearest(name: str, known: Iterable[str], n: int = 3) -> list[str]:
    """The at most `n` known names that look most like `name`, best first."""
    by_key: dict[str, str] = {}
    for candidate in known:
        by_key.setdefault(candidate.casefold(), candidate)
    keys = difflib.get_close_matches(name.casefold(), by_key, n=n)
    return [by_key[key] for key in keys]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence: "; did you mean 'x'?", or nothing."""
    found = nearest(name, known, n=1)
    return f"; did you mean {quote(found[0])}?" if found else ""


def mask_account(text: str) -> str:
    """The text with every AWS account id in it replaced by asterisks."""
    return _ACCOUNT.sub(_masked, text)


def reveal(text: str) -> str:
    """
    The text with everything that a reader could not see written as an escape.

    Control characters, marks that turn the direction of writing, spaces other than a
    single one between words, halves of surrogate pairs. Joiners inside emoji stay.
    """
    if text.isascii() and text.isprintable() and not _has_loose_spaces(text):
        return text
    last = len(text) - 1
    shown = []
    for index, char in enumerate(text):
        before = text[index - 1] if index else ""
        if char == " ":
            is_loose = index in (0, last) or before == " "
            shown.append("\\x20" if is_loose else char)
        elif char.isprintable() or (char == _JOINER and _is_symbol(before)):
            shown.append(char)
        else:
            shown.append(char.encode("unicode_escape", "surrogatepass").decode())
    return "".join(shown)


def isolate(text: str) -> str:
    """Text for a tooltip, where it cannot turn the direction of what surrounds it."""
    is_turning = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return f"\u2068{text}\u2069" if is_turning else text


def shorten(text: str, n_characters: int) -> str:
    """The text, its middle cut out where it is longer than that."""
    if len(text) <= n_characters:
        return text
    head = n_characters // 2
    tail = n_characters - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}"


def list_first(names: Sequence[str]) -> str:
    """The first two, and how many more there are."""
    n_more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES])
    return f"{shown} and {n_more} more" if n_more > 0 else shown


def tell_verdict(version: str, verdict: str, fell_short: Sequence[str]) -> list[str]:
    """Lines for a terminal: the verdict, and the first checks that stand behind it."""
    told = ": ".join(filter(None, (version, verdict, list_first(fell_short))))
    return textwrap.wrap(
        reveal(told), _TERMINAL, subsequent_indent="  ", break_on_hyphens=False
    )


def hide_signature(text: str) -> str:
    """The text without the query of a presigned URL, which would grant access."""
    return _SIGNED_QUERY.sub("?(signature left out)", text)


def _has_loose_spaces(text: str) -> bool:
    return text[:1] == " " or text[-1:] == " " or "  " in text


def _is_symbol(char: str) -> bool:
    return char == _VARIATION_SELECTOR or unicodedata.category(char or "a")[0] == "S"


def _masked(match: re.Match[str]) -> str:
    return f"{match['before'] or ''}{'*' * 12}{match['after'] or ''}"
