"""Our part of pytest-html's page: defaults, our sections, and what it leaves raw."""

from __future__ import annotations

import os
from collections.abc import Callable
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from rekmetrics.errors import RequestError

_ALLOWED_METADATA = ("Python", "Platform", "Packages", "Plugins")


def prepare_report(config: pytest.Config) -> Path:
    """
    Have pytest-html write a self-contained report, and return where.

    Raises:
        RequestError: when pytest-html was switched off; a gate leaves a report.
    """
    for name, plugin in (("html", "pytest-html"), ("metadata", "pytest-metadata")):
        if not config.pluginmanager.has_plugin(name):
            raise RequestError(_explain_absence(name, plugin, config))
    option = config.option
    _refuse_missing_css(option.css)
    option.htmlpath = option.htmlpath or "report.html"
    option.self_contained_html = True
    option.css = [*option.css, str(files("rekmetrics.report") / "style.css")]
    return Path.cwd() / Path(option.htmlpath).expanduser()


def _explain_absence(name: str, plugin: str, config: pytest.Config) -> str:
    is_off = getattr(config.option, "disable_plugin_autoload", False)
    if is_off or os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return (
            f"{plugin} is not loaded, since no plugin is by itself "
            "(PYTEST_DISABLE_PLUGIN_AUTOLOAD, --disable-plugin-autoload), but a gate "
            "leaves a report; add `-p html -p metadata`."
        )
    return (
        f"{plugin} is switched off (`-p no:{name}`?), but a gate leaves a report; take "
        "that option away."
    )


def _refuse_missing_css(paths: list[str]) -> None:
    """pytest-html would end the run with an error of its own."""
    for path in paths:
        if not Path(os.path.expandvars(path)).expanduser().exists():
            raise RequestError(f"--css={path}: no such file.")


def keep_allowed_metadata(metadata: dict[str, Any], config: pytest.Config) -> None:
    """
    Drop all but harmless entries, in place; what the caller named by hand stays.

    pytest-metadata copies CI variables, a `GIT_URL` with its token among them, and
    pytest-html writes values unescaped.
    """
    named = {key for key, _ in config.getoption("metadata", [])}
    for key in list(metadata):
        if key in named:
            metadata[escape(key)] = escape(str(metadata.pop(key)))
        elif key not in _ALLOWED_METADATA:
            del metadata[key]


class HtmlHooks:
    """
    pytest-html's hooks.

    `render` is called once, at the end of the session, with pytest's exit code; it
    gives the page's title, as plain text, and the page's own part, as HTML.
    """

    def __init__(self, render: Callable[[int], tuple[str, str]]) -> None:
        self._render = render
        self._page: Any = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        self._page = report

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_html_results_summary(
        self, prefix: list[str], session: pytest.Session
    ) -> None:
        title, summary = self._render(int(session.exitstatus))
        self._page.title = title
        prefix.insert(0, summary)

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """Escape the test's id, which pytest-html writes as it is."""
        raw = f">{report.nodeid}"
        for index, cell in enumerate(cells):
            cells[index] = cell.replace(raw, f">{escape(report.nodeid)}")
