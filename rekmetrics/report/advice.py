"""Rules that may not be meant as they stand, each with its line."""

from __future__ import annotations

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_section

__all__ = ["render_advice"]


def render_advice(content: ReportContent) -> str:
    """The section of the advice."""
    items = "\n".join(
        f"<li>Line {advice.line}: {content.show(advice.text)}</li>"
        for advice in content.judgement.advice
    )
    return render_section("advice", "Rules worth a second look", f"<ul>{items}</ul>")
