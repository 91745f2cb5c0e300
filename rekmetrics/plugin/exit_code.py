"""Which code a gate ends with, and so who must act."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from rekmetrics.gate import Verdict

__all__ = ["GateExit", "settle_exit_code"]


class GateExit(enum.IntEnum):
    """Exit codes of a gate; 0 to 5 have pytest's meanings, narrowed."""

    PASSED = 0
    FELL_SHORT = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    WRONG_REQUEST = 4
    INCOMPLETE = 5
    NO_EVALUATION = 6


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
        GateExit.PASSED,
        GateExit.FELL_SHORT,
        GateExit.INCOMPLETE,
    ):
        return pytest_code
    blocking = {o.check.id for o in verdict.outcomes if o.is_blocking}
    if blocking & reported.keys():
        return GateExit.FELL_SHORT
    if any(o.check.id not in reported for o in verdict.outcomes):
        return GateExit.INCOMPLETE
    if pytest_code != GateExit.PASSED:
        return pytest_code
    if verdict.is_passed:
        return GateExit.PASSED
    return GateExit.FELL_SHORT if blocking else GateExit.INCOMPLETE
