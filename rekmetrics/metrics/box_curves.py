"""
Average precision and recall of matched boxes, for many resamples of images at once.

As in pycocotools precision is read at 101 recalls: at each the best that is reached
from there on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rekmetrics.metrics.boxes import Matching

__all__ = ["Average", "average_precision", "resampled_averages"]

Floats = NDArray[np.float64]

_RECALLS: Floats = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, eq=False, slots=True)
class Average:
    """
    Shape `(…, n_ious, n_labels)`; NaN for a label without a true box that counts.

    The leading axis is that of resamples, where there are any.
    """

    precision: Floats
    recall: Floats


def average_precision(matching: Matching) -> Average:
    """The averages over all images, each counting once."""
    both = (matching.images, matching.truth_images)
    n_images = 1 + max(int(images.max(initial=-1)) for images in both)
    once = resampled_averages(matching, np.ones((1, n_images), dtype=np.int64))
    return Average(once.precision[0], once.recall[0])


def resampled_averages(matching: Matching, weights: NDArray[np.integer]) -> Average:
    """
    The averages where images count `weights` times, of shape `(n_resamples, n_images)`.

    No resample needs matching anew: boxes of different images never meet.
    """
    n_ious, n_labels = len(matching.is_hit), len(matching.starts) - 1
    precision = np.full((len(weights), n_ious, n_labels), np.nan)
    recall = np.full_like(precision, np.nan)
    order = np.argsort(matching.truth_labels, kind="stable")
    borders = np.searchsorted(matching.truth_labels[order], np.arange(n_labels + 1))
    for label in np.flatnonzero(np.diff(borders)):
        own = slice(matching.starts[label], matching.starts[label + 1])
        truths = order[borders[label] : borders[label + 1]]
        n_truths = weights[:, matching.truth_images[truths]].sum(axis=1)
        times = weights[:, matching.images[own]]
        for row in range(n_ious):
            precision[:, row, label], recall[:, row, label] = _averages(
                np.cumsum(times * matching.is_hit[row, own], axis=1),
                np.cumsum(times * ~matching.is_ignored[row, own], axis=1),
                n_truths,
            )
    return Average(precision, recall)


def _averages(
    n_hits: NDArray[np.integer],
    n_counted: NDArray[np.integer],
    n_truths: NDArray[np.integer],
) -> tuple[Floats, Floats]:
    """
    Average precision and recall, from running counts by falling confidence.

    Shape `(n_resamples, n_predictions)` for counts, `(n_resamples,)` for the rest.
    """
    n_resamples, n_predictions = n_hits.shape
    has_truths = n_truths > 0
    if n_predictions == 0:
        nothing = np.where(has_truths, 0.0, np.nan)
        return nothing, nothing
    precisions = n_hits / np.maximum(n_counted, 1)
    best = np.maximum.accumulate(precisions[:, ::-1], axis=1)[:, ::-1]
    recalls = n_hits / np.maximum(n_truths, 1)[:, None]
    # All rows in one search: each is shifted past the one before.
    shifts = 2.0 * np.arange(n_resamples)[:, None]
    reached = np.searchsorted((recalls + shifts).ravel(), (_RECALLS + shifts).ravel())
    places = reached.reshape(n_resamples, -1) - np.arange(n_resamples)[:, None] * (
        n_predictions
    )
    padded = np.append(best, np.zeros((n_resamples, 1)), axis=1)
    averages = np.take_along_axis(padded, places, axis=1).mean(axis=1)
    averages[~has_truths] = np.nan
    return averages, np.where(has_truths, recalls[:, -1], np.nan)
