"""What the gate gives back: outcomes, and the verdict they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rekmetrics.thresholds import Check, Rule

__all__ = [
    "IntervalKey",
    "Outcome",
    "Status",
    "Verdict",
    "Whose",
    "blocks",
    "interval_key",
]

Status = Literal["passed", "failed", "inconclusive", "undefined"]
Whose = str | tuple[str, str] | None
"""None: the model as a whole; a label; or a pair, true label and predicted label."""
IntervalKey = tuple[Whose, str, float]
"""Whose number, the metric's name, the confidence level."""


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
    adjusted_p_value: float | None = None
    """The same, for as many tests as the file has; this one is held against alpha."""
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
        """
        Whether nothing blocks, and at least one check that could block has passed.

        Where all that could block ended as a warning (undefined, inconclusive), the
        model was not judged, and that is no pass.
        """
        return self.has_judged and not self.blocking

    @property
    def has_judged(self) -> bool:
        """Whether a check of level error has passed or failed, on the model itself."""
        return any(
            outcome.check.rule.level == "error"
            and outcome.check.kind != "test_set"
            and outcome.status in ("passed", "failed")
            for outcome in self.outcomes
        )

    @property
    def blocking(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_blocking)

    @property
    def warnings(self) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.is_warning)


def interval_key(check: Check) -> IntervalKey:
    """What the interval behind a check is filed under."""
    whose: Whose = check.label
    if check.label is not None and check.predicted is not None:
        whose = (check.label, check.predicted)
    return (whose, check.metric, check.rule.confidence_level)


def blocks(rule: Rule, status: Status) -> bool:
    """Whether a status keeps the version from going out."""
    if status == "passed" or rule.level != "error":
        return False
    if status == "inconclusive":
        return rule.on_inconclusive == "error"
    if status == "undefined":
        return rule.on_undefined == "error"
    return True
