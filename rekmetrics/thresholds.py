"""The thresholds file: YAML in, rules out, every mistake at once with its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check", "Rule"]

Level = Literal["error", "warning"]
Kind = Literal["metric", "label", "confusion", "regression"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one number is judged; every default has been filled in."""

    minimum: float | None = None
    maximum: float | None = None
    level: Level = "error"
    confidence_level: float = 0.95
    decide_on: Literal["point_estimate", "confidence_bound"] = "point_estimate"
    min_support: int = 1
    on_inconclusive: Level = "error"
    on_undefined: Level = "error"
    max_regression: float | None = None
    max_relative_regression: float | None = None
    regression_test: Literal["mcnemar", "bootstrap"] | None = None
    alpha: float = 0.05
    line: int = 0
    """Line of the thresholds file that the bound comes from, from 1."""


@dataclass(frozen=True, slots=True)
class Check:
    """
    One thing that the thresholds file asks for, and so one test.

    `id` is a slug, unique in the plan. `label` is set for kinds label and confusion
    and for regressions of a label's metric, `predicted` for confusion alone (share of
    the images of `label` that were seen as `predicted`; its metric is
    "confusion_rate").
    """

    id: str
    kind: Kind
    metric: str
    rule: Rule
    label: str | None = None
    predicted: str | None = None
