"""Values and counts become estimates: what each number is, and what it rests on."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.errors import RequestError
from rekmetrics.metrics import Estimate, Numbers, detection, multiclass
from rekmetrics.metrics.catalogue import BUILT_IN
from rekmetrics.metrics.counting import tally
from rekmetrics.metrics.records import Metric, Scope
from rekmetrics.metrics.registry import LABEL, OVERALL
from rekmetrics.metrics.tallies import Tally
from rekmetrics.texts import quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation, Task
    from rekmetrics.summary import Summary

__all__ = ["build_numbers", "measure"]

Labels = dict[str, dict[str, Estimate]]


def build_numbers(
    evaluation: Evaluation, summary: Summary, *, iou: float | str | None = None
) -> Numbers:
    """All metrics of one evaluation, in the order of the registry."""
    measured = measure(evaluation, iou=iou)
    overall = {**measured.overall, **_reported(summary, evaluation)}
    for metric in OVERALL.values():
        if metric.function is not None:
            overall[metric.name] = _custom(metric, evaluation)
    labels = {
        label: {**own, **_reported_of_label(summary, label)}
        for label, own in measured.labels.items()
    }
    return Numbers(
        {name: overall[name] for name in OVERALL if name in overall},
        {
            label: {name: own[name] for name in LABEL if name in own}
            for label, own in labels.items()
        },
    )


def measure(evaluation: Evaluation, *, iou: float | str | None = None) -> Numbers:
    """
    The built-in metrics that images and boxes give.

    scikit-learn's own numbers stand where it defines them for the task; else the
    formulas, at the observed counts.
    """
    counts = tally(evaluation)
    is_single = evaluation.task == "multiclass"
    overall = _overall(
        evaluation, counts, multiclass.overall_values(evaluation) if is_single else {}
    )
    labels = _labels(
        evaluation, counts, multiclass.label_values(evaluation) if is_single else {}
    )
    if evaluation.task == "detection":
        averages = detection.averages(evaluation, iou=iou)
        overall |= averages.overall
        for label, own in averages.labels.items():
            labels[label] |= own
    return Numbers(overall, labels)


def _overall(
    evaluation: Evaluation, counts: Tally, of_record: Mapping[str, float]
) -> dict[str, Estimate]:
    is_detection = evaluation.task == "detection"
    support = int(counts.support.sum()) if is_detection else evaluation.n_images
    overall = {}
    for record in _from_counts("overall", evaluation.task):
        if share := record.counted(evaluation.task):
            found = _rate(int(share.hits(counts)), int(share.total(counts)), support)
        else:
            value = of_record.get(record.name)
            value = float(record.values(counts)) if value is None else value
            found = Estimate(_defined(value), support=support)
        overall[record.name] = found
    n_images = evaluation.n_images
    for record in BUILT_IN:
        if record.observed and evaluation.task in record.tasks:
            n_hits = record.observed(evaluation)
            overall[record.name] = _rate(n_hits, n_images, n_images)
    return overall


def _labels(
    evaluation: Evaluation,
    counts: Tally,
    of_record: Mapping[str, NDArray[np.float64]],
) -> Labels:
    supports = counts.support.tolist()
    labels: Labels = {
        label: {"support": Estimate(float(support), support=support)}
        for label, support in zip(evaluation.labels, supports, strict=True)
    }
    for record in _from_counts("label", evaluation.task):
        if share := record.counted(evaluation.task):
            hits, totals = share.hits(counts).tolist(), share.total(counts).tolist()
            of_boxes = evaluation.task == "detection"
            resting = supports if of_boxes else totals
            found = [*map(_rate, hits, totals, resting)]
        else:
            values = of_record.get(record.name)
            values = record.values(counts) if values is None else values
            found = [
                Estimate(_defined(value), support=support)
                for value, support in zip(values, supports, strict=True)
            ]
        for own, estimate in zip(labels.values(), found, strict=True):
            own[record.name] = estimate
    return labels


def _from_counts(scope: Scope, task: Task) -> list[Metric]:
    return [
        record
        for record in BUILT_IN
        if record.scope == scope and task in record.tasks and record.formula
    ]


def _rate(n_hits: int, n_total: int, support: int) -> Estimate:
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
