"""
Losses of a version against its baseline: as they are, and on resampled test images.

On the same images the two are resampled together, image by image.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.metrics.numbers import tally
from rekmetrics.metrics.records import Metric, Tally
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.intervals import resample_images
from rekmetrics.statistics.pairing import Pairing, find_changed, pair_patterns
from rekmetrics.statistics.rates import (
    Interval,
    critical_value,
    difference_interval,
    mcnemar_p_value,
)
from rekmetrics.statistics.rows import Layout, as_rows, imagined_rows, layout_of
from rekmetrics.statistics.urn import quantile_interval, resample

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation


Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Key: TypeAlias = tuple[str | None, str]
"""Label (None: overall) and metric."""

_Both: TypeAlias = tuple[Floats, Floats]
"""Of the version, and of its baseline."""

_RIGHT_OR_WRONG = {"accuracy", "zero_one_loss"}
"""Metrics that count images that are right: McNemar's test is theirs."""


@dataclass(frozen=True, eq=False)
class Differences:
    """Losses of the version against the baseline, observed and resampled."""

    evaluation: Evaluation
    baseline: Evaluation
    pairing: Pairing
    n_resamples: int
    seed: int
    _drawn: dict[float | None, tuple[Tally, Tally]] = field(default_factory=dict)
    _values: dict[tuple[bool, str, float | None], _Both] = field(default_factory=dict)
    """What each metric is in the resamples, of all labels at once."""

    @cached_property
    def changed(self) -> tuple[Flags, Flags]:
        """Which of the pairs are newly broken, and which newly right."""
        return find_changed(self.evaluation, self.baseline, self.pairing)

    @property
    def _n_changed(self) -> tuple[int, int]:
        broken, right = self.changed
        return int(broken.sum()), int(right.sum())

    def test(
        self, label: str | None, name: str, wanted: str
    ) -> tuple[float | None, str]:
        """The p-value of a loss, and the test that was made."""
        if wanted == "mcnemar" and self._counts_pairs(label, name):
            return mcnemar_p_value(*self._n_changed), "mcnemar"
        how = "paired" if self.pairing.is_complete else "unpaired"
        return self.p_value(label, name), f"{how} bootstrap"

    def _counts_pairs(self, label: str | None, name: str) -> bool:
        """Whether the number counts images that both versions were tested on."""
        return label is None and name in _RIGHT_OR_WRONG and self.pairing.is_complete

    def p_value(self, label: str | None, name: str) -> float | None:
        """
        How likely so great a loss is, if the versions were equally good.

        The bootstrap's own spread around the observed loss stands for the spread
        around no loss; where hardly a resample is as great, the normal distribution
        of that spread says more than counting (many tests ask for small p-values).
        None where the metric is undefined or cannot be resampled.
        """
        observed, resampled = self._losses(label, name, None)
        if observed is None or len(resampled) == 0:
            return None
        n_as_great = int((resampled - observed >= observed - _TIE).sum())
        p_value = (1 + n_as_great) / (1 + len(resampled))
        spread = float(resampled.std())
        if n_as_great >= _FEW_AS_GREAT or spread < _TIE:
            return p_value
        return min(p_value, NormalDist(0.0, spread).cdf(-observed))

    def interval(self, label: str | None, name: str, level: float) -> Interval | None:
        """
        Where the loss would lie on other test images; None where p_value is None.

        Accuracy on the same images has a formula, all else a bootstrap with imagined
        images among the tested, as single numbers have (see `intervals`): a quarter
        each right in both versions, in one, in the other, in none.
        """
        if self._counts_pairs(label, name) and len(self.pairing.here):
            return difference_interval(*self._n_changed, len(self.pairing.here), level)
        observed, resampled = self._losses(label, name, level)
        if observed is None:
            return None
        return quantile_interval(resampled, level, observed)

    def _losses(
        self, label: str | None, name: str, level: float | None
    ) -> tuple[float | None, Floats]:
        """The loss as it is, and of each resample where it is defined."""
        nothing = None, np.empty(0)
        metric = find_for(label, name)
        if metric is None or not metric.can_be_tested:
            return nothing
        both = self.evaluation.labels, self.baseline.labels
        if label is not None and not all(label in labels for labels in both):
            return nothing
        observed = float(self._loss(metric, label, _values_of(metric, self._observed)))
        if np.isnan(observed):
            return nothing
        key = label is None, name, level
        if key not in self._values:
            self._values[key] = _values_of(metric, self._resampled(level))
        resampled = self._loss(metric, label, self._values[key])
        return observed, resampled[~np.isnan(resampled)]

    def _loss(self, metric: Metric, label: str | None, values: _Both) -> Floats:
        ours, theirs = values
        if label is not None:
            ours = ours[..., self.evaluation.labels.index(label)]
            theirs = theirs[..., self.baseline.labels.index(label)]
        return theirs - ours if metric.greater_is_better else ours - theirs

    @cached_property
    def _observed(self) -> tuple[Tally, Tally]:
        return tally(self.evaluation), tally(self.baseline)

    def _resampled(self, level: float | None) -> tuple[Tally, Tally]:
        """Tallies of every resample; for an interval, imagined images among them."""
        if level not in self._drawn:
            n_imagined = 0.0 if level is None else critical_value(level) ** 2
            random = np.random.default_rng(self.seed)
            if self.pairing.is_complete:
                self._drawn[level] = self._draw_pairs(n_imagined, random)
            else:
                ours, theirs = (
                    resample_images(one, n_imagined, self.n_resamples, random)
                    for one in (self.evaluation, self.baseline)
                )
                self._drawn[level] = ours, theirs
        return self._drawn[level]

    def _draw_pairs(
        self, n_imagined: float, random: np.random.Generator
    ) -> tuple[Tally, Tally]:
        """Resample images, and with each what both versions made of it."""
        from scipy.sparse import csr_matrix, hstack

        ours, theirs = self.evaluation.patterns, self.baseline.patterns
        left, right, counts = pair_patterns(
            self.evaluation, self.baseline, self.pairing
        )
        own, other = layout_of(self.evaluation), layout_of(self.baseline)
        columns = self._columns(own, other)
        here = as_rows(ours, own)[left]
        # What changed stands beside it, so that images which did not change cancel.
        change = here @ columns - as_rows(theirs, other)[right]
        imagined = None
        if n_imagined:
            rows = imagined_rows(ours, own, random)
            imagined = _pair(rows, rows @ columns)
        totals, n_images = resample(
            counts,
            csr_matrix(hstack([here, change])),
            n_resamples=self.n_resamples,
            random=random,
            imagined=imagined,
            n_imagined=n_imagined,
        )
        mine, changed = np.split(totals, [own.n_columns], axis=1)
        before = (columns.T @ mine.T).T - changed
        return own.tally(mine, n_images), other.tally(before, n_images)

    def _columns(self, own: Layout, other: Layout) -> csr_matrix:
        """Which column of the baseline's rows each column of ours is."""
        from scipy.sparse import csr_matrix

        code_of = {label: code for code, label in enumerate(self.baseline.labels)}
        there = np.array([code_of.get(label, -1) for label in self.evaluation.labels])
        here = np.flatnonzero(there >= 0)
        n, m = own.n_labels, other.n_labels
        blocks, scores = np.arange(3)[:, None], np.arange(len(own.scores))
        rows = np.append(blocks * n + here, 3 * n + scores)
        columns = np.append(blocks * m + there[here], 3 * m + scores)
        shape = own.n_columns, other.n_columns
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


_FEW_AS_GREAT = 10

_TIE = 1e-12
"""Losses this close are equal: they differ by rounding alone."""


def _pair(ours: csr_matrix, theirs: csr_matrix) -> csr_matrix:
    """
    Images right in both versions, in one, in the other, and in neither.

    Of either table the first half is right; beside ours stands what changed.
    """
    from scipy.sparse import csr_matrix, hstack, vstack

    n = ours.shape[0] // 2
    halves = [slice(0, n), slice(n, None)]
    pairs = [
        hstack([ours[here], theirs[here] - theirs[there]])
        for here in halves
        for there in halves
    ]
    return csr_matrix(vstack(pairs))


def _values_of(metric: Metric, tallies: tuple[Tally, Tally]) -> _Both:
    ours, theirs = tallies
    return metric.values(ours), metric.values(theirs)
