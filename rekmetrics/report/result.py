"""
The result of a run as JSON: `--metrics-json`.

The JSON Schema and the table of docs/result.md are made from these records and what
stands below their fields, whose order is the file's. Keys are added within a schema
version, never renamed or removed. Numbers are unrounded; what is undefined is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from rekmetrics.errors import RequestError
from rekmetrics.evidence import Finding
from rekmetrics.model import Model, SourceFile, UnknownModel
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from pathlib import Path

    from rekmetrics.gate import Outcome
    from rekmetrics.metrics import Estimate
    from rekmetrics.report.content import ReportContent


SCHEMA_VERSION: Literal[1] = 1

Number = float | None
Count = Annotated[int, Meta(ge=0)]
Interval = Annotated[list[Number], Meta(min_length=2, max_length=2)]
Record = TypeVar("Record", bound=Struct)


class LabelResult(Struct, frozen=True, kw_only=True):
    """One label; in the file its metrics stand beside the other keys, by name."""

    metrics: dict[str, Number]
    support: Count
    """Test images (boxes in detection) of the label."""
    assumed_threshold: Number
    """The confidence from which on Rekognition predicts the label."""
    intervals: dict[str, Interval | None]
    """By metric: low end, high end."""


class ConfusionMatrix(Struct, frozen=True, kw_only=True):
    """What was seen as what, as counts."""

    labels: list[str]
    """The rows: true labels, in detection then 'background'."""
    predicted: list[str]
    """
    The columns: the labels in the same order, then names that are not labels, such as
    'no prediction'.
    """
    n_labels: Count
    """How many rows and columns are labels; what follows is not."""
    counts: list[list[Count]]
    """Images (boxes in detection), rows by columns."""


class CheckResult(Struct, frozen=True, kw_only=True):
    """One bound, and what became of it."""

    id: str
    """Unique in the run; the part of the test's name in brackets."""
    kind: Literal["metric", "label", "confusion", "regression", "test_set"]
    """What sort of bound it is."""
    metric: str
    """The metric's name."""
    label: str | None
    """The label, or null for the model as a whole; for confusions the true one."""
    predicted: str | None
    """For confusions: the label seen in its place."""
    value: Number
    """The number that was judged; null where it is undefined."""
    min: Number
    """The least that is allowed, inclusive."""
    max: Number
    """The most that is allowed, inclusive."""
    outcome: Literal["passed", "failed", "inconclusive", "undefined"]
    """What became of it."""
    severity: Literal["error", "warning"] | None
    """error blocks, warning does not; null where it passed."""
    message: str
    """The same in a sentence."""
    margin: Number
    """Value minus min, or max minus value: negative is short."""
    interval: Interval | None
    """Confidence interval of the value: low end, high end."""
    confidence_level: float
    """The level of that interval."""
    n_hits: Count | None
    """For rates: value is n_hits / n_total."""
    n_total: Count | None
    """For rates: value is n_hits / n_total."""
    support: Count | None
    """Images (boxes in detection) that the number rests on."""
    max_regression: Number
    """By how much it may be worse than the baseline."""
    max_relative_regression: Number
    """The same as a share of the baseline's value."""
    regression_test: Literal["mcnemar", "bootstrap"] | None
    """The test by which a drop must be significant."""
    baseline_value: Number
    """The baseline's value."""
    change: Number
    """Value minus baseline_value."""
    p_value: Number
    """Of that change, by regression_test."""
    adjusted_p_value: Number
    """The same for as many tests as the file has; held against alpha."""
    n_newly_broken: Count | None
    """Images that the baseline had right and this version has wrong."""
    n_newly_right: Count | None
    """Images that the baseline had wrong and this version has right."""
    line: Count
    """Line of the thresholds file; 0 where it is not known."""


class BaselineResult(Struct, frozen=True, kw_only=True):
    """The version that this one was compared with."""

    model: Model
    """Which version it is."""
    metrics: dict[str, Number]
    """Its metrics of the model as a whole, by name."""
    documents: list[SourceFile]
    """The files that its numbers rest on."""


class ThresholdsRead(Struct, frozen=True, kw_only=True):
    """The bounds that were applied."""

    name: str
    """The thresholds file."""
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of its bytes."""


class Provenance(Struct, frozen=True, kw_only=True):
    """What an audit needs."""

    source: Literal["aws", "folder"]
    """Where the evaluation was read from."""
    documents: list[SourceFile]
    """The files that the verdict rests on."""
    thresholds: ThresholdsRead
    """The bounds that were applied."""
    endpoints: dict[str, str]
    """Endpoints other than AWS's own, by service."""
    versions: dict[str, str]
    """Of Python and the libraries, by name."""


class ErrorRatesResult(Struct, frozen=True, kw_only=True):
    """How often the rules err, as shares of simulated versions."""

    n_draws: Count
    """Versions simulated."""
    basis: Literal["sampling", "retraining"]
    """Where the noise between versions was taken from."""
    false_alarms: float
    """Share of equally good versions that would be blocked."""
    causes: dict[str, float]
    """By id of a check: the share that it would block."""
    passing: dict[str, float]
    """By points of all images that a version is worse: the share that would pass."""
    detectable: Number
    """
    Points by which a version must be worse to be blocked in 80 % of cases; null where
    40 are not enough.
    """
    not_simulated: list[str]
    """Ids of checks that were taken to hold."""
    detectable_by_label: dict[str, Number]
    """
    By label: points by which its recall must fall to be blocked in 80 % of cases; null
    where no rule of its own would.
    """


class AdviceResult(Struct, frozen=True, kw_only=True):
    """A rule worth a second look: it may not be meant as it stands."""

    line: Count
    """Line of the thresholds file that it is about."""
    text: str
    """What may not be meant."""


class Result(Struct, frozen=True, kw_only=True):
    """Everything that a run found out; what has a default is added once it is known."""

    schema: Literal[1]
    """Version of this format: keys are added within it, never renamed or removed."""
    verdict: Literal["passed", "failed", "incomplete"]
    """
    passed: every check was run and none blocks. incomplete: the model was not judged to
    the end.
    """
    exit_code: int | None
    """What the process ended with; null while it runs."""
    time: str
    """When this was written, ISO 8601 with its zone."""
    message: str
    """The verdict in a sentence, or why there is none."""
    model: Model
    """What was judged; empty before that is known."""
    task: Literal["multiclass", "multilabel", "detection"] | UnsetType = UNSET
    """Which kind of model it is."""
    n_images: Count | UnsetType = UNSET
    """Test images."""
    iou: float | str | UnsetType | None = UNSET
    """
    The overlap from which boxes count as found, or COCO's 0.50:0.95; null where there
    are no boxes.
    """
    metrics: dict[str, Number]
    """Every metric of the model as a whole, by name; null is undefined."""
    labels: dict[str, LabelResult]
    """By label."""
    confusion_matrix: ConfusionMatrix | None
    """What was seen as what; null before that is known."""
    checks: list[CheckResult]
    """Every bound, in the order of the thresholds file."""
    baseline: BaselineResult | UnsetType | None = UNSET
    """The version that this one was compared with."""
    findings: list[Finding] | UnsetType = UNSET
    """What summary, manifest and description say of the same things."""
    provenance: Provenance | UnsetType = UNSET
    """What an audit needs; `rekmetrics verify` compares it."""
    error_rates: ErrorRatesResult | UnsetType = UNSET
    """How often these rules would err, by simulation."""
    advice: list[AdviceResult] | UnsetType = UNSET
    """Rules worth a second look, in the order of the thresholds file."""


def render_export(content: ReportContent) -> str:
    """The file of a judged run."""
    return encode_document(result_document(content))


def render_unfinished(message: str, exit_code: int | None) -> str:
    """What stands in the file from the start of a run until its end, or for ever."""
    unfinished = Result(
        schema=SCHEMA_VERSION,
        verdict="incomplete",
        exit_code=exit_code,
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        message=message,
        model=UnknownModel(),
        metrics={},
        labels={},
        confusion_matrix=None,
        checks=[],
    )
    return encode_document(_to_document(unfinished))


def read_result(path: Path) -> dict[str, Any]:
    """
    What lies in the file of a run, as far as it is of this schema.

    Raises:
        RequestError: it cannot be read, or is no such file.
    """
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
    return document


def encode_document(document: Mapping[str, Any]) -> str:
    """The document as text: ASCII alone, so that no label can hide in a terminal."""
    return json.dumps(document, allow_nan=False, indent=1) + "\n"


def result_document(content: ReportContent) -> dict[str, Any]:
    """Everything that was found out, ready for JSON."""
    verdict, evaluation = content.state, content.evaluation
    if verdict == "passed" and (not content.is_passed or content.exit_code != 0):
        verdict = "incomplete"
    thresholds, rates = content.judgement.thresholds, content.judgement.error_rates
    read = ThresholdsRead(name=thresholds.path, sha256=thresholds.sha256)
    result = _copy(
        Result,
        content,
        evaluation,
        content.loaded,
        schema=SCHEMA_VERSION,
        verdict=verdict,
        message=content.exit_sentence,
        iou=thresholds.iou if evaluation.task == "detection" else None,
        metrics=_values(content.numbers.overall),
        labels=_labels(content),
        confusion_matrix=_confusion_matrix(content),
        checks=[_check(outcome) for outcome in content.verdict.outcomes],
        baseline=_baseline(content),
        provenance=_copy(Provenance, content.loaded, content, thresholds=read),
        error_rates=_copy(
            ErrorRatesResult,
            rates,
            causes={check.id: share for check, share in rates.causes},
            passing={str(points): share for points, share in rates.passing.items()},
            not_simulated=[check.id for check in rates.not_simulated],
        ),
        advice=[_copy(AdviceResult, advice) for advice in content.judgement.advice],
    )
    return _to_document(result, is_masked=content.mask_account)


def _copy(kind: type[Record], *sources: object, **facts: Any) -> Record:
    """A record of these facts, and of what has its fields' names in the sources."""
    for name in kind.__struct_fields__:
        if name not in facts:
            facts[name] = next(getattr(s, name) for s in sources if hasattr(s, name))
    return kind(**facts)


def _values(estimates: Mapping[str, Estimate]) -> dict[str, Number]:
    return {name: estimate.value for name, estimate in estimates.items()}


def _labels(content: ReportContent) -> dict[str, LabelResult]:
    evaluation = content.evaluation
    return {
        label: _copy(
            LabelResult,
            metrics=_values(content.numbers.labels.get(label, {})),
            support=evaluation.support[code],
            assumed_threshold=evaluation.assumed_thresholds[code],
            intervals=content.label_intervals[label],
        )
        for code, label in enumerate(evaluation.labels)
    }


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
    rule = outcome.check.rule
    severity = "error" if outcome.is_blocking else "warning"
    facts = {
        "min": rule.minimum,
        "max": rule.maximum,
        "outcome": outcome.status,
        "severity": None if outcome.status == "passed" else severity,
    }
    return _copy(CheckResult, outcome, outcome.check, rule, **facts)


def _baseline(content: ReportContent) -> BaselineResult | None:
    if content.baseline is None:
        return None
    comparison = content.comparison
    metrics = {} if comparison is None else _values(comparison.baseline.overall)
    return _copy(BaselineResult, content.baseline, metrics=metrics)


def _to_document(result: Result, *, is_masked: bool = False) -> dict[str, Any]:
    """The result as plain values, key by key as they stand in the file."""
    found = msgspec.to_builtins(result, enc_hook=lambda scalar: scalar.item())
    document: dict[str, Any] = _plain(found, is_masked=is_masked)
    labels = document["labels"]
    for name, label in labels.items():
        labels[name] = label.pop("metrics") | label
    return document


_NAMES = frozenset(
    ["label", "predicted", "labels", "metric", "sha256", "id", "not_simulated"]
)
"""Keys whose texts are nobody's account, even where they look like one."""


def _plain(value: Any, *, is_masked: bool) -> Any:
    """The same without numbers that JSON lacks, and with account ids hidden."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return mask_account(value) if is_masked else value
    if isinstance(value, dict):
        return {
            key: _plain(item, is_masked=is_masked and key not in _NAMES)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(item, is_masked=is_masked) for item in value]
    return value
