"""What the gate takes besides rules and numbers, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rekmetrics.metrics import Numbers
from rekmetrics.thresholds import Check

__all__ = [
    "Comparison",
    "IntervalKey",
    "Outcome",
    "Status",
    "Verdict",
    "Whose",
    "interval_key",
]

Status = Literal["passed", "failed", "inconclusive", "undefined"]
Whose = str | tuple[str, str] | None
"""None: the model as a whole; a label; or a pair, true label and predicted label."""
IntervalKey = tuple[Whose, str, float]
"""Whose number, the metric's name, the confidence level."""


class Comparison(Protocol):
    """The version under test beside its baseline."""

    @property
    def baseline(self) -> Numbers:
        """The baseline's own numbers."""

    @property
    def is_paired(self) -> bool:
        """Whether both were tested on the same images."""

    @property
    def reason(self) -> str:
        """Why they cannot be paired; empty where they are."""

    @property
    def n_newly_broken(self) -> int | None:
        """Images that the baseline had right and this version has wrong."""

    @property
    def n_newly_right(self) -> int | None:
        """Images that the baseline had wrong and this version has right."""

    @property
    def newly_broken_by_label(self) -> Mapping[str, int]:
        """The same for single labels: right in the one and wrong in the other."""

    @property
    def newly_right_by_label(self) -> Mapping[str, int]:
        """And the other way round."""

    @property
    def is_same_version(self) -> bool:
        """Whether the baseline is the version under test itself."""

    @property
    def p_values(self) -> Mapping[tuple[str | None, str], float | None]:
        """By label (None: overall) and metric; None or absent: no test was possible."""

    @property
    def tests(self) -> Mapping[tuple[str | None, str], str]:
        """The test that was made, in words; an unpaired one where it has to be."""


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
        """
        Whether nothing blocks, and at least one check that could block has passed.

        Where all that could block ended as a warning (undefined, inconclusive), the
        model was not judged, and that is no pass.
        """
        return self.has_judged and not self.blocking

    @property
    def has_judged(self) -> bool:
        """Whether a check of level error has passed or failed."""
        return any(
            outcome.check.rule.level == "error"
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
