"""A report as a page of its own, where pytest-html makes none."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from importlib.resources import files

from rekmetrics.report.content import ReportContent
from rekmetrics.report.page import render_summary
from rekmetrics.report.verdict import render_title

__all__ = ["render_document", "render_page"]


def render_page(content: ReportContent) -> str:
    """The whole page of one judged version; it loads nothing."""
    body = render_summary(content, has_tests=False)
    return render_document(render_title(content), body)


def render_document(title: str, body: str) -> str:
    """A page with the report's style; the title is plain text, the body HTML."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_style()}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return (files("rekmetrics.report") / "style.css").read_text(encoding="utf-8")
