"""The controlling process of a gate: judge first, let pytest tell it, settle the end."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rekmetrics.errors import RekmetricsError, WriteError
from rekmetrics.plugin.checks import CHECK_PROPERTY
from rekmetrics.plugin.exit_code import GateExit, settle_exit_code
from rekmetrics.plugin.html import HtmlHooks, prepare_report
from rekmetrics.plugin.items import ItemHooks
from rekmetrics.plugin.options import read_options
from rekmetrics.plugin.state import GateState

if TYPE_CHECKING:
    from rekmetrics.judgement import Judgement

__all__ = ["Controller"]

_TESTS = "quality_tests"


class Controller:
    """
    Runs around a whole pytest session.

    The verdict is computed before pytest starts. pytest's tests report it, check by
    check, and the end is compared with the plan: whatever was deselected, skipped or
    never reached leaves the run incomplete.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._judgement: Judgement | None = None
        self._report_path: Path | None = None
        self._reported: dict[str, str] = {}
