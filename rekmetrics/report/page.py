"""The page's own part, put together from its sections."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

from rekmetrics.report.baseline import render_baseline
from rekmetrics.report.boxes import render_detection
from rekmetrics.report.cells import render_cells
from rekmetrics.report.checks import render_checks
from rekmetrics.report.confusions import render_confusions
from rekmetrics.report.content import ReportContent
from rekmetrics.report.curves import render_curves
from rekmetrics.report.evidence import render_evidence
from rekmetrics.report.images import render_images
from rekmetrics.report.labels import render_labels, render_numbers
from rekmetrics.report.markup import render_section
from rekmetrics.report.verdict import render_verdict

__all__ = ["render_summary"]

_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'
"""Phones obey it in the body too; pytest-html's head has none."""
_TESTS = render_section(
    "tests",
    "Tests",
    '<p class="rm-note">pytest-html’s own list, made by a script: where scripts are '
    "blocked it stays empty, and all it says stands above.</p>",
)


def render_summary(content: ReportContent) -> str:
    """
    All that a report says, as one piece of HTML that needs neither script nor style.

    It answers in this order: may the version go out, what fell short, what is confused
    with what, on which images, and how that compares with the baseline.
    """
    parts = [
        render_verdict(content),
        render_checks(content),
        render_confusions(content),
        render_images(content),
        render_detection(content),
        render_baseline(content),
        render_labels(content),
        render_numbers(content),
        render_curves(content),
        render_evidence(content),
        render_cells(content),
    ]
    body = "\n".join(parts)
    return f'{_VIEWPORT}<main class="rm">\n{body}\n{_TESTS}</main>{_script()}'


@lru_cache(maxsize=1)
def _script() -> str:
    """Lets a keyboard reach pytest-html's rows; the report can be read without."""
    source = (files("rekmetrics.report") / "script.js").read_text(encoding="utf-8")
    return f"<script>\n{source}</script>"
