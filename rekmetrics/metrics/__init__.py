"""
The metrics: what they are called, which way is better, and their numbers.

Importing this package costs no scikit-learn: names and directions are data, so that
thresholds can be checked, and explained, before anything heavy is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.summary import Summary

__all__ = ["Estimate", "Numbers", "classification_report", "compute_metrics"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    One number about a model; `value` is None where there is no evidence for it.

    A rate also says what it counts: `value == n_hits / n_total`. `support` is the
    number of images (boxes in detection) that the number rests on.
    """

    value: float | None
    n_hits: int | None = None
    n_total: int | None = None
    support: int | None = None

    @classmethod
    def rate(cls, n_hits: int, n_total: int, support: int) -> Estimate:
        """
        A rate, as one division of whole numbers.

        It meets a bound of 0.3 with 3 of 10, where 1 - 0.7 would just miss it.
        """
        value = n_hits / n_total if n_total else None
        return cls(value, n_hits, n_total, support)

    @property
    def n_cases(self) -> int | None:
        """What a rate counts, else its support: the images behind the number."""
        return self.support if self.n_total is None else self.n_total


@dataclass(frozen=True, slots=True)
class Numbers:
    """All metrics of one evaluation: overall by name; per label by label, then name."""

    overall: Mapping[str, Estimate]
    labels: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)

    def estimate(self, label: str | None, metric: str) -> Estimate | None:
        """One number, of all labels where `label` is None; None if there is none."""
        own = self.overall if label is None else self.labels.get(label, {})
        return own.get(metric)


def compute_metrics(
    evaluation: Evaluation, summary: Summary, *, iou: float | str | None = None
) -> Numbers:
    """
    All metrics of one evaluation, those that a team registered included.

    `iou` is for detection: the overlap from which a box counts as found, or COCO's
    "0.50:0.95"; 0.5 where it is None.

    Raises:
        RequestError: if a registered metric fails, or `iou` is no overlap.
    """
    from rekmetrics.metrics.numbers import build_numbers

    return build_numbers(evaluation, summary, iou=iou)


def classification_report(evaluation: Evaluation) -> str:
    """scikit-learn's text report, one row a label, in the order of the labels."""
    from rekmetrics.metrics.scikit_learn import render_text

    return render_text(evaluation)
