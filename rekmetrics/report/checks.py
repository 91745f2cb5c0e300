"""The checks, those that fell short first, and what is to be said of their rules."""

from __future__ import annotations

from collections.abc import Sequence

from rekmetrics.gate import Outcome
from rekmetrics.gate.error_sentences import error_lines
from rekmetrics.report.bar import (
    Scale,
    bound_of,
    format_bound,
    format_value,
    render_bar,
    render_symbol,
    scale_of,
    status_word,
)
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    escape_text,
    render_details,
    render_list,
    render_note,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import (
    format_change,
    format_count,
    format_fraction,
    format_interval,
    plural,
)
from rekmetrics.texts import hide_signature, mask_account

__all__ = [
    "format_hits",
    "name_check",
    "render_advice",
    "render_checks",
    "render_errors",
    "render_test_extra",
]

_MOST_OPEN = 40
"""Passed checks beyond this number are folded away."""
_MOST_DRAWN = 100
"""Rows of one table beyond this number have words and figures alone."""

Scales = tuple[Scale, Scale]
"""Where more is better, and where less is."""


def render_checks(content: ReportContent) -> str:
    """The section of the checks: what blocks, what warns, what holds."""
    outcomes = content.verdict.outcomes
    if not outcomes:
        return render_section("checks", "Checks", "<p>No check was judged.</p>")
    passed = [o for o in outcomes if o.status == "passed"]
    missed = [*content.blocking, *content.warnings]
    scales = (
        scale_of(o for o in outcomes if not _is_maximum(o)),
        scale_of(o for o in outcomes if _is_maximum(o)),
    )
    title, folded = "Checks, those that fell short first", ""
    if len(outcomes) > _MOST_OPEN:
        table = _table(content, "Checks that passed", passed, scales)
        folded = render_details(f"{plural(len(passed), 'check')} passed", table)
        passed = []
    table = _table(content, title, [*missed, *passed], scales)
    return render_section("checks", "Checks", _legend(scales, outcomes), table, folded)


def render_advice(content: ReportContent) -> str:
    """The section of rules that may not be meant as they stand, with their lines."""
    lines = (f"Line {a.line}: {content.show(a.text)}" for a in content.judgement.advice)
    return render_section("advice", "Rules worth a second look", render_list(lines))


def render_errors(content: ReportContent) -> str:
    """The section of the error rates; sentences as `rekmetrics explain` has them."""
    _, alarms, *rest = error_lines(content.judgement.error_rates)
    return render_section(
        "errors",
        "How often this gate errs",
        f"<p>{content.show(alarms)}.</p>",
        render_list(content.show(line.strip()) for line in rest),
    )


def render_test_extra(outcome: Outcome, *, hide_account: bool = False) -> str:
    """What pytest-html shows beside one test; all text in it is escaped."""
    facts = {
        "Verdict": f"{render_symbol(outcome)} {status_word(outcome)}",
        "Value": format_value(outcome),
        "Interval": format_interval(outcome.interval),
        "Bound": format_bound(outcome),
        "Margin": format_change(outcome.margin),
        "Baseline": _baseline(outcome),
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


def format_hits(outcome: Outcome) -> str:
    """Such as "6 of 10"; "on 10" where the value is not a share."""
    if outcome.n_hits is not None and outcome.n_total is not None:
        return f"{format_count(outcome.n_hits)} of {format_count(outcome.n_total)}"
    return "" if outcome.support is None else f"on {format_count(outcome.support)}"


def _table(
    content: ReportContent, title: str, outcomes: Sequence[Outcome], scales: Scales
) -> str:
    n_of = f"In {content.unit_plural}"
    headers = ["Check", "Verdict", "Value", "On a scale", "Bound", "Margin", n_of]
    rows = [
        _row(content, outcome, scales if index < _MOST_DRAWN else None)
        for index, outcome in enumerate(outcomes)
    ]
    if any(o.baseline_value is not None for o in outcomes):
        headers += ["Baseline", "Change"]
        for row, outcome in zip(rows, outcomes, strict=True):
            row += [_baseline(outcome), _change(outcome)]
    return render_table(title, headers, rows, numeric=(2, 5, 7, 8), name="rm-checks")


def _row(content: ReportContent, outcome: Outcome, scales: Scales | None) -> list[str]:
    """The cells of one check; nothing is drawn where there are no scales."""
    interval = format_interval(outcome.interval)
    told, drawn = status_word(outcome), ""
    if scales:
        told = f"{render_symbol(outcome)} {told}"
        drawn = render_bar(outcome, scales[_is_maximum(outcome)])
    if outcome.status != "passed":
        told += f'<div class="rm-why">{content.show(outcome.message)}</div>'
    return [
        name_check(content, outcome),
        told,
        f"<b>{format_value(outcome)}</b>"
        + (f"<br><small>{interval}</small>" if interval else ""),
        drawn,
        format_bound(outcome),
        format_change(outcome.margin),
        format_hits(outcome),
    ]


def _baseline(outcome: Outcome) -> str:
    value = outcome.baseline_value
    return "" if value is None else format_fraction(value)


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
    levels = {o.check.rule.confidence_level for o in outcomes if o.interval}
    if levels:
        shown = " or ".join(f"{100 * level:g}%" for level in sorted(levels))
        text += f"; thick line: its {shown} confidence interval"
    if any(o.baseline_value is not None for o in outcomes):
        text += "; hollow triangle: the baseline"
    return render_note(f"{text}.")
