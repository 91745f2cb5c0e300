"""
Bounds that an equally good version holds all together, but for a stated share.

Each number's distance from its middle is measured in its own spread, and one factor is
found for all: the largest distance of a version exceeds it in the stated share of the
draws (the single-step max-T of Westfall and Young, Resampling-Based Multiple Testing,
1993). So numbers that hang together cost one allowance, not one each. Distances are
taken of arcsine square roots, whose spread depends little on the number itself.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["joint_lower_bounds"]

Floats: TypeAlias = NDArray[np.float64]

_TIE = 1e-9
"""A draw that lies on the bound holds it, whatever rounding makes of either."""


def joint_lower_bounds(
    draws: Floats, *, false_alarm_rate: float, is_joint: NDArray[np.bool_]
) -> Floats:
    """
    A lower bound for each column of `draws`, of shape `(n_draws, n_numbers)`.

    Numbers lie between 0 and 1, more is better. In at most a share of
    `false_alarm_rate` of the draws a column of `is_joint` lies below its bound; the
    other columns are bounded by the same factor. A value without evidence (NaN) tells
    nothing of its column.
    """
    scaled = np.arcsin(np.sqrt(draws.clip(0.0, 1.0)))
    middle = np.nanmedian(scaled, axis=0)
    below = np.nan_to_num((middle - scaled).clip(0.0))
    n_below = np.maximum((below > 0).sum(axis=0), 1)
    spread = np.sqrt((below**2).sum(axis=0) / n_below)
    distances = np.divide(below, spread, out=np.zeros_like(below), where=spread > 0)[
        :, is_joint
    ]
    if distances.shape[1] == 0:
        return np.zeros(draws.shape[1])
    largest = np.sort(distances.max(axis=1))
    n_allowed = int(false_alarm_rate * len(largest))
    factor = largest[max(len(largest) - 1 - n_allowed, 0)]
    lowest = (middle - factor * spread - _TIE).clip(0.0)
    bounds: Floats = np.sin(lowest) ** 2
    return bounds
