"""Which code a gate ends with, and so who must act."""

from __future__ import annotations

from collections.abc import Mapping

from rekmetrics.errors import ExitCode
from rekmetrics.gate import Verdict

__all__ = ["settle_alone", "settle_exit_code"]


def settle_exit_code(
    pytest_code: int, verdict: Verdict, reported: Mapping[str, str]
) -> int:
    """
    The code that a judged run ends with.

    `reported` holds, by check id, what pytest made of the test that reported the check
    ("passed", "failed", "skipped" for a warning). Zero takes all of: pytest ended with
    zero, the verdict is a pass, and every check of the plan was reported.
    """
    if pytest_code not in (
        ExitCode.PASSED,
        ExitCode.FELL_SHORT,
        ExitCode.INCOMPLETE,
    ):
        return pytest_code
    blocking = {o.check.id for o in verdict.outcomes if o.is_blocking}
    if blocking & reported.keys():
        return ExitCode.FELL_SHORT
    if any(o.check.id not in reported for o in verdict.outcomes):
        return ExitCode.INCOMPLETE
    if pytest_code != ExitCode.PASSED:
        return pytest_code
    if verdict.is_passed:
        return ExitCode.PASSED
    return ExitCode.FELL_SHORT if blocking else ExitCode.INCOMPLETE


def settle_alone(verdict: Verdict) -> int:
    """The code of a run without tests: the plan is the verdict's, so all was run."""
    reported = {outcome.check.id: "" for outcome in verdict.outcomes}
    return settle_exit_code(ExitCode.PASSED, verdict, reported)
