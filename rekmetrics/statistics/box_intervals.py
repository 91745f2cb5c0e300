"""
Intervals of averages over boxes: a bootstrap over images, imagined ones among them.

Images are resampled with their boxes, which need no matching anew. As elsewhere z²
imagined images are added, half of them all right and half all wrong, so that a model
without errors on a small test is not said to have none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rekmetrics.metrics import detection
from rekmetrics.metrics.boxes import Matching
from rekmetrics.metrics.detection import resampled_averages
from rekmetrics.statistics.rates import critical_value
from rekmetrics.statistics.urn import quantile_interval

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics.records import BoxAverage
    from rekmetrics.statistics.rates import Interval

__all__ = ["BoxIntervals"]

Floats = NDArray[np.float64]
Indexes = NDArray[np.int64]

_N_IMAGINED = 100
"""So many of either kind."""

_AT_ONCE = 4_000_000
_MOST = 400_000_000
"""Counts held at a time, and in all: beyond, fewer resamples are drawn."""


@dataclass(frozen=True, eq=False)
class BoxIntervals:
    """Computes intervals of one evaluation's averages; each resample serves several."""

    evaluation: Evaluation
    iou: float | str | None
    n_resamples: int
    seed: int
    _found: dict[tuple[BoxAverage, float], Floats] = field(default_factory=dict)

    def interval(
        self, label: str | None, boxes: BoxAverage, level: float, value: float
    ) -> Interval | None:
        """The interval of an average that is defined."""
        key = (boxes, level)
        if key not in self._found:
            self._found[key] = self._resampled(boxes, level)
        values = self._found[key]
        if label is not None:
            own = values[:, self.evaluation.labels.index(label)]
            return quantile_interval(own, level, value)
        n_defined = (~np.isnan(values)).sum(axis=1)
        means = np.divide(
            np.nan_to_num(values).sum(axis=1),
            n_defined,
            out=np.full(len(values), np.nan),
            where=n_defined > 0,
        )
        return quantile_interval(means, level, value)

    def _resampled(self, boxes: BoxAverage, level: float) -> Floats:
        """The labels' averages in every resample, `(n_resamples, n_labels)`."""
        random = np.random.default_rng(self.seed)
        iou = self.iou if boxes.iou is None else boxes.iou
        matching = detection.match(self.evaluation, iou=iou, size=boxes.size)
        n_images = self.evaluation.n_images
        if len(matching.truth_images):
            matching = _with_imagined(matching, n_images, random)
        chances = np.ones(n_images + 2 * _N_IMAGINED)
        chances[n_images:] = critical_value(level) ** 2 / (2 * _N_IMAGINED)
        n_draws = round(chances.sum())
        size = max(len(chances), len(matching.images))
        n_resamples = min(self.n_resamples, _MOST // (size * len(matching.is_hit)))
        step = max(1, _AT_ONCE // size)
        drawn = []
        for start in range(0, max(n_resamples, 200), step):
            n = min(step, max(n_resamples, 200) - start)
            weights = random.multinomial(n_draws, chances / chances.sum(), size=n)
            average = resampled_averages(matching, weights)
            drawn.append(getattr(average, boxes.kind).mean(axis=1))
        return np.concatenate(drawn)


def _with_imagined(
    matching: Matching, n_images: int, random: np.random.Generator
) -> Matching:
    """
    The same with imagined images behind the others, the wrong ones last.

    Each has the true boxes of a tested image, every label equally often. Of a right one
    all are found; of a wrong one none is, and as many boxes are false.
    """
    images, labels = _imagine_truths(matching, random)
    is_hit = images < _N_IMAGINED
    n_labels = len(matching.starts) - 1
    own = np.repeat(np.arange(n_labels), np.diff(matching.starts))
    places = np.arange(len(own), dtype=np.float64)
    span = np.diff(matching.starts)[labels]
    inserted = matching.starts[labels] + random.random(len(labels)) * span - 0.5
    all_labels = np.concatenate([own, labels])
    order = np.lexsort((np.concatenate([places, inserted]), all_labels))
    hits = np.tile(is_hit, (len(matching.is_hit), 1))
    return Matching(
        starts=np.searchsorted(all_labels[order], np.arange(n_labels + 1)),
        rows=np.concatenate([matching.rows, np.full(len(labels), -1)])[order],
        images=np.concatenate([matching.images, n_images + images])[order],
        is_hit=np.concatenate([matching.is_hit, hits], axis=1)[:, order],
        is_ignored=np.concatenate([matching.is_ignored, np.zeros_like(hits)], axis=1)[
            :, order
        ],
        truth_images=np.concatenate([matching.truth_images, n_images + images]),
        truth_labels=np.concatenate([matching.truth_labels, labels]),
    )


def _imagine_truths(
    matching: Matching, random: np.random.Generator
) -> tuple[Indexes, Indexes]:
    """The imagined images' true boxes: whose they are, and their labels."""
    occurring = np.unique(matching.truth_labels)
    order = np.argsort(matching.truth_labels, kind="stable")
    ends = np.searchsorted(matching.truth_labels[order], occurring, side="right")
    begins = np.searchsorted(matching.truth_labels[order], occurring)
    turns = np.arange(2 * _N_IMAGINED) % len(occurring)
    chosen = begins[turns] + (
        random.random(len(turns)) * (ends - begins)[turns]
    ).astype(np.int64)
    sources = matching.truth_images[order[chosen]]
    by_image = np.argsort(matching.truth_images, kind="stable")
    sorted_images = matching.truth_images[by_image]
    first = np.searchsorted(sorted_images, sources)
    n_each = np.searchsorted(sorted_images, sources, side="right") - first
    images = np.repeat(np.arange(len(sources)), n_each)
    offsets = np.arange(len(images)) - np.repeat(np.cumsum(n_each) - n_each, n_each)
    rows = by_image[np.repeat(first, n_each) + offsets]
    return images, matching.truth_labels[rows]
