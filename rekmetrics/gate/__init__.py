"""Rules and numbers in, outcomes out: what passes, what falls short, and why."""

from __future__ import annotations

from rekmetrics.gate.decisions import judge
from rekmetrics.gate.outcomes import (
    IntervalKey,
    Needs,
    Outcome,
    Status,
    Verdict,
    interval_key,
    list_needs,
)

__all__ = [
    "IntervalKey",
    "Needs",
    "Outcome",
    "Status",
    "Verdict",
    "interval_key",
    "judge",
    "list_needs",
]
