"""
The numbers of a model with several labels an image, from counts of whole numbers.

scikit-learn's multilabel metrics are functions of the counts per label, and, for
averages over images, of the images' own counts. Over indicator matrices it would need
minutes and gigabytes at Rekognition's limits; from the counts the results are equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rekmetrics.metrics.catalogue import BUILT_IN
from rekmetrics.metrics.formulas import (
    LABEL_FORMULAS,
    label_metric,
    overall_metric,
    tally,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation

__all__ = ["label_values", "overall_values"]


def overall_values(evaluation: Evaluation) -> dict[str, float]:
    """Every overall metric by its name, NaN where it is undefined."""
    counts = tally(evaluation)
    return {
        metric.name: float(overall_metric(metric.name, counts))
        for metric in BUILT_IN
        if metric.scope == "overall"
        and "multilabel" in metric.tasks
        and not metric.name.startswith("reported_")
    }


def label_values(evaluation: Evaluation) -> dict[str, NDArray[np.float64]]:
    """Every metric of the labels by its name, of shape `(n_labels,)`."""
    counts = tally(evaluation)
    return {name: label_metric(name, counts) for name in LABEL_FORMULAS}
