"""From the places of a version's documents to an evaluation that agrees with them."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeVar

from rekmetrics.errors import AwsError, EvaluationError, ManifestError, SummaryError
from rekmetrics.evaluation import Evaluation, Task, build_evaluation
from rekmetrics.evidence import Finding, check_evidence, settle
from rekmetrics.loading.places import OWN_NAMES, Name
from rekmetrics.manifest import Manifest, Texts, parse_manifest
from rekmetrics.manifest.sources import (
    Images,
    Training,
    parse_images,
    parse_sources,
)
from rekmetrics.model import Model, SourceFile
from rekmetrics.streams import ReadAhead
from rekmetrics.summary import Summary, parse_summary

if TYPE_CHECKING:
    from rekmetrics.streams import ByteStream


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


class Place(ABC):
    """Where the documents of one version lie, and what is known of it there."""

    source: Literal["aws", "folder"]
    description: Model | None = None
    """What Rekognition said of the version, if it was asked."""
    endpoints: Mapping[str, str]
    has_training: bool = True
    """Whether a training manifest is wanted, and may be looked for."""
    has_images: bool = True
    """Whether what S3 tells of the images is."""

    @abstractmethod
    def find(self, name: Name) -> Origin:
        """Where a document is to be read from, and kept anew; EvaluationError."""

    def find_images(self, tested: Texts, trained: Iterable[str]) -> Origin:  # noqa: ARG002
        """The same of what S3 tells of these images, or told."""
        return self.find("images")

    def identify(self, summary: Summary) -> Model:
        """The model; EvaluationError if it is not the one that was asked for."""
        return self.description or Model(version_arn=summary.version_arn)

    def check(self, document: SourceFile) -> None:  # noqa: B027 (most have no doubts)
        """EvaluationError if the document is not the one that belongs here."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """An evaluation that was read whole and contradicts itself nowhere that matters."""

    model: Model
    evaluation: Evaluation
    summary: Summary
    documents: tuple[SourceFile, ...]
    findings: tuple[Finding, ...]
    endpoints: Mapping[str, str]
    """Where AWS was asked, by service, if it was not AWS's own place."""
    source: Literal["aws", "folder"]
    training: Training | None = None
    images: Images | None = None
    """Both None where they were not asked for, or a folder does not hold them."""

    @property
    def digest(self) -> str:
        """
        SHA-256 of both documents, in hexadecimal.

        It is what `sha256sum summary.json manifest.jsonl | sha256sum` prints in a
        folder that `--save-evaluation` has left.
        """
        names: tuple[Name, ...] = ("summary", "manifest")
        by_name = {document.name: document.sha256 for document in self.documents}
        lines = (f"{by_name.get(name)}  {OWN_NAMES[name]}\n" for name in names)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def load(
    place: Place,
    *,
    task: Task | Literal["auto"],
    accepted: Collection[str],
    on_progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    """
    Read a version's documents and hold them against each other.

    Raises:
        EvaluationError: a document is missing, broken or of another version, or the
            documents contradict each other.
    """
    summary, summary_file = _find_and_read(place, "summary", read_summary)
    place.check(summary_file)
    model = place.identify(summary)
    manifest, manifest_file = _find_and_read(
        place, "manifest", partial(read_manifest, on_progress=on_progress)
    )
    place.check(manifest_file)
    evaluation, findings = build(
        manifest, summary, task=task, description=place.description, accepted=accepted
    )
    training, more = _read_training(place)
    images, last = _read_images(place, evaluation, training)
    return Loaded(
        model=model,
        evaluation=evaluation,
        summary=summary,
        documents=(summary_file, manifest_file, *more, *last),
        findings=findings,
        endpoints=place.endpoints,
        source=place.source,
        training=training,
        images=images,
    )


def read_summary(origin: Origin) -> tuple[Summary, SourceFile]:
    """Read and parse the summary, whose size is bounded."""
    return _read(origin, _parse_bounded)


def read_manifest(
    origin: Origin, *, on_progress: Callable[[int, int], None] | None = None
) -> tuple[Manifest, SourceFile]:
    """Read and parse the test manifest while it arrives."""
    return _read(origin, parse_manifest, on_progress)


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


def _find_and_read(
    place: Place, name: Name, read: Callable[[Origin], tuple[Parsed, SourceFile]]
) -> tuple[Parsed, SourceFile]:
    """
    Read a document, and once more from the start where its transfer broke midway.

    botocore tries again only until an answer begins.
    """
    try:
        return read(place.find(name))
    except AwsError as error:
        if error.code != "Transfer":
            raise
    return read(place.find(name))


def _read_training(place: Place) -> tuple[Training | None, tuple[SourceFile, ...]]:
    """The source-refs of the training manifest; what hinders that is no error."""
    if not place.has_training:
        return None, ()
    try:
        sources, document = _find_and_read(
            place, "training", lambda origin: _read(origin, parse_sources)
        )
    except EvaluationError as error:
        return Training(None, f"the training manifest was not read: {error}"), ()
    place.check(document)
    return Training(sources), (document,)


def _read_images(
    place: Place, evaluation: Evaluation, training: Training | None
) -> tuple[Images | None, tuple[SourceFile, ...]]:
    """What S3 tells of all images' bytes; what hinders that is no error either."""
    if not place.has_images:
        return None, ()
    trained = (training and training.sources) or ()
    try:
        origin = place.find_images(evaluation.sources, trained)
        stored, document = _read(origin, parse_images)
    except EvaluationError as error:
        return Images(None, f"the images were not compared: {error}"), ()
    place.check(document)
    return Images(stored), (document,)


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
