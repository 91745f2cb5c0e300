"""Values and counts become estimates: what each number is, and what it rests on."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.errors import RequestError
from rekmetrics.metrics import Estimate, Numbers, detection, multiclass, multilabel
from rekmetrics.metrics.formulas import Tally, tally
from rekmetrics.metrics.registry import LABEL, OVERALL, Metric
from rekmetrics.texts import quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.summary import Summary

__all__ = ["build_numbers"]

Labels = dict[str, dict[str, Estimate]]


def build_numbers(
    evaluation: Evaluation, summary: Summary, *, iou: float | str | None = None
) -> Numbers:
    """All metrics of one evaluation, in the order of the registry."""
    if evaluation.task == "detection":
        computed = detection.compute(evaluation, iou=iou)
        overall = dict(computed.overall)
        labels = {label: dict(own) for label, own in computed.labels.items()}
    else:
        overall, labels = _from_images(evaluation)
    overall |= _reported(summary, evaluation)
    for label, own in labels.items():
        own |= _reported_of_label(summary, label)
    for metric in OVERALL.values():
        if metric.function is not None:
            overall[metric.name] = _custom(metric, evaluation)
    return Numbers(
        {name: overall[name] for name in OVERALL if name in overall},
        {
            label: {name: own[name] for name in LABEL if name in own}
            for label, own in labels.items()
        },
    )


def _from_images(evaluation: Evaluation) -> tuple[dict[str, Estimate], Labels]:
    is_single = evaluation.task == "multiclass"
    module: Any = multiclass if is_single else multilabel
    counts = tally(evaluation)
    return (
        _overall(module.overall_values(evaluation), counts, is_single=is_single),
        _labels(evaluation, module.label_values(evaluation), counts),
    )


def _overall(
    values: Mapping[str, float], counts: Tally, *, is_single: bool
) -> dict[str, Estimate]:
    n_images = int(counts.n_images)
    hits = int(counts.true_positives.sum())
    behind = {
        name: (int(counts.sums[name]), n_images)
        for name in ("accuracy", "zero_one_loss", "no_prediction_rate")
    }
    behind["precision_micro"] = (hits, int(counts.predicted.sum()))
    behind["recall_micro"] = (hits, int(counts.support.sum()))
    if is_single:
        behind["hamming_loss"] = behind["zero_one_loss"]
        behind["recall_weighted"] = behind["recall_micro"]
    return {
        name: _rate(*behind[name], support=n_images)
        if name in behind
        else Estimate(_defined(value), support=n_images)
        for name, value in values.items()
    }


def _labels(
    evaluation: Evaluation, values: Mapping[str, NDArray[np.float64]], counts: Tally
) -> Labels:
    true_positives = counts.true_positives
    others = int(counts.n_images) - counts.support
    behind = {
        "precision": (true_positives, counts.predicted),
        "recall": (true_positives, counts.support),
        "jaccard": (true_positives, counts.union),
        "false_positive_rate": (counts.false_positives, others),
    }
    labels: Labels = {}
    for code, label in enumerate(evaluation.labels):
        support = int(counts.support[code])
        own = {"support": Estimate(float(support), support=support)}
        for name, column in values.items():
            if name in behind:
                n_hits, n_total = (int(part[code]) for part in behind[name])
                own[name] = _rate(n_hits, n_total, support=n_total)
            else:
                own[name] = Estimate(_defined(column[code]), support=support)
        labels[label] = own
    return labels


def _rate(n_hits: int, n_total: int, *, support: int) -> Estimate:
    """
    A rate, as one division of whole numbers.

    It meets a bound of 0.3 with 3 of 10, where 1 - 0.7 would just miss it.
    """
    value = n_hits / n_total if n_total else None
    return Estimate(value, n_hits, n_total, support)


def _reported(summary: Summary, evaluation: Evaluation) -> dict[str, Estimate]:
    """Rekognition's own figures; absent ones are undefined."""
    return {
        name: Estimate(
            _defined(getattr(summary, name.removeprefix("reported_"))),
            support=summary.n_testing_images,
        )
        for name, metric in OVERALL.items()
        if name.startswith("reported_")
        and metric.function is None
        and evaluation.task in metric.tasks
    }


def _reported_of_label(summary: Summary, label: str) -> dict[str, Estimate]:
    report = summary.label_reports.get(label)
    return {
        name: Estimate(None)
        if report is None
        else Estimate(
            _defined(getattr(report, name.removeprefix("reported_"))),
            support=report.n_testing_images,
        )
        for name in LABEL
        if name.startswith("reported_")
    }


def _custom(metric: Metric, evaluation: Evaluation) -> Estimate:
    """
    A team's own metric.

    Raises:
        RequestError: naming the metric, if it raises or returns no number in its range.
    """
    who = f"metric {quote(metric.name)} (registered by the tests)"
    try:
        found: Any = metric.function(evaluation) if metric.function else None
    except Exception as error:  # anything may come out of a function of theirs
        raise RequestError(
            f"{who} raised {type(error).__name__} ({_place(error)}): {error}; mend its "
            "function, or do not register it"
        ) from error
    if found is None:
        return Estimate(None, support=evaluation.n_images)
    try:
        value = float(found)
    except (TypeError, ValueError) as error:
        raise RequestError(
            f"{who} returned {quote(repr(found))}; a number is wanted, or None where "
            "there is no evidence"
        ) from error
    if not (math.isnan(value) or metric.lowest <= value <= metric.highest):
        raise RequestError(
            f"{who} returned {value}, which is outside {metric.lowest:g} to "
            f"{metric.highest:g}; say its range in register(lowest=…, highest=…)"
        )
    return Estimate(_defined(value), support=evaluation.n_images)


def _place(error: BaseException) -> str:
    """File and line of the innermost frame; their names only, as messages have them."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _defined(value: Any) -> float | None:
    number = math.nan if value is None else float(value)
    return None if math.isnan(number) else number
