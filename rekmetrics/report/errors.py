"""How often this gate errs: false alarms, their causes, and what would be missed."""

from __future__ import annotations

from rekmetrics.gate.error_sentences import error_lines
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_section

__all__ = ["render_errors"]


def render_errors(content: ReportContent) -> str:
    """The section of the error rates; sentences as `rekmetrics explain` has them."""
    _, alarms, *rest = error_lines(content.judgement.error_rates)
    items = "\n".join(f"<li>{content.show(line.strip())}</li>" for line in rest)
    return render_section(
        "errors",
        "How often this gate errs",
        f"<p>{content.show(alarms)}.</p>",
        f"<ul>\n{items}\n</ul>",
    )
