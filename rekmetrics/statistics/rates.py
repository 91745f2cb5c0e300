"""Rates, hits of a total: their intervals, and the exact test of a change."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


Interval: TypeAlias = tuple[float, float]
"""Low and high end; the value itself lies between."""


def rate_interval(
    n_hits: float, n_total: float, confidence_level: float = 0.95
) -> Interval:
    """
    Wilson's interval, its far end moved out where the rate is near 0 or 1.

    With up to three hits (or misses) Wilson's interval stops short of 0 (or 1): at
    95 % it covers a rate of 0.95 in 91 % of tests with 10 images. The end is Brown,
    Cai and DasGupta's (Statistical Science 16, 2001), taken for three too at every
    `n_total`, which covers at least 93 % there.
    """
    low, high = wilson_interval(n_hits, n_total, confidence_level)
    if 0 < n_hits <= _FEW:
        low = min(low, _least_mean(n_hits, confidence_level) / n_total)
    if 0 < n_total - n_hits <= _FEW:
        n_misses = n_total - n_hits
        high = max(high, 1.0 - _least_mean(n_misses, confidence_level) / n_total)
    return low, high


def wilson_interval(
    n_hits: float, n_total: float, confidence_level: float = 0.95
) -> Interval:
    """
    Wilson's score interval of a rate, without continuity correction.

    It is never a point: 20 of 20 give 0.839 to 1. `n_total` must be above 0; it need
    not be whole (an effective sample size).
    """
    z = critical_value(confidence_level)
    rate = n_hits / n_total
    scale = 1 + z * z / n_total
    centre = (rate + z * z / (2 * n_total)) / scale
    spread = rate * (1 - rate) / n_total + z * z / (4 * n_total**2)
    half = z * math.sqrt(max(spread, 0.0)) / scale
    low = 0.0 if n_hits <= 0 else max(0.0, centre - half)
    high = 1.0 if n_hits >= n_total else min(1.0, centre + half)
    return min(low, rate), max(high, rate)


_FEW = 3


def _least_mean(n_hits: float, confidence_level: float) -> float:
    """The least mean of a Poisson count for which so many are not yet too many."""
    from scipy.special import gammaincinv

    return float(gammaincinv(n_hits, 1 - confidence_level))


def critical_value(confidence_level: float) -> float:
    """Standard deviations that a two-sided interval spans; 1.96 for 95 %."""
    return NormalDist().inv_cdf(0.5 + confidence_level / 2)


def difference_interval(
    n_newly_broken: int, n_newly_right: int, n_total: int, confidence_level: float
) -> Interval:
    """
    By how much a rate of right images fell, as an interval; negative where it rose.

    Bonett and Price's for paired rates (Journal of Educational and Behavioral
    Statistics 37, 2012): one image more each newly broken and newly right, so that it
    is no point where nothing changed. The fall itself always lies in it.
    """
    z = critical_value(confidence_level)
    broken, right = ((n + 1) / (n_total + 2) for n in (n_newly_broken, n_newly_right))
    fall = broken - right
    half = z * math.sqrt(max(broken + right - fall**2, 0.0) / (n_total + 2))
    observed = (n_newly_broken - n_newly_right) / n_total
    low, high = max(-1.0, fall - half), min(1.0, fall + half)
    return min(low, observed), max(high, observed)


def images_to_decide(
    n_newly_broken: int, n_newly_right: int, p_value: float, threshold: float
) -> int | None:
    """
    About how many changed images would show a loss, at the ratio that was found.

    By the normal approximation, in which the distance from no loss grows with the
    root of their number; where all are broken, as many as the exact test needs. None
    where no number would, since as many were mended as broke.
    """
    n_changed = n_newly_broken + n_newly_right
    if n_newly_broken <= n_newly_right or not 0 < p_value < 0.5:
        return None
    if n_newly_right == 0:
        return max(n_changed + 1, math.ceil(-math.log2(threshold)))
    z = NormalDist().inv_cdf
    grown = n_changed * (z(threshold) / z(p_value)) ** 2
    return max(n_changed + 1, math.ceil(grown))


def mcnemar_p_value(n_newly_broken: int, n_newly_right: int) -> float:
    """
    McNemar's exact test on the images whose outcome changed.

    One-sided: how likely at least so many broke among those that changed, if breaking
    and mending were equally likely. A gate asks only whether a version is worse, so
    improvements count as no evidence.
    """
    if n_newly_broken <= 0:
        return 1.0
    from scipy.stats import binom

    n_changed = n_newly_broken + n_newly_right
    return float(binom.sf(n_newly_broken - 1, n_changed, 0.5))


def normal_p_values(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """How likely so great losses are, measured in their spread, if nothing was lost."""
    from scipy.special import ndtr

    p_values: NDArray[np.float64] = ndtr(-losses)
    return p_values
