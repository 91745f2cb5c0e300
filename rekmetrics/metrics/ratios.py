"""Quotients of a label's counts, and their averages over labels and over images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rekmetrics.metrics.records import (
    ALL_TASKS,
    IMAGES,
    MULTICLASS,
    MULTILABEL,
    Metric,
    Share,
    Tally,
    divide,
    mean_over_images,
    zeroed,
)

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task
    from rekmetrics.metrics.records import Floats, Formula

__all__ = ["AVERAGED", "AVERAGES", "RATIOS", "Ratio", "mean_over_labels"]


@dataclass(frozen=True, slots=True)
class Ratio:
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


def _share_of(
    of: str, definition: str, source: str, tasks: frozenset[Task] = ALL_TASKS
) -> Ratio:
    """The hits among the counts of this name."""
    hits, total = attrgetter("true_positives"), attrgetter(of)
    share = Share(hits, total, IMAGES)
    return Ratio(definition, source, tasks, hits, total, share)


def _f1_of_jaccard(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


_JACCARD = _share_of("union", "TP / (TP + FP + FN)", "jaccard_score", IMAGES)

RATIOS = {
    "precision": _share_of("predicted", "TP / (TP + FP)", "precision_score"),
    "recall": _share_of("support", "TP / (TP + FN)", "recall_score"),
    "f1": Ratio(
        "2 TP / (2 TP + FP + FN)",
        "f1_score",
        ALL_TASKS,
        lambda counts: 2 * counts.true_positives,
        lambda counts: counts.predicted + counts.support,
        _JACCARD.share._replace(curve=_f1_of_jaccard),
        counted_in=frozenset(),
    ),
    "jaccard": _JACCARD,
}

AVERAGES = {
    "micro": "counted over all labels together",
    "macro": "mean over the labels that occur in truth or predictions",
    "weighted": "mean over labels, weighted by their number of true cases",
    "samples": "mean over images",
}


def mean_over_labels(formula: Formula, weight: Callable[[Tally], Any]) -> Formula:
    """The mean of the labels' own values, 0 where they are undefined, so weighted."""
    return lambda counts: divide(
        (zeroed(formula(counts)) * weight(counts)).sum(axis=-1),
        weight(counts).sum(axis=-1),
    )


def _average(name: str, average: str) -> Metric:
    ratio, full_name = RATIOS[name], f"{name}_{average}"
    definition = (
        f"{ratio.definition}, {AVERAGES[average]}; scikit-learn's {ratio.source} "
        f"(average='{average}', zero_division=0)."
    )
    if average == "samples":
        return mean_over_images(
            full_name, MULTILABEL, definition, lambda one, _: zeroed(ratio(one))
        )

    def hits(counts: Tally) -> Any:
        return ratio.numerator(counts).sum(axis=-1)

    def total(counts: Tally) -> Any:
        return ratio.denominator(counts).sum(axis=-1)

    formulas: dict[str, Formula] = {
        "micro": lambda counts: divide(hits(counts), total(counts)),
        "macro": mean_over_labels(ratio, lambda counts: counts.union > 0),
        "weighted": mean_over_labels(ratio, attrgetter("support")),
    }
    counted_in = _COUNTED.get(full_name, frozenset())
    return Metric(
        full_name,
        ratio.tasks,
        definition,
        formula=formulas[average],
        share=Share(hits, total, MULTICLASS) if counted_in else None,
        counted_in=counted_in,
    )


_COUNTED = {
    "precision_micro": ALL_TASKS,
    "recall_micro": ALL_TASKS,
    "recall_weighted": MULTICLASS,
}
"""Averages that are hits of all cases: an image is one where it has one label."""

AVERAGED: tuple[Metric, ...] = tuple(
    _average(name, average) for name in RATIOS for average in AVERAGES
)
