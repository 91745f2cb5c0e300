"""Text into HTML."""

from __future__ import annotations

from rekmetrics.report.markup import escape_lines, escape_text


def test_escapes_all_that_html_would_obey() -> None:
    """Fit for content and for attributes in either kind of quotes."""
    assert escape_text("<a \"'&>") == "&lt;a &quot;&#x27;&amp;&gt;"


def test_keeps_line_ends_and_spaces_of_whole_files() -> None:
    """Only what is invisible or hostile within a line is changed."""
    assert escape_lines("a:\r\n  b: <\x07\n") == "a:\n  b: &lt;\\x07\n"
