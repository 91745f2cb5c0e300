"""Quotients of a label's counts, and their averages over labels and over images."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from rekmetrics.metrics.records import (
    ALL_TASKS,
    IMAGES,
    MULTICLASS,
    MULTILABEL,
    Metric,
    Share,
    mean_over_images,
    score,
)
from rekmetrics.metrics.tallies import Tally, divide, zeroed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Task

    Floats = NDArray[np.float64]
    Formula = Callable[[Tally], Floats]

__all__ = ["AVERAGED", "AVERAGES", "RATIOS", "Ratio"]


_hits = attrgetter("true_positives")
_support = attrgetter("support")
_predicted = attrgetter("predicted")
_union = attrgetter("union")


class Ratio(NamedTuple):
    """A quotient of a label's counts, and what is made of it."""

    definition: str
    source: str
    tasks: frozenset[Task]
    numerator: Formula
    denominator: Formula
    share: Share
    counted_in: frozenset[Task] = ALL_TASKS

    def __call__(self, counts: Tally) -> Floats:
        return divide(self.numerator(counts), self.denominator(counts))


def _f1_of_jaccard(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


RATIOS = {
    "precision": Ratio(
        "TP / (TP + FP)",
        "precision_score",
        ALL_TASKS,
        _hits,
        _predicted,
        Share(_hits, _predicted, IMAGES),
    ),
    "recall": Ratio(
        "TP / (TP + FN)",
        "recall_score",
        ALL_TASKS,
        _hits,
        _support,
        Share(_hits, _support, IMAGES),
    ),
    "f1": Ratio(
        "2 TP / (2 TP + FP + FN)",
        "f1_score",
        ALL_TASKS,
        lambda counts: 2 * counts.true_positives,
        lambda counts: counts.predicted + counts.support,
        Share(_hits, _union, IMAGES, _f1_of_jaccard),
        counted_in=frozenset(),
    ),
    "jaccard": Ratio(
        "TP / (TP + FP + FN)",
        "jaccard_score",
        IMAGES,
        _hits,
        _union,
        Share(_hits, _union, IMAGES),
    ),
}


def _micro(ratio: Ratio) -> Formula:
    return lambda counts: divide(
        ratio.numerator(counts).sum(axis=-1), ratio.denominator(counts).sum(axis=-1)
    )


def _macro(ratio: Ratio) -> Formula:
    return lambda counts: divide(
        zeroed(ratio(counts)).sum(axis=-1), (counts.union > 0).sum(axis=-1)
    )


def _weighted(ratio: Ratio) -> Formula:
    return lambda counts: divide(
        (zeroed(ratio(counts)) * counts.support).sum(axis=-1),
        counts.support.sum(axis=-1),
    )


AVERAGES = {
    "micro": "counted over all labels together",
    "macro": "mean over the labels that occur in truth or predictions",
    "weighted": "mean over labels, weighted by their number of true cases",
    "samples": "mean over images",
}
_FORMULAS: Mapping[str, Callable[[Ratio], Formula]] = {
    "micro": _micro,
    "macro": _macro,
    "weighted": _weighted,
}


def _average(name: str, average: str) -> Metric:
    ratio = RATIOS[name]
    definition = (
        f"{ratio.definition}, {AVERAGES[average]}; scikit-learn's {ratio.source} "
        f"(average='{average}', zero_division=0)."
    )
    full_name = f"{name}_{average}"
    if average == "samples":
        return mean_over_images(
            full_name,
            MULTILABEL,
            definition,
            lambda one, _: zeroed(ratio(one)),
        )
    share, counted_in = _share_of_average(name, average)
    return score(
        full_name,
        ratio.tasks,
        definition,
        formula=_FORMULAS[average](ratio),
        share=share,
        counted_in=counted_in,
    )


def _share_of_average(name: str, average: str) -> tuple[Share | None, frozenset[Task]]:
    """Hits of all cases: an image is one where it has one label."""
    if (name, average) == ("recall", "weighted"):
        counted_in = MULTICLASS
    elif average == "micro" and name in ("precision", "recall"):
        counted_in = ALL_TASKS
    else:
        return None, frozenset()
    ratio = RATIOS[name]
    share = Share(
        lambda counts: ratio.numerator(counts).sum(axis=-1),
        lambda counts: ratio.denominator(counts).sum(axis=-1),
        MULTICLASS,
    )
    return share, counted_in


AVERAGED: tuple[Metric, ...] = tuple(
    _average(name, average) for name in RATIOS for average in AVERAGES
)
