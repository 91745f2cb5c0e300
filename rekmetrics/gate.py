"""Rules and numbers in, outcomes out: what passes, what falls short, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rekmetrics.thresholds import Check

__all__ = ["Outcome", "Status"]

Status = Literal["passed", "failed", "inconclusive", "undefined"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of one check.

    `is_blocking` alone decides about the deployment: it is false for a pass and for
    whatever the thresholds file calls a warning. `message` is one sentence, raw text:
    whoever prints it escapes it.
    """

    check: Check
    status: Status
    is_blocking: bool
    message: str
    value: float | None = None
    interval: tuple[float, float] | None = None
    n_hits: int | None = None
    n_total: int | None = None
    support: int | None = None
    margin: float | None = None
    """Value minus minimum, or maximum minus value: negative is short."""
    baseline_value: float | None = None
    change: float | None = None
    """Value minus baseline value."""
    p_value: float | None = None
    n_newly_broken: int | None = None
    n_newly_right: int | None = None

    @property
    def is_warning(self) -> bool:
        return self.status != "passed" and not self.is_blocking


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcomes of all checks, in the order of the thresholds file."""

    outcomes: Sequence[Outcome]

    @property
    def is_passed(self) -> bool:
        return bool(self.outcomes) and not any(o.is_blocking for o in self.outcomes)
