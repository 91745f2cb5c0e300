"""
The report: values in, HTML out.

Nothing here reads a file, asks AWS or knows pytest. `ReportContent` holds what a
report says, `render_summary` makes the page's own part of it, `render_title` its
title, `render_test_extra` the figures beside one test, `choose_pictures` says which
images are worth fetching. `style.css` belongs to them; the page can be read without.
"""

from __future__ import annotations

from rekmetrics.report.content import ReportContent
from rekmetrics.report.images import choose_pictures
from rekmetrics.report.page import render_summary
from rekmetrics.report.verdict import (
    render_headline,
    render_test_extra,
    render_title,
)

__all__ = [
    "ReportContent",
    "choose_pictures",
    "render_headline",
    "render_summary",
    "render_test_extra",
    "render_title",
]
