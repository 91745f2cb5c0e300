"""Checks, numbers and comparisons in one line each, and what the gate makes of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rekmetrics.evaluation import Task
from rekmetrics.gate import Outcome, interval_key, judge
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.statistics import Comparison
from rekmetrics.statistics.pairing import Pairing
from rekmetrics.thresholds import Check, Rule

NAN = math.nan


def check_of(metric: str = "accuracy", label: str | None = None, **keys: Any) -> Check:
    kind = "metric" if label is None else "label"
    if "max_regression" in keys or "max_relative_regression" in keys:
        kind = "regression"
    return Check("id", kind, metric, Rule(**keys), label)  # type: ignore[arg-type]


def rate(n_hits: int, n_total: int) -> Estimate:
    return Estimate(n_hits / n_total, n_hits, n_total, n_total)


def numbers_of(check: Check, estimate: Estimate | None) -> Numbers:
    if estimate is None:
        return Numbers({})
    if check.label is None:
        return Numbers({check.metric: estimate})
    return Numbers({}, {check.label: {check.metric: estimate}})


def decide(
    check: Check,
    estimate: Estimate | None,
    interval: tuple[float, float] | None = None,
    *,
    task: Task = "multiclass",
) -> Outcome:
    """The outcome of one bound."""
    intervals = {interval_key(check): interval}
    verdict = judge(
        [check], numbers_of(check, estimate), task=task, intervals=intervals
    )
    return verdict.outcomes[0]


def beside(
    baseline: Numbers | None = None,
    *,
    is_paired: bool = True,
    n_newly_broken: int = 12,
    n_newly_right: int = 3,
    **facts: Any,
) -> Comparison:
    """A comparison, as the statistics hand it over."""
    images = np.arange(100)
    nothing: dict[str, Any] = {
        "labels_only_here": (),
        "labels_only_there": (),
        "p_values": {},
        "tests": {},
        "newly_broken_by_label": {},
        "newly_right_by_label": {},
    }
    return Comparison(
        baseline or Numbers({}),
        Pairing(images, images, 0 if is_paired else 20, 0, 0),
        images[:n_newly_broken],
        images[:n_newly_right],
        **(nothing | facts),
    )


def compare(
    check: Check, value: Estimate | None, before: Estimate | None, **facts: Any
) -> Outcome:
    """The outcome of one regression check."""
    verdict = judge(
        [check],
        numbers_of(check, value),
        task="multiclass",
        comparison=beside(numbers_of(check, before), **facts),
    )
    return verdict.outcomes[0]
