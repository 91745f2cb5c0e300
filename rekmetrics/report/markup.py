"""
Text into HTML: what is hostile stays text, what is invisible is made visible.

Everything that comes from outside (labels, keys, messages, file contents) enters the
page through `escape_text` or `escape_lines`. What other functions here take and give
is HTML already.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from rekmetrics.texts import reveal

__all__ = [
    "escape_lines",
    "escape_text",
    "render_details",
    "render_section",
    "render_table",
]


def escape_text(text: str) -> str:
    """One line of text as HTML, fit for content and for quoted attributes."""
    return escape(reveal(text))


def escape_lines(text: str) -> str:
    """Text of several lines as HTML, for `<pre>`; spaces and line ends are kept."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(escape(_reveal_but_spaces(line)) for line in lines)


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


def _reveal_but_spaces(line: str) -> str:
    return " ".join(reveal(part) for part in line.split(" "))
