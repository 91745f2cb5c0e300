"""
Averages over boxes on images that are drawn: for intervals, and in versions that might
be. An interval is a bootstrap over images, imagined ones among them.

Images are resampled with their boxes, which need no matching anew. As elsewhere z²
imagined images are added, half of them all right and half all wrong, so that a model
without errors on a small test is not said to have none.
"""

from __future__ import annotations

from collections.abc import Callable
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
        return quantile_interval(mean_of_labels(values), level, value)

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
        n_draws = np.full(self.n_resamples, round(chances.sum()))
        chances /= chances.sum()
        return _average(
            matching, boxes, n_draws, lambda n: random.multinomial(n, chances)
        )


@dataclass(frozen=True, eq=False)
class BoxDraws:
    """
    Draws averages over boxes in versions that have so many images wrong.

    Which these are is drawn from those of `is_wrong`, with `credit` for imagined ones.
    """

    evaluation: Evaluation
    is_wrong: NDArray[np.bool_]
    iou: float | str | None
    credit: float
    seed: int
    _matched: dict[BoxAverage, Matching] = field(default_factory=dict)

    def draw(self, n_wrong: Indexes, boxes: BoxAverage) -> Floats:
        """
        The labels' averages, of shape `(len(n_wrong), n_labels)`.

        On many images fewer are drawn, and repeated.
        """
        random = np.random.default_rng(self.seed)
        n_images, nothing = self.evaluation.n_images, np.zeros(2 * _N_IMAGINED)
        weights = np.append(self.is_wrong, nothing).astype(np.float64)
        right = np.append(~self.is_wrong, nothing)
        matching = self._match(boxes)
        if n_boxes := len(matching.truth_images):
            matching = _with_imagined(matching, n_images, random)
            # An imagined image has all its boxes wrong.
            weights[-_N_IMAGINED:] = self.credit * n_images / n_boxes / _N_IMAGINED

        def draw(n: Indexes) -> Indexes:
            gammas = random.standard_gamma(weights, size=(len(n), len(weights)))
            gammas += 1e-300
            wrong = random.multinomial(n, gammas / gammas.sum(axis=1, keepdims=True))
            if not right.any():
                return wrong
            return wrong + random.multinomial(n_images - n, right / right.sum())

        found = _average(matching, boxes, n_wrong, draw, most=_MOST // 100, least=40)
        return np.resize(found, (len(n_wrong), found.shape[1]))

    def _match(self, boxes: BoxAverage) -> Matching:
        if boxes not in self._matched:
            iou = self.iou if boxes.iou is None else boxes.iou
            found = detection.match(self.evaluation, iou=iou, size=boxes.size)
            self._matched[boxes] = found
        return self._matched[boxes]


def _average(
    matching: Matching,
    boxes: BoxAverage,
    n_draws: Indexes,
    draw: Callable[[Indexes], Indexes],
    *,
    most: int = _MOST,
    least: int = 200,
) -> Floats:
    """The averages where `draw` says how often each image counts, in pieces."""
    size = max(1, len(matching.images), len(matching.truth_images))
    n_resamples = min(len(n_draws), max(least, most // (size * len(matching.is_hit))))
    step = max(1, _AT_ONCE // size)
    drawn = []
    for start in range(0, n_resamples, step):
        average = resampled_averages(
            matching, draw(n_draws[:n_resamples][start:][:step])
        )
        drawn.append(getattr(average, boxes.kind).mean(axis=1))
    return np.concatenate(drawn)


def mean_of_labels(values: Floats) -> Floats:
    """The mean over the labels that are defined; NaN where none is."""
    n_defined = (~np.isnan(values)).sum(axis=1)
    means = np.full(len(values), np.nan)
    np.divide(np.nansum(values, axis=1), n_defined, out=means, where=n_defined > 0)
    return means


def _with_imagined(
    matching: Matching, n_images: int, random: np.random.Generator
) -> Matching:
    """
    The same with imagined images behind the others, the wrong ones last.

    Each has as many true boxes as tested images have, every label equally often. Of a
    right one all are found; of a wrong one none is, and as many boxes are false.
    """
    occurring, boxes = np.unique(matching.truth_labels, return_counts=True)
    n_tested = len(np.unique(matching.truth_images))
    n_each = max(1, round(boxes.sum() / n_tested))
    images = np.repeat(np.arange(2 * _N_IMAGINED), n_each)
    labels = np.resize(occurring, len(images))
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
