"""What pytest-html shows beside one test: the figures of its check."""

from __future__ import annotations

from rekmetrics.gate import Outcome
from rekmetrics.report.bar import render_bar, scale_of
from rekmetrics.report.figures import format_bound, format_value, status_word
from rekmetrics.report.markup import escape_text
from rekmetrics.report.numerals import format_change, format_fraction, format_interval
from rekmetrics.report.symbols import render_symbol
from rekmetrics.texts import hide_signature, mask_account

__all__ = ["render_test_extra"]


def render_test_extra(outcome: Outcome, *, hide_account: bool = False) -> str:
    """The figures of one check as HTML; all text in it is escaped."""
    facts = {
        "Verdict": f"{render_symbol(outcome)} {status_word(outcome)}",
        "Value": format_value(outcome),
        "Interval": format_interval(outcome.interval),
        "Bound": format_bound(outcome),
        "Margin": format_change(outcome.margin),
        "Baseline": ""
        if outcome.baseline_value is None
        else format_fraction(outcome.baseline_value),
        "Change": format_change(outcome.change),
        "On a scale": render_bar(outcome, scale_of([outcome])),
    }
    rows = "".join(
        f'<tr><th scope="row" align="left">{name}</th><td>{fact}</td></tr>'
        for name, fact in facts.items()
        if fact
    )
    message = hide_signature(outcome.message)
    message = mask_account(message) if hide_account else message
    return (
        f'<div class="rm rm-extra"><p>{escape_text(message)}</p>'
        f'<table class="rm-table" border="1" cellspacing="0" cellpadding="4">{rows}'
        "</table></div>"
    )
