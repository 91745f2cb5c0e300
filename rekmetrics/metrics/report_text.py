"""The classification report as text, as data scientists know it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.metrics.multiclass import Cells

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation

__all__ = ["render_text"]

_LONGEST_NAME = 60


def render_text(evaluation: Evaluation) -> str:
    """
    scikit-learn's `classification_report`, rows in the order of the labels.

    Labels that are neither in the truth nor predicted are named below the table; the
    averages leave them out.
    """
    from sklearn.metrics import classification_report

    is_single = evaluation.task == "multiclass"
    cells = Cells.of(evaluation) if is_single else _outcomes(evaluation)
    if len(cells.occurring) == 0:
        return "No label was in the truth or was predicted."
    names = [_printable(label) for label in evaluation.labels]
    text = classification_report(
        cells.y_true,
        cells.y_pred,
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


def _outcomes(evaluation: Evaluation) -> Cells:
    """
    Counts per label as cells against a background, which is not among the labels.

    Each label's own precision and recall, and so all averages, come out the same.
    """
    n_labels = evaluation.n_labels
    codes = np.arange(n_labels)
    background = np.full(n_labels, n_labels)
    weights = np.concatenate(
        [
            evaluation.n_true_positives,
            evaluation.n_false_positives,
            evaluation.n_false_negatives,
        ]
    )
    y_true = np.concatenate([codes, background, codes])
    y_pred = np.concatenate([codes, codes, background])
    kept = np.flatnonzero(weights)
    found = np.union1d(y_true[kept], y_pred[kept])
    return Cells(
        y_true[kept],
        y_pred[kept],
        weights[kept].astype(np.float64),
        n_labels,
        found[found < n_labels],
    )


def _printable(label: str) -> str:
    """A name for one row: nothing in it breaks a line or moves the cursor."""
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in label
    )
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"
