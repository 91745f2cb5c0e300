"""
What says what the code says: pages, tables and schemas.

    python docs/generated.py

writes anew what is checked in: the JSON Schemas, and the tables between the marks of
docs/thresholds.md and docs/result.md. `PAGES` are appended when the site is built.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rekmetrics.cli._parser import build_parser
from rekmetrics.metrics.registry import LABEL, OVERALL, Metric
from rekmetrics.plugin.options import add_options
from rekmetrics.report import schema as result
from rekmetrics.thresholds import models, schema
from rekmetrics.thresholds.keys import KEYS, wanted

__all__ = ["PAGES", "generate"]

ROOT = Path(__file__).parents[1]
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n).*?(\n<!-- end -->)", re.DOTALL)


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


def generate() -> Iterator[tuple[Path, str]]:
    """Every file that is checked in as it is generated, with its text."""
    for folder, module in (("", schema), ("report", result)):
        path = ROOT / "rekmetrics" / folder / module.SCHEMA_NAME
        text = json.dumps(module.build_schema(), indent=2, ensure_ascii=False)
        yield path, text + "\n"
    for name in ("thresholds", "result"):
        path = ROOT / "docs" / f"{name}.md"
        page = path.read_text(encoding="utf-8")
        yield path, _TABLE.sub(lambda m: m[1] + _named_table(m[2]) + m[3], page)


def _named_table(name: str) -> str:
    if name == "Result":
        made = result.build_schema()
        return _table(["key", "what it says"], [*_result_rows(made, made["$defs"])])
    if name in ("OVERALL", "LABEL"):
        head = ["name", "meaning", "range", "better", "for"]
        return _table(head, [*_metric_rows(OVERALL if name == "OVERALL" else LABEL)])
    model = getattr(models, name)
    rows = [
        [f"`{key}`", wanted(info), _default(key, info.default), info.description]
        for key, info in model.model_fields.items()
    ]
    table = _table(["key", "takes", "default", "meaning"], rows)
    return f"\n{inspect.cleandoc(model.__doc__)}\n{table}"


def _default(name: str, own: object) -> str:
    default = KEYS[name].default if name in KEYS else own
    return f"`{default}`".lower() if isinstance(default, str | float | int) else ""


def _result_rows(
    node: dict[str, Any], definitions: dict[str, Any], path: str = ""
) -> Iterator[list[str]]:
    """Every key below this node with its meaning: `NAME` by name, `[]` in a list."""
    for name, described in node.get("properties", {}).items():
        yield [f"`{path}{name}`", described["description"]]
        yield from _below(described, definitions, f"{path}{name}")


def _below(
    node: dict[str, Any], definitions: dict[str, Any], path: str
) -> Iterator[list[str]]:
    for choice in node.get("anyOf", [node]):
        if "$ref" in choice:
            named = definitions[choice["$ref"].rpartition("/")[2]]
            yield from _result_rows(named, definitions, f"{path}.")
        elif "items" in choice:
            yield from _below(choice["items"], definitions, f"{path}[]")
        elif isinstance(choice.get("additionalProperties"), dict):
            further = choice["additionalProperties"]
            yield from _below(further, definitions, f"{path}.NAME")


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


if __name__ == "__main__":
    for file, text in generate():
        file.write_text(text, encoding="utf-8")
