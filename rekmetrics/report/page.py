"""The page's own part, put together from its sections."""

from __future__ import annotations

from rekmetrics.report.checks import render_checks
from rekmetrics.report.confusions import render_confusions
from rekmetrics.report.content import ReportContent
from rekmetrics.report.curves import render_curves
from rekmetrics.report.evidence import render_evidence
from rekmetrics.report.images import render_images
from rekmetrics.report.labels import render_labels, render_numbers
from rekmetrics.report.verdict import render_verdict

__all__ = ["render_summary"]


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
        render_labels(content),
        render_numbers(content),
        render_curves(content),
        render_evidence(content),
    ]
    return f'<div class="rm">\n{"".join(parts)}\n</div>'
