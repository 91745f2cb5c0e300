"""Reference pages that say what the code says: each function gives Markdown."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

from rekmetrics.cli._parser import build_parser
from rekmetrics.metrics.registry import LABEL, OVERALL, Metric
from rekmetrics.plugin.options import add_options

__all__ = ["PAGES"]


def options() -> str:
    """The options of the gate."""
    group = _Group()
    add_options(group)  # type: ignore[arg-type]
    return _table(["option", "what it does"], group.rows)


def commands() -> str:
    """Each command's own help."""
    (choices,) = (
        action.choices
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    parts = [
        f"## rekmetrics {name}\n\n```text\n{command.format_help()}```\n"
        for name, command in choices.items()
        if name != "gate"
    ]
    return "\n" + "\n".join(parts)


def metrics() -> str:
    """Every built-in metric with its definition."""
    head = ["name", "definition", "range", "better", "for"]
    tables = (("metrics", OVERALL), ("labels", LABEL))
    parts = [
        f"\n## Under {title}\n{_table(head, list(_metric_rows(table)))}"
        for title, table in tables
    ]
    return "\n".join(parts)


class _Group:
    """What the plugin declares its options to, in place of pytest's parser."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []

    def getgroup(self, *_: str) -> _Group:
        return self

    def addoption(self, flag: str, **settings: Any) -> None:
        words = [flag, *([settings["metavar"]] if "metavar" in settings else [])]
        self.rows.append([f"`{' '.join(words)}`", settings["help"]])


def _metric_rows(table: Mapping[str, Metric]) -> Iterator[list[str]]:
    for metric in table.values():
        better = "greater" if metric.greater_is_better else "less"
        span = f"{metric.lowest:g} to {metric.highest:g}"
        tasks = ", ".join(sorted(metric.tasks))
        yield [f"`{metric.name}`", metric.definition, span, better, tasks]


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


PAGES = {
    "reference/options": options,
    "reference/commands": commands,
    "reference/metrics": metrics,
}
