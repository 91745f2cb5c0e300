"""
The pytest plugin: hooks that hand over, and the fixtures of the gate.

Every pytest run in the environment imports this module, so it stays light: whatever a
gate needs is imported once a gate was asked for. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import argparse
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

from rekmetrics.plugin.checks import (
    STATE,
    GateState,
    ItemHooks,
    JudgedCheck,
    judged_check,
)
from rekmetrics.plugin.options import add_options, is_gate_asked_for

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics import Numbers

__all__ = [
    "confusion_check",
    "evaluation",
    "label_check",
    "metric_check",
    "metrics",
    "regression_check",
    "test_set_check",
]


_REFUSED: pytest.StashKey[int] = pytest.StashKey()


class Refusal:
    """Ends a run that may not start; a wrapper alone cannot, it has to yield."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> int | None:
        return config.stash.get(_REFUSED, None)


def pytest_addoption(
    parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager
) -> None:
    add_options(parser)
    pluginmanager.register(Refusal())


class Gate:
    """Runs around all of pytest; registered last, so that nobody's answer is later."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> Generator[None, Any, Any]:
        """Judge before pytest starts; settle the exit code when it has ended."""
        # `--help` ends the reading of the options before ours are in the first.
        given = config.option, config.known_args_namespace
        if not any(map(is_gate_asked_for, given)) or hasattr(config, "workerinput"):
            return (yield)
        from rekmetrics.plugin.controller import Controller

        controller = Controller(config)
        code = controller.begin()
        if code is not None:
            config.stash[_REFUSED] = code
        try:
            result = yield
        except pytest.UsageError as error:
            controller.note_usage_error(error)
            raise
        except BaseException as error:  # noqa: BLE001 (SystemExit(0) is no verdict)
            return controller.abandon(error)
        return controller.finish(result)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, Any, Any]:
    """Let no conftest.py end the run by itself, with exit code 0 perhaps."""
    if not is_gate_asked_for(early_config.known_args_namespace):
        result = yield
        early_config.pluginmanager.register(Gate())
        return result
    from rekmetrics.files import open_standard_streams

    # Now, since what pytest finds here is what it restores after each capture.
    open_standard_streams()
    from rekmetrics.plugin.controller import forget_older_results

    forget_older_results(early_config)
    try:
        result = yield
    except SystemExit as error:
        raise pytest.UsageError(
            f"a conftest.py ended the run (SystemExit: {error.code}); nothing was "
            "judged. Take the exit out of it."
        ) from error
    except (argparse.ArgumentError, ValueError) as error:
        raise pytest.UsageError(
            f"an option of a conftest.py cannot be added ({error}); nothing was judged."
        ) from error
    early_config.pluginmanager.register(Gate())
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    packed = getattr(config, "workerinput", {}).get("rekmetrics")
    if packed is not None:
        config.args = packed["arguments"]
        hooks = ItemHooks(config, GateState.unpack(packed["state"]))
        config.pluginmanager.register(hooks)


@pytest.hookimpl(optionalhook=True, trylast=True)
def pytest_metadata(metadata: dict[str, Any], config: pytest.Config) -> None:
    """Keep CI variables, and the tokens in them, out of report and terminal."""
    if is_gate_asked_for(config.option):
        from rekmetrics.plugin.html import keep_allowed_metadata

        keep_allowed_metadata(metadata, config)


@pytest.fixture(scope="session")
def evaluation(pytestconfig: pytest.Config) -> Evaluation:
    """The evaluation of the version under test: labels, truths, predictions."""
    return _state(pytestconfig).evaluation


@pytest.fixture(scope="session")
def metrics(pytestconfig: pytest.Config) -> Numbers:
    """Every metric of the version under test, overall and per label."""
    return _state(pytestconfig).numbers


def _check(kind: str, text: str) -> Any:
    """The fixture that hands out one check after the other, each judged."""

    def check(request: pytest.FixtureRequest) -> JudgedCheck:
        return judged_check(request)

    check.__doc__ = text
    return pytest.fixture(name=f"{kind}_check")(check)


metric_check = _check("metric", "One bound of the `metrics:` section, judged.")
label_check = _check("label", "One bound of the `labels:` section on a label, judged.")
confusion_check = _check("confusion", "One bound of the `confusions:` section, judged.")
regression_check = _check("regression", "One bound on the change since the baseline.")
test_set_check = _check("test_set", "One rule of the `test_set:` section, judged.")


def _state(config: pytest.Config) -> GateState:
    state = config.stash.get(STATE, None)
    if state is None:
        pytest.fail(
            "no evaluation was asked for: run `pytest --project-arn ARN "
            "--version NAME`, or with --evaluation-dir DIR",
            pytrace=False,
        )
    return state
