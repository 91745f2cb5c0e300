"""What rules about the test set are held against."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.statistics import rate_interval
from rekmetrics.test_set.overlap import (
    Share,
    TrainingSet,
    find_duplicates,
    find_overlap,
)
from rekmetrics.test_set.suspects import Suspects, find_suspects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.manifest.sources import Images


_MOST_IMAGES = 1 << 30


@dataclass(frozen=True, eq=False, slots=True)
class Study:
    """
    What was found out about the test set; only what rules ask for is looked at.

    `images_of` is how many test images have each label.
    """

    shares: Mapping[str, Share] = field(default_factory=dict)
    suspects: Suspects | None = None
    images_of: Mapping[str, int] = field(default_factory=dict)


def study_test_set(
    evaluation: Evaluation,
    asked: Collection[str],
    *,
    trained_on: TrainingSet,
    images: Images | None = None,
    baseline: Evaluation | None = None,
) -> Study:
    """Answer the rules of these names; the evaluation is to be as it was loaded."""
    shares, suspects, sources = {}, None, evaluation.sources
    if "overlap_with_training" in asked:
        shares["overlap_with_training"] = find_overlap(sources, trained_on, images)
    if "duplicate_images" in asked:
        shares["duplicate_images"] = find_duplicates(sources, images)
    if "probably_mislabelled" in asked:
        suspects = find_suspects(evaluation, baseline)
        shares["probably_mislabelled"] = Share(
            tuple(suspect.image for suspect in suspects.found), evaluation.n_images
        )
    return Study(shares, suspects, _images_of(evaluation))


def _images_of(evaluation: Evaluation) -> dict[str, int]:
    table = evaluation.y_true_indicator
    counts = np.bincount(table.indices, minlength=evaluation.n_labels)
    return dict(zip(evaluation.labels, counts.tolist(), strict=True))


def n_for_width(rate: float, width: float, confidence_level: float) -> int | None:
    """The fewest images whose interval is that narrow, at this rate; None if none."""
    low, high = 0, 1
    while _width(rate, high, confidence_level) > width:
        low, high = high, high * 2
        if high > _MOST_IMAGES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if _width(rate, middle, confidence_level) > width:
            low = middle
        else:
            high = middle
    return high


def _width(rate: float, n_total: int, confidence_level: float) -> float:
    low, high = rate_interval(rate * n_total, n_total, confidence_level)
    return high - low
