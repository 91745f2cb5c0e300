"""
The report in short, as Markdown: `--metrics-markdown` and GitHub's step summary.

What comes from outside enters a line in its middle only, and with its markup escaped:
it can be neither Markdown, HTML nor a workflow command.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rekmetrics.report.content import ReportContent
from rekmetrics.report.figures import format_bound, format_value, status_word
from rekmetrics.report.numerals import (
    format_change,
    format_count,
    format_fraction,
    format_share,
    plural,
)
from rekmetrics.report.verdict import render_headline
from rekmetrics.texts import isolate, mask_account, reveal, shorten

if TYPE_CHECKING:
    from rekmetrics.gate import Outcome

__all__ = ["escape_markdown", "render_export", "render_unfinished"]

MOST_BYTES = 60_000
"""GitHub refuses a step summary of more than 1 MiB, and nobody reads even this much."""

_MOST_CHARACTERS = 300
_N_CONFUSIONS = 10
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_MARKUP = re.compile(r"[\\`*_\[\]<>&|~#@$]|:(?=\S)|(?<=www)\.", re.IGNORECASE)
"""What means something within a line; outside text never begins one."""

_RATES = ("precision", "recall", "f1")


def render_unfinished(message: str, _: int | None) -> str:
    """What stands in the file from the start of a run until its end, or for ever."""
    return f"## ⚠️ Nothing was decided\n\nReason: {escape_markdown(message)}\n"


def render_export(content: ReportContent) -> str:
    """The verdict, what speaks against it, then the rest, as far as 60 KB reach."""
    parts = [
        _Part(_head(content)),
        _checks(content, "Fell short", content.blocking),
        _checks(content, "Warnings", content.warnings),
        _confusions(content),
        _labels(content),
        _numbers(content),
        _checks(content, "Held", [o for o in _outcomes(content) if _is_held(o)]),
        _findings(content),
        _documents(content),
    ]
    return _fit([part for part in parts if part is not None], MOST_BYTES)


class _Part:
    """Some lines; of the `rows` among them, the last ones may be left out."""

    def __init__(self, lines: Sequence[str], rows: Iterable[str] = ()) -> None:
        self.lines = [*lines]
        self.rows = [*rows]


def _fit(parts: Iterable[_Part], n_bytes: int) -> str:
    """The parts as text; a line takes the place of the rows that are too many."""
    reserve = 200
    left = n_bytes - reserve
    text: list[str] = []
    for part in parts:
        head = "\n".join(part.lines) + "\n"
        left -= len(head.encode())
        if left < 0:
            text.append("*More is in the HTML report: this is too long for here.*\n")
            break
        rows = [*_take(part.rows, left)]
        left -= sum(len(row.encode()) + 1 for row in rows)
        text += [head, *(f"{row}\n" for row in rows)]
        n_missing = len(part.rows) - len(rows)
        if n_missing:
            more = plural(n_missing, "more row is", "more rows are")
            text.append(f"\n*{more} in the HTML report.*\n")
            break
        text.append("\n")
        left -= 1
    return "".join(text).rstrip("\n") + "\n"


def _take(rows: Iterable[str], n_bytes: int) -> Iterator[str]:
    for row in rows:
        n_bytes -= len(row.encode()) + 1
        if n_bytes < 0:
            return
        yield row


def _show(content: ReportContent, text: str) -> str:
    """One line of text that Markdown takes for text."""
    return escape_markdown(mask_account(text) if content.mask_account else text)


def escape_markdown(text: str) -> str:
    """One line of text that Markdown takes for text, shortened."""
    shown = shorten(reveal(text), _MOST_CHARACTERS)
    return isolate(_MARKUP.sub(_escape, shown))


def _escape(match: re.Match[str]) -> str:
    return _ENTITIES.get(match[0], f"\\{match[0]}")


def _table(headers: Sequence[str], numeric: Iterable[int] = ()) -> list[str]:
    flush = frozenset(numeric)
    lines = ("---:" if i in flush else "---" for i in range(len(headers)))
    return [f"| {' | '.join(headers)} |", f"| {' | '.join(lines)} |"]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(content: ReportContent) -> list[str]:
    mark = {True: "✅", False: "❌"}[content.is_passed]
    if content.state == "incomplete":
        mark = "⚠️"
    model, evaluation = content.model, content.evaluation
    facts = [
        f"**Model** {_show(content, model.project_name or 'not named')}",
        f"**version** {_show(content, model.told_name)}",
        f"**tested on** {plural(evaluation.n_images, 'image')}",
    ]
    if content.baseline is not None:
        name = content.baseline.model.told_name
        facts.append(f"**baseline** {_show(content, name)}")
    return [
        f"## {mark} {_show(content, render_headline(content))}",
        "",
        f"Result: {_show(content, content.exit_sentence)}",
        "",
        f"{', '.join(facts)}.",
    ]


def _outcomes(content: ReportContent) -> Sequence[Outcome]:
    return content.verdict.outcomes


def _is_held(outcome: Outcome) -> bool:
    return outcome.status == "passed"


def _checks(
    content: ReportContent, title: str, outcomes: Sequence[Outcome]
) -> _Part | None:
    if not outcomes:
        return None
    headers = ["Check", "Result", "Value", "Bound", "Margin", "What it says"]
    rows = (
        _row(
            [
                _name(content, outcome),
                status_word(outcome),
                format_value(outcome),
                format_bound(outcome),
                format_change(outcome.margin),
                _show(content, outcome.message),
            ]
        )
        for outcome in outcomes
    )
    heading = f"### {title} ({format_count(len(outcomes))})"
    return _Part([heading, "", *_table(headers, (2, 4))], rows)


def _name(content: ReportContent, outcome: Outcome) -> str:
    check = outcome.check
    label = "" if check.label is None else _show(content, check.label)
    if check.kind == "confusion":
        return f"**{label}** seen as **{_show(content, check.predicted or '')}**"
    metric = _show(content, check.metric)
    if check.kind == "regression":
        metric += " against the baseline"
    return f"**{label}** {metric}" if label else metric


def _confusions(content: ReportContent) -> _Part | None:
    grid = content.grid
    found = grid.confusions(_N_CONFUSIONS)
    if not found:
        return None
    rows = (
        _row(
            [
                _show(content, grid.row_name(cell.row)),
                _show(content, grid.column_name(cell.column)),
                format_count(cell.count),
                format_share(cell.count, cell.total),
            ]
        )
        for cell in found
    )
    headers = ["True", "Seen as", content.unit_plural.capitalize(), "Share"]
    return _Part(["### Most often wrong", "", *_table(headers, (2, 3))], rows)


def _labels(content: ReportContent) -> _Part:
    def f1_of(label: str) -> float:
        estimate = content.numbers.estimate(label, "f1")
        value = None if estimate is None else estimate.value
        return 2.0 if value is None else value

    evaluation = content.evaluation
    support = dict(zip(evaluation.labels, evaluation.support.tolist(), strict=True))
    rows = (
        _row(
            [
                _show(content, label),
                *(_rate(content, label, name) for name in _RATES),
                format_count(support[label]),
            ]
        )
        for label in sorted(evaluation.labels, key=f1_of)
    )
    headers = ["Label", *map(str.capitalize, _RATES), content.unit_plural.capitalize()]
    lines = ["### Labels, the lowest F1 first", "", *_table(headers, range(1, 5))]
    return _Part(lines, rows)


def _rate(content: ReportContent, label: str, name: str) -> str:
    estimate = content.numbers.estimate(label, name)
    return format_fraction(None if estimate is None else estimate.value)


def _numbers(content: ReportContent) -> _Part:
    rows = (
        _row([_show(content, name), format_fraction(estimate.value)])
        for name, estimate in content.numbers.overall.items()
    )
    return _Part(["### All numbers", "", *_table(["Metric", "Value"], (1,))], rows)


def _findings(content: ReportContent) -> _Part | None:
    rows = [
        f"- {finding.level}: {_show(content, finding.message)}"
        for finding in content.loaded.findings
        if finding.level != "info"
    ]
    return _Part(["### Where the evidence disagrees", ""], rows) if rows else None


def _documents(content: ReportContent) -> _Part | None:
    if not content.loaded.documents:
        return None
    rows = (
        _row(
            [
                _show(content, document.name),
                _show(content, document.location),
                _show(content, document.sha256),
            ]
        )
        for document in (
            *content.loaded.documents,
            *content.judgement.baseline_documents,
        )
    )
    return _Part(["### Files", "", *_table(["File", "From", "SHA-256"])], rows)
