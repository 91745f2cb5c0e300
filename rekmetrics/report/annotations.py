"""Misses as annotations of GitHub Actions, on the rule's own line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rekmetrics.report.content import ReportContent
from rekmetrics.texts import mask_account, reveal

if TYPE_CHECKING:
    from rekmetrics.gate import Outcome

__all__ = ["render_annotations"]


def render_annotations(content: ReportContent, *, path: str) -> list[str]:
    """
    Workflow commands, one a line: an error for each check that blocks, then warnings.

    `path` is the thresholds file as seen from the repository's root.
    """
    return [*_lines(content, path)]


def _lines(content: ReportContent, path: str) -> Iterator[str]:
    for command, outcomes in (
        ("error", content.blocking),
        ("warning", content.warnings),
    ):
        for outcome in outcomes:
            yield _line(command, outcome, path, is_masked=content.mask_account)


def _line(command: str, outcome: Outcome, path: str, *, is_masked: bool) -> str:
    message = mask_account(outcome.message) if is_masked else outcome.message
    properties = {
        "file": path,
        "line": str(max(outcome.check.rule.line, 1)),
        "title": f"rekmetrics: {outcome.check.id}",
    }
    told = ",".join(f"{k}={_escape_property(v)}" for k, v in properties.items())
    return f"::{command} {told}::{_escape(message)}"


def _escape(text: str) -> str:
    """Text that the runner puts together again; no line can begin in it."""
    return reveal(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
