"""The files that a run leaves behind; until its end they say "incomplete"."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.errors import WriteError
from rekmetrics.files import remove_file, write_atomically
from rekmetrics.report.json import encode_document, incomplete_document, result_document
from rekmetrics.report.markdown import render_incomplete_markdown, render_markdown

if TYPE_CHECKING:
    from rekmetrics.judgement import Judgement
    from rekmetrics.report.content import ReportContent

__all__ = ["Results"]


class Results:
    """
    The HTML report (pytest-html writes it), and the exports that were asked for.

    Every method raises `WriteError` where a file cannot be written.
    """

    def __init__(self, metrics_json: Path | None, metrics_markdown: Path | None):
        self._metrics_json = metrics_json
        self._metrics_markdown = metrics_markdown
        self._report_path: Path | None = None
        self.write_incomplete(None, "the run has not ended")

    def expect_report(self, path: Path) -> None:
        """Take an earlier run's report away; pytest-html writes the new one."""
        remove_file(path)
        self._report_path = path

    def write_incomplete(self, exit_code: int | None, message: str) -> None:
        """Say in the exports that nothing was decided, and why."""
        if self._metrics_json is not None:
            document = incomplete_document(message, exit_code=exit_code, time=_now())
            write_atomically(self._metrics_json, encode_document(document))
        if self._metrics_markdown is not None:
            text = render_incomplete_markdown(message)
            write_atomically(self._metrics_markdown, text.encode())

    def write(self, judgement: Judgement, content: ReportContent, code: int) -> None:
        """Write the exports of a judged run; one with a verdict must have a report."""
        if content.state != "incomplete" and not self._has_report():
            raise WriteError(
                f"pytest-html left no report at {self._report_path}; "
                "see its messages above."
            )
        self._write_markdown(content)
        # Last, since it says that the run has ended.
        if self._metrics_json is not None:
            document = result_document(
                content,
                exit_code=code,
                time=_now(),
                thresholds_sha256=judgement.thresholds.sha256,
            )
            write_atomically(self._metrics_json, encode_document(document))

    def paths(self) -> Iterator[Path]:
        """The files that `write` leaves, the report first."""
        if self._report_path is not None and self._has_report():
            yield self._report_path
        for path in (self._metrics_json, self._metrics_markdown):
            if path is not None:
                yield path

    def _has_report(self) -> bool:
        return self._report_path is not None and self._report_path.is_file()

    def _write_markdown(self, content: ReportContent) -> None:
        step_summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if self._metrics_markdown is None and not step_summary:
            return
        data = render_markdown(content).encode()
        if self._metrics_markdown is not None:
            write_atomically(self._metrics_markdown, data)
        if step_summary:
            try:
                with Path(step_summary).open("ab") as file:
                    file.write(data)
            except OSError as error:
                raise WriteError(
                    f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}."
                ) from error


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
