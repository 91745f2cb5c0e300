"""
What the metrics and their intervals cost, beside scikit-learn one sample an image.

    python benchmarks/metrics.py

Ratios matter, not seconds. Both ways compute the same metrics; the results are held
equal before anything is printed.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from coverage_of_intervals import make_evaluation
from sklearn import metrics as sk

from rekmetrics.evaluation import Evaluation
from rekmetrics.metrics import compute_metrics
from rekmetrics.statistics import IntervalRequest, compare, intervals
from rekmetrics.summary import Summary

N_IMAGES = 250_000


def main() -> None:
    print(f"{N_IMAGES:,} images, one label each, 9 of 10 right\n")
    print("labels  scikit-learn  ours  ratio  intervals  with labels'  comparison")
    for n_labels in (30, 250):
        print(
            "{n_labels:6}  {slow:11.2f}s  {quick:.2f}s {ratio:5.0f}x  {overall:8.2f}s  "
            "{labels:11.2f}s  {comparison:9.2f}s".format(
                n_labels=n_labels, **measure(n_labels, N_IMAGES)
            )
        )


def measure(n_labels: int, n_images: int) -> dict[str, float]:
    """Seconds of both ways, of the intervals, and of a comparison."""
    sk.accuracy_score([0, 1], [0, 1])
    evaluation, baseline = (make(n_labels, n_images, seed=seed) for seed in (1, 2))
    summary = Summary((), n_images, None, None, None, None, None, None, None, None, {})
    samples = evaluation.y_true, evaluation.y_pred
    _ = evaluation.confusion
    slow, expected = timed(lambda: per_image(*samples))
    quick, numbers = timed(lambda: compute_metrics(evaluation, summary))
    for name, value in expected.items():
        assert abs(numbers.overall[name].value - value) < 1e-12, name
    overall = [IntervalRequest(None, name) for name in numbers.overall]
    of_labels = [
        IntervalRequest(k, name) for k, own in numbers.labels.items() for name in own
    ]
    short, _ = timed(lambda: intervals(evaluation, numbers, overall))
    long, _ = timed(lambda: intervals(evaluation, numbers, overall + of_labels))
    tests = [(None, name, "bootstrap") for name in ("f1_macro", "balanced_accuracy")]
    both, _ = timed(
        lambda: compare(evaluation, baseline, tests, baseline_numbers=numbers)
    )
    return {
        "slow": slow,
        "quick": quick,
        "ratio": slow / quick,
        "overall": short,
        "labels": long,
        "comparison": both,
    }


def per_image(y_true: np.ndarray, y_pred: np.ndarray) -> dict[str, float]:
    """scikit-learn on one sample an image, codes as they are."""
    samples = (y_true, y_pred)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = {
            "accuracy": sk.accuracy_score(*samples),
            "balanced_accuracy": sk.balanced_accuracy_score(*samples),
            "hamming_loss": sk.hamming_loss(*samples),
            "matthews_corrcoef": sk.matthews_corrcoef(*samples),
            "cohen_kappa": sk.cohen_kappa_score(*samples),
        }
        for average in ("micro", "macro", "weighted"):
            choices: dict[str, Any] = {"average": average, "zero_division": 0}
            for name in ("precision", "recall", "f1", "jaccard"):
                score = getattr(sk, f"{name}_score")
                values[f"{name}_{average}"] = score(*samples, **choices)
    return values


def make(n_labels: int, n_images: int, seed: int) -> Evaluation:
    random = np.random.default_rng(seed)
    y_true = np.random.default_rng(0).integers(n_labels, size=n_images)
    is_wrong = random.random(n_images) < 0.1
    shift = random.integers(1, n_labels, size=n_images)
    return make_evaluation(y_true, (y_true + is_wrong * shift) % n_labels, n_labels)


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


if __name__ == "__main__":
    main()
