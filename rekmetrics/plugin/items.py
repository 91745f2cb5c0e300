"""Hooks that turn outcomes into tests; active in gates only, workers included."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from typing import Any

import pytest

from rekmetrics.plugin.checks import JudgedCheck
from rekmetrics.plugin.state import STATE, GateState

__all__ = ["ItemHooks"]

_KINDS = ("metric", "label", "confusion", "regression", "test_set")
_MOST_WITH_FIGURES = 200
"""Beyond this, they would be most of the report; our part of it has them all."""


class ItemHooks:
    """One test per check for whoever takes `metric_check`, `label_check`, …"""

    def __init__(self, config: pytest.Config, state: GateState) -> None:
        self._config = config
        config.stash[STATE] = state
        self._has_figures = len(state.outcomes) <= _MOST_WITH_FIGURES
        self._outcomes = {
            f"{kind}_check": [o for o in state.outcomes if o.check.kind == kind]
            for kind in _KINDS
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, name: str, obj: object) -> list[Any] | None:
        """Leave out tests that would get no check, rather than show a skip."""
        if not (name.startswith("test") and inspect.isfunction(obj)):
            return None
        taken = self._outcomes.keys() & inspect.signature(obj).parameters.keys()
        is_empty = taken and not any(self._outcomes[fixture] for fixture in taken)
        return [] if is_empty else None

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for fixture, outcomes in self._outcomes.items():
            if fixture in metafunc.fixturenames:
                ids = [outcome.check.id for outcome in outcomes]
                metafunc.parametrize(fixture, outcomes, ids=ids, indirect=True)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Give pytest-html the figures behind each check."""
        report = yield
        checks = [
            value
            for value in getattr(item, "funcargs", {}).values()
            if isinstance(value, JudgedCheck)
        ]
        if report.when == "call" and checks and self._has_figures:
            from pytest_html import extras

            from rekmetrics.report import render_test_extra

            shown = [
                extras.html(render_test_extra(c.outcome, hide_account=True))
                for c in checks
            ]
            vars(report)["extras"] = [*getattr(report, "extras", []), *shown]
        return report
