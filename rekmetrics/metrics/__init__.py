"""
The metrics: what they are called, which way is better, and their numbers.

Importing this package costs no scikit-learn: names and directions are data, so that
thresholds can be checked, and explained, before anything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Estimate", "Numbers"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One number about a model; `value` is None where there is no evidence for it.

    A rate also says what it counts: `value == n_hits / n_total`. `support` is the
    number of images (boxes in detection) that the number rests on.
    """

    value: float | None
    n_hits: int | None = None
    n_total: int | None = None
    support: int | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """All metrics of one evaluation: overall by name; per label by label, then name."""

    overall: Mapping[str, Estimate]
    labels: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
