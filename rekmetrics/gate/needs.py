"""What has to be computed before a plan can be judged, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rekmetrics.gate.outcomes import IntervalKey, interval_key
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.thresholds import Check, RegressionTest

__all__ = ["Needs", "list_needs", "support_of"]


@dataclass(frozen=True, slots=True)
class Needs:
    """
    What `judge` will look for.

    `p_values` are (label or None, metric, test), `confusions` are (true label,
    predicted label).
    """

    intervals: frozenset[IntervalKey]
    p_values: frozenset[tuple[str | None, str, RegressionTest]]
    confusions: frozenset[tuple[str, str]]
    has_regressions: bool


def list_needs(checks: Sequence[Check], numbers: Numbers) -> Needs:
    """The intervals, p-values and confusion rates that the checks are decided on."""
    return Needs(
        frozenset(interval_key(c) for c in checks if _needs_interval(c, numbers)),
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
        any(c.kind == "regression" for c in checks),
    )


def support_of(estimate: Estimate) -> int | None:
    """The number of images behind a number: what a rate counts, else its support."""
    return estimate.support if estimate.n_total is None else estimate.n_total


def _needs_interval(check: Check, numbers: Numbers) -> bool:
    if check.kind == "regression":
        return False
    if check.rule.decide_on == "confidence_bound":
        return True
    if check.rule.min_support <= 1:
        return False
    if check.kind == "confusion":
        return True
    estimate = numbers.estimate(check.label, check.metric) or Estimate(None)
    support = support_of(estimate)
    return support is not None and support < check.rule.min_support
