"""Intervals of the labels' own numbers; `intervals` says by which method and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.metrics.records import Metric, Share, Tally
from rekmetrics.statistics.interval import Interval
from rekmetrics.statistics.rates import critical_value, rate_interval
from rekmetrics.statistics.urn import quantile_interval

if TYPE_CHECKING:
    from scipy.sparse import csc_matrix

    from rekmetrics.evaluation import Evaluation

__all__ = ["LabelIntervals"]


@dataclass(frozen=True)
class LabelIntervals:
    """Computes the interval of one label's number at a time."""

    evaluation: Evaluation
    n_resamples: int
    seed: int

    def interval(
        self, label: str, metric: Metric, level: float, value: float
    ) -> Interval | None:
        """The interval of a number that is defined and has one."""
        code = self._codes[label]
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
