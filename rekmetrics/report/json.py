"""
The result of a run as JSON: `--metrics-json`.

`result` has its records; result.schema.json beside it and docs/result.md are made from
them. Numbers are unrounded; what is undefined is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from rekmetrics.model import UnknownModel
from rekmetrics.report.content import ReportContent
from rekmetrics.report.result import (
    SCHEMA_VERSION,
    BaselineResult,
    CheckResult,
    ConfusionMatrix,
    ErrorRatesResult,
    LabelResult,
    Provenance,
    Result,
    ThresholdsRead,
    to_document,
)
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from rekmetrics.gate import Outcome
    from rekmetrics.metrics import Estimate

__all__ = [
    "encode_document",
    "incomplete_document",
    "render_export",
    "render_unfinished",
    "result_document",
]


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
    result = Result(
        schema=SCHEMA_VERSION,
        verdict=verdict,
        exit_code=content.exit_code,
        time=content.time,
        message=content.exit_sentence,
        model=content.model,
        task=content.evaluation.task,
        n_images=content.evaluation.n_images,
        iou=content.iou if content.evaluation.task == "detection" else None,
        metrics=_values(content.numbers.overall),
        labels=_labels(content),
        confusion_matrix=_confusion_matrix(content),
        checks=[_check(outcome) for outcome in content.verdict.outcomes],
        baseline=_baseline(content),
        error_rates=_error_rates(content),
        findings=list(content.loaded.findings),
        provenance=_provenance(content),
    )
    document = to_document(result)
    return _masked(document) if content.mask_account else document


def incomplete_document(
    message: str, *, exit_code: int | None, time: str
) -> dict[str, Any]:
    """What stands in the file from the start of a run until its end, or for ever."""
    return to_document(
        Result(
            schema=SCHEMA_VERSION,
            verdict="incomplete",
            exit_code=exit_code,
            time=time,
            message=message,
            model=UnknownModel(),
            metrics={},
            labels={},
            confusion_matrix=None,
            checks=[],
        )
    )


def encode_document(document: Mapping[str, Any]) -> str:
    """The document as text: ASCII alone, so that no label can hide in a terminal."""
    return json.dumps(document, allow_nan=False, indent=1) + "\n"


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _interval(interval: tuple[float, float] | None) -> list[float | None] | None:
    return None if interval is None else [_number(end) for end in interval]


def _values(estimates: Mapping[str, Estimate]) -> dict[str, float | None]:
    return {name: _number(estimate.value) for name, estimate in estimates.items()}


def _labels(content: ReportContent) -> dict[str, LabelResult]:
    """By label: its metrics, support, intervals, and what the summary says of it."""
    evaluation = content.evaluation
    result = {}
    for code, label in enumerate(evaluation.labels):
        intervals = content.label_intervals.get(label, {})
        result[label] = LabelResult(
            metrics=_values(content.numbers.labels.get(label, {})),
            support=int(evaluation.support[code]),
            assumed_threshold=_number(float(evaluation.assumed_thresholds[code])),
            intervals={name: _interval(ends) for name, ends in intervals.items()},
        )
    return result


def _error_rates(content: ReportContent) -> ErrorRatesResult:
    rates = content.judgement.error_rates
    return ErrorRatesResult(
        n_draws=rates.n_draws,
        basis=rates.basis,
        false_alarms=rates.false_alarms,
        causes={check.id: share for check, share in rates.causes},
        passing={str(points): share for points, share in rates.passing.items()},
        detectable=rates.detectable,
        not_simulated=[check.id for check in rates.not_simulated],
    )


def _confusion_matrix(content: ReportContent) -> ConfusionMatrix:
    """Rows are true; beyond the labels stand names of ours, "no prediction"."""
    grid = content.grid
    return ConfusionMatrix(
        labels=[*grid.labels, *grid.extra_rows],
        predicted=[*grid.labels, *grid.extra_columns],
        n_labels=grid.n_labels,
        counts=grid.counts.tolist(),
    )


def _check(outcome: Outcome) -> CheckResult:
    check, rule = outcome.check, outcome.check.rule
    severity: Literal["error", "warning"]
    severity = "error" if outcome.is_blocking else "warning"
    return CheckResult(
        id=check.id,
        kind=check.kind,
        metric=check.metric,
        label=check.label,
        predicted=check.predicted,
        value=_number(outcome.value),
        min=_number(rule.minimum),
        max=_number(rule.maximum),
        outcome=outcome.status,
        severity=None if outcome.status == "passed" else severity,
        message=outcome.message,
        margin=_number(outcome.margin),
        interval=_interval(outcome.interval),
        confidence_level=rule.confidence_level,
        n_hits=outcome.n_hits,
        n_total=outcome.n_total,
        support=outcome.support,
        max_regression=_number(rule.max_regression),
        max_relative_regression=_number(rule.max_relative_regression),
        regression_test=rule.regression_test,
        baseline_value=_number(outcome.baseline_value),
        change=_number(outcome.change),
        p_value=_number(outcome.p_value),
        adjusted_p_value=_number(outcome.adjusted_p_value),
        n_newly_broken=outcome.n_newly_broken,
        n_newly_right=outcome.n_newly_right,
        line=rule.line,
    )


def _baseline(content: ReportContent) -> BaselineResult | None:
    if content.baseline is None:
        return None
    comparison = content.comparison
    return BaselineResult(
        model=content.baseline.model,
        metrics={} if comparison is None else _values(comparison.baseline.overall),
        documents=list(content.baseline.documents),
    )


def _provenance(content: ReportContent) -> Provenance:
    loaded, thresholds = content.loaded, content.judgement.thresholds
    return Provenance(
        source=loaded.source,
        documents=list(loaded.documents),
        thresholds=ThresholdsRead(name=thresholds.path, sha256=thresholds.sha256),
        endpoints=dict(loaded.endpoints),
        versions=dict(content.versions),
    )


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
