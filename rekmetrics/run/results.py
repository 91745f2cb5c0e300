"""The files that a run leaves behind; until its end they say "incomplete"."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.errors import WriteError
from rekmetrics.files import remove_file, write_atomically
from rekmetrics.run.exports import EXPORTS, MARKDOWN

if TYPE_CHECKING:
    from rekmetrics.report import ReportContent

__all__ = ["Results", "append_step_summary"]


class Results:
    """
    The HTML report, which somebody else writes, and the exports that were asked for.

    `exports` holds paths by option. Every method raises `WriteError` where a file
    cannot be written.
    """

    def __init__(self, exports: Mapping[str, Path]) -> None:
        self._exports = exports
        self._report_path: Path | None = None
        self.write_incomplete(None, "the run has not ended")

    def expect_report(self, path: Path) -> None:
        """Take an earlier run's report away; pytest-html writes the new one."""
        remove_file(path)
        self._report_path = path

    def write_incomplete(self, exit_code: int | None, message: str) -> None:
        """Say in the exports that nothing was decided, and why."""
        for option, path in self._exports.items():
            write_atomically(
                path, EXPORTS[option].render_unfinished(message, exit_code)
            )

    def write(self, content: ReportContent) -> None:
        """Write the exports of a judged run; one with a verdict must have a report."""
        if content.state != "incomplete" and not self._has_report():
            raise WriteError(
                f"pytest-html left no report at {self._report_path}; "
                "see its messages above."
            )
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            append_step_summary(MARKDOWN.render(content))
        for option in reversed(EXPORTS):
            if option in self._exports:
                write_atomically(self._exports[option], EXPORTS[option].render(content))

    def paths(self) -> Iterator[Path]:
        """The files that `write` leaves, the report first."""
        if self._report_path is not None and self._has_report():
            yield self._report_path
        yield from (
            self._exports[option] for option in EXPORTS if option in self._exports
        )

    def _has_report(self) -> bool:
        return self._report_path is not None and self._report_path.is_file()


def append_step_summary(data: bytes) -> None:
    """
    Add to the job's summary, where GitHub Actions asks for one.

    Raises:
        WriteError: it cannot be written.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("ab") as file:
            file.write(data)
    except OSError as error:
        raise WriteError(
            f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}."
        ) from error
