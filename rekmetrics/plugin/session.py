"""A judged version while pytest runs, and how the run is settled."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from rekmetrics.errors import RequestError, WriteError
from rekmetrics.judgement import Judgement
from rekmetrics.packed import packed_tests
from rekmetrics.plugin.checks import CHECK_PROPERTY, GateState, ItemHooks
from rekmetrics.plugin.html import HtmlHooks
from rekmetrics.plugin.options import find_own
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markdown import render_annotations
from rekmetrics.report.page import render_summary
from rekmetrics.report.verdict import render_headline, render_title
from rekmetrics.run.judge import add_pictures
from rekmetrics.run.process import fold, say
from rekmetrics.run.request import GateRequest
from rekmetrics.run.results import Results
from rekmetrics.run.settling import Ends, settle_alone
from rekmetrics.run.tagging import tag_verdict
from rekmetrics.run.telling import (
    build_content,
    describe,
    list_warnings,
    withhold,
)
from rekmetrics.texts import mask_account, reveal


class GateSession:
    """
    Hooks of the controlling process: it counts the reports, and settles the end.

    Tests only report the verdict; it stands before they start.
    """

    def __init__(
        self, config: pytest.Config, request: GateRequest, judgement: Judgement
    ) -> None:
        self._config = config
        self._request = request
        self._judgement = judgement
        self._ends = Ends()
        self._may_be_tagged = False
        self._code_alone = settle_alone(judgement.verdict)
        evidence = (judgement.evaluation, judgement.loaded.summary)
        self._state = GateState(
            judgement.verdict.outcomes, lambda: evidence, judgement.thresholds.iou
        )
        _select_tests(config)
        _register(config, self, "rekmetrics-session")
        _register(config, ItemHooks(config, self._state), "rekmetrics-items")
        _register(config, HtmlHooks(self._render_html), "rekmetrics-html")

    def close(self, pytest_code: int, results: Results) -> int:
        """Write the exports, print the last lines, and return the code to end with."""
        code = self._settle(pytest_code)
        content = self._content(code, hide_account=self._request.is_account_masked)
        results.write(content)
        paths = ", ".join(map(_relative, results.paths()))
        lines = [f"written: {paths or 'nothing'}", *self._tag(content)]
        if os.environ.get("GITHUB_ACTIONS") == "true":
            path = _relative(Path(self._judgement.thresholds.path))
            lines = [*render_annotations(content, path=path), *lines]
        lines += [content.exit_sentence, f"rekmetrics: {render_headline(content)}"]
        for line in lines:
            say(self._show(line))
        return code

    def withhold(self, why: str, code: int, results: Results) -> None:
        """Have all that was told say that the verdict found does not count."""
        content = self._content(code, hide_account=self._request.is_account_masked)
        content = withhold(content, why, code)
        try:
            results.write(content)
        finally:
            if self._may_be_tagged:
                self._tag(content)

    def _tag(self, content: ReportContent) -> list[str]:
        """Tag the version; whoever interrupts that can't know whether it was done."""
        self._may_be_tagged = True
        try:
            return tag_verdict(self._request, content)
        except WriteError:
            self._may_be_tagged = False
            raise

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_header(self) -> list[str]:
        return [self._show(line) for line in describe(self._judgement)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note which checks were reported, here and by pytest-xdist's workers."""
        check_id = dict(report.user_properties).get(CHECK_PROPERTY)
        ends = self._ends
        if report.when == "call" and isinstance(check_id, str):
            ends.reported[check_id] = report.outcome
        ends.n_skipped += report.skipped and not hasattr(report, "wasxfail")
        if report.failed and report.when == "setup":
            ends.n_broken += 1
        elif report.failed:
            is_crash = report.when not in ("call", "teardown")
            ends.n_crashed += is_crash
            ends.n_failed += not is_crash

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._ends.n_broken += report.failed

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[Any]) -> None:
        """Tell the user's interruption from pytest-xdist's way of doing `-x`."""
        self._ends.is_stopped = str(excinfo.value).startswith("stopping after")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["rekmetrics"] = self._for_workers

    @cached_property
    def _for_workers(self) -> dict[str, Any]:
        return {"arguments": [*self._config.args], "state": self._state.pack()}

    def pytest_sessionfinish(self) -> None:
        """Keep the time that thousands of misses take to print in bounds."""
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            _forget_silent_reports(reporter)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what stays green but should be seen."""
        path = self._judgement.thresholds.path
        advice = [f"{path}:{a.line}: {a.text}" for a in self._judgement.advice]
        for title, lines, colour in (
            ("rekmetrics warnings", list_warnings(self._judgement), {"yellow": True}),
            ("rules worth a second look", advice, {}),
        ):
            if lines:
                terminalreporter.section(title, **colour)
            for line in lines:
                shown = fold(self._show(line), is_terminal=terminalreporter.isatty)
                terminalreporter.line(shown)

    def _render_html(self, pytest_code: int) -> tuple[str, str]:
        """Title and body of the page; account ids are hidden there in any case."""
        content = self._content(self._settle(pytest_code), hide_account=True)
        content = add_pictures(content, self._request)
        return render_title(content), render_summary(content)

    def _content(self, code: int, *, hide_account: bool) -> ReportContent:
        return build_content(
            self._judgement, exit_code=code, ends=self._ends, hide_account=hide_account
        )

    def _settle(self, pytest_code: int) -> int:
        """No test's doing makes a pass of what was none before the tests began."""
        code = self._ends.settle(pytest_code, self._judgement.verdict)
        return code or self._code_alone

    def _show(self, line: str) -> str:
        return reveal(mask_account(line) if self._request.is_account_masked else line)


def _register(config: pytest.Config, hooks: object, name: str) -> None:
    if config.pluginmanager.register(hooks, name) is None:
        raise RequestError(
            f"the gate's own plugin {name} is switched off (`-p no:{name}`?); "
            "take that option away."
        )


def _select_tests(config: pytest.Config) -> None:
    """
    Point pytest at the repository's own quality_tests/, else at the packed ones.

    Paths on the command line are left alone, `testpaths` is not: that is where a team
    keeps the tests of its code.
    """
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        own = find_own(config, "quality_tests")
        config.args = [str(own if own.is_dir() else packed_tests())]


def _relative(path: Path) -> str:
    """The path from here, where it lies below; else whole."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _forget_silent_reports(terminalreporter: Any) -> None:
    """
    Drop the reports of set-ups and teardowns that passed without output.

    For each failed test pytest goes through all of them, looking for output to show.
    """
    stats = terminalreporter.stats
    stats[""] = [report for report in stats.get("", ()) if report.sections]
