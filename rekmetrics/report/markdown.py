"""
The report in short, as Markdown: `--metrics-markdown` and GitHub's step summary; and
its annotations.

What comes from outside enters a line in its middle only, and with its markup escaped:
it can be neither Markdown, HTML nor a workflow command.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from rekmetrics.report.bar import format_bound, format_value, name_check, status_word
from rekmetrics.report.content import RATES, ReportContent
from rekmetrics.report.numerals import (
    format_change,
    format_count,
    format_fraction,
    format_share,
    plural,
)
from rekmetrics.report.verdict import render_headline
from rekmetrics.texts import isolate, reveal, shorten

if TYPE_CHECKING:
    from rekmetrics.gate import Outcome


MOST_BYTES = 60_000
"""GitHub refuses a step summary of more than 1 MiB, and nobody reads even this much."""

_MOST_CHARACTERS = 300
_N_CONFUSIONS = 10
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~#@$]|:(?=\S)|(?<=www)\.", re.IGNORECASE)
"""What means something within a line; outside text never begins one."""


def render_unfinished(message: str, _: int | None) -> str:
    """What stands in the file from the start of a run until its end, or for ever."""
    return f"## ⚠️ Nothing was decided\n\nReason: {escape_markdown(message)}\n"


def render_export(content: ReportContent) -> str:
    """The verdict, what speaks against it, then the rest, as far as 60 KB reach."""
    passed = [o for o in content.verdict.outcomes if o.status == "passed"]
    parts = [
        _checks(content, "Fell short", content.blocking),
        _checks(content, "Warnings", content.warnings),
        _confusions(content),
        _labels(content),
        _numbers(content),
        _advice(content),
        _checks(content, "Held", passed),
        _findings(content),
        _documents(content),
    ]
    return _fit(_head(content), parts, MOST_BYTES)


_Part = tuple[str, Sequence[str]]
"""Heading lines, and rows; of these the last ones may be left out."""


def _fit(text: str, parts: Iterable[_Part], n_bytes: int) -> str:
    """Text and parts; a line takes the place of the rows that are too many."""
    reserve = 200
    left = n_bytes - reserve - len(text.encode())
    for heading, rows in parts:
        lines = [f"\n{heading}\n", *(f"{row}\n" for row in rows)] if rows else []
        ends = [*accumulate(len(line.encode()) for line in lines)]
        n_fit = bisect_right(ends, left)
        text += "".join(lines[:n_fit])
        if n_fit < len(lines):
            more = plural(len(lines) - n_fit, "more row is", "more rows are")
            told = f"{more} in the HTML report."
            if not n_fit:
                told = "More is in the HTML report: this is too long for here."
            return f"{text}\n*{told}*\n"
        left -= sum(ends[-1:])
    return text


def _show(content: ReportContent, text: str) -> str:
    """One line of text that Markdown takes for text."""
    return escape_markdown(content.mask(text))


def escape_markdown(text: str) -> str:
    """One line of text that Markdown takes for text, shortened."""
    shown = shorten(reveal(text), _MOST_CHARACTERS)
    return isolate(_MARKUP.sub(_escape, shown))


def _escape(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0], f"\\{match[0]}")


def _table(
    title: str,
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    numeric: Container[int] = (),
) -> _Part:
    ruled = ["---:" if i in numeric else "---" for i, _ in enumerate(headers)]
    head, rule, *lines = (f"| {' | '.join(row)} |" for row in (headers, ruled, *rows))
    return f"### {title}\n\n{head}\n{rule}", lines


def _head(content: ReportContent) -> str:
    mark = "✅" if content.is_passed else "❌"
    if content.state == "incomplete":
        mark = "⚠️"
    facts = {
        "Model": _show(content, content.model.project_name or "not named"),
        "version": _show(content, content.model.told_name),
        "tested on": plural(content.evaluation.n_images, "image"),
    }
    if content.baseline is not None:
        facts["baseline"] = _show(content, content.baseline.model.told_name)
    told = ", ".join(f"**{name}** {fact}" for name, fact in facts.items())
    return (
        f"## {mark} {_show(content, render_headline(content))}\n\n"
        f"Result: {_show(content, content.exit_sentence)}\n\n{told}.\n"
    )


def _checks(content: ReportContent, title: str, outcomes: Sequence[Outcome]) -> _Part:
    def show(text: str) -> str:
        return _show(content, text)

    headers = ["Check", "Result", "Value", "Bound", "Margin", "What it says"]
    rows = [
        [
            name_check(outcome, show, lambda label: f"**{show(label)}**"),
            status_word(outcome),
            format_value(outcome),
            format_bound(outcome),
            format_change(outcome.margin),
            show(outcome.message),
        ]
        for outcome in outcomes
    ]
    return _table(f"{title} ({format_count(len(rows))})", headers, rows, (2, 4))


def _confusions(content: ReportContent) -> _Part:
    grid = content.grid
    rows = [
        [
            _show(content, grid.row_name(cell.row)),
            _show(content, grid.column_name(cell.column)),
            format_count(cell.count),
            format_share(cell.count, cell.total),
        ]
        for cell in grid.confusions(_N_CONFUSIONS)
    ]
    headers = ["True", "Seen as", content.unit_plural.capitalize(), "Share"]
    return _table("Most often wrong", headers, rows, (2, 3))


def _labels(content: ReportContent) -> _Part:
    support = content.evaluation.support
    rows = [
        [
            _show(content, label),
            *(format_fraction(content.rate(label, name)) for name in RATES),
            format_count(int(support[code])),
        ]
        for code, label in content.labels_worst_first
    ]
    headers = ["Label", *map(str.capitalize, RATES), content.unit_plural.capitalize()]
    return _table("Labels, the lowest F1 first", headers, rows, range(1, 5))


def _numbers(content: ReportContent) -> _Part:
    rows = [
        [_show(content, name), format_fraction(estimate.value)]
        for name, estimate in content.numbers.overall.items()
    ]
    return _table("All numbers", ["Metric", "Value"], rows, (1,))


def _advice(content: ReportContent) -> _Part:
    return "### Rules worth a second look\n", [
        f"- Line {advice.line}: {_show(content, advice.text)}"
        for advice in content.judgement.advice
    ]


def _findings(content: ReportContent) -> _Part:
    return "### Where the evidence disagrees\n", [
        f"- {finding.level}: {_show(content, finding.message)}"
        for finding in content.loaded.findings
        if finding.level != "info"
    ]


def _documents(content: ReportContent) -> _Part:
    files = (*content.loaded.documents, *content.judgement.baseline_documents)
    rows = [
        [_show(content, text) for text in (file.name, file.location, file.sha256)]
        for file in files
    ]
    return _table("Files", ["File", "From", "SHA-256"], rows)


def render_annotations(content: ReportContent, *, path: str) -> list[str]:
    """
    Misses as GitHub's workflow commands: an error for each that blocks, then warnings.

    `path` is the thresholds file as seen from the repository's root.
    """
    kinds = (("error", content.blocking), ("warning", content.warnings))
    return [
        _annotate(content, command, outcome, path)
        for command, outcomes in kinds
        for outcome in outcomes
    ]


def _annotate(content: ReportContent, command: str, outcome: Outcome, path: str) -> str:
    properties = {
        "file": path,
        "line": str(max(outcome.check.rule.line, 1)),
        "title": f"rekmetrics: {outcome.check.id}",
    }
    told = ",".join(
        f"{k}={_escape_command(v).replace(':', '%3A').replace(',', '%2C')}"
        for k, v in properties.items()
    )
    return f"::{command} {told}::{_escape_command(content.mask(outcome.message))}"


def _escape_command(text: str) -> str:
    """Text that the runner puts together again; no line can begin in it."""
    return reveal(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
