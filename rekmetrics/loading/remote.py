"""An evaluation from AWS: described by Rekognition, read from S3 once."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from rekmetrics.errors import AwsError, EvaluationError
from rekmetrics.loading.documents import (
    Origin,
    build,
    read_manifest,
    read_summary,
    read_training,
)
from rekmetrics.loading.loaded import Loaded
from rekmetrics.loading.saving import SavedFolder
from rekmetrics.manifest.sources import Training

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from rekmetrics.arns import ProjectArn
    from rekmetrics.aws import Aws, S3Location, VersionDescription
    from rekmetrics.evaluation import Task
    from rekmetrics.loading.places import Name
    from rekmetrics.manifest import Manifest
    from rekmetrics.model import SourceFile
    from rekmetrics.summary import Summary

__all__ = ["load_from_aws"]

Read = TypeVar("Read")


def load_from_aws(
    project: ProjectArn,
    version_name: str,
    *,
    aws: Aws,
    task: Task | Literal["auto"] = "auto",
    accepted: Collection[str] = (),
    save_to: Path | None = None,
    with_training: bool = False,
    on_described: Callable[[str], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    """
    Fetch one model version's evaluation, and keep it in a folder if one is given.

    `on_described` is told the version's ARN before anything of it is read,
    `on_progress` how many bytes and lines of the manifest have arrived. A transfer that
    breaks is begun once more from the start. `with_training` reads the training
    manifest too; `Loaded.training` tells what hinders that, and no error.

    Raises:
        NoSuchVersionError: the project has no version of this name.
        EvaluationError: it cannot be obtained, or cannot be trusted.
        RequestError: the version is an adapter, or the folder holds something else.
        WriteError: the folder cannot be written.
    """
    described = aws.describe_version(project, version_name)
    if on_described is not None:
        on_described(described.model.version_arn or "")
    model = described.model
    with contextlib.ExitStack() as stack:
        saved = save_to and stack.enter_context(SavedFolder(save_to, model))

        def origin(name: Name, place: S3Location) -> Origin:
            tee = saved.open(name) if saved else None
            return Origin(name, place.uri, place.version, partial(aws.open, place), tee)

        summary, manifest, documents = _read(described, origin, on_progress)
        evaluation, findings = build(
            manifest, summary, task=task, accepted=accepted, description=model
        )
        training = None
        if with_training:
            training, more = _read_training(described, origin)
            documents = (*documents, *more)
            if saved and not more:
                saved.discard("training")
        if saved:
            saved.commit(documents, aws.endpoints)
    return Loaded(
        model=model,
        evaluation=evaluation,
        summary=summary,
        documents=documents,
        findings=findings,
        endpoints=aws.endpoints,
        source="aws",
        training=training,
    )


def _read(
    described: VersionDescription,
    origin: Callable[[Name, S3Location], Origin],
    on_progress: Callable[[int, int], None] | None,
) -> tuple[Summary, Manifest, tuple[SourceFile, ...]]:
    summary, summary_document = _try_twice(
        lambda: read_summary(origin("summary", described.summary))
    )
    manifest, manifest_document = _try_twice(
        lambda: read_manifest(
            origin("manifest", described.manifest), on_progress=on_progress
        )
    )
    return summary, manifest, (summary_document, manifest_document)


def _read_training(
    described: VersionDescription, origin: Callable[[Name, S3Location], Origin]
) -> tuple[Training, tuple[SourceFile, ...]]:
    place = described.training
    if place is None:
        text = "Rekognition does not say where the training manifest lies"
        return Training(None, text), ()
    try:
        training, document = _try_twice(
            lambda: read_training(origin("training", place))
        )
    except EvaluationError as error:
        return Training(None, f"the training manifest was not read: {error}"), ()
    return training, (document,)


def _try_twice(read: Callable[[], Read]) -> Read:
    """botocore tries again until an answer begins; this, when it broke off midway."""
    try:
        return read()
    except AwsError as error:
        if error.code != "Transfer":
            raise
    return read()
