"""The checks, those that fell short first, as a table with a drawing for each."""

from __future__ import annotations

from collections.abc import Sequence

from rekmetrics.gate import Outcome
from rekmetrics.report.bar import Scale, render_bar, scale_of
from rekmetrics.report.content import ReportContent
from rekmetrics.report.figures import bound_of, format_bound, format_value, status_word
from rekmetrics.report.markup import render_details, render_section, render_table
from rekmetrics.report.numerals import (
    format_change,
    format_count,
    format_fraction,
    format_interval,
    plural,
)
from rekmetrics.report.symbols import render_symbol

__all__ = ["format_hits", "name_check", "render_checks"]

_MOST_OPEN = 40
"""Passed checks beyond this number are folded away."""
_MOST_DRAWN = 100
"""Rows of one table beyond this number have words and figures alone."""


def render_checks(content: ReportContent) -> str:
    """The section of the checks: what blocks, what warns, what holds."""
    outcomes = content.verdict.outcomes
    if not outcomes:
        return render_section("checks", "Checks", "<p>No check was judged.</p>")
    passed = [o for o in outcomes if o.status == "passed"]
    missed = [*content.blocking, *content.warnings]
    scales = _scales(outcomes)
    legend = _legend(scales, outcomes)
    if len(missed) + len(passed) <= _MOST_OPEN:
        return render_section(
            "checks", "Checks", legend, _table(content, [*missed, *passed], scales)
        )
    return render_section(
        "checks",
        "Checks",
        legend,
        _table(content, missed, scales) if missed else "",
        render_details(
            f"{plural(len(passed), 'check')} passed",
            _table(content, passed, scales, name_of="Checks that passed"),
        ),
    )


def name_check(content: ReportContent, outcome: Outcome) -> str:
    """What a check is about, as HTML: metric, and label or pair of labels."""
    check = outcome.check
    if check.kind == "confusion" and check.label is not None:
        seen = content.show_label(check.predicted or "")
        return f"{content.show_label(check.label)} seen as {seen}"
    metric = content.show(check.metric)
    if check.kind == "regression":
        metric += " against the baseline"
    if check.label is None:
        return metric
    return f"{content.show_label(check.label)}: {metric}"


Scales = tuple[Scale, Scale]


def _table(
    content: ReportContent,
    outcomes: Sequence[Outcome],
    scales: Scales,
    name_of: str = "Checks, those that fell short first",
) -> str:
    n_of = "In boxes" if content.unit == "box" else "In images"
    headers = ["Check", "Verdict", "Value", "On a scale", "Bound", "Margin", n_of]
    has_baseline = any(o.baseline_value is not None for o in outcomes)
    if has_baseline:
        headers += ["Baseline", "Change"]
    rows = [
        _row(
            content,
            outcome,
            scales if index < _MOST_DRAWN else None,
            has_baseline=has_baseline,
        )
        for index, outcome in enumerate(outcomes)
    ]
    return render_table(name_of, headers, rows, numeric=(2, 5, 7, 8), name="rm-checks")


def _row(
    content: ReportContent,
    outcome: Outcome,
    scales: Scales | None,
    *,
    has_baseline: bool,
) -> list[str]:
    """The cells of one check; nothing is drawn where there are no scales."""
    interval = format_interval(outcome.interval)
    told = status_word(outcome)
    if scales:
        told = f"{render_symbol(outcome)} {told}"
    if outcome.status != "passed":
        told += f'<div class="rm-why">{content.show(outcome.message)}</div>'
    cells = [
        name_check(content, outcome),
        told,
        f"<b>{format_value(outcome)}</b>"
        + (f"<br><small>{interval}</small>" if interval else ""),
        render_bar(outcome, scales[_is_maximum(outcome)]) if scales else "",
        format_bound(outcome),
        format_change(outcome.margin),
        format_hits(outcome),
    ]
    if has_baseline:
        has_value = outcome.baseline_value is not None
        cells.append(format_fraction(outcome.baseline_value) if has_value else "")
        cells.append(_change(outcome))
    return cells


def format_hits(outcome: Outcome) -> str:
    """Such as "6 of 10"; "on 10" where the value is not a share."""
    if outcome.n_hits is not None and outcome.n_total is not None:
        return f"{format_count(outcome.n_hits)} of {format_count(outcome.n_total)}"
    return "" if outcome.support is None else f"on {format_count(outcome.support)}"


def _change(outcome: Outcome) -> str:
    change = format_change(outcome.change)
    if outcome.p_value is None:
        return change
    text = _p_value(outcome.p_value)
    if outcome.adjusted_p_value not in (None, outcome.p_value):
        text += f", {_p_value(outcome.adjusted_p_value)} for all tests together"
    return f"{change}<br><small>{text}</small>"


def _p_value(p_value: float | None) -> str:
    p = p_value or 0.0
    return "p &lt; 0.001" if p < 0.001 else f"p = {p:.3f}"


def _is_maximum(outcome: Outcome) -> bool:
    bound = bound_of(outcome)
    return bound is not None and not bound.is_minimum


def _scales(outcomes: Sequence[Outcome]) -> Scales:
    return (
        scale_of(o for o in outcomes if not _is_maximum(o)),
        scale_of(o for o in outcomes if _is_maximum(o)),
    )


def _legend(scales: Scales, outcomes: Sequence[Outcome]) -> str:
    kinds = {_is_maximum(o) for o in outcomes}
    parts = []
    if False in kinds:
        parts.append(
            f"from {scales[0]}" + (" where more is better" if True in kinds else "")
        )
    if True in kinds:
        parts.append(f"from {scales[1]} where less is better")
    text = (
        f"Scales run {', '.join(parts)}. The upright line is the bound, its shaded "
        "side falls short; dot (holds) or diamond (does not): the value"
    )
    if any(o.interval for o in outcomes):
        levels = {o.check.rule.confidence_level for o in outcomes if o.interval}
        shown = " or ".join(f"{100 * level:g}%" for level in sorted(levels))
        text += f"; thick line: its {shown} confidence interval"
    if any(o.baseline_value is not None for o in outcomes):
        text += "; hollow triangle: the baseline"
    return f'<p class="rm-note">{text}.</p>'
