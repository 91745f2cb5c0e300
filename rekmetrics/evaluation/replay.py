"""An evaluation replayed at higher thresholds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rekmetrics.errors import RequestError
from rekmetrics.evaluation.data import EvaluationData
from rekmetrics.manifest import DECIMALS, EntryKind, starts_of
from rekmetrics.texts import did_you_mean, quote

if TYPE_CHECKING:
    from numpy.typing import NDArray


AnyData = TypeVar("AnyData", bound=EvaluationData)


def raise_thresholds(
    evaluation: AnyData, minimum: float | Mapping[str, float]
) -> AnyData:
    """`Evaluation.at_confidence`, which has the description."""
    wanted = _by_label(evaluation, minimum)
    _check_reach(evaluation, wanted)
    is_low = (
        _as_written(evaluation.entry_confidences)
        < _as_written(wanted)[evaluation.entry_labels]
    )
    kinds = evaluation.entry_kinds.copy()
    kinds[is_low & (kinds == EntryKind.TRUE_POSITIVE)] = EntryKind.FALSE_NEGATIVE
    is_kept = ~(is_low & (kinds == EntryKind.FALSE_POSITIVE))
    starts = starts_of(is_kept, evaluation.entry_starts)
    boxes = evaluation.boxes
    return replace(
        evaluation,
        entry_starts=starts.astype(np.uint32),
        entry_labels=evaluation.entry_labels[is_kept],
        entry_kinds=kinds[is_kept],
        entry_confidences=evaluation.entry_confidences[is_kept],
        assumed_thresholds=np.fmax(evaluation.assumed_thresholds, wanted),
        boxes=boxes and replace(boxes, entries=boxes.entries[is_kept]),
    )


def _as_written(values: NDArray[Any]) -> NDArray[np.float64]:
    """At the precision of Rekognition's confidences; thresholds have more digits."""
    return np.asarray(np.round(values.astype(np.float64), DECIMALS), dtype=np.float64)


def _by_label(
    evaluation: EvaluationData, minimum: float | Mapping[str, float]
) -> NDArray[np.float64]:
    """Shape `(n_labels,)`; NaN for labels that stay as they are."""
    if not isinstance(minimum, Mapping):
        return np.full(evaluation.n_labels, _check_fraction(minimum, "all labels"))
    wanted = np.full(evaluation.n_labels, np.nan)
    for label, value in minimum.items():
        if label not in evaluation.labels:
            hint = did_you_mean(label, evaluation.labels)
            raise RequestError(f"confidence: unknown label {quote(label)}{hint}.")
        wanted[evaluation.labels.index(label)] = _check_fraction(value, quote(label))
    return wanted


def _check_fraction(value: float, whose: str) -> float:
    if not (math.isfinite(value) and 0 <= value <= 1):
        raise RequestError(
            f"confidence for {whose}: found {value}, wanted a fraction from 0 to 1."
        )
    return float(value)


def _check_reach(evaluation: EvaluationData, wanted: NDArray[np.float64]) -> None:
    """What lies below an assumed threshold was never written, so cannot be replayed."""
    occurs = np.zeros(evaluation.n_labels, dtype=np.bool_)
    occurs[evaluation.truth_labels] = True
    occurs[evaluation.entry_labels] = True
    assumed = evaluation.assumed_thresholds
    # False where either is unknown.
    reached = _as_written(wanted) >= _as_written(assumed)
    beyond = np.flatnonzero(occurs & ~np.isnan(wanted) & ~reached)
    if len(beyond) == 0:
        return
    code = int(beyond[0])
    label, threshold = quote(evaluation.labels[code]), assumed[code]
    if math.isnan(threshold):
        raise RequestError(
            f"confidence for {label}: the summary gives no assumed threshold, so it "
            "is not known which predictions are missing; choose no confidence for it."
        )
    raise RequestError(
        f"confidence for {label}: found {wanted[code]}, wanted at least the assumed "
        f"threshold {evaluation.assumed_thresholds[code]}: less confident predictions "
        "are not in the manifest."
    )
