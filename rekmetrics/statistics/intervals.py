"""
Confidence intervals: where a number would lie on other test images of the same kind.

A rate counts images, so it gets Wilson's interval, a little wider where the rate is
near 0 or 1 (`rate_interval`). A label's F1 is `2 J / (1 + J)` of its Jaccard score J,
which is a rate, so it gets that interval, transformed. All other numbers get a
bootstrap over images, with their boxes where boxes are averaged.

A plain bootstrap cannot imagine a mistake that no image shows: where all is right it
says "1 to 1", and intervals of good models on small tests are far too narrow. So, as
Wilson's interval does for rates, z² imagined images are added before resampling (3.84
at 95 %), half of them right and half wrong. `benchmarks/coverage_of_intervals.py`
shows what that reaches.

Boxes of one image are not independent, so that a detection label's rates get Wilson's
interval on the effective number of boxes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.metrics.records import Metric, Tally
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.box_intervals import BoxIntervals
from rekmetrics.statistics.interval import Interval, IntervalRequest
from rekmetrics.statistics.labels import LabelIntervals
from rekmetrics.statistics.rates import critical_value, rate_interval
from rekmetrics.statistics.rows import as_rows, imagined_rows, layout_of
from rekmetrics.statistics.urn import quantile_interval, resample

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics import Estimate, Numbers

__all__ = ["intervals"]


def intervals(
    evaluation: Evaluation,
    numbers: Numbers,
    requests: Iterable[IntervalRequest],
    *,
    iou: float | str | None = None,
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[IntervalRequest, Interval | None]:
    """
    The intervals that are asked for; nothing else is computed.

    None where there can be none: undefined numbers, Rekognition's own figures, counts
    and metrics that a team registered. An interval always holds its number, and lies
    in the metric's range. `iou` is what averages over boxes were computed at.
    """
    of_labels = LabelIntervals(evaluation, n_resamples=n_resamples, seed=seed)
    of_boxes = BoxIntervals(evaluation, iou, n_resamples, seed)
    task = evaluation.task
    found: dict[IntervalRequest, Interval | None] = {}
    by_level: dict[float, list[tuple[IntervalRequest, Metric, float]]] = {}
    for request in requests:
        found[request] = None
        label, name, level = request
        metric = find_for(label, name)
        estimate = numbers.estimate(label, name)
        if metric is None or not metric.has_interval or estimate is None:
            continue
        if estimate.value is None:
            continue
        if metric.boxes is not None:
            value = estimate.value
            found[request] = of_boxes.interval(label, metric.boxes, level, value)
        elif label is not None:
            found[request] = of_labels.interval(label, metric, level, estimate.value)
        elif metric.observed or (
            (share := metric.counted(task)) and task in share.of_images
        ):
            found[request] = _wilson(estimate, level)
        else:
            by_level.setdefault(level, []).append((request, metric, estimate.value))
    for level, wanted in by_level.items():
        counts = _resampled(evaluation, level, n_resamples=n_resamples, seed=seed)
        for request, metric, value in wanted:
            found[request] = quantile_interval(metric.values(counts), level, value)
    return found


def _wilson(estimate: Estimate, level: float) -> Interval | None:
    if estimate.n_hits is None or not estimate.n_total:
        return None
    return rate_interval(estimate.n_hits, estimate.n_total, level)


def _resampled(
    evaluation: Evaluation, level: float, *, n_resamples: int, seed: int
) -> Tally:
    """The counts of every resample."""
    random = np.random.default_rng(seed)
    layout = layout_of(evaluation)
    patterns = evaluation.patterns
    totals, n_images = resample(
        patterns.counts,
        as_rows(patterns, layout),
        n_resamples=n_resamples,
        random=random,
        imagined=imagined_rows(patterns, layout, random),
        n_imagined=critical_value(level) ** 2,
    )
    return layout.tally(totals, n_images)
