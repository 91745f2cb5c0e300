"""
A result computed again from its evaluation, and compared: an audit after the fact.

What has no counterpart offline is not compared: where the files lay, which versions of
the libraries there were, the wording of messages.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rekmetrics.errors import RequestError
from rekmetrics.judgement import judge_version
from rekmetrics.loading import Loaded, load_from_folder
from rekmetrics.report.result import SCHEMA_VERSION, Result, result_document
from rekmetrics.run.telling import build_content
from rekmetrics.texts import quote
from rekmetrics.thresholds import ThresholdsFile, read_thresholds

__all__ = ["Difference", "verify_result"]

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
    recorded = _read_result(path)
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


def _read_result(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise RequestError(f"{path} could not be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict) or "schema" not in document:
        raise RequestError(f"{path} is not a result; --metrics-json writes one.")
    if document["schema"] != SCHEMA_VERSION:
        raise RequestError(
            f"{path} has schema {document['schema']!r}, wanted {SCHEMA_VERSION}; use "
            "the rekmetrics that wrote it."
        )
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
        return load_from_folder(
            folder,
            task=file.task,
            accepted=file.accepted,
            with_training="overlap_with_training" in file.test_set_rules,
        )

    baseline = None if baseline_dir is None else load(baseline_dir)
    judgement = judge_version(load(evaluation_dir), file, baseline=baseline)
    code = 0 if judgement.verdict.is_passed else 1
    content = build_content(judgement, exit_code=code, hide_account=hide_account)
    document = result_document(content)
    as_read: dict[str, Any] = json.loads(json.dumps(document))
    return as_read


def _differences(
    recorded: Mapping[str, Any], computed: Mapping[str, Any]
) -> Iterator[Difference]:
    yield from _evidence("", recorded, computed, ("provenance", "documents"))
    wanted = _at(computed, "provenance", "thresholds", "sha256")
    found = _at(recorded, "provenance", "thresholds", "sha256")
    yield from _compare(_THRESHOLDS, found, wanted)
    for key in _COMPARED:
        yield from _compare(key, recorded.get(key), computed[key])
    if computed["baseline"] is not None:
        before, again = recorded["baseline"], computed["baseline"]
        yield from _evidence("baseline.", before, again, ("documents",))
        metrics = _at(before, "metrics")
        yield from _compare("baseline.metrics", metrics, again["metrics"])


def _evidence(
    prefix: str,
    recorded: Any,
    computed: Mapping[str, Any],
    place: tuple[str, ...],
) -> Iterator[Difference]:
    """Which version it was, and the digests of its documents."""
    for key in _OF_MODEL:
        wanted = computed["model"][key]
        if wanted is not None:
            found = _at(recorded, "model", key)
            yield from _compare(f"{prefix}model.{key}", found, wanted)
    documents = _at(recorded, *place)
    by_name = {
        _at(document, "name"): document
        for document in (documents if isinstance(documents, list) else ())
    }
    for document in _at(computed, *place):
        name = document["name"]
        for key in _OF_DOCUMENT:
            found = _at(by_name.get(name), key)
            yield from _compare(f"{prefix}{name}.{key}", found, document[key])


def _at(value: Any, *keys: str) -> Any:
    """What lies at the end of this path; None where it leads nowhere."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _compare(path: str, recorded: Any, computed: Any) -> Iterator[Difference]:
    """Both sides as read from JSON; numbers may differ in their last digits."""
    if isinstance(recorded, dict) and isinstance(computed, dict):
        for key in sorted(recorded.keys() | computed.keys()):
            if not (key == "message" and path.startswith("checks[")):
                name = key if key.isidentifier() else quote(key)
                yield from _compare(
                    f"{path}.{name}",
                    recorded.get(key, _NOTHING),
                    computed.get(key, _NOTHING),
                )
    elif isinstance(recorded, list) and isinstance(computed, list):
        if len(recorded) != len(computed):
            yield Difference(f"{path}, length", len(recorded), len(computed))
        for index, pair in enumerate(zip(recorded, computed, strict=False)):
            yield from _compare(f"{path}[{index}]", *pair)
    elif not _is_equal(recorded, computed):
        yield Difference(path, recorded, computed)


class _Nothing:
    def __str__(self) -> str:
        return "nothing"


_NOTHING = _Nothing()


def _is_equal(recorded: Any, computed: Any) -> bool:
    kinds = {type(recorded), type(computed)}
    if kinds <= {int, float} and float in kinds:
        return math.isclose(recorded, computed, rel_tol=_TOLERANCE, abs_tol=1e-12)
    return kinds == {type(recorded)} and bool(recorded == computed)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return str(value)
