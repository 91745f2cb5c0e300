"""What the built-in examples have in common: versions, and thresholds as AWS picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.fake_aws.files import LabelledImage, write_manifest, write_summary

if TYPE_CHECKING:
    from numpy.typing import NDArray


DIGIT_LABELS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
)


@dataclass(frozen=True, slots=True)
class DemoVersion:
    """One trained version: its documents, and its test images (PNG) by source-ref."""

    project_arn: str
    version_arn: str
    version_name: str
    summary: bytes
    manifest: bytes
    images: Mapping[str, bytes]
    training: bytes = b""
    """The manifest of the training images, which lie nowhere."""


def best_threshold(
    scores: NDArray[np.floating[Any]], is_true: NDArray[np.bool_], n_true: int
) -> float:
    """The score from which on a label is best predicted, by F1 on the test set."""
    order = np.argsort(-scores, kind="stable")
    n_right = np.cumsum(is_true[order])
    n_predicted = np.arange(1, len(order) + 1)
    f1 = 2 * n_right / (n_predicted + n_true)
    is_last_of_its_score = np.append(np.diff(scores[order]) < 0, True)
    return float(scores[order][np.argmax(np.where(is_last_of_its_score, f1, -1))])


def build_version(
    images: Sequence[LabelledImage],
    pictures: Mapping[str, bytes],
    *,
    project_arn: str,
    version_name: str,
    created: str,
    thresholds: Mapping[str, float],
    trained_on: Sequence[str],
    averages: Mapping[str, float] | None = None,
) -> DemoVersion:
    """
    The documents of one version; the summary lists the labels in its own order.

    `trained_on` are the source-refs of its training images.
    """
    stem = project_arn.rpartition("/")[0]
    version_arn = f"{stem}/version/{version_name}/{created}"
    return DemoVersion(
        project_arn=project_arn,
        version_arn=version_arn,
        version_name=version_name,
        summary=write_summary(
            images,
            labels=DIGIT_LABELS,
            thresholds=thresholds,
            version_arn=version_arn,
            n_training_images=len(trained_on),
            ended=_moment(created),
            averages=averages,
        ),
        manifest=write_manifest(images),
        images=pictures,
        training="".join(f'{{"source-ref":"{ref}"}}\n' for ref in trained_on).encode(),
    )


def _moment(milliseconds: str) -> str:
    """A version's number as the summary writes times: UTC, without a zone."""
    moment = datetime.fromtimestamp(int(milliseconds) / 1000, tz=timezone.utc)
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")
