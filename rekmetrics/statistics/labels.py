"""Intervals of the labels' own numbers; `intervals` says by which method and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.metrics.formulas import Tally, label_metric
from rekmetrics.statistics.interval import Interval
from rekmetrics.statistics.rates import critical_value, rate_interval
from rekmetrics.statistics.resampling import quantile_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation

__all__ = ["LabelIntervals"]

_PARTS = {
    "precision": ("hits", "false_positives"),
    "recall": ("hits", "misses"),
    "jaccard": ("hits", "false_positives", "misses"),
    "false_positive_rate": ("false_positives", "rest"),
}
"""Rates as the cases that count, and all parts of the cases that could."""


@dataclass(frozen=True)
class LabelIntervals:
    """Computes the interval of one label's number at a time."""

    evaluation: Evaluation
    n_resamples: int
    seed: int

    def interval(
        self, label: str, name: str, level: float, value: float
    ) -> Interval | None:
        """The interval of a number that is defined and has one."""
        code = self._codes[label]
        if name == "f1":
            jaccard = self._rate("jaccard", code, level)
            return jaccard and (_f1(jaccard[0]), max(_f1(jaccard[1]), value))
        if name in _PARTS:
            return self._rate(name, code, level)
        return self._bootstrap(name, code, level, value)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {label: code for code, label in enumerate(self.evaluation.labels)}

    def _rate(self, name: str, code: int, level: float) -> Interval | None:
        counts = self._counts(code)
        n_hits = counts[_PARTS[name][0]]
        n_total = sum(counts[part] for part in _PARTS[name])
        if n_total == 0:
            return None
        shrink = 1.0
        if self.evaluation.task == "detection":
            shrink = 1.0 / self._design_effect(name, code)
        return rate_interval(n_hits * shrink, n_total * shrink, level)

    def _counts(self, code: int) -> dict[str, int]:
        evaluation = self.evaluation
        hits = int(evaluation.n_true_positives[code])
        false_positives = int(evaluation.n_false_positives[code])
        misses = int(evaluation.n_false_negatives[code])
        return {
            "hits": hits,
            "false_positives": false_positives,
            "misses": misses,
            "rest": evaluation.n_images - hits - false_positives - misses,
        }

    def _design_effect(self, name: str, code: int) -> float:
        """
        How many boxes tell as much as one would that had an image to itself.

        Estimated from how much images differ (the ratio estimator's variance), at most
        what boxes would give of which all in an image are found or none. That most is
        taken where all boxes are right, or all wrong: nothing can be estimated there.
        """
        columns, n_images = self._columns
        hits = columns[_PARTS[name][0]][:, code]
        cases = sum(columns[part][:, code] for part in _PARTS[name])
        hits, cases = (np.asarray(t.todense()).ravel() for t in (hits, cases))
        total, n_clusters = n_images @ cases, n_images[cases > 0].sum()
        most = float(n_images @ cases**2 / total)
        rate = float(n_images @ hits / total)
        if rate in (0.0, 1.0) or n_clusters < 2:
            return most
        squares = float(n_images @ (hits - rate * cases) ** 2)
        found = squares * n_clusters / (n_clusters - 1) / (total * rate * (1 - rate))
        return float(np.clip(found, 1.0, most))

    @cached_property
    def _columns(self) -> tuple[dict[str, Any], NDArray[np.float64]]:
        patterns = self.evaluation.patterns
        tables = {
            "hits": patterns.true_positives.tocsc(),
            "false_positives": patterns.false_positives.tocsc(),
            "misses": patterns.false_negatives.tocsc(),
        }
        return tables, patterns.counts.astype(np.float64)

    def _bootstrap(
        self, name: str, code: int, level: float, value: float
    ) -> Interval | None:
        """
        Resample the label's own table of four cells, z² / 4 imagined images in each.

        That is: labelled so or not, half of both are right.
        """
        counts = self._counts(code)
        cells = np.array(list(counts.values())) + critical_value(level) ** 2 / 4
        random = np.random.default_rng([self.seed, code])
        n_images = round(cells.sum())
        drawn = random.multinomial(n_images, cells / cells.sum(), self.n_resamples)
        hits, false_positives, misses, _ = (part[:, None] for part in drawn.T)
        n_each = np.full(self.n_resamples, n_images)
        resampled = Tally(hits, false_positives, misses, n_each)
        return quantile_interval(label_metric(name, resampled)[:, 0], level, value)


def _f1(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)
