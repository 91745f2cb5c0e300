"""An evaluation in a folder: as downloaded from S3, or as it was saved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from rekmetrics.arns import ProjectArn
from rekmetrics.errors import EvaluationError
from rekmetrics.loading.documents import (
    Origin,
    build,
    read_manifest,
    read_summary,
    read_training,
)
from rekmetrics.loading.loaded import Loaded, is_version_of, try_parse_version_arn
from rekmetrics.loading.places import (
    Name,
    find_documents,
    require_like_names,
    the_one,
)
from rekmetrics.loading.saving import Saved, read_saved
from rekmetrics.manifest.sources import Training
from rekmetrics.model import Model, SourceFile
from rekmetrics.streams import FileStream
from rekmetrics.texts import mask_account, quote

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from rekmetrics.evaluation import Task
    from rekmetrics.summary import Summary

__all__ = ["load_from_folder"]


def load_from_folder(
    folder: Path,
    *,
    project: ProjectArn | None = None,
    version_name: str | None = None,
    task: Task | Literal["auto"] = "auto",
    with_training: bool = False,
    accepted: Collection[str] = (),
) -> Loaded:
    """
    Read summary and test manifest from a folder; no AWS is asked.

    Project and version are optional and, where given, must be those of the summary.
    `with_training` reads the training manifest too, if the folder holds one.
    `accepted` names contradictions that end as warnings.

    Raises:
        RequestError: the folder is none.
        EvaluationError: a file is missing, broken, or of another version.
    """
    summary_path = the_one(folder, "summary")
    manifest_path = the_one(folder, "manifest")
    require_like_names(summary_path, manifest_path)
    saved = read_saved(folder)
    summary, summary_document = read_summary(_origin("summary", summary_path))
    _check_digest(saved, summary_document)
    model = _identify(summary, saved, project, version_name)
    manifest, manifest_document = read_manifest(_origin("manifest", manifest_path))
    _check_digest(saved, manifest_document)
    described = saved.model if saved else None
    evaluation, findings = build(
        manifest, summary, task=task, description=described, accepted=accepted
    )
    training, more = _read_training(folder, saved) if with_training else (None, ())
    return Loaded(
        model=model,
        evaluation=evaluation,
        summary=summary,
        documents=(summary_document, manifest_document, *more),
        findings=findings,
        endpoints=saved.endpoints if saved else {},
        source="folder",
        training=training,
    )


def _read_training(
    folder: Path, saved: Saved | None
) -> tuple[Training | None, tuple[SourceFile, ...]]:
    """None where the folder has none, or one that was not saved with the others."""
    is_told = saved is None or "training" in saved.digests
    found = find_documents(folder, "training")
    if not is_told or not found:
        return None, ()
    try:
        training, document = read_training(
            _origin("training", the_one(folder, "training"))
        )
    except EvaluationError as error:
        return Training(None, f"the training manifest was not read: {error}"), ()
    _check_digest(saved, document)
    return training, (document,)


def _origin(name: Name, path: Path) -> Origin:
    return Origin(name, path.name, None, partial(FileStream, path))


def _check_digest(saved: Saved | None, document: SourceFile) -> None:
    if saved is not None and saved.digests.get(document.name) != document.sha256:
        raise EvaluationError(
            f"{document.location} has changed since evaluation.json was written beside "
            "it: their SHA-256 differ. Fetch the evaluation again."
        )


def _identify(
    summary: Summary,
    saved: Saved | None,
    project: ProjectArn | None,
    version_name: str | None,
) -> Model:
    """The model that the folder is of, if it is the one that was asked for."""
    text = saved.model.version_arn if saved else summary.version_arn
    arn = try_parse_version_arn(text)
    is_asked = project is not None or version_name is not None
    if arn is None:
        if is_asked:
            raise EvaluationError(
                "the summary does not say which version it is of "
                f"({quote(text) if text else 'no ProjectVersionArn'}), so it cannot be "
                "held against the project and version asked for. Leave these away."
            )
        return saved.model if saved else Model(version_arn=text)
    if not is_version_of(arn, project, version_name):
        asked = (
            version_name and f"version {version_name}",
            project and f"project {project.text}",
        )
        wanted = " of ".join(text for text in asked if text)
        raise EvaluationError(
            mask_account(
                f"the folder holds the evaluation of {arn.text}, wanted {wanted}. "
                "Give the folder of that version, or leave project and version away."
            )
        )
    if saved:
        return saved.model
    return Model(
        project_arn=project.text if project else None,
        version_arn=arn.text,
        version_name=arn.version_name,
        project_name=arn.project_name,
        region=arn.region,
        trained=summary.ended,
    )
