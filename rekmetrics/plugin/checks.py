"""What a test of the gate gets, and what it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rekmetrics.gate import Outcome

__all__ = ["CHECK_PROPERTY", "JudgedCheck", "judged_check"]

CHECK_PROPERTY = "check"
"""Name of the JUnit property that says which check a test has reported."""


class JudgedCheck:
    """
    One check of the thresholds file with its outcome, as a test gets it.

    The gate has judged already: a test that forgets to call `assert_holds` leaves its
    check unreported, and the run incomplete.
    """

    def __init__(self, outcome: Outcome, properties: list[tuple[str, object]]) -> None:
        self.outcome = outcome
        self._properties = properties

    def assert_holds(self) -> None:
        """Pass, fail with one sentence, or be a visible warning (pytest's xfail)."""
        __tracebackhide__ = True
        self._properties += _junit_properties(self.outcome)
        if self.outcome.is_blocking:
            pytest.fail(self.outcome.message, pytrace=False)
        if self.outcome.is_warning:
            pytest.xfail(self.outcome.message)


def judged_check(request: pytest.FixtureRequest) -> JudgedCheck:
    """
    What the fixtures `metric_check`, `label_check`, … return.

    Without a gate it fails the test: a green run must not mean that none was asked for.
    """
    if not hasattr(request, "param"):
        pytest.fail(
            "no gate was asked for, so nothing was judged: run `pytest --project-arn "
            "ARN --version NAME` (or keep quality_tests/ out of this run by naming "
            "your own folder in `testpaths`)",
            pytrace=False,
        )
    return JudgedCheck(request.param, request.node.user_properties)


def _junit_properties(outcome: Outcome) -> list[tuple[str, object]]:
    check = outcome.check
    facts: dict[str, object] = {
        CHECK_PROPERTY: check.id,
        "metric": check.metric,
        "label": check.label,
        "predicted": check.predicted,
        "value": outcome.value,
        "min": check.rule.minimum,
        "max": check.rule.maximum,
        "baseline_value": outcome.baseline_value,
        "outcome": outcome.status,
    }
    if outcome.interval is not None:
        facts["interval_low"], facts["interval_high"] = outcome.interval
    return [(name, fact) for name, fact in facts.items() if fact is not None]
