"""An evaluation in a folder: as downloaded from S3, or as it was saved."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, Literal

from rekmetrics.arns import ProjectArn, VersionArn, parse_version_arn
from rekmetrics.errors import EvaluationError, RequestError
from rekmetrics.loading.documents import Loaded, Origin, Place, load
from rekmetrics.loading.places import Name, find_documents, require_like_names, the_one
from rekmetrics.loading.saving import read_saved
from rekmetrics.model import Model, SourceFile
from rekmetrics.streams import FileStream
from rekmetrics.texts import mask_account, quote

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from rekmetrics.evaluation import Task
    from rekmetrics.summary import Summary


def load_from_folder(
    folder: Path,
    *,
    project: ProjectArn | None = None,
    version_name: str | None = None,
    task: Task | Literal["auto"] = "auto",
    with_training: bool = False,
    with_images: bool = False,
    accepted: Collection[str] = (),
) -> Loaded:
    """
    Read summary and test manifest from a folder; no AWS is asked.

    Project and version are optional and, where given, must be those of the summary.
    `with_training` reads the training manifest too, `with_images` what S3 told of the
    images, if the folder holds them.
    `accepted` names contradictions that end as warnings.

    Raises:
        RequestError: the folder is none.
        EvaluationError: a file is missing, broken, or of another version.
    """
    place = _Folder(folder, project, version_name)
    place.has_training &= with_training
    place.has_images &= with_images
    return load(place, task=task, accepted=accepted)


class _Folder(Place):
    """A folder, whose evaluation.json may say what Rekognition did of the version."""

    source = "folder"

    def __init__(
        self, folder: Path, project: ProjectArn | None, version_name: str | None
    ) -> None:
        self._paths: dict[Name, Path] = {
            "summary": the_one(folder, "summary"),
            "manifest": the_one(folder, "manifest"),
        }
        require_like_names(self._paths)
        self._folder = folder
        self._project = project
        self._version_name = version_name
        self._saved = read_saved(folder)
        self.description = self._saved.model if self._saved else None
        self.endpoints = self._saved.endpoints if self._saved else {}
        self.has_training = bool(find_documents(folder, "training"))
        saved = self._saved
        self.has_images = bool(
            "images" in saved.digests if saved else find_documents(folder, "images")
        )

    def find(self, name: Name) -> Origin:
        if name == "images" and not find_documents(self._folder, name):
            raise EvaluationError(
                "evaluation.json tells of images.jsonl, and it is not there"
            )
        path = self._paths.get(name) or the_one(self._folder, name)
        if name == "training" and not self._is_told(name):
            raise EvaluationError(
                f"{path.name} is not among the digests of evaluation.json beside it: "
                "it was put there later; save the evaluation again with this rule in "
                "the thresholds file"
            )
        if name == "training":
            require_like_names({**self._paths, name: path})
        return Origin(name, path.name, None, partial(FileStream, path))

    def _is_told(self, name: Name) -> bool:
        return self._saved is None or name in self._saved.digests

    def check(self, document: SourceFile) -> None:
        saved = self._saved
        if saved and saved.digests.get(document.name) != document.sha256:
            raise EvaluationError(
                f"{document.location} has changed since evaluation.json was written "
                "beside it: their SHA-256 differ. Fetch the evaluation again."
            )

    def identify(self, summary: Summary) -> Model:
        described, project = self.description, self._project
        text = described.version_arn if described else summary.version_arn
        arn: VersionArn | None = None
        with contextlib.suppress(RequestError):
            arn = parse_version_arn(text or "")
        if project is not None or self._version_name is not None:
            self._require_asked(arn, text)
        if described or arn is None:
            return super().identify(summary)
        return Model(
            project_arn=project.text if project else None,
            version_arn=arn.text,
            version_name=arn.version_name,
            project_name=arn.project_name,
            region=arn.region,
            trained=summary.ended,
        )

    def _require_asked(self, arn: VersionArn | None, text: str | None) -> None:
        """EvaluationError unless this is the project and version asked for."""
        project, name = self._project, self._version_name
        if arn is None:
            raise EvaluationError(
                "the summary does not say which version it is of "
                f"({quote(text) if text else 'no ProjectVersionArn'}), so it cannot be "
                "held against the project and version asked for. Leave these away."
            )
        if (name or arn.version_name) == arn.version_name and (
            project is None or arn.is_of(project)
        ):
            return
        asked = (name and f"version {name}", project and f"project {project.text}")
        wanted = " of ".join(text for text in asked if text)
        raise EvaluationError(
            mask_account(
                f"the folder holds the evaluation of {arn.text}, wanted {wanted}. "
                "Give the folder of that version, or leave project and version away: "
                "a copied model's files may name the version it was copied from."
            )
        )
