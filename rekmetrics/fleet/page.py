"""The fleet at a glance, as a page and as the job's summary."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from rekmetrics.fleet.results import Member
from rekmetrics.report.bar import render_state_symbol
from rekmetrics.report.content import State
from rekmetrics.report.markdown import escape_markdown
from rekmetrics.report.markup import (
    escape_text,
    render_note,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import format_time
from rekmetrics.report.page import render_overview
from rekmetrics.texts import mask_account

_N_SHOWN = 3


def say_fleet(members: Sequence[Member]) -> str:
    """The fleet in one sentence of plain text."""
    n_passed = sum(member.exit_code == 0 for member in members)
    if n_passed == len(members):
        return "Passed. Every model of the fleet did."
    worst = "Failed" if all(m.is_judged for m in members) else "Incomplete"
    return f"{worst}. {n_passed} of {len(members)} models passed."


def render_fleet(members: Sequence[Member]) -> str:
    """A page that needs neither script nor style; account ids are hidden."""
    state: State = "passed" if all(m.exit_code == 0 for m in members) else "failed"
    rows = [
        [
            _link(member),
            escape_text(member.version),
            " ".join((render_state_symbol(member.verdict, 14), _verdict(member))),
            escape_text(mask_account(_why(member))) or "nothing",
            escape_text(format_time(member.since)),
        ]
        for member in members
    ]
    headers = ["Model", "Version", "Verdict", "What fell short", "Since"]
    table = render_table("The models of the fleet", headers, rows)
    note = render_note(
        "Since: when the model first ended with its present exit code, as far as "
        "the fleet’s earlier runs are known. The version may have changed meanwhile."
    )
    body = render_section("models", "Models", table, note)
    return render_overview(state, [say_fleet(members)], body)


def render_fleet_markdown(members: Sequence[Member]) -> str:
    """The same in short, for GitHub's job summary."""
    lines = [
        f"## {escape_markdown(say_fleet(members))}",
        "",
        "| Model | Version | Verdict | What fell short |",
        "| --- | --- | --- | --- |",
    ]
    for member in members:
        cells = (member.name, member.version, _verdict(member), _why(member))
        shown = (escape_markdown(mask_account(cell)) for cell in cells)
        lines.append(f"| {' | '.join(shown)} |")
    return "\n".join(lines) + "\n\n"


def _verdict(member: Member) -> str:
    code = "" if member.is_judged else f" (exit code {member.exit_code})"
    return f"{member.verdict}{code}"


def _why(member: Member) -> str:
    """What fell short; of a model that was not judged, why."""
    short = member.checks("error")
    if not member.is_judged or not short:
        return "" if member.exit_code == 0 else member.message
    shown = "; ".join(str(check["message"]) for check in short[:_N_SHOWN])
    n_more = len(short) - _N_SHOWN
    return shown + (f"; and {n_more} more" if n_more > 0 else "")


def _link(member: Member) -> str:
    name = escape_text(member.name)
    if member.page is None:
        return name
    return f'<a href="{escape_text(quote(member.page))}">{name}</a>'
