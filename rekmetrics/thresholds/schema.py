"""The JSON Schema of the thresholds file, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from rekmetrics.metrics import registry
from rekmetrics.metrics.registry import Metric
from rekmetrics.thresholds.models import (
    ConfusionRule,
    File,
    FitnessRule,
    ImagesRule,
    MetricRule,
)

__all__ = ["SCHEMA_NAME", "build_schema", "packed_schema"]

SCHEMA_NAME = "thresholds.schema.json"
_DIALECT = "http://json-schema.org/draft-07/schema#"


def packed_schema() -> str:
    """The schema that the package carries."""
    return files("rekmetrics").joinpath(SCHEMA_NAME).read_text(encoding="utf-8")


def build_schema() -> dict[str, Any]:
    """
    The schema, from the models and the metrics that come with the package.

    Other names are left to the gate: a team may have registered metrics of its own.
    """
    schema: dict[str, Any] = _tidy(
        File.model_json_schema(ref_template="#/definitions/{model}")
    )
    definitions = schema.pop("$defs")
    schema["title"] = "thresholds.yaml"
    for model in (MetricRule, ConfusionRule, FitnessRule, ImagesRule):
        name = model.__name__
        definitions[name] = _or_short(definitions[name])
    rule = {"$ref": "#/definitions/MetricRule"}
    schema["properties"]["metrics"]["properties"] = _offers(registry.OVERALL, rule)
    of_labels = _offers(registry.LABEL, rule)
    definitions["LabelRules"]["properties"] |= of_labels
    definitions["LabelRules"]["additionalProperties"] = False
    return {"$schema": _DIALECT, **schema, "definitions": definitions}


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
