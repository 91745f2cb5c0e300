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
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rekmetrics.metrics.records import Metric, Share, Tally
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.box_intervals import BoxIntervals
from rekmetrics.statistics.rates import Interval, critical_value, rate_interval
from rekmetrics.statistics.rows import as_rows, imagined_rows, layout_of
from rekmetrics.statistics.urn import quantile_interval, resample

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics import Numbers


class IntervalRequest(NamedTuple):
    """One interval that is wanted; `label` is None for an overall metric."""

    label: str | None
    metric: str
    confidence_level: float = 0.95


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
    source = _Source(evaluation, iou, n_resamples, seed)
    return {request: source.interval(request, numbers) for request in requests}


def resample_images(
    evaluation: Evaluation,
    n_imagined: float,
    n_resamples: int,
    random: np.random.Generator,
) -> Tally:
    """The counts of every resample, with so many imagined images among the tested."""
    layout, patterns = layout_of(evaluation), evaluation.patterns
    totals, n_images = resample(
        patterns.counts,
        as_rows(patterns, layout),
        n_resamples=n_resamples,
        random=random,
        imagined=imagined_rows(patterns, layout, random) if n_imagined else None,
        n_imagined=n_imagined,
    )
    return layout.tally(totals, n_images)


@dataclass(frozen=True)
class _Source:
    """Computes one interval at a time; what several need is computed once."""

    evaluation: Evaluation
    iou: float | str | None
    n_resamples: int
    seed: int
    _resampled: dict[float, Tally] = field(default_factory=dict)

    def interval(self, request: IntervalRequest, numbers: Numbers) -> Interval | None:
        label, name, level = request
        metric, estimate = find_for(label, name), numbers.estimate(label, name)
        if metric is None or not metric.has_interval or estimate is None:
            return None
        value = estimate.value
        if value is None:
            return None
        if metric.boxes is not None:
            return self._of_boxes.interval(label, metric.boxes, level, value)
        if label is not None:
            return self._of_label(metric, self._codes[label], level, value)
        share = metric.counted(self.evaluation.task)
        if metric.observed or (share and self.evaluation.task in share.of_images):
            if estimate.n_hits is None or not estimate.n_total:
                return None
            return rate_interval(estimate.n_hits, estimate.n_total, level)
        if level not in self._resampled:
            random = np.random.default_rng(self.seed)
            self._resampled[level] = resample_images(
                self.evaluation, critical_value(level) ** 2, self.n_resamples, random
            )
        return quantile_interval(metric.values(self._resampled[level]), level, value)

    @cached_property
    def _of_boxes(self) -> BoxIntervals:
        return BoxIntervals(self.evaluation, self.iou, self.n_resamples, self.seed)

    def _of_label(
        self, metric: Metric, code: int, level: float, value: float
    ) -> Interval | None:
        if metric.share is None:
            return self._bootstrap(metric, code, level, value)
        found = self._rate(metric.share, code, level)
        if found is None or metric.share.curve is None:
            return found
        low, high = (metric.share.curve(end) for end in found)
        return low, max(high, value)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {label: code for code, label in enumerate(self.evaluation.labels)}

    def _rate(self, share: Share, code: int, level: float) -> Interval | None:
        counts = self._counts(code)
        n_hits, n_total = int(share.hits(counts)[0]), int(share.total(counts)[0])
        if n_total == 0:
            return None
        shrink = 1.0
        if self.evaluation.task not in share.of_images:
            shrink = 1.0 / self._design_effect(share, code)
        return rate_interval(n_hits * shrink, n_total * shrink, level)

    def _counts(self, code: int) -> Tally:
        evaluation, own = self.evaluation, slice(code, code + 1)
        return Tally(
            evaluation.n_true_positives[own],
            evaluation.n_false_positives[own],
            evaluation.n_false_negatives[own],
            np.asarray(evaluation.n_images),
        )

    def _design_effect(self, share: Share, code: int) -> float:
        """
        How many boxes tell as much as one would that had an image to itself.

        Estimated from how much images differ (the ratio estimator's variance), at most
        what boxes would give of which all in an image are found or none. That most is
        taken where all boxes are right, or all wrong: nothing can be estimated there.
        """
        counts = self._counts_by_pattern(code)
        n_images = self.evaluation.patterns.counts.astype(np.float64)
        hits, cases = share.hits(counts)[:, 0], share.total(counts)[:, 0]
        total, n_clusters = n_images @ cases, n_images[cases > 0].sum()
        most = float(n_images @ cases**2 / total)
        rate = float(n_images @ hits / total)
        if rate in (0.0, 1.0) or n_clusters < 2:
            return most
        squares = float(n_images @ (hits - rate * cases) ** 2)
        found = squares * n_clusters / (n_clusters - 1) / (total * rate * (1 - rate))
        return float(np.clip(found, 1.0, most))

    def _counts_by_pattern(self, code: int) -> Tally:
        """What one image of each pattern counts for the label."""
        hits, false_positives, misses = (t[:, code].toarray() for t in self._tables)
        return Tally(hits, false_positives, misses, np.ones(len(hits)))

    @cached_property
    def _tables(self) -> tuple[csc_matrix, ...]:
        patterns = self.evaluation.patterns
        return (
            patterns.true_positives.tocsc(),
            patterns.false_positives.tocsc(),
            patterns.false_negatives.tocsc(),
        )

    def _bootstrap(
        self, metric: Metric, code: int, level: float, value: float
    ) -> Interval | None:
        """
        Resample the label's own table of four cells, z² / 4 imagined images in each.

        That is: labelled so or not, half of both are right.
        """
        own = self._counts(code)
        rest = own.images - own.union
        four = (own.true_positives, own.false_positives, own.false_negatives, rest)
        cells = np.concatenate(four) + critical_value(level) ** 2 / 4
        random = np.random.default_rng([self.seed, code])
        n_images = round(cells.sum())
        drawn = random.multinomial(n_images, cells / cells.sum(), self.n_resamples)
        hits, false_positives, misses, _ = (part[:, None] for part in drawn.T)
        n_each = np.full(self.n_resamples, n_images)
        resampled = Tally(hits, false_positives, misses, n_each)
        return quantile_interval(metric.values(resampled)[:, 0], level, value)
