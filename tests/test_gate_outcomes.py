"""From outcomes to a verdict."""

from __future__ import annotations

from support.gate_values import check_of, decide

from rekmetrics.gate import Verdict, judge
from rekmetrics.metrics import Estimate, Numbers


def test_passes_no_verdict_without_a_check() -> None:
    """An empty plan judged nothing."""
    assert not Verdict(()).is_passed
    assert not judge([], Numbers({}), task="multiclass").is_passed


def test_passes_no_verdict_of_warnings_alone() -> None:
    """Where nothing that could block was decided, the model was not judged."""
    warning = decide(check_of(minimum=0.1, level="warning"), Estimate(0.9))
    undefined = decide(check_of(minimum=0.1, on_undefined="warning"), Estimate(None))
    assert not Verdict((warning, undefined)).is_passed
    assert not Verdict((warning, undefined)).blocking
    passed = decide(check_of(minimum=0.1), Estimate(0.9))
    assert Verdict((warning, undefined, passed)).is_passed
    failed = decide(check_of(minimum=0.95), Estimate(0.9))
    assert not Verdict((passed, failed)).is_passed


def test_knows_whether_anything_was_judged() -> None:
    """A miss is a judgement as a pass is; warnings and doubts are none."""
    passed = decide(check_of(minimum=0.1), Estimate(0.9))
    failed = decide(check_of(minimum=0.95), Estimate(0.9))
    warned = decide(check_of(minimum=0.95, level="warning"), Estimate(0.9))
    undefined = decide(check_of(minimum=0.1), Estimate(None))
    vacuous = decide(check_of(minimum=0.0), Estimate(0.9))
    doubted = decide(
        check_of(minimum=0.85, min_support=99, on_inconclusive="warning"),
        Estimate(0.9, 9, 10),
    )
    assert not Verdict((vacuous, doubted)).is_passed
    assert Verdict((passed,)).has_judged
    assert Verdict((failed,)).has_judged
    assert not Verdict((warned, undefined)).has_judged
    assert Verdict((warned, failed)).blocking == (failed,)
    assert Verdict((warned, failed)).warnings == (warned,)
