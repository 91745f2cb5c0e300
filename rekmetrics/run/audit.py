"""
A result computed again from its evaluation, and compared: an audit after the fact.

What has no counterpart offline is not compared: where the files lay, which versions of
the libraries there were, the wording of messages.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rekmetrics.errors import RequestError
from rekmetrics.judgement import judge_version
from rekmetrics.loading import Loaded, load_from_folder
from rekmetrics.report.result import Result, read_result, result_document
from rekmetrics.run.judge import list_choices
from rekmetrics.run.telling import build_content
from rekmetrics.texts import quote
from rekmetrics.thresholds import ThresholdsFile, read_thresholds

_TOLERANCE = 1e-9
_THRESHOLDS = "provenance.thresholds.sha256"
_ASKED_APART = {"model", "baseline", "provenance"}
_WITHOUT_COUNTERPART = {"schema", "time", "message", "findings"}
_COMPARED = [
    key
    for key in Result.__struct_fields__
    if key not in _ASKED_APART | _WITHOUT_COUNTERPART
]
_OF_MODEL = ("version_arn", "version_name", "project_name")
_OF_DOCUMENT = ("n_bytes", "sha256")
_MASK = "*" * 12
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the result says something else than its evaluation."""

    path: str
    recorded: object
    computed: object

    @property
    def is_of_thresholds(self) -> bool:
        """Whether it is that other bounds were applied."""
        return self.path == _THRESHOLDS

    def __str__(self) -> str:
        return (
            f"{self.path}: the result says {_shown(self.recorded)}, "
            f"computed again it is {_shown(self.computed)}"
        )


def verify_result(
    path: Path,
    *,
    evaluation_dir: Path,
    thresholds: Path,
    baseline_dir: Path | None = None,
) -> list[Difference]:
    """
    Every difference between a result and what its files give now; empty if none.

    Raises:
        RequestError: where the result cannot be read, or a file it rests on was not
            given.
        RekmetricsError: where evaluation or thresholds cannot be read.
    """
    recorded = _read_ended(path)
    has_baseline = baseline_dir is not None
    if (recorded.get("baseline") is not None) != has_baseline:
        with_or_no = "no baseline; leave" if has_baseline else "a baseline; give"
        raise RequestError(
            f"{path}: the version was compared with {with_or_no} --baseline-dir."
        )
    file = read_thresholds(thresholds, has_baseline=has_baseline)
    hide_account = _MASK in str(recorded.get("model"))
    computed = _compute(evaluation_dir, baseline_dir, file, hide_account=hide_account)
    return [*_differences(recorded, computed)]


def _read_ended(path: Path) -> dict[str, Any]:
    document = read_result(path)
    if document.get("verdict") == "incomplete":
        raise RequestError(
            f"{path} is incomplete: {document.get('message')!s} Nothing to verify."
        )
    return document


def _compute(
    evaluation_dir: Path,
    baseline_dir: Path | None,
    file: ThresholdsFile,
    *,
    hide_account: bool,
) -> dict[str, Any]:
    """The document that a complete run over these folders would have written."""

    def load(folder: Path) -> Loaded:
        return load_from_folder(folder, **list_choices(file))

    baseline = None if baseline_dir is None else load(baseline_dir)
    judgement = judge_version(load(evaluation_dir), file, baseline=baseline)
    code = 0 if judgement.verdict.is_passed else 1
    content = build_content(judgement, exit_code=code, hide_account=hide_account)
    document = result_document(content)
    as_read: dict[str, Any] = json.loads(json.dumps(document))
    return as_read


def _differences(recorded: Any, computed: Any) -> Iterator[Difference]:
    found, wanted = dict(_evidence(recorded)), dict(_evidence(computed))
    before, again = (dict(_leaves("", _comparable(d))) for d in (recorded, computed))
    for path in (path for path, value in wanted.items() if value is not None):
        before[path], again[path] = found.get(path), wanted[path]
    for path in {**again, **before}:
        pair = before.get(path, _NOTHING), again.get(path, _NOTHING)
        if not _is_equal(*pair):
            yield Difference(path, *pair)


def _evidence(document: Any) -> Iterator[tuple[str, Any]]:
    """Which versions there were, and the digests of their files and of the bounds."""
    yield _THRESHOLDS, _at(document, "provenance", "thresholds", "sha256")
    for prefix, whole, place in (
        ("", document, ("provenance", "documents")),
        ("baseline.", _at(document, "baseline"), ("documents",)),
    ):
        for key in _OF_MODEL:
            yield f"{prefix}model.{key}", _at(whole, "model", key)
        files = _at(whole, *place)
        for file in files if isinstance(files, list) else ():
            for key in _OF_DOCUMENT:
                yield f"{prefix}{_at(file, 'name')}.{key}", _at(file, key)


def _comparable(document: Any) -> dict[str, Any]:
    """The rest that has a counterpart offline."""
    metrics = _at(document, "baseline", "metrics")
    parts = {key: _at(document, key) for key in _COMPARED}
    return {**parts, "baseline": {"metrics": metrics}}


def _at(value: Any, *keys: str) -> Any:
    """What lies at the end of this path; None where it leads nowhere."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What lies in a document, by path; of a mapping its kind, of a list its length."""
    if isinstance(value, dict):
        yield path, dict
        for key, item in value.items():
            name = key if key.isidentifier() else quote(key)
            if not (key == "message" and path.startswith("checks[")):
                yield from _leaves(f"{path}.{name}" if path else name, item)
    elif isinstance(value, list):
        yield f"{path}, length", len(value)
        for index, item in enumerate(value):
            yield from _leaves(f"{path}[{index}]", item)
    else:
        yield path, value


def _is_equal(recorded: Any, computed: Any) -> bool:
    """Both as read from JSON; numbers may differ in their last digits."""
    kinds = {type(recorded), type(computed)}
    if kinds <= {int, float} and float in kinds:
        return math.isclose(recorded, computed, rel_tol=_TOLERANCE, abs_tol=1e-12)
    return kinds == {type(recorded)} and bool(recorded == computed)


def _shown(value: object) -> str:
    known = {_NOTHING: "nothing", dict: "an object"}
    if isinstance(value, str):
        return quote(value)
    return known.get(value) or str(value)
