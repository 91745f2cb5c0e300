"""Many tests, or many bounds, and one error rate for all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]


Multiplicity: TypeAlias = Literal["holm", "benjamini-hochberg", "none"]

N_RESAMPLES = 2000
LEAST_ALPHA = 1 / (1 + N_RESAMPLES)
"""The least p-value that so many resamples show by counting."""

_FIRST_SHARE = 0.8
"""
Of the false alarms, the share for the numbers that come first.

A version that is worse in all labels shows it first over all of them: of versions five
points worse about a quarter more are caught so (`benchmarks/false_alarms.py`).
"""

_TIE = 1e-9
"""A draw that lies on the bound holds it, whatever rounding makes of either."""


def adjust(p_values: Sequence[float], method: Multiplicity) -> list[float]:
    """The p-values as they count among so many, in the same order."""
    import numpy as np

    adjusted: list[float] = adjust_rows(np.array([p_values]), method)[0].tolist()
    return adjusted


def adjust_rows(p_values: Floats, method: Multiplicity) -> Floats:
    """
    The p-values of each row as they count among those of the row.

    Holm (Scandinavian Journal of Statistics 6, 1979) keeps the chance of any false
    alarm, however the tests hang together; Benjamini and Hochberg (Journal of the
    Royal Statistical Society B 57, 1995) keep the share of false ones among the alarms.
    """
    import numpy as np

    if method == "none" or not p_values.size:
        return p_values
    adjusted: Floats
    if method == "benjamini-hochberg":
        from scipy.stats import false_discovery_control

        adjusted = false_discovery_control(p_values, axis=1)
        return adjusted
    order = np.argsort(p_values, axis=1)
    n_left = np.arange(p_values.shape[1], 0, -1)
    steps = np.take_along_axis(p_values, order, axis=1) * n_left
    steps = np.maximum.accumulate(steps, axis=1).clip(max=1.0)
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, steps, axis=1)
    return adjusted


def joint_lower_bounds(
    draws: Floats,
    *,
    false_alarm_rate: float,
    is_joint: Flags,
    is_first: Flags,
) -> Floats:
    """
    A lower bound for each column of `draws`, of shape `(n_draws, n_numbers)`.

    Numbers lie between 0 and 1, more is better. In at most a share of
    `false_alarm_rate` of the draws a column of `is_joint` lies below its bound; most
    of that is for those of `is_first`. A value without evidence (NaN) tells nothing of
    its column.

    Distances from the middle are measured in each number's own spread, and one factor
    serves all of `is_first`, and one the others: that which the largest distance
    exceeds in so many draws (the single-step max-T of Westfall and Young,
    Resampling-Based Multiple Testing, 1993). Numbers that hang together cost one
    allowance. Arcsine square roots have a spread that depends little on the number.
    """
    import numpy as np

    scaled = np.arcsin(np.sqrt(draws.clip(0.0, 1.0)))
    middle = np.nanmedian(scaled, axis=0)
    below = np.nan_to_num((middle - scaled).clip(0.0))
    n_below = np.maximum((below > 0).sum(axis=0), 1)
    spread = np.sqrt((below**2).sum(axis=0) / n_below)
    distances = np.divide(below, spread, out=np.zeros_like(below), where=spread > 0)
    factors = np.zeros(draws.shape[1])
    is_alarm = np.zeros(len(draws), dtype=bool)
    for columns, share in ((is_first, _FIRST_SHARE), (~is_first, 1.0)):
        largest = distances[:, columns & is_joint].max(axis=1, initial=0.0)
        n_allowed = int(false_alarm_rate * share * len(draws)) - is_alarm.sum()
        left = np.sort(largest[~is_alarm])
        factors[columns] = left[max(len(left) - 1 - n_allowed, 0)]
        is_alarm |= largest > factors[columns].max(initial=0.0)
    lowest = (middle - factors * spread - _TIE).clip(0.0)
    bounds: Floats = np.sin(lowest) ** 2
    return bounds
