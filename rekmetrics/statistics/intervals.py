"""
Confidence intervals: where a number would lie on other test images of the same kind.

A rate counts images, so it gets Wilson's interval, a little wider where the rate is
near 0 or 1 (`rate_interval`). A label's F1 is `2 J / (1 + J)` of its Jaccard score J,
which is a rate, so it gets that interval, transformed. All other numbers get a
bootstrap over images.

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

from rekmetrics.metrics.formulas import Tally, overall_metric
from rekmetrics.metrics.registry import find
from rekmetrics.statistics.interval import Interval, Request
from rekmetrics.statistics.labels import LabelIntervals
from rekmetrics.statistics.outcomes import as_rows, imagined_rows, layout_of
from rekmetrics.statistics.rates import critical_value, rate_interval
from rekmetrics.statistics.resampling import Pool, quantile_interval, resample

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics import Estimate, Numbers

__all__ = ["intervals"]

_COUNTS_IMAGES = {
    "multiclass": frozenset(
        (
            "accuracy",
            "zero_one_loss",
            "hamming_loss",
            "no_prediction_rate",
            "precision_micro",
            "recall_micro",
            "recall_weighted",
        )
    ),
    "multilabel": frozenset(("accuracy", "zero_one_loss", "no_prediction_rate")),
    "detection": frozenset[str](),
}
"""Overall rates whose cases are images, at most one case an image."""


def intervals(
    evaluation: Evaluation,
    numbers: Numbers,
    requests: Iterable[Request],
    *,
    n_resamples: int = 2000,
    seed: int = 0,
) -> dict[Request, Interval | None]:
    """
    The intervals that are asked for; nothing else is computed.

    None where there can be none: undefined numbers, Rekognition's own figures, counts,
    average precision and recall, and metrics that a team registered. An interval
    always holds its number, and lies in the metric's range.
    """
    of_labels = LabelIntervals(evaluation, n_resamples=n_resamples, seed=seed)
    found: dict[Request, Interval | None] = {}
    by_level: dict[float, list[tuple[Request, float]]] = {}
    for request in requests:
        found[request] = None
        label, name, level = request
        own = numbers.overall if label is None else numbers.labels.get(label, {})
        metric = find(name, "overall" if label is None else "label")
        estimate = own.get(name)
        if metric is None or not metric.has_interval or estimate is None:
            continue
        if estimate.value is None:
            continue
        if label is not None:
            found[request] = of_labels.interval(label, name, level, estimate.value)
        elif name in _COUNTS_IMAGES[evaluation.task]:
            found[request] = _wilson(estimate, level)
        else:
            by_level.setdefault(level, []).append((request, estimate.value))
    for level, wanted in by_level.items():
        counts = _resampled(evaluation, level, n_resamples=n_resamples, seed=seed)
        for request, value in wanted:
            values = overall_metric(request.metric, counts)
            found[request] = quantile_interval(values, level, value)
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
    pool = Pool(imagined_rows(patterns, layout, random), critical_value(level) ** 2)
    totals, n_images = resample(
        patterns.counts,
        as_rows(patterns, layout),
        n_resamples=n_resamples,
        random=random,
        pool=pool,
    )
    return layout.tally(totals, n_images)
