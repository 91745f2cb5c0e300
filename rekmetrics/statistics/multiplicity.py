"""Many tests, one error rate: p-values adjusted for how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

__all__ = ["LEAST_ALPHA", "N_RESAMPLES", "Multiplicity", "adjust"]

Multiplicity: TypeAlias = Literal["holm", "benjamini-hochberg", "none"]

N_RESAMPLES = 2000
LEAST_ALPHA = 1 / (1 + N_RESAMPLES)
"""The least p-value that so many resamples show by counting."""


def adjust(p_values: Sequence[float], method: Multiplicity) -> list[float]:
    """
    The p-values as they count among so many, in the same order.

    Holm (Scandinavian Journal of Statistics 6, 1979) keeps the chance of any false
    alarm, however the tests hang together; Benjamini and Hochberg (Journal of the
    Royal Statistical Society B 57, 1995) keep the share of false ones among the alarms.
    """
    if method == "none" or not p_values:
        return list(p_values)
    if method == "benjamini-hochberg":
        from scipy.stats import false_discovery_control

        return [float(p) for p in false_discovery_control(p_values)]
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(
        sorted(range(len(p_values)), key=p_values.__getitem__)
    ):
        worst = max(worst, (len(p_values) - rank) * p_values[index])
        adjusted[index] = min(1.0, worst)
    return adjusted
