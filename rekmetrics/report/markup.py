"""
Text into HTML: what is hostile stays text, what is invisible is made visible.

Everything that comes from outside (labels, keys, messages, file contents) enters the
page through `escape_text` or `escape_lines`. What other functions here take and give
is HTML already.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from rekmetrics.texts import reveal

FONT = 'font-family="Helvetica, Arial, sans-serif"'
"""Of drawings, where no style sheet is applied."""
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def escape_text(text: str) -> str:
    """One line of text as HTML, fit for content and for quoted attributes."""
    return escape(reveal(text))


def escape_lines(text: str) -> str:
    """Text of several lines as HTML, for `<pre>`; spaces and line ends are kept."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(escape(" ".join(map(reveal, line.split(" ")))) for line in lines)


def render_table(
    name_of: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numeric: Iterable[int] = (),
    name: str = "",
    is_titled: bool = False,
) -> str:
    """
    A table that scrolls by itself on narrow screens; `name_of` is for who hears it.

    The first cell of each row is its header. Columns in `numeric` are set flush right.
    A title is the same name, to be seen. No rows: nothing.
    """
    flush = frozenset(numeric)
    aligns = [
        ' align="right" class="rm-n"' if i in flush else ""
        for i, _ in enumerate(headers)
    ]
    body = "\n".join(_row(row, aligns) for row in rows)
    if not body:
        return ""
    head = "".join(
        f'<th scope="col"{align}>{header}</th>'
        for header, align in zip(headers, aligns, strict=True)
    )
    title = f"<h3>{name_of}</h3>\n" if is_titled else ""
    label = f' aria-label="{name_of}"'
    return (
        f'{title}<div class="rm-scroll" role="region" tabindex="0"{label}>'
        f'<table class="rm-table {name}" border="1" cellspacing="0" cellpadding="5">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _row(cells: Sequence[str], aligns: Sequence[str]) -> str:
    first, *rest = zip(cells, aligns, strict=True)
    parts = "".join(f"<td{align}>{cell}</td>" for cell, align in rest)
    return f'<tr><th scope="row" align="left">{first[0]}</th>{parts}</tr>'


def render_list(items: Iterable[str], name: str = "") -> str:
    """The items as a list; nothing where there are none."""
    kind = f' class="{name}"' if name else ""
    body = "\n".join(
        item if item.startswith("<li") else f"<li>{item}</li>" for item in items
    )
    return f"<ul{kind}>\n{body}\n</ul>" if body else ""


def render_note(text: str) -> str:
    """A paragraph in small print."""
    return f'<p class="rm-note">{text}</p>'


def add_small(text: str, small: str) -> str:
    """A text, and below it what is said in small figures, if anything."""
    return f"{text}<br><small>{small}</small>" if small else text


def render_pre(name_of: str, text: str) -> str:
    """Lines as they are, which a keyboard can scroll."""
    label = f'role="region" aria-label="{name_of}"'
    return f'<pre class="rm-pre" tabindex="0" {label}>{text}</pre>'


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


def render_svg(
    body: str,
    size: tuple[float, float],
    *,
    name: str = "",
    label: str = "",
    box: tuple[float, float] | None = None,
    more: str = "",
) -> str:
    """
    A drawing of this width and height, whose own units may be others (`box`).

    Without a label, which is for who hears the page, it is decoration.
    """
    kind = f'class="{name}" ' if name else ""
    heard = f'role="img" aria-label="{label}"' if label else 'aria-hidden="true"'
    (width, height), (across, down) = size, box or size
    return (
        f'<svg {kind}width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {across:g} {down:g}" {heard} {more}>{body}</svg>'
    )


def picture_url(data: bytes | None) -> str | None:
    """A picture as its own address, by its first bytes; None for others, as SVG."""
    data = data or b""
    found = (kind for start, kind in _SIGNATURES.items() if data.startswith(start))
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    media_type = next(found, "image/webp" if is_webp else None)
    return media_type and f"data:{media_type};base64,{b64encode(data).decode()}"


def render_picture(data: bytes | None) -> str:
    """An `<img>` that carries its own data, or nothing; strict policies block it."""
    url = picture_url(data)
    return f'<img class="rm-picture" src="{url}" alt="" width="96">' if url else ""
