"""
What says what the code says: pages, tables and schemas.

    python docs/generated.py

writes anew what is checked in: the JSON Schemas, the tables between the marks of
docs/thresholds.md and docs/result.md, and the picture of docs/how-sure.md. `PAGES` are
appended when the site is built.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from rekmetrics.cli._parser import build_parser
from rekmetrics.compare.records import Comparison
from rekmetrics.fleet.results import Fleet
from rekmetrics.metrics.registry import LABEL, OVERALL, Metric
from rekmetrics.packed import THRESHOLDS_SCHEMA
from rekmetrics.plugin.options import add_options
from rekmetrics.report import result
from rekmetrics.run.listing import Projects, Versions
from rekmetrics.statistics import rate_interval
from rekmetrics.thresholds import models
from rekmetrics.thresholds.keys import KEYS, wanted

__all__ = ["PAGES", "generate"]

ROOT = Path(__file__).parents[1]
_LISTS = {
    "compare/compare.schema.json": (Comparison, "Versions compared (compare --json)"),
    "fleet/fleet-result.schema.json": (Fleet, "A fleet judged (fleet.json)"),
    "run/versions.schema.json": (Versions, "A project's versions (versions --json)"),
    "run/projects.schema.json": (Projects, "A region's projects (versions --json)"),
}
"""Files of several versions or models: where their schemas are kept."""
_DRAFT_7 = "http://json-schema.org/draft-07/schema#"
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
    schemas = {
        THRESHOLDS_SCHEMA: _thresholds_schema(),
        "report/result.schema.json": _result_schema(),
        **{name: _whole(_schema_of(*of)) for name, of in _LISTS.items()},
    }
    for name, made in schemas.items():
        text = json.dumps(made, indent=2, ensure_ascii=False)
        yield ROOT / "rekmetrics" / name, text + "\n"
    for name in ("thresholds", "result"):
        path = ROOT / "docs" / f"{name}.md"
        page = path.read_text(encoding="utf-8")
        yield path, _TABLE.sub(lambda m: m[1] + _named_table(m[2]) + m[3], page)
    yield ROOT / "docs" / "images" / "intervals.svg", _intervals_picture()


def _intervals_picture() -> str:
    """How far three rates of 0.95 may lie from the truth, as an SVG of 680 by 190."""

    def place(rate: float) -> float:
        return 170 + (rate - 0.7) * 1500

    parts = []
    for tick in (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0):
        x = place(tick)
        parts.append(f'<path d="M{x:g} 20V150" stroke="#d0d7de"/>')
        parts.append(f'<text x="{x:g}" y="172" text-anchor="middle">{tick:g}</text>')
    for row, (right, total) in enumerate(((19, 20), (95, 100), (950, 1000))):
        y = 45 + 40 * row
        low, high = map(place, rate_interval(right, total))
        ends = "".join(f"M{x:.1f} {y - 8}v16" for x in (low, high))
        path = f"M{low:.1f} {y}H{high:.1f}{ends}"
        parts += [
            f'<text x="150" y="{y + 5}" text-anchor="end">{right} of {total:,}</text>',
            f'<path d="{path}" stroke="#0969da" stroke-width="3"/>',
            f'<circle cx="{place(right / total):.1f}" cy="{y}" r="6" fill="#1f2328"/>',
        ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 190" width="680" '
        'height="190" font-family="sans-serif" font-size="14" fill="#1f2328">\n'
        '<rect width="680" height="190" rx="6" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _named_table(name: str) -> str:
    if name == "Result":
        made = _result_schema()
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


def _thresholds_schema() -> dict[str, Any]:
    """
    The grammar as a JSON Schema, with the metrics that come with the package.

    Other names are left to the gate: a team may have registered metrics of its own.
    """
    schema: dict[str, Any] = _tidy(
        models.File.model_json_schema(ref_template="#/definitions/{model}")
    )
    definitions = schema.pop("$defs")
    schema["title"] = "thresholds.yaml"
    for name in ("MetricRule", "ConfusionRule", "FitnessRule", "ImagesRule"):
        definitions[name] = _or_short(definitions[name])
    rule = {"$ref": "#/definitions/MetricRule"}
    schema["properties"]["metrics"]["properties"] = _offers(OVERALL, rule)
    of_labels = _offers(LABEL, rule)
    definitions["LabelRules"]["properties"] |= of_labels
    definitions["LabelRules"]["additionalProperties"] = False
    return {"$schema": _DRAFT_7, **schema, "definitions": definitions}


def _or_short(definition: dict[str, Any]) -> dict[str, Any]:
    """A rule may also be a bare number, or off."""
    description = definition.pop("description")
    short = [{"type": "number"}, {"const": "off"}, {"const": False}]
    return {"description": description, "anyOf": [*short, definition]}


def _offers(metrics: Mapping[str, Metric], rule: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"description": metric.definition, "allOf": [rule]}
        for name, metric in metrics.items()
        if metric.function is None
    }


def _tidy(node: Any) -> Any:
    """
    The same from every version of pydantic: no titles made from names, no null where
    nothing is said, nothing beside a reference.
    """
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if isinstance(node, float) and node.is_integer():
        return int(node)
    if not isinstance(node, dict):
        return node
    only = node.get("allOf", [node])
    if len(only) == 1 and "$ref" in only[0]:
        return {"$ref": only[0]["$ref"]}
    if "const" in node:
        return {"const": node["const"]}
    return {
        key: _tidy(value)
        for key, value in node.items()
        if not (key == "default" and value is None)
        and not (key == "title" and isinstance(value, str))
    }


def _result_schema() -> dict[str, Any]:
    """The schema of every result, also of an incomplete one."""
    version = result.SCHEMA_VERSION
    title = f"Result of a rekmetrics run (--metrics-json), schema {version}"
    schema = _schema_of(result.Result, title)
    label = schema["$defs"][result.LabelResult.__name__]
    label["additionalProperties"] = label["properties"].pop("metrics")[
        "additionalProperties"
    ]
    label["required"].remove("metrics")
    return schema


def _schema_of(kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    """What a record looks like as JSON; closed at every place."""
    made = msgspec.json.schema(kind)
    definitions = made["$defs"]
    module = sys.modules[kind.__module__]
    told = {(owner, name): text for owner, name, text in _field_docstrings(module)}
    for owner, definition in definitions.items():
        definition.pop("description", None)
        definition["additionalProperties"] = False
        for name, described in definition["properties"].items():
            described.pop("default", None)
            if (owner, name) in told:
                described["description"] = told[owner, name]
    top = {**definitions.pop(kind.__name__), "title": title}
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **top, "$defs": definitions}


def _whole(schema: dict[str, Any]) -> dict[str, Any]:
    """Of records that are written with all that they have."""
    for definition in (schema, *schema["$defs"].values()):
        definition["required"] = [*definition["properties"]]
    return schema


def _field_docstrings(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """Class, field, and the text that stands below the field, in one line."""
    for record in ast.parse(inspect.getsource(module)).body:
        if isinstance(record, ast.ClassDef):
            for field, below in pairwise(record.body):
                match field, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        yield record.name, name, " ".join(text.split())


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
