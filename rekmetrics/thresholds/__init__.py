"""
The thresholds file: YAML in, rules out, every mistake at once with its line.

Rules are light; the reader, which needs YAML and pydantic, is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rekmetrics.thresholds.rules import Check, Kind, Level, RegressionTest, Rule

if TYPE_CHECKING:
    from rekmetrics.thresholds.file import (
        ThresholdsFile,
        parse_thresholds,
        read_thresholds,
    )

__all__ = [
    "Check",
    "Kind",
    "Level",
    "RegressionTest",
    "Rule",
    "ThresholdsFile",
    "parse_thresholds",
    "read_thresholds",
]


def __getattr__(name: str) -> Any:
    if name in ("ThresholdsFile", "parse_thresholds", "read_thresholds"):
        from rekmetrics.thresholds import file

        return getattr(file, name)
    raise AttributeError(name)
