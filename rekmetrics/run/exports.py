"""The files that a run writes on request, one record each; light, see `run`."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rekmetrics.report.content import ReportContent

__all__ = ["EXPORTS", "MARKDOWN", "Export"]


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
