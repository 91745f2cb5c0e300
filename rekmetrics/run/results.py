"""
The files that a run leaves behind; until its end they say "incomplete".

Those that are written on request are one record each. Light, see `run`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.errors import WriteError
from rekmetrics.files import remove_file, write_atomically

if TYPE_CHECKING:
    from rekmetrics.report.content import ReportContent


@dataclass(frozen=True, slots=True)
class Export:
    """
    An option, and the module that makes its file.

    The module has `render_export(content)` and `render_unfinished(message, exit_code)`,
    or the same with another name than "export" (`render_csv`, `render_unfinished_csv`);
    both return text. The second stands in the file until the run has ended, or for
    ever.
    """

    option: str
    help: str
    module: str
    name: str = "export"

    def render(self, content: ReportContent) -> bytes:
        """The file of a judged run."""
        return self._make(f"render_{self.name}", content)

    def render_unfinished(self, message: str, exit_code: int | None) -> bytes:
        """The file of a run that has decided nothing, and why."""
        name = "" if self.name == "export" else f"_{self.name}"
        return self._make(f"render_unfinished{name}", message, exit_code)

    def _make(self, function: str, *facts: Any) -> bytes:
        text: str = getattr(import_module(self.module), function)(*facts)
        return text.encode()


MARKDOWN = Export(
    "--metrics-markdown",
    "write a short report in Markdown to this file",
    "rekmetrics.report.markdown",
)
EXPORTS: dict[str, Export] = {
    export.option: export
    for export in (
        # First, so that it is written last: it says that the run has ended.
        Export(
            "--metrics-json",
            "write verdict, metrics and checks to this file",
            "rekmetrics.report.result",
        ),
        MARKDOWN,
        Export(
            "--suspects-csv",
            "list test images that are probably mislabelled in this file",
            "rekmetrics.report.suspects",
            "csv",
        ),
        Export(
            "--suspects-manifest",
            "write the same images to this file, for a Ground Truth job",
            "rekmetrics.report.suspects",
            "manifest",
        ),
        Export(
            "--attestation",
            "write an in-toto Statement of the result to this file, to be signed",
            "rekmetrics.report.attestation",
        ),
    )
}


class Results:
    """
    The HTML report, which somebody else writes, and the exports that were asked for.

    `exports` holds paths by option. Every method raises `WriteError` where a file
    cannot be written, once the others are.
    """

    def __init__(self, exports: Mapping[str, Path]) -> None:
        self._exports = exports
        self._report: Path | None = None
        self._summary_begin: int | None = None
        self.write_incomplete(None, "the run has not ended")

    def expect_report(self, path: Path) -> None:
        """Take an earlier run's report away; pytest-html writes the new one."""
        remove_file(path)
        self._report = path

    def write_incomplete(self, exit_code: int | None, message: str) -> None:
        """Say in the exports that nothing was decided, and why; leave no report."""
        if self._report is not None:
            remove_file(self._report)
        self._write_all(self._files(lambda e: e.render_unfinished(message, exit_code)))

    def write(self, content: ReportContent) -> None:
        """
        Write the exports of a judged run; one with a verdict must have a report.

        What an earlier call wrote gives way, and the report does to a withheld verdict.
        """
        files = self._files(lambda export: export.render(content))
        if content.withheld and self._report is not None:
            from rekmetrics.report.page import render_page

            page = render_page(replace(content, mask_account=True))
            files = {self._report: page.encode(), **files}
        elif content.state != "incomplete" and not [*self._found_report()]:
            raise WriteError(
                f"pytest-html left no report at {self._report}; see its messages above."
            )
        self._write_all(files)
        if os.environ.get("GITHUB_STEP_SUMMARY"):
            data = MARKDOWN.render(content)
            self._summary_begin = append_step_summary(data, self._summary_begin)

    def paths(self) -> Iterator[Path]:
        """The files that `write` leaves, the report first."""
        yield from self._found_report()
        yield from (
            self._exports[option] for option in EXPORTS if option in self._exports
        )

    def _files(self, render: Callable[[Export], bytes]) -> dict[Path, bytes]:
        return {
            self._exports[option]: render(export)
            for option, export in reversed(EXPORTS.items())
            if option in self._exports
        }

    def _write_all(self, files: Mapping[Path, bytes]) -> None:
        problems = []
        for path, data in files.items():
            try:
                write_atomically(path, data)
            except WriteError as error:  # noqa: PERF203 (one file's trouble)
                problems.append(str(error))
        if problems:
            raise WriteError("\n".join(problems))

    def _found_report(self) -> Iterator[Path]:
        if self._report is not None and self._report.is_file():
            yield self._report


def append_step_summary(data: bytes, begin: int | None = None) -> int | None:
    """
    Add to the job's summary, where GitHub Actions asks for one; say where that begins.

    What stands there from `begin` on gives way.

    Raises:
        WriteError: it cannot be written.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return None
    try:
        with Path(path).open("ab") as file:
            if begin is not None:
                file.truncate(begin)
            place = file.seek(0, os.SEEK_END) if file.seekable() else None
            file.write(data)
    except OSError as error:
        raise WriteError(
            f"GITHUB_STEP_SUMMARY cannot be written: {error.strerror}."
        ) from error
    return place
