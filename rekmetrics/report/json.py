"""
The result of a run as JSON: `--metrics-json`.

`result.schema.json` beside this module describes it, docs/result.md explains it. Keys
are added within a schema version, never renamed or removed. Numbers are unrounded; what
is undefined is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from rekmetrics.report.content import ReportContent
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from rekmetrics.gate import Outcome
    from rekmetrics.metrics import Estimate
    from rekmetrics.model import Model, SourceFile

__all__ = [
    "SCHEMA_VERSION",
    "encode_document",
    "incomplete_document",
    "render_export",
    "render_unfinished",
    "result_document",
]

SCHEMA_VERSION = 1


def render_export(content: ReportContent) -> str:
    """The file of a judged run."""
    return encode_document(result_document(content))


def render_unfinished(message: str, exit_code: int | None) -> str:
    """What stands in the file from the start of a run until its end, or for ever."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return encode_document(incomplete_document(message, exit_code=exit_code, time=now))


def result_document(content: ReportContent) -> dict[str, Any]:
    """Everything that was found out, ready for JSON."""
    verdict = content.state
    if verdict == "passed" and (not content.is_passed or content.exit_code != 0):
        verdict = "incomplete"
    document = {
        **_frame(verdict, content.exit_code, content.time),
        "message": content.exit_sentence,
        "model": _model(content.model),
        "task": content.evaluation.task,
        "n_images": content.evaluation.n_images,
        "iou": content.iou if content.evaluation.task == "detection" else None,
        "metrics": _values(content.numbers.overall),
        "labels": _labels(content),
        "confusion_matrix": _confusion_matrix(content),
        "checks": [_check(outcome) for outcome in content.verdict.outcomes],
        "baseline": _baseline(content),
        "findings": [
            {
                "name": finding.name,
                "level": finding.level,
                "message": finding.message,
                "expected": None if finding.expected is None else str(finding.expected),
                "found": None if finding.found is None else str(finding.found),
            }
            for finding in content.loaded.findings
        ],
        "provenance": _provenance(content),
    }
    return _masked(document) if content.mask_account else document


def incomplete_document(
    message: str, *, exit_code: int | None, time: str
) -> dict[str, Any]:
    """What stands in the file from the start of a run until its end, or for ever."""
    return {
        **_frame("incomplete", exit_code, time),
        "message": message,
        "model": {},
        "metrics": {},
        "labels": {},
        "confusion_matrix": None,
        "checks": [],
    }


def encode_document(document: Mapping[str, Any]) -> str:
    """The document as text: ASCII alone, so that no label can hide in a terminal."""
    return json.dumps(document, allow_nan=False, indent=1) + "\n"


def _frame(verdict: str, exit_code: int | None, time: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA_VERSION,
        "verdict": verdict,
        "exit_code": exit_code,
        "time": time,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _interval(interval: tuple[float, float] | None) -> list[float | None] | None:
    return None if interval is None else [_number(end) for end in interval]


def _values(estimates: Mapping[str, Estimate]) -> dict[str, float | None]:
    return {name: _number(estimate.value) for name, estimate in estimates.items()}


def _model(model: Model) -> dict[str, Any]:
    return {
        "project_arn": model.project_arn,
        "version_arn": model.version_arn,
        "version_name": model.version_name,
        "project_name": model.project_name,
        "region": model.region,
        "status": model.status,
        "trained": model.trained,
        "f1": _number(model.f1),
        "source_version_arn": model.source_version_arn,
        "base_model_version": model.base_model_version,
        "requested": model.requested,
    }


def _labels(content: ReportContent) -> dict[str, Any]:
    """By label: its metrics, support, intervals, and what the summary says of it."""
    evaluation = content.evaluation
    result = {}
    for code, label in enumerate(evaluation.labels):
        intervals = content.label_intervals.get(label, {})
        result[label] = {
            **_values(content.numbers.labels.get(label, {})),
            "support": int(evaluation.support[code]),
            "assumed_threshold": _number(float(evaluation.assumed_thresholds[code])),
            "intervals": {name: _interval(ends) for name, ends in intervals.items()},
        }
    return result


def _confusion_matrix(content: ReportContent) -> dict[str, Any]:
    """Rows are true; beyond the labels stand names of ours, "no prediction"."""
    grid = content.grid
    return {
        "labels": [*grid.labels, *grid.extra_rows],
        "predicted": [*grid.labels, *grid.extra_columns],
        "n_labels": grid.n_labels,
        "counts": grid.counts.tolist(),
    }


def _check(outcome: Outcome) -> dict[str, Any]:
    check, rule = outcome.check, outcome.check.rule
    severity = "error" if outcome.is_blocking else "warning"
    return {
        "id": check.id,
        "kind": check.kind,
        "metric": check.metric,
        "label": check.label,
        "predicted": check.predicted,
        "value": _number(outcome.value),
        "min": _number(rule.minimum),
        "max": _number(rule.maximum),
        "outcome": outcome.status,
        "severity": None if outcome.status == "passed" else severity,
        "message": outcome.message,
        "margin": _number(outcome.margin),
        "interval": _interval(outcome.interval),
        "confidence_level": rule.confidence_level,
        "n_hits": outcome.n_hits,
        "n_total": outcome.n_total,
        "support": outcome.support,
        "max_regression": _number(rule.max_regression),
        "max_relative_regression": _number(rule.max_relative_regression),
        "regression_test": rule.regression_test,
        "baseline_value": _number(outcome.baseline_value),
        "change": _number(outcome.change),
        "p_value": _number(outcome.p_value),
        "adjusted_p_value": _number(outcome.adjusted_p_value),
        "n_newly_broken": outcome.n_newly_broken,
        "n_newly_right": outcome.n_newly_right,
        "line": rule.line,
    }


def _baseline(content: ReportContent) -> dict[str, Any] | None:
    if content.baseline is None:
        return None
    comparison = content.comparison
    return {
        "model": _model(content.baseline.model),
        "metrics": {} if comparison is None else _values(comparison.baseline.overall),
        "documents": _documents(content.baseline.documents),
    }


def _provenance(content: ReportContent) -> dict[str, Any]:
    thresholds = content.judgement.thresholds
    return {
        "source": content.loaded.source,
        "documents": _documents(content.loaded.documents),
        "thresholds": {"name": thresholds.path, "sha256": thresholds.sha256},
        "endpoints": dict(content.loaded.endpoints),
        "versions": dict(content.versions),
    }


def _documents(documents: Sequence[SourceFile]) -> list[dict[str, Any]]:
    return [
        {
            "name": document.name,
            "location": document.location,
            "version": document.version,
            "n_bytes": document.n_bytes,
            "sha256": document.sha256,
        }
        for document in documents
    ]


_TEXTS_THAT_NAME = frozenset(("label", "predicted", "labels", "metric", "sha256", "id"))
"""Keys whose texts are nobody's account, even where they look like one."""


def _masked(value: Any, key: str = "") -> Any:
    """The same value with account ids hidden; labels keep their names."""
    if key in _TEXTS_THAT_NAME:
        return value
    if isinstance(value, str):
        return mask_account(value)
    if isinstance(value, dict):
        return {name: _masked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    return value
