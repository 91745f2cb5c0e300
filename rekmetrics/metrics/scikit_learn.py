"""
What scikit-learn computes: the numbers of models with one label an image, its report.

Its metrics are functions of the confusion matrix, so the matrix's non-zero cells are
handed over as samples and their counts as weights: the results are those of one
sample an image, whatever the number of images.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rekmetrics.texts import reveal, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics.records import Scope


Floats = NDArray[np.float64]

_LONGEST_NAME = 60


def values_of_record(evaluation: Evaluation, scope: Scope) -> Mapping[str, Any]:
    """
    scikit-learn's metrics of a model with one label an image, by their name.

    NaN where they are undefined. Those of labels have the shape `(n_labels,)`.
    """
    cells = _Cells.of(evaluation)
    return _of_labels(evaluation, cells) if scope == "label" else _overall(cells)


def render_text(evaluation: Evaluation) -> str:
    """
    scikit-learn's `classification_report`, rows in the order of the labels.

    Labels that are neither in the truth nor predicted are named below the table; the
    averages leave them out.
    """
    from sklearn.metrics import classification_report

    is_single = evaluation.task == "multiclass"
    cells = _Cells.of(evaluation) if is_single else _outcomes(evaluation)
    if len(cells.occurring) == 0:
        return "No label was in the truth or was predicted."
    names = [shorten(reveal(label), _LONGEST_NAME) for label in evaluation.labels]
    text = classification_report(
        *cells.samples,
        labels=cells.occurring,
        target_names=[names[code] for code in cells.occurring],
        sample_weight=cells.weights,
        digits=3,
        zero_division=0,
    )
    # Weighted samples make scikit-learn write supports as 20.0.
    text = re.sub(r"(\d+)\.0$", r"  \1", text, flags=re.MULTILINE)
    absent = np.setdiff1d(np.arange(evaluation.n_labels), cells.occurring)
    if len(absent):
        listed = ", ".join(names[code] for code in absent)
        text += f"\nNeither in the test images nor predicted: {listed}\n"
    return str(text)


@dataclass(frozen=True, eq=False, slots=True)
class _Cells:
    """
    The non-zero cells of a table as weighted samples: codes of truth and prediction.

    The code `n_labels` stands for "no prediction" or, where an image has any number of
    labels, for what bears none.
    """

    samples: tuple[NDArray[np.int64], NDArray[np.int64]]
    weights: Floats
    n_labels: int

    @classmethod
    def of(cls, evaluation: Evaluation) -> _Cells:
        samples = np.nonzero(evaluation.confusion)
        weights = evaluation.confusion[samples].astype(np.float64)
        return cls((samples[0], samples[1]), weights, evaluation.n_labels)

    @property
    def occurring(self) -> NDArray[np.int64]:
        """The labels in truth or predictions, which averages are taken over."""
        found = np.union1d(*self.samples)
        return found[found < self.n_labels]


def _outcomes(evaluation: Evaluation) -> _Cells:
    """Each label's hits, false positives and misses: so are all averages the same."""
    codes = np.arange(evaluation.n_labels)
    none = np.full_like(codes, evaluation.n_labels)
    weights = np.concatenate(
        [
            evaluation.n_true_positives,
            evaluation.n_false_positives,
            evaluation.n_false_negatives,
        ]
    )
    kept = np.flatnonzero(weights)
    y_true = np.concatenate([codes, none, codes])[kept]
    y_pred = np.concatenate([codes, codes, none])[kept]
    return _Cells((y_true, y_pred), weights[kept].astype(np.float64), len(codes))


def _overall(cells: _Cells) -> dict[str, float]:
    from sklearn import metrics

    samples, plain = cells.samples, {"sample_weight": cells.weights}
    with warnings.catch_warnings():
        # Labels that are only predicted have no recall: left out on purpose.
        warnings.simplefilter("ignore", UserWarning)
        balanced_accuracy = metrics.balanced_accuracy_score(*samples, **plain)
    values: dict[str, Any] = {
        "accuracy": metrics.accuracy_score(*samples, **plain),
        "zero_one_loss": metrics.zero_one_loss(*samples, **plain),
        "hamming_loss": metrics.hamming_loss(*samples, **plain),
        "balanced_accuracy": balanced_accuracy,
        "matthews_corrcoef": np.nan,
        "cohen_kappa": np.nan,
    }
    for average in ("micro", "macro", "weighted"):
        ratios = _ratios(cells, average)
        values |= {f"{name}_{average}": value for name, value in ratios.items()}
    if (cells.samples[1] == cells.n_labels).all():
        values["precision_micro"] = np.nan
    # Both divide by nothing where all is one class.
    has_one_truth, has_one_answer = (len(np.unique(codes)) == 1 for codes in samples)
    if not has_one_truth and not has_one_answer:
        values["matthews_corrcoef"] = metrics.matthews_corrcoef(*samples, **plain)
    if not (has_one_truth and np.array_equal(*samples)):
        values["cohen_kappa"] = metrics.cohen_kappa_score(*samples, **plain)
    return {name: float(value) for name, value in values.items()}


def _of_labels(evaluation: Evaluation, cells: _Cells) -> dict[str, Floats]:
    """NaN: precision of what was never predicted, recall without images, F1 of both."""
    support = evaluation.support
    predicted = evaluation.n_true_positives + evaluation.n_false_positives
    evidence = {"precision": predicted, "recall": support}
    values: dict[str, Floats] = {}
    for name, found in _ratios(cells, None).items():
        values[name] = np.full(cells.n_labels, np.nan)
        values[name][cells.occurring] = found
        values[name][evidence.get(name, predicted + support) == 0] = np.nan
    return values


def _ratios(cells: _Cells, average: str | None) -> dict[str, Any]:
    """Precision, recall, F1 and Jaccard score over the labels that occur."""
    from sklearn.metrics import jaccard_score, precision_recall_fscore_support

    choices = {
        "labels": cells.occurring,
        "average": average,
        "sample_weight": cells.weights,
        "zero_division": 0,
    }
    *ratios, _ = precision_recall_fscore_support(*cells.samples, **choices)
    ratios.append(jaccard_score(*cells.samples, **choices))
    return dict(zip(("precision", "recall", "f1", "jaccard"), ratios, strict=True))
