"""What the gate has to be given, and what it gives back: outcomes, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rekmetrics.statistics import IntervalRequest, Test
from rekmetrics.thresholds import Check, Rule
from rekmetrics.thresholds.rules import can_block

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
        """
        Whether a check of level error has passed or failed, on the model itself.

        One that no value misses says nothing by passing.
        """
        return any(
            outcome.check.rule.level == "error"
            and outcome.check.kind != "test_set"
            and (
                outcome.status == "failed"
                or (outcome.status == "passed" and can_block(outcome.check))
            )
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


@dataclass(frozen=True, slots=True)
class Needs:
    """
    What `judge` will look for.

    `tests` are (label or None, metric, test), `losses` the intervals of losses,
    `confusions` are (true label, predicted label).
    """

    tests: frozenset[Test]
    losses: frozenset[IntervalRequest]
    confusions: frozenset[tuple[str, str]]


def list_needs(checks: Sequence[Check]) -> Needs:
    """The tests of losses and the confusion rates that the checks are decided on."""
    return Needs(
        frozenset(
            (c.label, c.metric, c.rule.regression_test)
            for c in checks
            if c.kind == "regression" and c.rule.regression_test is not None
        ),
        frozenset(
            loss_request(c)
            for c in checks
            if c.kind == "regression" and is_on_interval(c.rule)
        ),
        frozenset(
            (c.label, c.predicted)
            for c in checks
            if c.label is not None and c.predicted is not None
        ),
    )


def is_on_interval(rule: Rule) -> bool:
    """Whether the bad end of its interval decides on a loss; a test stands for it."""
    return rule.decide_on == "confidence_bound" and rule.regression_test is None


def loss_request(check: Check) -> IntervalRequest:
    """The interval of its loss that a check asks for."""
    return IntervalRequest(check.label, check.metric, check.rule.confidence_level)
