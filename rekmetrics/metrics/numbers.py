"""Values and counts become estimates: what each number is, and what it rests on."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.errors import RequestError
from rekmetrics.metrics import Estimate, Numbers, detection, scikit_learn
from rekmetrics.metrics.catalogue import BUILT_IN
from rekmetrics.metrics.records import Metric, Scope, Tally
from rekmetrics.metrics.registry import LABEL, OVERALL
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation, Task
    from rekmetrics.summary import LabelReport, Summary


def build_numbers(
    evaluation: Evaluation, summary: Summary, *, iou: float | str | None = None
) -> Numbers:
    """All metrics of one evaluation, in the order of the registry."""
    measured, task = measure(evaluation, iou=iou), evaluation.task
    overall = {**measured.overall, **_reported(summary, "overall", task)}
    for metric in OVERALL.values():
        if metric.function is not None:
            overall[metric.name] = _custom(metric, evaluation)
    labels = {
        label: {**own, **_reported(summary.label_reports.get(label), "label", task)}
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
    counts, task, n_images = tally(evaluation), evaluation.task, evaluation.n_images
    overall: dict[str, Estimate] = {}
    labels = {
        label: {"support": Estimate(float(support), support=support)}
        for label, support in zip(
            evaluation.labels, counts.support.tolist(), strict=True
        )
    }
    tables: Mapping[Scope, Any] = {"overall": [overall], "label": labels.values()}
    for scope, table in tables.items():
        of_record: Mapping[str, Any] = {}
        if task == "multiclass":
            of_record = scikit_learn.values_of_record(evaluation, scope)
        for record in _records(scope, task):
            if record.can_be_tested:
                found = _estimate(record, evaluation, counts, of_record)
                for own, estimate in zip(table, found, strict=True):
                    own[record.name] = estimate
            elif record.observed is not None:
                n_hits = record.observed(evaluation)
                overall[record.name] = Estimate.rate(n_hits, n_images, n_images)
    if task == "detection":
        averages = detection.averages(evaluation, iou=iou)
        overall |= averages.overall
        for label, more in averages.labels.items():
            labels[label] |= more
    return Numbers(overall, labels)


def tally(evaluation: Evaluation) -> Tally:
    """The observed counts of an evaluation."""
    patterns = evaluation.patterns
    scores = image_scores(
        patterns.true_positives,
        patterns.false_positives,
        patterns.false_negatives,
        evaluation.task,
    )
    return Tally(
        evaluation.n_true_positives,
        evaluation.n_false_positives,
        evaluation.n_false_negatives,
        np.asarray(evaluation.n_images),
        {name: patterns.counts @ values for name, values in scores.items()},
    )


def means_over_images(task: Task) -> list[Metric]:
    """The metrics that are, in this task."""
    return [r for r in BUILT_IN if r.per_image and task in r.tasks]


def image_scores(
    hits: csr_matrix, false_positives: csr_matrix, misses: csr_matrix, task: Task
) -> dict[str, NDArray[np.float64]]:
    """
    What each image adds to the metrics that are means over images, by their name.

    The tables of shape `(n, n_labels)` count the labels that an image rightly has,
    wrongly has and lacks.
    """
    own, false, missed = (
        np.asarray(table.sum(axis=1)).ravel()
        for table in (hits, false_positives, misses)
    )
    one = Tally(own, false, missed, np.ones(len(own)))
    n_at_stake = 1 if task == "multiclass" else hits.shape[1]
    return {
        record.name: record.per_image(one, n_at_stake)
        for record in means_over_images(task)
        if record.per_image
    }


def _records(scope: Scope, task: Task) -> list[Metric]:
    return [r for r in BUILT_IN if r.scope == scope and task in r.tasks]


def _estimate(
    record: Metric,
    evaluation: Evaluation,
    counts: Tally,
    of_record: Mapping[str, Any],
) -> list[Estimate]:
    """One estimate of each label, or a single one of them all."""
    of_boxes, of_labels = evaluation.task == "detection", record.scope == "label"
    whole = int(counts.support.sum()) if of_boxes else evaluation.n_images
    supports = counts.support.tolist() if of_labels else [whole]
    if share := record.counted(evaluation.task):
        hits, totals = (
            np.atleast_1d(count(counts)).astype(np.int64).tolist()
            for count in (share.hits, share.total)
        )
        resting = totals if of_labels and not of_boxes else supports
        return [*map(Estimate.rate, hits, totals, resting)]
    values = of_record.get(record.name)
    values = np.atleast_1d(record.values(counts) if values is None else values)
    return [
        Estimate(_defined(value), support=support)
        for value, support in zip(values, supports, strict=True)
    ]


def _reported(
    report: Summary | LabelReport | None, scope: Scope, task: Task
) -> dict[str, Estimate]:
    """Rekognition's own figures; absent ones are undefined."""
    prefix = "reported_"
    return {
        record.name: Estimate(
            _defined(getattr(report, record.name.removeprefix(prefix), None)),
            support=getattr(report, "n_testing_images", None),
        )
        for record in _records(scope, task)
        if record.name.startswith(prefix)
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
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        raise RequestError(
            f"{who} raised {type(error).__name__} ({place}): {error}; mend its "
            "function, or do not register it"
        ) from error
    try:
        value = math.nan if found is None else float(found)
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


def _defined(value: Any) -> float | None:
    number = math.nan if value is None else float(value)
    return None if math.isnan(number) else number
