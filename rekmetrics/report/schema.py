"""The JSON Schema of the result file, and its page in docs/."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import msgspec

from rekmetrics.report.result import SCHEMA_VERSION, LabelResult, Result

__all__ = ["SCHEMA_NAME", "build_schema", "packed_schema"]

SCHEMA_NAME = "result.schema.json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def packed_schema() -> dict[str, Any]:
    """The schema that the package carries."""
    text = files("rekmetrics.report").joinpath(SCHEMA_NAME).read_text(encoding="utf-8")
    return dict(json.loads(text))


def build_schema() -> dict[str, Any]:
    """The schema of every result, also of an incomplete one; closed at every place."""
    made = msgspec.json.schema(Result)
    definitions = made["$defs"]
    for definition in definitions.values():
        definition.pop("description", None)
        definition["additionalProperties"] = False
        for described in definition["properties"].values():
            described.pop("default", None)
    label = definitions[LabelResult.__name__]
    label["additionalProperties"] = label["properties"].pop("metrics")[
        "additionalProperties"
    ]
    label["required"].remove("metrics")
    title = f"Result of a rekmetrics run (--metrics-json), schema {SCHEMA_VERSION}"
    top = {**definitions.pop(Result.__name__), "title": title}
    return {"$schema": _DIALECT, **top, "$defs": definitions}
