"""The files that a run writes on request, one record each; light, see `run`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rekmetrics.report import ReportContent

__all__ = ["EXPORTS", "MARKDOWN", "Export"]


@dataclass(frozen=True, slots=True)
class Export:
    """
    An option, and the module that makes its file.

    The module has `render_export(content)` and `render_unfinished(message, exit_code)`,
    both of which return text; the second stands in the file until the run has ended,
    or for ever.
    """

    option: str
    help: str
    module: str

    def render(self, content: ReportContent) -> bytes:
        """The file of a judged run."""
        text: str = self._load().render_export(content)
        return text.encode()

    def render_unfinished(self, message: str, exit_code: int | None) -> bytes:
        """The file of a run that has decided nothing, and why."""
        text: str = self._load().render_unfinished(message, exit_code)
        return text.encode()

    def _load(self) -> Any:
        return import_module(self.module)


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
            "rekmetrics.report.json",
        ),
        MARKDOWN,
        Export(
            "--suspects-csv",
            "list test images that are probably mislabelled in this file",
            "rekmetrics.report.suspects_csv",
        ),
        Export(
            "--suspects-manifest",
            "write the same images to this file, for a Ground Truth job",
            "rekmetrics.report.relabelling",
        ),
        Export(
            "--attestation",
            "write an in-toto Statement of the result to this file, to be signed",
            "rekmetrics.report.attestation",
        ),
    )
}
