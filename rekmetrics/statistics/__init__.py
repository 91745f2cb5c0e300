"""
How sure the numbers are: intervals, and whether one version is worse than another.
"""

from __future__ import annotations

from rekmetrics.statistics.comparison import Comparison, Test, compare
from rekmetrics.statistics.intervals import IntervalRequest, intervals
from rekmetrics.statistics.multiplicity import Multiplicity, adjust
from rekmetrics.statistics.pairing import find_right
from rekmetrics.statistics.rates import (
    Interval,
    images_to_decide,
    mcnemar_p_value,
    rate_interval,
    wilson_interval,
)

__all__ = [
    "Comparison",
    "Interval",
    "IntervalRequest",
    "Multiplicity",
    "Test",
    "adjust",
    "compare",
    "find_right",
    "images_to_decide",
    "intervals",
    "mcnemar_p_value",
    "rate_interval",
    "wilson_interval",
]
