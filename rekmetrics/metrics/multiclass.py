"""
The numbers of a model with one label an image, computed by scikit-learn.

Its metrics are functions of the confusion matrix, so the matrix's non-zero cells are
handed over as samples and their counts as weights: the results are those of one
sample an image, whatever the number of images.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation

__all__ = ["Cells", "label_values", "overall_values"]

Floats = NDArray[np.float64]

_AVERAGES = ("micro", "macro", "weighted")


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """
    The non-zero cells of a confusion matrix as weighted samples.

    The code `n_labels` stands for "no prediction". `occurring` are the labels in the
    truth or the predictions: those that averages over labels are taken over.
    """

    y_true: NDArray[np.int64]
    y_pred: NDArray[np.int64]
    weights: Floats
    n_labels: int
    occurring: NDArray[np.int64]

    @classmethod
    def of(cls, evaluation: Evaluation) -> Cells:
        confusion = evaluation.confusion
        y_true, y_pred = np.nonzero(confusion)
        weights = confusion[y_true, y_pred].astype(np.float64)
        found = np.union1d(y_true, y_pred)
        n_labels = evaluation.n_labels
        return cls(y_true, y_pred, weights, n_labels, found[found < n_labels])


def overall_values(evaluation: Evaluation) -> dict[str, float]:
    """scikit-learn's overall metrics by their name, NaN where they are undefined."""
    from sklearn import metrics

    cells = Cells.of(evaluation)
    y_true, y_pred, weights = cells.y_true, cells.y_pred, cells.weights
    plain = {"sample_weight": weights}
    has_predictions = bool((y_pred < cells.n_labels).any())
    values: dict[str, Any] = {
        "accuracy": metrics.accuracy_score(y_true, y_pred, **plain),
        "zero_one_loss": metrics.zero_one_loss(y_true, y_pred, **plain),
        "hamming_loss": metrics.hamming_loss(y_true, y_pred, **plain),
        "balanced_accuracy": _balanced_accuracy(cells),
        **_agreement(cells),
    }
    for average in _AVERAGES:
        ratios = _ratios(cells, average)
        values |= {f"{name}_{average}": value for name, value in ratios.items()}
    if not has_predictions:
        values["precision_micro"] = np.nan
    return {name: float(value) for name, value in values.items()}


def label_values(evaluation: Evaluation) -> dict[str, Floats]:
    """
    scikit-learn's metrics of the labels by their name, of shape `(n_labels,)`.

    NaN where it is undefined: the precision of a label that was never predicted, the
    recall of one without test images, F1 and Jaccard where both is so.
    """
    cells = Cells.of(evaluation)
    support = evaluation.support
    predicted = evaluation.n_true_positives + evaluation.n_false_positives
    evidence = {
        "precision": predicted,
        "recall": support,
        "f1": predicted + support,
        "jaccard": predicted + support,
    }
    values: dict[str, Floats] = {}
    for name, found in _ratios(cells, None).items():
        values[name] = np.full(cells.n_labels, np.nan)
        values[name][cells.occurring] = found
        values[name][evidence[name] == 0] = np.nan
    return values


def _ratios(cells: Cells, average: str | None) -> dict[str, Any]:
    """Precision, recall, F1 and Jaccard score over the labels that occur."""
    from sklearn.metrics import jaccard_score, precision_recall_fscore_support

    choices = {
        "labels": cells.occurring,
        "average": average,
        "sample_weight": cells.weights,
        "zero_division": 0,
    }
    samples = (cells.y_true, cells.y_pred)
    precision, recall, f1, _ = precision_recall_fscore_support(*samples, **choices)
    return {
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "jaccard": jaccard_score(*samples, **choices),
    }


def _balanced_accuracy(cells: Cells) -> Any:
    from sklearn.metrics import balanced_accuracy_score

    with warnings.catch_warnings():
        # Labels that are only predicted have no recall: left out on purpose.
        warnings.simplefilter("ignore", UserWarning)
        return balanced_accuracy_score(
            cells.y_true, cells.y_pred, sample_weight=cells.weights
        )


def _agreement(cells: Cells) -> dict[str, Any]:
    """Matthews correlation and Cohen's kappa, NaN where they divide by nothing."""
    from sklearn.metrics import cohen_kappa_score, matthews_corrcoef

    samples = (cells.y_true, cells.y_pred)
    has_one_truth = len(np.unique(cells.y_true)) == 1
    has_one_answer = len(np.unique(cells.y_pred)) == 1
    is_constant = has_one_truth and np.array_equal(*samples)
    weights = cells.weights
    return {
        "matthews_corrcoef": np.nan
        if has_one_truth or has_one_answer
        else matthews_corrcoef(*samples, sample_weight=weights),
        "cohen_kappa": np.nan
        if is_constant
        else cohen_kappa_score(*samples, sample_weight=weights),
    }
