"""Which test images are in the training set too, and which stand there twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rekmetrics.test_set.share import Share

if TYPE_CHECKING:
    from rekmetrics.manifest import Texts
    from rekmetrics.manifest.sources import Training

__all__ = ["TrainingSet", "find_duplicates", "find_overlap"]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The training manifest, and what else is known of what it lists."""

    manifest: Training | None
    n_images: int | None
    """As the summary counts them."""
    is_split: bool
    """Whether AWS split the test set off the same data set."""


def find_duplicates(sources: Texts) -> Share:
    """The lines whose source-ref stands on an earlier line as well."""
    seen: set[str] = set()
    repeated = []
    for image, source in enumerate(sources):
        if source in seen:
            repeated.append(image)
        seen.add(source)
    return Share(tuple(repeated), len(sources))


def find_overlap(sources: Texts, trained_on: TrainingSet) -> Share:
    """
    The test images whose source-ref the training manifest has.

    Where AWS split one data set, the training manifest may list the whole of it: by
    the summary's counts it is known whether it does, and each test image is then taken
    out of it once.
    """
    training = trained_on.manifest
    if training is None or training.sources is None:
        return Share((), len(sources), _why_not(training))
    trained = Counter(training.sources)
    is_split, n_trained = trained_on.is_split, trained_on.n_images
    n_listed = len(training.sources)
    if is_split and n_trained and n_listed == n_trained + len(sources):
        trained.subtract(sources)
    shared = tuple(i for i, source in enumerate(sources) if trained[source] > 0)
    if is_split and len(shared) == len(sources) and n_listed != n_trained:
        return Share((), len(sources), _UNTOLD)
    return Share(shared, len(sources))


_UNTOLD = (
    "AWS split the test set off, and the training manifest lists every test image: it "
    "may list the whole data set, and the summary's counts do not tell"
)


def _why_not(training: Training | None) -> str:
    if training is None:
        return (
            "the folder holds no training manifest; save the evaluation again with "
            "this rule in the thresholds file"
        )
    return training.why_not
