"""The verdict: may this version go out; and the checks that this rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from rekmetrics.gate import Outcome
from rekmetrics.gate.error_sentences import error_lines
from rekmetrics.report.bar import (
    Scale,
    bound_of,
    format_bound,
    format_value,
    is_drawn,
    name_check,
    render_bar,
    render_state_symbol,
    render_symbol,
    scale_of,
    status_word,
)
from rekmetrics.report.baseline import render_comparison_line
from rekmetrics.report.content import ReportContent, State
from rekmetrics.report.images import link_cell, name_cell
from rekmetrics.report.markup import (
    add_small,
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
    format_p_value,
    format_share,
    format_time,
    plural,
)
from rekmetrics.texts import hide_signature, mask_account

_MOST_LISTED = 3
_COMPLAINTS = {
    "failed": "fell short",
    "inconclusive": "could not be decided",
    "undefined": "came out undefined",
}
_KINDS = {
    "multiclass": "classification, one label an image",
    "multilabel": "classification, several labels an image",
    "detection": "object detection",
}
_MOST_OPEN = 40
"""Passed checks beyond this number are folded away."""
_MOST_DRAWN = 100
"""Rows of one table beyond this number have words and figures alone."""

Scales = Mapping[bool, Scale]
"""Where less is better (True), and where more is."""


def render_title(content: ReportContent) -> str:
    """State and model as plain text, for the page's title; still to be escaped."""
    named = (content.model.project_name, content.model.version_name)
    model = " ".join(name for name in named if name) or "a model without a name"
    return content.plain(f"{_state(content).capitalize()}: {model}")


def render_headline(content: ReportContent) -> str:
    """The verdict in one line of plain text."""
    n, state = len(content.verdict.outcomes), _state(content)
    if state == "incomplete":
        why = "Not every check was run"
        if not content.verdict.has_judged:
            why = "No check that may block could be decided"
        why = content.withheld or why
        return f"Incomplete. {why}; this version may not go out."
    if state == "passed":
        return f"Passed. {_held(n, len(content.warnings))}; this version may go out."
    counts = Counter[str](o.status for o in content.blocking)
    told = [f"{counts[k]} {word}" for k, word in _COMPLAINTS.items() if counts[k]]
    if told:
        count, _, word = told[0].partition(" ")
        told[0] = f"{count} of {n} checks {word}" if n > 1 else f"The check {word}"
    reason = ", ".join(told) or "No check speaks for it"
    if content.verdict.is_passed:
        reason = f"{_held(n, len(content.warnings))}, but {content.obstacle}"
    return f"Failed. {reason}; this version may not go out."


def _held(n_checks: int, n_warnings: int) -> str:
    if n_warnings:
        n_held = n_checks - n_warnings
        verb = "holds" if n_held == 1 else "hold"
        warnings = plural(n_warnings, "warning")
        return f"{n_held} of {plural(n_checks, 'check')} {verb}, {warnings}"
    return "The one check holds" if n_checks == 1 else f"All {n_checks} checks hold"


def _state(content: ReportContent) -> State:
    """A run that says it passed has failed where its verdict does not."""
    if content.state == "passed" and not content.is_passed:
        return "failed"
    return content.state


def render_verdict(content: ReportContent, links: Mapping[str, str]) -> str:
    """The head of the page; `links` are names of sections by anchor."""
    state = _state(content)
    nav = " ".join(f'<a href="#rm-{at}">{name}</a>' for at, name in links.items())
    return (
        f'<section class="rm-verdict rm-{state}" aria-labelledby="rm-verdict">'
        f'<h2 id="rm-verdict">{render_state_symbol(state)} '
        f"{content.show(render_headline(content))}</h2>\n"
        f'<p class="rm-lead">{content.show(content.exit_sentence)}</p>\n'
        f"{_glance(content)}\n{_facts(content)}\n"
        f'<p class="rm-nav">{nav}</p></section>'
    )


def _glance(content: ReportContent) -> str:
    """What a first screen holds: the worst misses, the worst pair, the baseline."""
    shown = [*content.blocking, *content.warnings][:_MOST_LISTED]
    n_blocking = len(content.blocking) - _MOST_LISTED
    n_warnings = len(content.warnings) - sum(o.is_warning for o in shown)
    lines = [
        *(_miss(content, outcome) for outcome in shown),
        _more(n_blocking, "more check blocks", "more checks block"),
        _more(n_warnings, "more warning"),
    ]
    told = [_most_confused(content), render_comparison_line(content)]
    misses = render_list(filter(None, lines), "rm-misses")
    return misses + "".join(f"<p>{line}</p>" for line in told if line)


def _miss(content: ReportContent, outcome: Outcome) -> str:
    """The figures alone; the sentence stands beside the check, below."""
    kind = "Warning: " if outcome.is_warning else ""
    name = f"{kind}<b>{name_check(outcome, content.show, content.show_label)}</b>"
    if outcome.value is None:
        return f"{name}: {status_word(outcome)}"
    hits = _format_hits(outcome)
    counts = f" ({hits} {content.unit_plural})" if hits else ""
    if outcome.baseline_value is not None:
        counts += f" (baseline {_baseline(outcome)})"
    told = f"{name} {format_value(outcome)}{counts}; wanted {format_bound(outcome)}"
    if outcome.status == "inconclusive":
        told += f"; inconclusive, {format_interval(outcome.interval)}"
    return told


def _more(n: int, one: str, many: str = "") -> str:
    return f'<a href="#rm-checks">{plural(n, one, many)}</a>' if n > 0 else ""


def _most_confused(content: ReportContent) -> str:
    """The cell with most errors, and the worst pair of labels if it is another."""
    grid, told = content.grid, []
    # What is no label fills two cells of a label at most.
    found = grid.confusions(2 * grid.n_labels + 1)
    pairs = (c for c in found if max(c.row, c.column) < grid.n_labels)
    for most in dict.fromkeys([*found[:1], *islice(pairs, 1)]):
        cell, total = (most.row, most.column), format_count(most.total)
        counts = f"{format_count(most.count)} of {total} {content.unit_plural}"
        told.append(
            f"<b>{name_cell(content, cell)}</b>: {link_cell(content, cell, counts)} "
            f"({format_share(most.count, most.total)})"
        )
    if not told:
        return "No label was mistaken for another."
    return f"Most often wrong: {'; '.join(told)}."


def _facts(content: ReportContent) -> str:
    evaluation, model = content.evaluation, content.model
    summary, baseline = content.loaded.summary, "none"
    trained = content.show(format_time(model.trained or summary.ended))
    if summary.n_training_images:
        trained += f", on {plural(summary.n_training_images, 'image')}"
    if content.baseline is not None:
        name = content.show(content.baseline.model.told_name)
        baseline = f'<a href="#rm-baseline">{name}</a>'
    facts = {
        "Model": content.show(model.project_name or "not named"),
        "Version": content.show(model.told_name),
        "Trained": trained,
        "Tested on": f"{plural(evaluation.n_images, 'image')}, "
        f"{plural(evaluation.n_labels, 'label')}",
        "Kind": _KINDS[evaluation.task],
        "Baseline": baseline,
        "Read from": _source(content),
    }
    items = "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in facts.items())
    return f'<dl class="rm-facts">{items}</dl>'


def _source(content: ReportContent) -> str:
    if content.loaded.source == "folder":
        return "files in a folder, not from AWS"
    if content.loaded.endpoints:
        urls = dict.fromkeys(content.loaded.endpoints.values())
        shown = ", ".join(content.show(url) for url in urls)
        return f"<b>not AWS's own endpoints</b>: {shown}"
    region = content.model.region
    return f"AWS, {content.show(region)}" if region else "AWS"


def render_checks(content: ReportContent) -> str:
    """The section of the checks: what blocks, what warns, what holds."""
    outcomes = content.verdict.outcomes
    if not outcomes:
        return render_section("checks", "Checks", "<p>No check was judged.</p>")
    passed = [o for o in outcomes if o.status == "passed"]
    missed = [*content.blocking, *content.warnings]
    drawn = [o for o in outcomes if is_drawn(o)]
    scales = {
        is_maximum: scale_of(o for o in drawn if _is_maximum(o) == is_maximum)
        for is_maximum in {*map(_is_maximum, drawn)}
    }
    title, folded = "Checks, those that fell short first", ""
    if len(outcomes) > _MOST_OPEN:
        table = _table(content, "Checks that passed", passed, scales)
        folded = render_details(f"{plural(len(passed), 'check')} passed", table)
        passed = []
    table = _table(content, title, [*missed, *passed], scales)
    return render_section("checks", "Checks", _legend(scales, outcomes), table, folded)


def render_advice(content: ReportContent) -> str:
    """The section of rules that may not be meant as they stand, if there are any."""
    advice = content.judgement.advice
    lines = render_list(f"Line {a.line}: {content.show(a.text)}" for a in advice)
    title = "Rules worth a second look"
    return render_section("advice", title, lines) if lines else ""


def render_errors(content: ReportContent) -> str:
    """The section of the error rates; sentences as `rekmetrics explain` has them."""
    _, alarms, *rest = error_lines(content.judgement.error_rates)
    first = f"<p>{content.show(alarms)}.</p>"
    lines = render_list(content.show(line.strip()) for line in rest)
    return render_section("errors", "How often this gate errs", first, lines)


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


def _format_hits(outcome: Outcome) -> str:
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
    told, drawn = status_word(outcome), ""
    if scales is not None:
        told = f"{render_symbol(outcome)} {told}"
    if scales and is_drawn(outcome):
        drawn = render_bar(outcome, scales[_is_maximum(outcome)])
    if outcome.status != "passed":
        told += f'<div class="rm-why">{content.show(outcome.message)}</div>'
    return [
        name_check(outcome, content.show, content.show_label),
        told,
        add_small(f"<b>{format_value(outcome)}</b>", format_interval(outcome.interval)),
        drawn,
        format_bound(outcome),
        format_change(outcome.margin),
        _format_hits(outcome),
    ]


def _baseline(outcome: Outcome) -> str:
    value = outcome.baseline_value
    return "" if value is None else format_fraction(value)


def _change(outcome: Outcome) -> str:
    text = format_p_value(outcome.p_value)
    if outcome.adjusted_p_value not in (None, outcome.p_value):
        text += f", {format_p_value(outcome.adjusted_p_value)} for all tests together"
    return add_small(format_change(outcome.change), escape_text(text))


def _is_maximum(outcome: Outcome) -> bool:
    bound = bound_of(outcome)
    return bound is not None and bound.kind == "at most"


def _legend(scales: Scales, outcomes: Sequence[Outcome]) -> str:
    if not scales:
        return ""
    words = {False: " where more is better", True: " where less is better"}
    if True not in scales:
        words[False] = ""
    parts = [f"from {scales[k]}{words[k]}" for k in words if k in scales]
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
    if not all(map(is_drawn, outcomes)):
        text += "; counts, and what goes beyond 1, are on no scale"
    return render_note(f"{text}.")
