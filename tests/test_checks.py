"""What the tests of a gate show beside each check."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from support.report_pages import make_outcome

from rekmetrics.plugin.checks import GateState, ItemHooks, JudgedCheck


def report_of(n_outcomes: int) -> Any:
    """The report of one check's test, in a gate of so many checks."""
    outcomes = [make_outcome("recall", 0.97, label=f"{i}") for i in range(n_outcomes)]
    state = GateState(outcomes, lambda: pytest.fail("nobody asked for it"), 0.5)
    hooks = ItemHooks(SimpleNamespace(stash=pytest.Stash()), state)  # type: ignore[arg-type]
    item = SimpleNamespace(funcargs={"label_check": JudgedCheck(outcomes[0], [])})
    wrapper = hooks.pytest_runtest_makereport(item)  # type: ignore[arg-type]
    next(wrapper)
    with pytest.raises(StopIteration) as ended:
        wrapper.send(SimpleNamespace(when="call"))  # type: ignore[arg-type]
    return ended.value.value


def test_shows_the_figures_of_each_check():
    """Beside its test, in pytest-html's table."""
    (extra,) = report_of(200).extras
    assert "0.970" in extra["content"]


def test_keeps_figures_out_of_large_reports():
    """A thousand of them would be most of the page; our part of it has them all."""
    assert not hasattr(report_of(201), "extras")


def test_gives_tests_the_numbers_that_were_judged(monkeypatch):
    """The overlap of the thresholds file holds for the fixture `metrics` too."""
    asked = []
    monkeypatch.setattr(
        "rekmetrics.metrics.compute_metrics", lambda *_, iou: asked.append(iou)
    )
    _ = GateState([], lambda: ("evaluation", "summary"), 0.75).numbers
    assert asked == [0.75]
