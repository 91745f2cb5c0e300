"""What has to be computed before a plan can be judged, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rekmetrics.statistics import Test
from rekmetrics.thresholds import Check

__all__ = ["Needs", "list_needs"]


@dataclass(frozen=True, slots=True)
class Needs:
    """
    What `judge` will look for.

    `tests` are (label or None, metric, test), `confusions` are (true label, predicted
    label).
    """

    tests: frozenset[Test]
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
            (c.label, c.predicted)
            for c in checks
            if c.label is not None and c.predicted is not None
        ),
    )
