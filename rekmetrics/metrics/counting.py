"""What is counted in an evaluation, over all images and image by image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.metrics.catalogue import BUILT_IN
from rekmetrics.metrics.records import Metric
from rekmetrics.metrics.tallies import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation, Task

__all__ = ["image_scores", "means_over_images", "tally"]


def tally(evaluation: Evaluation) -> Tally:
    """The observed counts of an evaluation."""
    patterns = evaluation.patterns
    scores = image_scores(
        patterns.true_positives,
        patterns.false_positives,
        patterns.false_negatives,
        evaluation.task,
    )
    return Tally(
        evaluation.n_true_positives,
        evaluation.n_false_positives,
        evaluation.n_false_negatives,
        np.asarray(evaluation.n_images),
        {name: patterns.counts @ values for name, values in scores.items()},
    )


def means_over_images(task: Task) -> tuple[Metric, ...]:
    """The metrics that are, in this task."""
    return tuple(
        record for record in BUILT_IN if record.per_image and task in record.tasks
    )


def image_scores(
    hits: csr_matrix, false_positives: csr_matrix, misses: csr_matrix, task: Task
) -> dict[str, NDArray[np.float64]]:
    """
    What each image adds to the metrics that are means over images, by their name.

    The tables of shape `(n, n_labels)` count the labels that an image rightly has,
    wrongly has and lacks.
    """
    own, false, missed = (
        np.asarray(table.sum(axis=1)).ravel()
        for table in (hits, false_positives, misses)
    )
    one = Tally(own, false, missed, np.ones(len(own)))
    n_at_stake = 1 if task == "multiclass" else hits.shape[1]
    return {
        record.name: record.per_image(one, n_at_stake)
        for record in means_over_images(task)
        if record.per_image
    }
