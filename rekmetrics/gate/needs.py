"""What has to be computed before a plan can be judged, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rekmetrics.statistics import IntervalRequest, Test
from rekmetrics.thresholds import Check, Rule

__all__ = ["Needs", "is_on_interval", "list_needs", "loss_request"]


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
