"""
Bounds that equally good versions hold, all together, but for a stated share of them.

They come from what a version did: versions like it are drawn, and every number's bound
lies as far below it, measured in the number's own spread, as every other's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rekmetrics.gate.exact import value_of
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.multiplicity import joint_lower_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.metrics.records import Metric
    from rekmetrics.statistics.simulation import Draws


Floats: TypeAlias = "NDArray[np.float64]"
Flags: TypeAlias = "NDArray[np.bool_]"
Wanted: TypeAlias = tuple[str | None, str]
"""Label (None: overall) and metric."""

_LEAST = 0.5
"""A label's bound below which half of it could be lost: too small to be bounded."""

_MOST_UNDEFINED = 0.01


@dataclass(frozen=True, slots=True)
class Bound:
    """
    What a number must hold, rounded to the side on which more versions pass.

    `is_too_small` says that there are too few images to tell a loss from chance, so
    that the bound had better block nothing.
    """

    metric: Metric
    label: str | None
    estimate: Estimate
    limit: Fraction
    is_too_small: bool

    @property
    def n_allowed(self) -> int | None:
        """How many of the cases that a rate counts may be wrong; None for others."""
        total = self.estimate.n_total
        if total is None:
            return None
        if self.metric.greater_is_better:
            return total - math.ceil(self.limit * total)
        return math.floor(self.limit * total)

    @property
    def n_wrong(self) -> int | None:
        """How many of them are."""
        hits, total = self.estimate.n_hits, self.estimate.n_total
        if hits is None or total is None:
            return None
        return total - hits if self.metric.greater_is_better else hits

    @property
    def loss(self) -> Fraction:
        """By how much a version may be worse than this one."""
        return abs(self.limit - (value_of(self.estimate) or Fraction(0)))

    @property
    def is_empty(self) -> bool:
        """Whether no value at all would miss it."""
        return self.limit == Fraction(self.metric.worst)


def find_bounds(
    wanted: Sequence[Wanted], numbers: Numbers, draws: Draws, *, false_alarm_rate: float
) -> dict[Wanted, Bound]:
    """
    A bound for each number that is defined and can be drawn.

    At most the share `false_alarm_rate` of the draws misses any bound that is not too
    small: what is too small is left out of the reckoning, and the rest tightened.
    """
    found, columns = [], []
    for label, name in wanted:
        metric, estimate = find_for(label, name), numbers.estimate(label, name)
        values = draws.values(label, name)
        if metric is None or estimate is None or values is None:
            continue
        if value_of(estimate) is not None:
            found.append((metric, label, estimate))
            columns.append((values - metric.worst) / (metric.best - metric.worst))
    if not found:
        return {}
    of_label = np.array([label is not None for _, label, _ in found])
    limits, is_kept = _limits(np.stack(columns, axis=1), of_label, false_alarm_rate)
    return {
        (label, metric.name): Bound(
            metric, label, estimate, _round(metric, estimate, limit), not is_joint
        )
        for (metric, label, estimate), limit, is_joint in zip(
            found, limits.tolist(), is_kept.tolist(), strict=True
        )
    }


def _limits(
    table: Floats, of_label: Flags, false_alarm_rate: float
) -> tuple[Floats, Flags]:
    """A lower bound for each column, and which of them hold together."""
    # Versions without evidence would be blocked: they must be rare.
    is_joint = np.isnan(table).mean(axis=0) <= _MOST_UNDEFINED
    while True:
        limits = joint_lower_bounds(
            table,
            false_alarm_rate=false_alarm_rate,
            is_joint=is_joint,
            is_first=~of_label,
        )
        is_small = of_label & (limits < _LEAST)
        if not (is_small & is_joint).any():
            return limits, is_joint
        is_joint &= ~is_small


def _round(metric: Metric, estimate: Estimate, limit: float) -> Fraction:
    """The limit, from 0 (worst) to 1 (best), as decimals that cost under an image."""
    n = estimate.n_total or estimate.support or 0
    scale = 100 if n < 100 else 1000 if n < 2000 else 10_000
    exact = Fraction(metric.worst + (metric.best - metric.worst) * limit)
    value = value_of(estimate) or Fraction(0)
    if metric.greater_is_better:
        return Fraction(math.floor(min(exact, value) * scale), scale)
    return Fraction(math.ceil(max(exact, value) * scale), scale)
