"""Single confusions: how often one label is taken for another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.evaluation import NO_PREDICTION
from rekmetrics.metrics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation

__all__ = ["confusion_rates"]

Pair = tuple[str, str]


def confusion_rates(
    evaluation: Evaluation, pairs: Iterable[Pair]
) -> dict[Pair, Estimate]:
    """
    The share of a true label's images (boxes) that were seen as another label.

    Where images have several labels: the share of the label's images that lack it in
    the prediction and were falsely given the other. `NO_PREDICTION` as the other label
    stands for images without any prediction, for boxes that nothing was found for.
    Undefined for labels without test images.
    """
    code_of = {label: code for code, label in enumerate(evaluation.labels)}
    code_of.setdefault(NO_PREDICTION, evaluation.n_labels)
    counts = _counts(evaluation)
    support = evaluation.support
    rates = {}
    for truth, predicted in pairs:
        n_total = int(support[code_of[truth]])
        n_hits = int(counts[code_of[truth], code_of[predicted]])
        value = n_hits / n_total if n_total else None
        rates[truth, predicted] = Estimate(value, n_hits, n_total, n_total)
    return rates


def _counts(evaluation: Evaluation) -> NDArray[np.int64]:
    """Shape `(n_labels, n_labels + 1)`: true label, then what it was seen as."""
    if evaluation.task == "multiclass":
        return evaluation.confusion
    if evaluation.task == "detection":
        from rekmetrics.metrics.detection import confusion

        return confusion(evaluation)[: evaluation.n_labels]
    patterns = evaluation.patterns
    misses = patterns.false_negatives.multiply(patterns.counts[:, None]).tocsr().T
    predicted = patterns.true_positives + patterns.false_positives
    has_none = np.asarray(predicted.sum(axis=1)).ravel() == 0
    return np.column_stack(
        [
            np.asarray((misses @ patterns.false_positives).todense()),
            np.asarray(misses @ has_none.astype(np.int64)).ravel(),
        ]
    ).astype(np.int64)
