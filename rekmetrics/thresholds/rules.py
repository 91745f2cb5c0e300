"""What the thresholds file comes down to: rules, and the checks that apply them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rekmetrics.metrics import registry

INIT_WRITES = "`rekmetrics init` writes a first one, --thresholds FILE names another"
"""What to do where there is no thresholds file."""

Level = Literal["error", "warning"]
Kind = Literal["metric", "label", "confusion", "regression", "test_set"]
RegressionTest = Literal["mcnemar", "bootstrap"]
DecideOn = Literal["point_estimate", "confidence_bound"]
Multiplicity = Literal["holm", "benjamini-hochberg", "none"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one number is judged, every default filled in; `keys` says what each is."""

    minimum: float | None = None
    maximum: float | None = None
    max_regression: float | None = None
    max_relative_regression: float | None = None
    regression_test: RegressionTest | None = None
    alpha: float = 0.05
    level: Level = "error"
    confidence_level: float = 0.95
    decide_on: DecideOn = "point_estimate"
    min_support: int = 1
    on_inconclusive: Level = "error"
    on_undefined: Level = "error"
    on_missing_baseline: Level = "error"
    require_same_images: bool = True
    line: int = 0
    """Line of the thresholds file that the bound comes from, from 1."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Line of each key that the file gives, by the key's name in the file."""

    @property
    def has_bound(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    @property
    def has_regression(self) -> bool:
        return (
            self.max_regression is not None or self.max_relative_regression is not None
        )


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


def can_block(check: Check) -> bool:
    """Whether any value at all would fail the check and block."""
    rule = check.rule
    metric = registry.find_for(check.label, check.metric)
    lowest, highest = (metric.lowest, metric.highest) if metric else (0.0, 1.0)
    if rule.level != "error":
        return False
    if check.kind == "regression":
        share, most = rule.max_relative_regression, rule.max_regression
        is_score = metric is None or metric.greater_is_better
        is_all = share is not None and share >= 1 and is_score and lowest >= 0
        return (most is not None and most < highest - lowest) or (
            share is not None and not is_all
        )
    return (rule.minimum is not None and rule.minimum > lowest) or (
        rule.maximum is not None and rule.maximum < highest
    )
