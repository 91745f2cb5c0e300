"""
What the thresholds file comes down to: rules, and the checks that apply them.

The fields of `Rule` are the one table of a rule's keys. Grammar, JSON Schema, reference
page, messages and `rekmetrics explain` follow from it; what a key does is in `gate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

__all__ = [
    "KEYS",
    "Check",
    "Key",
    "Kind",
    "Level",
    "Multiplicity",
    "RegressionTest",
    "Rule",
    "drop_keys",
]

Level = Literal["error", "warning"]
Kind = Literal["metric", "label", "confusion", "regression", "test_set"]
RegressionTest = Literal["mcnemar", "bootstrap"]
DecideOn = Literal["point_estimate", "confidence_bound"]
Multiplicity = Literal["holm", "benjamini-hochberg", "none"]
Side = Literal["value", "loss"]

_SHARE = (("ge", 0), ("le", 1))
_INNER_SHARE = (("gt", 0), ("lt", 1))
_INNER = "a number above 0 and below 1"
_METRICS = ("metrics",)
_EVERYWHERE = ("defaults", "metrics", "confusions")
_TEST_SET = ("test_set", "images_per_label")


@dataclass(frozen=True, slots=True)
class Key:
    """
    A key of a rule as the file has it.

    `says` is how `explain` puts a value that is not the default; other keys of the
    rule may stand in it: `{alpha}`, `{confidence_level:%}`, `{level:does}`.
    """

    name: str
    takes: Any
    means: str
    wants: str = ""
    span: tuple[tuple[str, int], ...] = ()
    places: tuple[str, ...] = _EVERYWHERE
    judges: Side | None = None
    """What it is about: a value, a loss against the baseline, or None for both."""
    is_limit: bool = False
    says: str = ""
    default: Any = None
    field: str = ""
    """The attribute of `Rule`."""

    @property
    def wanted(self) -> str:
        """What may stand behind the key, in words."""
        *some, last = map(str, get_args(self.takes) or (self.wants,))
        return self.wants or f"{', '.join(some)} or {last}"

    @property
    def is_fraction(self) -> bool:
        return self.takes is float


def _as(*keys: Key) -> dict[str, tuple[Key, ...]]:
    return {"keys": keys}


@dataclass(frozen=True, slots=True)
class Rule:
    """How one number is judged; every default has been filled in."""

    minimum: float | None = field(
        default=None,
        metadata=_as(
            Key(
                "min",
                float,
                "Least value that passes.",
                "a number in the metric's range",
                places=(*_METRICS, "images_per_label"),
                judges="value",
                is_limit=True,
                says="at least {min}",
            ),
        ),
    )
    maximum: float | None = field(
        default=None,
        metadata=_as(
            Key(
                "max",
                float,
                "Greatest value that passes. On a score it needs a `min` beside it, "
                "since it would fail the better model alone.",
                "a number in the metric's range",
                places=_METRICS,
                judges="value",
                is_limit=True,
                says="at most {max}",
            ),
            Key(
                "max_rate",
                float,
                "Greatest share that passes: of the true label's images that are taken "
                "for the other, or of the test images.",
                "a number from 0 to 1",
                _SHARE,
                places=("confusions", "test_set"),
                judges="value",
                is_limit=True,
                says="at most {max_rate}",
            ),
            Key(
                "width",
                float,
                "How wide the confidence interval of the label's recall may be.",
                _INNER,
                _INNER_SHARE,
                places=("images_per_label",),
                judges="value",
                is_limit=True,
                says="recall's {confidence_level:%} interval at most {width} wide",
            ),
        ),
    )
    max_regression: float | None = field(
        default=None,
        metadata=_as(
            Key(
                "max_regression",
                float,
                "How much worse than the baseline's the value may be.",
                "a number from 0, in the metric's unit",
                (("ge", 0),),
                places=_METRICS,
                judges="loss",
                is_limit=True,
                says="may be worse than the baseline by {max_regression}",
            ),
        ),
    )
    max_relative_regression: float | None = field(
        default=None,
        metadata=_as(
            Key(
                "max_relative_regression",
                float,
                "The same as a share of the baseline's value.",
                "a number from 0 to 1, a share of the baseline's value",
                _SHARE,
                places=_METRICS,
                judges="loss",
                is_limit=True,
                says="may be worse by {max_relative_regression:%} of the baseline's",
            ),
        ),
    )
    regression_test: RegressionTest | None = field(
        default=None,
        metadata=_as(
            Key(
                "regression_test",
                RegressionTest,
                "With it, a drop fails only if it is also significant at `alpha`: "
                "`mcnemar` (exact) for accuracy, `bootstrap` (paired) for everything "
                "else. A drop beyond what may be lost that is not significant is "
                "inconclusive, which is a warning unless `on_inconclusive` says "
                "`error`.",
                places=_METRICS,
                judges="loss",
                says="more than that is inconclusive, {on_inconclusive:does}, where "
                "{regression_test} calls it chance (alpha {alpha})",
            ),
        ),
    )
    alpha: float = field(
        default=0.05,
        metadata=_as(
            Key(
                "alpha",
                float,
                "Significance at which `regression_test` takes a drop as real, after "
                "the adjustment for many tests (`multiplicity`).",
                _INNER,
                _INNER_SHARE,
                places=("defaults", "metrics"),
                judges="loss",
            ),
        ),
    )
    level: Level = field(
        default="error",
        metadata=_as(
            Key(
                "level",
                Literal["error", "warning", "off"],
                "What a miss does: `error` blocks, `warning` is shown and stays green, "
                "`off` drops the check.",
                places=(*_EVERYWHERE, *_TEST_SET),
            ),
        ),
    )
    confidence_level: float = field(
        default=0.95,
        metadata=_as(
            Key(
                "confidence_level",
                float,
                "Of the interval around the number.",
                _INNER,
                _INNER_SHARE,
                places=(*_EVERYWHERE, "images_per_label"),
            ),
        ),
    )
    decide_on: DecideOn = field(
        default="point_estimate",
        metadata=_as(
            Key(
                "decide_on",
                DecideOn,
                "What must hold the bound: the number itself, or the bad end of its "
                "confidence interval. With `max_regression` and no `regression_test`, "
                "the loss or the bad end of its interval: the version must be shown "
                "not to be worse by more than that.",
                says="the bad end of its {confidence_level:%} interval must hold that",
            ),
        ),
    )
    min_support: int = field(
        default=1,
        metadata=_as(
            Key(
                "min_support",
                int,
                "Images behind the number (boxes, in detection), below which the check "
                "may be inconclusive: it is while the interval holds the bound. Where "
                "even the interval's good end misses the bound it failed, and where "
                "the bad end holds it, it passed.",
                "a whole number from 1",
                (("ge", 1),),
                judges="value",
                says="inconclusive, below {min_support} images, {on_inconclusive:does}",
            ),
        ),
    )
    on_inconclusive: Level = field(
        default="error",
        metadata=_as(
            Key(
                "on_inconclusive",
                Level,
                "What an inconclusive check does.",
                places=(*_EVERYWHERE, "test_set"),
            ),
        ),
    )
    on_undefined: Level = field(
        default="error",
        metadata=_as(
            Key(
                "on_undefined",
                Level,
                "What a number without evidence does, such as the precision of a label "
                "that was never predicted.",
                says="undefined, {on_undefined:does}",
            ),
        ),
    )
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


KEYS: Mapping[str, Key] = {
    key.name: replace(key, default=place.default, field=place.name)
    for place in fields(Rule)
    for key in place.metadata.get("keys", ())
}
"""Every key of a rule, by its name in the file."""


def drop_keys(rule: Rule, side: Side) -> Rule:
    """The rule without the keys that judge a value, or a loss."""
    dropped = {key.field: key.default for key in KEYS.values() if key.judges == side}
    return replace(rule, **dropped)


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
