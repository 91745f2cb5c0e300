"""Outcomes as tests: what a test of the gate gets, and what it reports."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.gate import Outcome
    from rekmetrics.metrics import Numbers
    from rekmetrics.summary import Summary


CHECK_PROPERTY = "check"
"""Name of the JUnit property that says which check a test has reported."""
_KINDS = ("metric", "label", "confusion", "regression", "test_set")
_MOST_WITH_FIGURES = 200
"""Beyond this, they would be most of the report; our part of it has them all."""


@dataclass(frozen=True)
class GateState:
    """
    What the tests of a gate see: the outcomes, and the evaluation on demand.

    Workers get plain bytes, so that they need no network, and read the evaluation from
    them only if a test wants it.
    """

    outcomes: Sequence[Outcome]
    load: Callable[[], tuple[Evaluation, Summary]]
    iou: float | str
    """As the thresholds file has it, so that `metrics` are the judged ones."""

    @cached_property
    def evaluation(self) -> Evaluation:
        return self.load()[0]

    @cached_property
    def numbers(self) -> Numbers:
        from rekmetrics.metrics import compute_metrics

        return compute_metrics(*self.load(), iou=self.iou)

    def pack(self) -> dict[str, Any]:
        """The same, as execnet can send it."""
        import msgspec

        evaluation, summary = self.load()
        return {
            "iou": self.iou,
            "outcomes": msgspec.msgpack.encode(self.outcomes),
            "evaluation": evaluation.to_bytes(),
            "summary": msgspec.msgpack.encode(summary),
        }

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> GateState:
        """What `pack` packed."""
        import msgspec

        from rekmetrics.evaluation import Evaluation
        from rekmetrics.gate import Outcome
        from rekmetrics.summary import Summary

        @cache
        def load() -> tuple[Evaluation, Summary]:
            summary = msgspec.msgpack.decode(packed["summary"], type=Summary)
            return Evaluation.from_bytes(packed["evaluation"]), summary

        outcomes = msgspec.msgpack.decode(packed["outcomes"], type=list[Outcome])
        return cls(outcomes, load, packed["iou"])


STATE: pytest.StashKey[GateState] = pytest.StashKey()


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


class ItemHooks:
    """One test a check for whoever takes `metric_check`, …; in workers too."""

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

            from rekmetrics.report.verdict import render_test_extra

            shown = [
                extras.html(render_test_extra(c.outcome, hide_account=True))
                for c in checks
            ]
            vars(report)["extras"] = [*getattr(report, "extras", []), *shown]
        return report
