"""
Text into HTML: what is hostile stays text, what is invisible is made visible.

Everything that comes from outside (labels, keys, messages, file contents) enters the
page through `escape_text` or `escape_lines`. What other functions here take and give
is HTML already.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

__all__ = [
    "escape_lines",
    "escape_text",
    "hide_signature",
    "isolate",
    "render_details",
    "render_section",
    "render_table",
    "reveal",
    "shorten",
]

_SIGNED_QUERY = re.compile(r"\?\S*(?:X-Amz-|AWSAccessKeyId=|Signature=)\S*", re.I)
_JOINER = "\u200d"
_VARIATION_SELECTOR = "\ufe0f"


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


def escape_text(text: str) -> str:
    """One line of text as HTML, fit for content and for quoted attributes."""
    return escape(reveal(text))


def escape_lines(text: str) -> str:
    """Text of several lines as HTML, for `<pre>`; spaces and line ends are kept."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(escape(_reveal_but_spaces(line)) for line in lines)


def isolate(text: str) -> str:
    """Text for a tooltip, where it cannot turn the direction of what surrounds it."""
    is_turning = any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)
    return f"\u2068{text}\u2069" if is_turning else text


def shorten(text: str, n_characters: int) -> str:
    """The text, its middle cut out where it is longer than that."""
    if len(text) <= n_characters:
        return text
    head = (n_characters - 1 + 1) // 2
    tail = n_characters - 1 - head
    return f"{text[:head]}…{text[len(text) - tail :]}"


def hide_signature(text: str) -> str:
    """The text without the query of a presigned URL, which would grant access."""
    return _SIGNED_QUERY.sub("?(signature left out)", text)


def render_table(
    name_of: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numeric: Iterable[int] = (),
    name: str = "",
) -> str:
    """
    A table that scrolls by itself on narrow screens; `name_of` is for who hears it.

    The first cell of each row is its header. Columns in `numeric` are set flush right.
    A cell that begins with "<t" is taken to bring its own `<td>` or `<th>`.
    """
    flush = frozenset(numeric)
    aligns = [
        ' align="right" class="rm-n"' if i in flush else "" for i in _up_to(headers)
    ]
    head = "".join(
        f'<th scope="col"{align}>{header}</th>'
        for header, align in zip(headers, aligns, strict=True)
    )
    body = "\n".join(_row(row, aligns) for row in rows)
    label = f' aria-label="{name_of}"'
    return (
        f'<div class="rm-scroll" role="region" tabindex="0"{label}>'
        f'<table class="rm-table {name}" border="1" cellspacing="0" cellpadding="5">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def render_details(summary: str, body: str, *, is_open: bool = False) -> str:
    """A part that is folded away until asked for; paper shows it unfolded."""
    state = " open" if is_open else ""
    return f"<details{state}><summary>{summary}</summary>\n{body}</details>"


def render_section(name: str, title: str, *parts: str) -> str:
    """A part of the page with a heading that links can point to."""
    body = "\n".join(part for part in parts if part)
    return (
        f'<section class="rm-section" aria-labelledby="rm-{name}">'
        f'<h2 id="rm-{name}">{title}</h2>\n{body}\n</section>'
    )


def _up_to(items: Sequence[object]) -> range:
    return range(len(items))


def _row(cells: Sequence[str], aligns: Sequence[str]) -> str:
    parts = []
    for index, (cell, align) in enumerate(zip(cells, aligns, strict=True)):
        if cell.startswith(("<td", "<th")):
            parts.append(cell)
        elif index == 0:
            parts.append(f'<th scope="row" align="left">{cell}</th>')
        else:
            parts.append(f"<td{align}>{cell}</td>")
    return f"<tr>{''.join(parts)}</tr>"


def _has_loose_spaces(text: str) -> bool:
    return text[:1] == " " or text[-1:] == " " or "  " in text


def _is_symbol(char: str) -> bool:
    return char == _VARIATION_SELECTOR or unicodedata.category(char or "a")[0] == "S"


def _reveal_but_spaces(line: str) -> str:
    return " ".join(reveal(part) for part in line.split(" "))
