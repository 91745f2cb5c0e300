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
from rekmetrics.metrics.registry import find
from rekmetrics.statistics.joint import joint_lower_bounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.metrics.records import Metric
    from rekmetrics.statistics.simulation import Draws

__all__ = ["Bound", "Wanted", "find_bounds"]

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
        metric = self.metric
        worst = metric.lowest if metric.greater_is_better else metric.highest
        return self.limit == Fraction(worst)


def find_bounds(
    wanted: Sequence[Wanted],
    numbers: Numbers,
    labels: Sequence[str],
    draws: Draws,
    *,
    false_alarm_rate: float,
) -> dict[Wanted, Bound]:
    """
    A bound for each number that is defined and can be drawn.

    At most the share `false_alarm_rate` of the draws misses any bound that is not too
    small: what is too small is left out of the reckoning, and the rest tightened.
    """
    keys: list[Wanted] = []
    columns: list[NDArray[np.float64]] = []
    for label, name in wanted:
        metric = find(name, "overall" if label is None else "label")
        estimate = numbers.estimate(label, name)
        if metric is None or metric.formula is None or estimate is None:
            continue
        if value_of(estimate) is None:
            continue
        values = draws.values(metric)
        own = values if label is None else values[:, labels.index(label)]
        keys.append((label, name))
        columns.append(_oriented(metric, own))
    if not keys:
        return {}
    table = np.stack(columns, axis=1)
    is_joint = np.array([_is_evident(column) for column in columns])
    while True:
        limits = joint_lower_bounds(
            table, false_alarm_rate=false_alarm_rate, is_joint=is_joint
        )
        is_small = np.array([label is not None for label, _ in keys])
        is_small &= limits < _LEAST
        if not (is_small & is_joint).any():
            break
        is_joint &= ~is_small
    return {
        key: _bound(key, numbers, float(limit), is_too_small=not kept)
        for key, limit, kept in zip(keys, limits, is_joint, strict=True)
    }


def _oriented(metric: Metric, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values on a scale from 0, the worst there is, to 1, the best."""
    worst = metric.lowest if metric.greater_is_better else metric.highest
    oriented: NDArray[np.float64] = (values - worst) / (metric.best - worst)
    return oriented


def _is_evident(values: NDArray[np.float64]) -> bool:
    """Whether versions without evidence, which would be blocked, are rare enough."""
    return bool(np.isnan(values).mean() <= _MOST_UNDEFINED)


def _bound(key: Wanted, numbers: Numbers, limit: float, *, is_too_small: bool) -> Bound:
    label, name = key
    metric = find(name, "overall" if label is None else "label")
    estimate = numbers.estimate(label, name)
    if metric is None or estimate is None:
        raise ValueError(f"{name} is no metric")
    worst = metric.lowest if metric.greater_is_better else metric.highest
    exact = worst + (metric.best - worst) * limit
    scale = 10 ** _n_digits(estimate)
    value = value_of(estimate) or Fraction(0)
    if metric.greater_is_better:
        rounded = Fraction(math.floor(min(Fraction(exact), value) * scale), scale)
    else:
        rounded = Fraction(math.ceil(max(Fraction(exact), value) * scale), scale)
    return Bound(metric, label, estimate, rounded, is_too_small)


def _n_digits(estimate: Estimate) -> int:
    """Decimals that cost less than an image."""
    n = estimate.n_total or estimate.support or 0
    return 2 if n < 100 else 3 if n < 2000 else 4
