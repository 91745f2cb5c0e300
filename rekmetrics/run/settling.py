"""Which code a gate ends with, and so who must act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rekmetrics.errors import ExitCode
from rekmetrics.gate import Verdict

if TYPE_CHECKING:
    from rekmetrics.report.content import State


@dataclass
class Ends:
    """How the tests of a run ended, as far as pytest has told."""

    reported: dict[str, str] = field(default_factory=dict)
    """By check id, what pytest made of the test that reported the check."""
    n_failed: int = 0
    n_skipped: int = 0
    n_broken: int = 0
    """Tests that never began: their fixtures or their file ended with an error."""
    n_crashed: int = 0
    """Tests that took a process of pytest-xdist with them."""
    is_stopped: bool = False
    """Whether pytest-xdist stopped after as many failures as was asked for (-x)."""

    def settle(self, pytest_code: int, verdict: Verdict) -> int:
        """The code to end with; to be stopped by -x is no interruption."""
        if self.is_stopped and pytest_code == ExitCode.INTERRUPTED:
            pytest_code = ExitCode.FELL_SHORT
        return settle_exit_code(pytest_code, verdict, self.reported)

    @property
    def why_missing(self) -> str:
        """What kept tests from reporting their checks, or nothing that is known."""
        told = [
            (self.n_skipped, "was skipped", "were skipped"),
            (self.n_broken, "could not begin", "could not begin"),
            (self.n_crashed, "crashed its process", "crashed their processes"),
        ]
        return ", ".join(
            f"{n} {'test' if n == 1 else 'tests'} {one if n == 1 else many}"
            for n, one, many in told
            if n
        )

    @property
    def obstacle(self) -> str:
        """What failed a run whose checks all hold."""
        if self.n_failed or self.n_broken or self.n_crashed:
            return "another test failed"
        return "another plugin failed the run (such as --cov-fail-under)"


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
    return ExitCode.PASSED if verdict.is_passed else ExitCode.INCOMPLETE


def state_of(exit_code: int) -> State:
    """What a run has found that ends with this code."""
    if exit_code == ExitCode.PASSED:
        return "passed"
    return "failed" if exit_code == ExitCode.FELL_SHORT else "incomplete"


def settle_alone(verdict: Verdict) -> int:
    """The code of a run without tests: the plan is the verdict's, so all was run."""
    reported = {outcome.check.id: "" for outcome in verdict.outcomes}
    return settle_exit_code(ExitCode.PASSED, verdict, reported)
