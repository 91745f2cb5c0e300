"""A document against the grammar: every mistake with its place, and what is sound."""

from __future__ import annotations

import copy
import math
import re
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING, Any, get_origin

from pydantic import BaseModel, ValidationError

from rekmetrics.errors import Problem
from rekmetrics.metrics import registry
from rekmetrics.texts import did_you_mean, quote
from rekmetrics.thresholds.document import NUMBER, Document, KeyPath
from rekmetrics.thresholds.keys import wanted
from rekmetrics.thresholds.models import (
    ConfusionRule,
    File,
    FitnessRule,
    ImagesRule,
    LabelRules,
    MetricRule,
)

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def validate_document(document: Document) -> tuple[File, list[Problem]]:
    """
    The file as far as it follows the grammar, and every place where it does not.

    Wrong parts are left out of the result, so that the rest can be checked as well.
    """
    tree = copy.deepcopy(document.tree)
    if not isinstance(tree, dict):
        wanted = f"wanted keys such as {quote('metrics')}"
        found = f"found {_shown(document, (), tree)}, {wanted}"
        return File(), [] if tree is None else [document.problem((), found)]
    problems: dict[KeyPath, Problem] = {}
    while True:
        try:
            return File.model_validate(tree), list(problems.values())
        except ValidationError as error:
            wrong = _wrong_parts(document, error)
            if not wrong.keys() - problems.keys() or () in wrong:
                raise
        for path, kind in wrong.items():
            problems.setdefault(path, _explain(document, path, kind, tree))
        for path in sorted(wrong, key=len, reverse=True):
            reduce(getitem, path[:-1], tree).pop(path[-1], None)


def _wrong_parts(document: Document, error: ValidationError) -> dict[KeyPath, str]:
    """The kind of each mistake, by its place."""
    return {
        document.known_part(tuple(map(str, item["loc"]))): item["type"]
        for item in error.errors(include_url=False, include_context=False)
    }


def fraction_hint(text: str) -> str:
    """The fraction that a percentage or a mistyped number stands for, as a question."""
    match = re.fullmatch(r"\s*([-+]?[0-9]*[.,]?[0-9]+)\s*(%?)\s*", text)
    if not match:
        return ""
    number = float(match[1].replace(",", "."))
    has_comma = "," in text
    if match[2] or (1 < number <= 100 and not has_comma):
        number /= 100
    elif not has_comma:
        return ""
    return f"; did you mean {number:.12g}?" if 0 <= number <= 1 else ""


def _explain(document: Document, path: KeyPath, kind: str, tree: Any) -> Problem:
    if kind == "extra_forbidden":
        return document.problem(path, _explain_unknown(path))
    value = reduce(getitem, path, tree)
    found = _shown(document, path, value)
    text = f"found {found}, wanted {_wanted(path)}{_hint(document, path, value)}"
    return document.problem(path, text, at_value=True)


def _wanted(path: KeyPath) -> str:
    if info := _key_at(path):
        return wanted(info)
    if path[0] == "labels" and len(path) == 2:
        return "metrics with their bounds, such as {recall: 0.8}"
    example = "{max_rate: 0.01}" if path[0] == "confusions" else "{min: 0.8}"
    return f"a number, off, or a rule such as {example}"


def _key_at(path: KeyPath) -> FieldInfo | None:
    """The grammar's key at the end of a path; None for a name of the user's."""
    return None if _is_name(path) else _model_around(path).model_fields.get(path[-1])


def _is_name(path: KeyPath) -> bool:
    """Whether the end of the path is a name of the user's, not a key of ours."""
    if path[0] == "labels":
        return len(path) == 2 or (len(path) == 3 and path[2] != "min_confidence")
    return path[0] in ("metrics", "confusions") and len(path) == 2


def _hint(document: Document, path: KeyPath, value: Any) -> str:
    text = document.texts.get(path, "")
    info = _key_at(path)
    is_fraction = info is None or info.annotation is float or path[-1] == "iou"
    if is_fraction and (hint := fraction_hint(text)):
        return hint
    if isinstance(value, str) and (number := _number_in(text)) is not None:
        if NUMBER.fullmatch(text):
            return "; write it without quotes"
        return f"; did you mean {number:.12g}?"
    if path[-1] == "version_name" and not isinstance(value, dict | list):
        return "; put it in quotes"
    choices = wanted(info).replace(",", " ").split() if info else ["number"]
    if isinstance(value, str) and "number" not in choices:
        return did_you_mean(value, [c for c in choices if c != "or"])
    return ""


def _number_in(text: str) -> float | None:
    """What Python takes the text for: `1_0` and full-width digits are numbers there."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _shown(document: Document, path: KeyPath, value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    text = document.texts.get(path, str(value))
    return quote(text) if isinstance(value, str) else quote(text)[1:-1]


def _explain_unknown(path: KeyPath) -> str:
    model = _model_around(path)
    known = list(model.model_fields)
    name = path[-1]
    text = f"unknown key {quote(name)}"
    if len(path) == 1 and registry.why_not(name, None) is None:
        return f"{text}; metrics stand below the key 'metrics'"
    if name in ("min", "max") and model is ConfusionRule:
        return f"{text}; a confusion takes 'max_rate'"
    hint = did_you_mean(name, known)
    return text + (hint or f"; known here: {', '.join(sorted(known))}")


def _model_around(path: KeyPath) -> type[BaseModel]:
    if len(path) == 1:
        return File
    if path[0] == "test_set" and len(path) > 2:
        return ImagesRule if path[1] == "images_per_label" else FitnessRule
    if path[0] == "labels" and path[2:] == ("min_confidence",):
        return LabelRules
    section: Any = File.model_fields[path[0]].annotation
    if get_origin(section) is None:
        return section  # type: ignore[no-any-return]
    return ConfusionRule if path[0] == "confusions" else MetricRule
