"""The one place that decides between exit code 0 and all others."""

from __future__ import annotations

import pytest
from support.gates import BAD as BAD_VERSION
from support.gates import GOOD as GOOD_VERSION
from support.gates import Gate

from rekmetrics.gate import Outcome, Verdict
from rekmetrics.run.settling import Ends, settle_alone, settle_exit_code, state_of
from rekmetrics.thresholds import Check, Rule


def outcome(name: str, *, is_blocking: bool = False) -> Outcome:
    check = Check(id=name, kind="metric", metric=name, rule=Rule(minimum=0.5))
    status = "failed" if is_blocking else "passed"
    return Outcome(check=check, status=status, is_blocking=is_blocking, message="")


GOOD = Verdict([outcome("accuracy"), outcome("f1_macro")])
BAD = Verdict([outcome("accuracy"), outcome("f1_macro", is_blocking=True)])
ALL = {"accuracy": "passed", "f1_macro": "passed"}


def test_passes_only_when_every_check_was_reported_and_none_blocks():
    """Zero is for the one case in which everything agrees."""
    assert settle_exit_code(0, GOOD, ALL) == 0


@pytest.mark.parametrize("reported", [{}, {"accuracy": "passed"}])
def test_is_incomplete_when_a_check_was_not_reported(reported):
    """`-k`, `--lf`, skips and list-only options leave checks unreported."""
    assert settle_exit_code(0, GOOD, reported) == 5
    assert settle_exit_code(5, GOOD, reported) == 5
    assert settle_exit_code(1, GOOD, reported) == 5


def test_names_the_model_when_a_reported_check_fell_short():
    """A miss that was seen outweighs checks that were not run (`-x`)."""
    assert settle_exit_code(1, BAD, {"f1_macro": "failed"}) == 1
    assert settle_exit_code(5, BAD, {"f1_macro": "failed"}) == 1


def test_stays_incomplete_when_the_blocking_check_was_the_one_left_out():
    """Nothing was reported of the miss, so the run has to be repeated whole."""
    assert settle_exit_code(0, BAD, {"accuracy": "passed"}) == 5


def test_overrules_a_test_that_swallowed_its_miss():
    """The verdict is the gate's, not the test's."""
    assert settle_exit_code(0, BAD, ALL) == 1


def test_fails_when_only_a_test_of_the_teams_own_failed():
    """pytest's own 1 stays."""
    assert settle_exit_code(1, GOOD, ALL) == 1


def test_stays_incomplete_where_pytest_says_so():
    """It has collected nothing, whatever was reported."""
    assert settle_exit_code(5, GOOD, ALL) == 5


@pytest.mark.parametrize("code", [2, 3, 4, 6, 17, -1])
def test_keeps_every_other_code_of_pytest(code):
    """Interrupted, internal error, usage error, and codes set by others."""
    assert settle_exit_code(code, GOOD, ALL) == code


def test_never_passes_without_checks():
    """A plan without checks has judged nothing."""
    assert settle_exit_code(0, Verdict([]), {}) == 5


def test_takes_a_stop_after_failures_for_no_interruption():
    """pytest-xdist does `-x` by an interruption; the user's own stays one."""
    ends = Ends({"f1_macro": "failed"}, is_stopped=True)
    assert ends.settle(2, BAD) == 1
    assert Ends({"f1_macro": "failed"}).settle(2, BAD) == 2
    assert Ends(is_stopped=True).settle(2, BAD) == 5
    assert Ends(is_stopped=True).settle(3, BAD) == 3
    assert Ends(ALL, is_stopped=True).settle(2, GOOD) == 1


def test_takes_all_checks_of_a_run_without_tests_for_reported():
    """Fleets and lists: the verdict alone decides, and an empty one never passes."""
    assert [settle_alone(verdict) for verdict in (GOOD, BAD, Verdict([]))] == [0, 1, 5]


def test_calls_nothing_but_0_a_pass_and_nothing_but_1_a_failure():
    """Whatever else a process may end with is no verdict."""
    states = [state_of(code) for code in (-1, 0, 1, 2, 3, 4, 5, 6, 120)]
    assert states == ["incomplete", "passed", "failed", *["incomplete"] * 6]


def test_tells_what_kept_checks_from_being_reported():
    """Counts, one or several, and nothing of what did not happen."""
    assert Ends().why_missing == ""
    assert Ends(n_skipped=1, n_crashed=2).why_missing == (
        "1 test was skipped, 2 tests crashed their processes"
    )
    assert Ends(n_broken=2).why_missing == "2 tests could not begin"


@pytest.mark.parametrize("kind", ["n_failed", "n_broken", "n_crashed"])
def test_blames_another_test_before_another_plugin(kind):
    """What failed a run whose checks all hold."""
    assert Ends(**{kind: 1}).obstacle == "another test failed"
    assert Ends(n_skipped=1).obstacle.startswith("another plugin failed the run")


HEAD = """
import os, pytest
def test_label(label_check):
    label_check.assert_holds()
"""
REPORTS = "def test_metric(metric_check):\n    metric_check.assert_holds()\n"
ENDINGS = {
    "stopped": ("", BAD_VERSION, ("-n", "2", "-x"), 1, "checks fell short"),
    "stopped by another": (
        "def test_own():\n    assert False\n",
        GOOD_VERSION,
        ("-n", "1", "-x", "-k", "own"),
        5,
        "2 of 5 checks were not run",
    ),
    "skipped": (
        f'@pytest.mark.skip("no time")\n{REPORTS}',
        GOOD_VERSION,
        (),
        5,
        "2 of 5 checks were not run (accuracy, f1_macro): 2 tests were skipped.",
    ),
    "crashed": (
        "def test_metric(metric_check):\n    os._exit(1)\n",
        GOOD_VERSION,
        ("-n", "1"),
        5,
        "(accuracy, f1_macro): 2 tests crashed their processes.",
    ),
    "without its fixture": (
        "def test_metric(metric_check, nothing):\n    metric_check.assert_holds()\n",
        GOOD_VERSION,
        (),
        5,
        "(accuracy, f1_macro): 2 tests could not begin.",
    ),
    "failed by a plugin": (
        REPORTS,
        GOOD_VERSION,
        ("-p", "covering"),
        1,
        "All 5 checks hold, but another plugin failed the run (such as --cov-fail-",
    ),
    "failed by another test": (
        f"{REPORTS}def test_own():\n    assert False\n",
        GOOD_VERSION,
        (),
        1,
        "All 5 checks hold, but another test failed",
    ),
}
COVERING = """
import pytest
@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    result = yield
    session.testsfailed += 1  # what pytest-cov does
    return result
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ENDINGS)
def test_says_what_became_of_the_tests(gate: Gate, kind: str) -> None:
    """The code, and in the last lines what kept it from 0."""
    body, version, words, code, said = ENDINGS[kind]
    gate.write("covering.py", COVERING)
    gate.write("quality_tests/test_own.py", HEAD + body)
    result = gate.judge(version, *words, PYTHONPATH=str(gate.folder))
    assert result.returncode == code, result.stdout + result.stderr
    assert said in "\n".join(result.stdout.splitlines()[-2:])
