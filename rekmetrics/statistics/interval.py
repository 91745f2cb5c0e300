"""What is asked of the statistics, and what they answer."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["Interval", "IntervalRequest"]

Interval: TypeAlias = tuple[float, float]
"""Low and high end; the value itself lies between."""


class IntervalRequest(NamedTuple):
    """One interval that is wanted; `label` is None for an overall metric."""

    label: str | None
    metric: str
    confidence_level: float = 0.95
