"""
The result of a run, as `--metrics-json` writes it.

The JSON Schema and docs/result.md are made from these records, whose order is the
file's. Keys are added within a schema version, never renamed or removed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from rekmetrics.evidence import Finding
from rekmetrics.model import Model, SourceFile

__all__ = [
    "SCHEMA_VERSION",
    "BaselineResult",
    "CheckResult",
    "ConfusionMatrix",
    "ErrorRatesResult",
    "LabelResult",
    "Provenance",
    "Result",
    "ThresholdsRead",
    "to_document",
]

SCHEMA_VERSION: Literal[1] = 1

Number = float | None
Count = Annotated[int, Meta(ge=0)]
Interval = Annotated[list[Number], Meta(min_length=2, max_length=2)]
_HITS = "For rates: value is n_hits / n_total."


class LabelResult(Struct, frozen=True, kw_only=True):
    """One label; in the file its metrics stand beside the other keys, by name."""

    metrics: dict[str, Number]
    support: Annotated[
        Count, Meta(description="Test images (boxes in detection) of the label.")
    ]
    assumed_threshold: Annotated[
        Number,
        Meta(
            description="The confidence from which on Rekognition predicts the label."
        ),
    ]
    intervals: Annotated[
        dict[str, Interval | None], Meta(description="By metric: low end, high end.")
    ]


class ConfusionMatrix(Struct, frozen=True, kw_only=True):
    """What was seen as what, as counts."""

    labels: Annotated[
        list[str],
        Meta(description="The rows: true labels, in detection then 'background'."),
    ]
    predicted: Annotated[
        list[str],
        Meta(
            description="The columns: the labels in the same order, then names that "
            "are not labels, such as 'no prediction'."
        ),
    ]
    n_labels: Annotated[
        Count,
        Meta(description="How many rows and columns are labels; what follows is not."),
    ]
    counts: Annotated[
        list[list[Count]],
        Meta(description="Images (boxes in detection), rows by columns."),
    ]


class CheckResult(Struct, frozen=True, kw_only=True):
    """One bound, and what became of it."""

    id: Annotated[
        str,
        Meta(description="Unique in the run; the part of the test's name in brackets."),
    ]
    kind: Annotated[
        Literal["metric", "label", "confusion", "regression", "test_set"],
        Meta(description="What sort of bound it is."),
    ]
    metric: Annotated[str, Meta(description="The metric's name.")]
    label: Annotated[
        str | None,
        Meta(
            description="The label, or null for the model as a whole; for confusions "
            "the true one."
        ),
    ]
    predicted: Annotated[
        str | None, Meta(description="For confusions: the label seen in its place.")
    ]
    value: Annotated[
        Number,
        Meta(description="The number that was judged; null where it is undefined."),
    ]
    min: Annotated[Number, Meta(description="The least that is allowed, inclusive.")]
    max: Annotated[Number, Meta(description="The most that is allowed, inclusive.")]
    outcome: Annotated[
        Literal["passed", "failed", "inconclusive", "undefined"],
        Meta(description="What became of it."),
    ]
    severity: Annotated[
        Literal["error", "warning"] | None,
        Meta(description="error blocks, warning does not; null where it passed."),
    ]
    message: Annotated[str, Meta(description="The same in a sentence.")]
    margin: Annotated[
        Number,
        Meta(description="Value minus min, or max minus value: negative is short."),
    ]
    interval: Annotated[
        Interval | None,
        Meta(description="Confidence interval of the value: low end, high end."),
    ]
    confidence_level: Annotated[float, Meta(description="The level of that interval.")]
    n_hits: Annotated[Count | None, Meta(description=_HITS)]
    n_total: Annotated[Count | None, Meta(description=_HITS)]
    support: Annotated[
        Count | None,
        Meta(description="Images (boxes in detection) that the number rests on."),
    ]
    max_regression: Annotated[
        Number, Meta(description="By how much it may be worse than the baseline.")
    ]
    max_relative_regression: Annotated[
        Number, Meta(description="The same as a share of the baseline's value.")
    ]
    regression_test: Annotated[
        Literal["mcnemar", "bootstrap"] | None,
        Meta(description="The test by which a drop must be significant."),
    ]
    baseline_value: Annotated[Number, Meta(description="The baseline's value.")]
    change: Annotated[Number, Meta(description="Value minus baseline_value.")]
    p_value: Annotated[Number, Meta(description="Of that change, by regression_test.")]
    adjusted_p_value: Annotated[
        Number,
        Meta(
            description="The same for as many tests as the file has; held against "
            "alpha."
        ),
    ]
    n_newly_broken: Annotated[
        Count | None,
        Meta(
            description="Images that the baseline had right and this version has wrong."
        ),
    ]
    n_newly_right: Annotated[
        Count | None,
        Meta(
            description="Images that the baseline had wrong and this version has right."
        ),
    ]
    line: Annotated[
        Count, Meta(description="Line of the thresholds file; 0 where it is not known.")
    ]


class BaselineResult(Struct, frozen=True, kw_only=True):
    """The version that this one was compared with."""

    model: Annotated[Model, Meta(description="Which version it is.")]
    metrics: Annotated[
        dict[str, Number],
        Meta(description="Its metrics of the model as a whole, by name."),
    ]
    documents: Annotated[
        list[SourceFile], Meta(description="The files that its numbers rest on.")
    ]


class ThresholdsRead(Struct, frozen=True, kw_only=True):
    """The bounds that were applied."""

    name: Annotated[str, Meta(description="The thresholds file.")]
    sha256: Annotated[
        str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of its bytes.")
    ]


class Provenance(Struct, frozen=True, kw_only=True):
    """What an audit needs."""

    source: Annotated[
        Literal["aws", "folder"],
        Meta(description="Where the evaluation was read from."),
    ]
    documents: Annotated[
        list[SourceFile], Meta(description="The files that the verdict rests on.")
    ]
    thresholds: Annotated[
        ThresholdsRead, Meta(description="The bounds that were applied.")
    ]
    endpoints: Annotated[
        dict[str, str],
        Meta(description="Endpoints other than AWS's own, by service."),
    ]
    versions: Annotated[
        dict[str, str], Meta(description="Of Python and the libraries, by name.")
    ]


class ErrorRatesResult(Struct, frozen=True, kw_only=True):
    """How often the rules err, as shares of simulated versions."""

    n_draws: Annotated[Count, Meta(description="Versions simulated.")]
    basis: Annotated[
        Literal["sampling", "retraining"],
        Meta(description="Where the noise between versions was taken from."),
    ]
    false_alarms: Annotated[
        float, Meta(description="Share of equally good versions that would be blocked.")
    ]
    causes: Annotated[
        dict[str, float],
        Meta(description="By id of a check: the share that it would block."),
    ]
    passing: Annotated[
        dict[str, float],
        Meta(
            description="By how many points of all images a version is worse: the "
            "share that would pass."
        ),
    ]
    detectable: Annotated[
        Number,
        Meta(
            description="Points by which a version must be worse to be blocked in 80 % "
            "of cases; null where 40 are not enough."
        ),
    ]
    not_simulated: Annotated[
        list[str], Meta(description="Ids of checks that were taken to hold.")
    ]


class Result(Struct, frozen=True, kw_only=True):
    """Everything that a run found out; what has a default is added once it is known."""

    schema: Annotated[
        Literal[1],
        Meta(
            description="Version of this format: keys are added within it, never "
            "renamed or removed."
        ),
    ]
    verdict: Annotated[
        Literal["passed", "failed", "incomplete"],
        Meta(
            description="passed: every check was run and none blocks. incomplete: the "
            "model was not judged to the end."
        ),
    ]
    exit_code: Annotated[
        int | None,
        Meta(description="What the process ended with; null while it runs."),
    ]
    time: Annotated[
        str, Meta(description="When this was written, ISO 8601 with its zone.")
    ]
    message: Annotated[
        str, Meta(description="The verdict in a sentence, or why there is none.")
    ]
    model: Annotated[
        Model, Meta(description="What was judged; empty before that is known.")
    ]
    task: Annotated[
        Literal["multiclass", "multilabel", "detection"] | UnsetType,
        Meta(description="Which kind of model it is."),
    ] = UNSET
    n_images: Annotated[Count | UnsetType, Meta(description="Test images.")] = UNSET
    iou: Annotated[
        float | str | UnsetType | None,
        Meta(
            description="The overlap from which boxes count as found, or COCO's "
            "0.50:0.95; null where there are no boxes."
        ),
    ] = UNSET
    metrics: Annotated[
        dict[str, Number],
        Meta(
            description="Every metric of the model as a whole, by name; null is "
            "undefined."
        ),
    ]
    labels: Annotated[dict[str, LabelResult], Meta(description="By label.")]
    confusion_matrix: Annotated[
        ConfusionMatrix | None,
        Meta(description="What was seen as what; null before that is known."),
    ]
    checks: Annotated[
        list[CheckResult],
        Meta(description="Every bound, in the order of the thresholds file."),
    ]
    baseline: Annotated[
        BaselineResult | UnsetType | None,
        Meta(description="The version that this one was compared with."),
    ] = UNSET
    findings: Annotated[
        list[Finding] | UnsetType,
        Meta(
            description="What summary, manifest and description say of the same things."
        ),
    ] = UNSET
    provenance: Annotated[
        Provenance | UnsetType,
        Meta(description="What an audit needs; `rekmetrics verify` compares it."),
    ] = UNSET
    error_rates: Annotated[
        ErrorRatesResult | UnsetType,
        Meta(description="How often these rules would err, by simulation."),
    ] = UNSET


def to_document(result: Result) -> dict[str, Any]:
    """The result as plain values, key by key as they stand in the file."""
    document: dict[str, Any] = msgspec.to_builtins(result)
    labels = document["labels"]
    document["labels"] = {
        name: {**label.pop("metrics"), **label} for name, label in labels.items()
    }
    return document
