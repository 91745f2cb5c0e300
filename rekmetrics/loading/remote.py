"""An evaluation from AWS: described by Rekognition, read from S3 once."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Literal

from rekmetrics.errors import EvaluationError
from rekmetrics.loading.documents import Loaded, Origin, Place, load
from rekmetrics.loading.images import list_images
from rekmetrics.loading.places import OWN_NAMES
from rekmetrics.loading.saving import SavedFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from rekmetrics.arns import ProjectArn
    from rekmetrics.aws import Aws, S3Location, VersionDescription
    from rekmetrics.evaluation import Task
    from rekmetrics.loading.places import Name
    from rekmetrics.manifest import Texts


def load_from_aws(
    project: ProjectArn,
    version_name: str,
    *,
    aws: Aws,
    task: Task | Literal["auto"] = "auto",
    accepted: Collection[str] = (),
    save_to: Path | None = None,
    with_training: bool = False,
    with_images: bool = False,
    on_described: Callable[[str], None] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    """
    Fetch one model version's evaluation, and keep it in a folder if one is given.

    `on_described` is told the version's ARN before anything of it is read,
    `on_progress` how many bytes and lines of the manifest have arrived. `with_training`
    reads the training manifest too, `with_images` asks S3 of the images that both list;
    `Loaded.training` and `Loaded.images` tell what hinders that, and no error.

    Raises:
        NoSuchVersionError: the project has no version of this name.
        EvaluationError: it cannot be obtained, or cannot be trusted.
        RequestError, WriteError: it is an adapter's; the folder cannot be used.
    """
    described = aws.describe_version(project, version_name)
    model = described.model
    if on_described is not None:
        on_described(model.version_arn or "")
    with SavedFolder(save_to, model) if save_to else nullcontext() as saved:
        place = _Remote(described, aws, saved)
        place.has_training, place.has_images = with_training, with_images
        loaded = load(place, task=task, accepted=accepted, on_progress=on_progress)
        if saved:
            saved.commit(loaded.documents, aws.endpoints)
    return loaded


class _Remote(Place):
    """S3, where Rekognition's description leads."""

    source = "aws"

    def __init__(
        self, described: VersionDescription, aws: Aws, saved: SavedFolder | None
    ) -> None:
        self.description = described.model
        self.endpoints = aws.endpoints
        self._described = described
        self._aws = aws
        self._saved = saved

    def find(self, name: Name) -> Origin:
        place: S3Location | None = getattr(self._described, name)
        if place is None:
            raise EvaluationError(
                "Rekognition does not say where it lies; where you have it, judge a "
                "folder of summary, test manifest and training.jsonl (--evaluation-dir)"
            )
        tee = self._saved.open(name) if self._saved else None
        opener = partial(self._aws.open, place)
        return Origin(name, place.uri, place.version, opener, tee)

    def find_images(self, tested: Texts, trained: Iterable[str]) -> Origin:
        tee = self._saved.open("images") if self._saved else None
        opener = partial(list_images, self._aws, tested, trained)
        return Origin("images", OWN_NAMES["images"], None, opener, tee)
