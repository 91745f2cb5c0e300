"""Lines that are said outside pytest's own output, before it and after it."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["complain", "forget_silent_reports", "say"]


def say(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """One line on standard error, which says where it comes from."""
    sys.stdout.flush()
    sys.stderr.write(f"rekmetrics: {line}\n")
    sys.stderr.flush()


def forget_silent_reports(terminalreporter: Any) -> None:
    """
    Drop the reports of set-ups and teardowns that passed without output.

    For each failed test pytest goes through all of them, looking for output to show.
    """
    stats = terminalreporter.stats
    stats[""] = [report for report in stats.get("", ()) if report.sections]
