"""
The metrics as functions of counts, for many sets of counts at once.

Every function takes a `Tally` whose arrays have any leading axes (resamples, for
example) and returns an array with these axes, NaN where the metric is undefined. At
the observed counts the results are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation, Task

__all__ = [
    "LABEL_FORMULAS",
    "Tally",
    "image_scores",
    "image_sums",
    "label_metric",
    "overall_metric",
    "tally",
]

Floats = NDArray[np.float64]
Numeric = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Tally:
    """
    Counts per label, of shape `(…, n_labels)`, and of images, of shape `(…)`.

    `sums` holds, by name, the sums over images of what `image_scores` gives.
    """

    true_positives: Numeric
    false_positives: Numeric
    false_negatives: Numeric
    n_images: Numeric
    sums: Mapping[str, Numeric] = field(default_factory=dict)

    @cached_property
    def support(self) -> Numeric:
        return self.true_positives + self.false_negatives

    @cached_property
    def predicted(self) -> Numeric:
        return self.true_positives + self.false_positives

    @cached_property
    def union(self) -> Numeric:
        """Cases of a label, in the truth or in the predictions."""
        return self.support + self.false_positives


def tally(evaluation: Evaluation) -> Tally:
    """The observed counts of an evaluation."""
    return Tally(
        evaluation.n_true_positives,
        evaluation.n_false_positives,
        evaluation.n_false_negatives,
        np.asarray(evaluation.n_images),
        image_sums(evaluation),
    )


def image_sums(evaluation: Evaluation) -> dict[str, Numeric]:
    """Sums over all images of `image_scores`."""
    if evaluation.task == "detection":
        return {}
    if evaluation.task == "multiclass":
        n_right = np.trace(evaluation.confusion)
        wrong = np.asarray(evaluation.n_images - n_right)
        without = np.asarray(evaluation.confusion[:, -1].sum())
        return {
            "accuracy": np.asarray(n_right),
            "zero_one_loss": wrong,
            "hamming_loss": wrong,
            "no_prediction_rate": without,
        }
    patterns = evaluation.patterns
    hits, false_positives, misses = (
        np.asarray(table.sum(axis=1)).ravel()
        for table in (
            patterns.true_positives,
            patterns.false_positives,
            patterns.false_negatives,
        )
    )
    scores = image_scores(
        hits, false_positives, misses, evaluation.n_labels, evaluation.task
    )
    return {name: patterns.counts @ values for name, values in scores.items()}


def image_scores(
    hits: Numeric,
    false_positives: Numeric,
    misses: Numeric,
    n_labels: int,
    task: Task,
) -> dict[str, Floats]:
    """
    What each image adds to the metrics that are means over images.

    The arrays of shape `(n,)` count the labels that an image rightly has, wrongly has
    and lacks.
    """
    if task == "detection":
        return {}
    is_wrong = (false_positives + misses > 0).astype(np.float64)
    scores = {
        "accuracy": 1.0 - is_wrong,
        "zero_one_loss": is_wrong,
        "hamming_loss": is_wrong,
        "no_prediction_rate": (hits + false_positives == 0).astype(np.float64),
    }
    if task == "multilabel":
        one = Tally(hits, false_positives, misses, np.ones(len(hits)))
        scores["hamming_loss"] = (false_positives + misses) / n_labels
        for name, ratio in _RATIOS.items():
            scores[f"{name}_samples"] = np.nan_to_num(ratio(one))
    return scores


def overall_metric(name: str, counts: Tally) -> Floats:
    """One overall metric by its name, of shape `(…)`."""
    if name in counts.sums:
        return _divide(counts.sums[name], counts.n_images)
    if name in _OVERALL:
        return _OVERALL[name](counts)
    base, _, average = name.rpartition("_")
    return _AVERAGES[average](_RATIOS[base], counts)


def label_metric(name: str, counts: Tally) -> Floats:
    """One metric of every label by its name, of shape `(…, n_labels)`."""
    return LABEL_FORMULAS[name](counts)


def _divide(numerator: Numeric, denominator: Numeric) -> Floats:
    """The quotient; NaN where there is nothing to divide by."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    quotient = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.not_equal(denominator, 0))
    return quotient


def _precision(counts: Tally) -> Floats:
    return _divide(counts.true_positives, counts.predicted)


def _recall(counts: Tally) -> Floats:
    return _divide(counts.true_positives, counts.support)


def _f1(counts: Tally) -> Floats:
    return _divide(
        2 * counts.true_positives,
        2 * counts.true_positives + counts.false_positives + counts.false_negatives,
    )


def _jaccard(counts: Tally) -> Floats:
    return _divide(counts.true_positives, counts.union)


def _false_positive_rate(counts: Tally) -> Floats:
    return _divide(counts.false_positives, _images(counts) - counts.support)


def _label_balanced_accuracy(counts: Tally) -> Floats:
    return (_recall(counts) + 1.0 - _false_positive_rate(counts)) / 2.0


def _label_matthews_corrcoef(counts: Tally) -> Floats:
    n = _images(counts).astype(np.float64)
    covariance = n * counts.true_positives - counts.support * (1.0 * counts.predicted)
    spread = (1.0 * counts.support * (n - counts.support)) * (
        1.0 * counts.predicted * (n - counts.predicted)
    )
    return _divide(covariance, np.sqrt(spread))


def _images(counts: Tally) -> Numeric:
    return np.asarray(counts.n_images)[..., None]


_Formula = Callable[[Tally], Floats]
_RATIOS: Mapping[str, _Formula] = {
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "jaccard": _jaccard,
}
LABEL_FORMULAS: Mapping[str, _Formula] = {
    **_RATIOS,
    "false_positive_rate": _false_positive_rate,
    "balanced_accuracy": _label_balanced_accuracy,
    "matthews_corrcoef": _label_matthews_corrcoef,
}


def _micro(ratio: _Formula, counts: Tally) -> Floats:
    total = Tally(
        counts.true_positives.sum(axis=-1, keepdims=True),
        counts.false_positives.sum(axis=-1, keepdims=True),
        counts.false_negatives.sum(axis=-1, keepdims=True),
        counts.n_images,
    )
    return np.asarray(ratio(total)[..., 0])


def _macro(ratio: _Formula, counts: Tally) -> Floats:
    occurs = counts.union > 0
    return _divide(np.nan_to_num(ratio(counts)).sum(axis=-1), occurs.sum(axis=-1))


def _weighted(ratio: _Formula, counts: Tally) -> Floats:
    values = np.nan_to_num(ratio(counts))
    return _divide((values * counts.support).sum(axis=-1), counts.support.sum(axis=-1))


_AVERAGES: Mapping[str, Callable[[_Formula, Tally], Floats]] = {
    "micro": _micro,
    "macro": _macro,
    "weighted": _weighted,
}


def _balanced_accuracy(counts: Tally) -> Floats:
    has_support = counts.support > 0
    total = np.nan_to_num(_recall(counts)).sum(axis=-1)
    return _divide(total, has_support.sum(axis=-1))


def _mean_of_mixed(values: Floats, counts: Tally) -> Floats:
    """Mean over the labels that some images have and some lack."""
    is_mixed = (counts.support > 0) & (counts.support < _images(counts))
    total = np.where(is_mixed, np.nan_to_num(values), 0.0).sum(axis=-1)
    return _divide(total, is_mixed.sum(axis=-1))


def _balanced_accuracy_macro(counts: Tally) -> Floats:
    return _mean_of_mixed(_label_balanced_accuracy(counts), counts)


def _matthews_corrcoef_macro(counts: Tally) -> Floats:
    return _mean_of_mixed(_label_matthews_corrcoef(counts), counts)


def _margins(counts: Tally) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """
    Images, hits, chance hits, and the squares of predicted and of true margins.

    Images without prediction are a predicted class of their own. Multiclass alone.
    """
    n = np.asarray(counts.n_images, dtype=np.float64)
    support = counts.support.astype(np.float64)
    predicted = counts.predicted.astype(np.float64)
    without = n - predicted.sum(axis=-1)
    return (
        n,
        counts.true_positives.sum(axis=-1).astype(np.float64),
        (support * predicted).sum(axis=-1),
        (predicted**2).sum(axis=-1) + without**2,
        (support**2).sum(axis=-1),
    )


def _matthews_corrcoef(counts: Tally) -> Floats:
    n, hits, by_chance, predicted_squares, true_squares = _margins(counts)
    spread = (n**2 - predicted_squares) * (n**2 - true_squares)
    return _divide(hits * n - by_chance, np.sqrt(np.maximum(spread, 0.0)))


def _cohen_kappa(counts: Tally) -> Floats:
    n, hits, by_chance, _, _ = _margins(counts)
    return _divide(hits * n - by_chance, n**2 - by_chance)


_OVERALL: Mapping[str, _Formula] = {
    "balanced_accuracy": _balanced_accuracy,
    "balanced_accuracy_macro": _balanced_accuracy_macro,
    "matthews_corrcoef": _matthews_corrcoef,
    "matthews_corrcoef_macro": _matthews_corrcoef_macro,
    "cohen_kappa": _cohen_kappa,
}
