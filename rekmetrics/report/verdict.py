"""The verdict: may this version go out, and what that rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from rekmetrics.gate import Outcome
from rekmetrics.report.bar import (
    format_bound,
    format_value,
    render_state_symbol,
    status_word,
)
from rekmetrics.report.baseline import render_comparison_line
from rekmetrics.report.checks import format_hits, name_check
from rekmetrics.report.content import ReportContent, State
from rekmetrics.report.images import link_cell, name_cell
from rekmetrics.report.markup import render_list
from rekmetrics.report.numerals import (
    format_count,
    format_interval,
    format_share,
    format_time,
    plural,
)

__all__ = ["render_headline", "render_title", "render_verdict"]

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
    name = f"{kind}<b>{name_check(content, outcome)}</b>"
    if outcome.value is None:
        return f"{name}: {status_word(outcome)}"
    hits = format_hits(outcome)
    counts = f" ({hits} {content.unit_plural})" if hits else ""
    told = f"{name} {format_value(outcome)}{counts}; wanted {format_bound(outcome)}"
    if outcome.status == "inconclusive":
        told += f"; inconclusive, {format_interval(outcome.interval)}"
    return told


def _more(n: int, one: str, many: str = "") -> str:
    return f'<a href="#rm-checks">{plural(n, one, many)}</a>' if n > 0 else ""


def _most_confused(content: ReportContent) -> str:
    for most in content.grid.confusions(1):
        cell = most.row, most.column
        total = plural(most.total, content.unit, content.unit_plural)
        counts = f"{format_count(most.count)} of {total}"
        return (
            f"Most often wrong: <b>{name_cell(content, cell)}</b>: "
            f"{link_cell(content, cell, counts)} "
            f"({format_share(most.count, most.total)})."
        )
    return "No label was mistaken for another."


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
