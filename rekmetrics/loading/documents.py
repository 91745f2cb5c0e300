"""From two streams of bytes to an evaluation that agrees with its summary."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeVar

from rekmetrics.errors import ManifestError, SummaryError
from rekmetrics.evaluation import Evaluation, Task, build_evaluation
from rekmetrics.evidence import Finding, check_evidence, settle
from rekmetrics.manifest import Manifest, parse_manifest
from rekmetrics.manifest.sources import Training, parse_sources
from rekmetrics.model import Model, SourceFile
from rekmetrics.streams import ReadAhead
from rekmetrics.summary import Summary, parse_summary

if TYPE_CHECKING:
    from rekmetrics.loading.places import Name
    from rekmetrics.streams import ByteStream

__all__ = ["Origin", "build", "read_manifest", "read_summary", "read_training"]

MAX_SUMMARY_BYTES = 64 << 20
"""A summary of 250 labels with its confusion matrix has about 8 MB."""

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one document comes from, how to open it, and what is to keep a copy."""

    name: Name
    location: str
    version: str | None
    open: Callable[[], ByteStream]
    tee: BinaryIO | None = None


def read_summary(origin: Origin) -> tuple[Summary, SourceFile]:
    """Read and parse the summary, whose size is bounded."""
    return _read(origin, _parse_bounded)


def read_manifest(
    origin: Origin, *, on_progress: Callable[[int, int], None] | None = None
) -> tuple[Manifest, SourceFile]:
    """Read and parse the test manifest while it arrives."""
    return _read(origin, parse_manifest, on_progress)


def read_training(origin: Origin) -> tuple[Training, SourceFile]:
    """Read the source-refs of the training manifest."""
    sources, document = _read(origin, parse_sources)
    return Training(sources), document


def build(
    manifest: Manifest,
    summary: Summary,
    *,
    task: Task | Literal["auto"],
    description: Model | None,
    accepted: Collection[str] = (),
) -> tuple[Evaluation, tuple[Finding, ...]]:
    """
    The evaluation and what was compared; `accepted` names contradictions to pass over.

    Raises:
        EvaluationError: summary, manifest and description contradict each other.
    """
    evaluation = build_evaluation(manifest, summary, task=task)
    findings = check_evidence(evaluation, summary, description=description)
    return evaluation, settle(findings, manifest.notes, accepted)


def _read(
    origin: Origin,
    parse: Callable[[Iterable[bytes]], Parsed],
    on_progress: Callable[[int, int], None] | None = None,
) -> tuple[Parsed, SourceFile]:
    with ReadAhead(origin.open, tee=origin.tee, on_progress=on_progress) as ahead:
        chunks = iter(ahead)
        try:
            parsed = parse(chunks)
        except (ManifestError, SummaryError):
            # A transfer that proves broken at its end explains a broken line better.
            _drain(chunks)
            raise
        _drain(chunks)
    document = SourceFile(
        origin.name, origin.location, origin.version, ahead.n_bytes, ahead.sha256
    )
    return parsed, document


def _drain(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass


def _parse_bounded(chunks: Iterable[bytes]) -> Summary:
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > MAX_SUMMARY_BYTES:
            raise SummaryError(
                f"summary: more than {MAX_SUMMARY_BYTES:,} bytes; is this the test "
                "manifest? A summary is one JSON object of some kilobytes."
            )
    return parse_summary(bytes(data))
