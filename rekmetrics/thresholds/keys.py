"""
The one table of a rule's keys.

Grammar, JSON Schema, reference page, messages and `rekmetrics explain` follow from it;
what a key does is in `gate`. A type's last word says what may stand behind the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from pydantic import Field

from rekmetrics.thresholds.rules import DecideOn, Level, RegressionTest, Rule

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


Side = Literal["value", "loss"]

Share = Annotated[float, Field(ge=0, le=1), "a number from 0 to 1"]
_Inner = Annotated[float, Field(gt=0, lt=1), "a number above 0 and below 1"]
_InRange = Annotated[float, "a number in the metric's range"]
_EVERYWHERE = ("defaults", "metrics", "confusions")
_TEST_SET = ("test_set", "images_per_label")


@dataclass(frozen=True, slots=True)
class Key:
    """
    A key of a rule as the file has it.

    `judges` is what it is about: a value, a loss against the baseline, or None for
    both. `says` is how `explain` puts a value that is not the default; other keys of
    the rule may stand in it: `{alpha}`, `{confidence_level:%}`, `{level:does}`.
    """

    name: str
    takes: Any
    means: str
    places: tuple[str, ...] = _EVERYWHERE
    judges: Side | None = None
    is_limit: bool = False
    says: str = ""
    default: Any = None

    @property
    def field(self) -> str:
        """The attribute of `Rule`."""
        return _FIELDS.get(self.name, self.name)


_FIELDS = {
    "min": "minimum",
    "max": "maximum",
    "max_rate": "maximum",
    "width": "maximum",
}


def _limit(
    name: str, takes: Any, means: str, says: str, *places: str, of: Side = "value"
) -> Key:
    return Key(name, takes, means, places, of, is_limit=True, says=says)


_TABLE = (
    _limit(
        "min",
        _InRange,
        "Least value that passes.",
        "at least {min}",
        *("metrics", "images_per_label"),
    ),
    _limit(
        "max",
        _InRange,
        "Greatest value that passes. On a score it needs a `min` beside it, since it "
        "would fail the better model alone.",
        "at most {max}",
        "metrics",
    ),
    _limit(
        "max_rate",
        Share,
        "Greatest share that passes: of the true label's images that are taken for the "
        "other, or of the test images.",
        "at most {max_rate}",
        *("confusions", "test_set"),
    ),
    _limit(
        "width",
        _Inner,
        "How wide the confidence interval of the label's recall may be.",
        "recall's {confidence_level:%} interval at most {width} wide",
        "images_per_label",
    ),
    _limit(
        "max_regression",
        Annotated[float, Field(ge=0), "a number from 0, in the metric's unit"],
        "How much worse than the baseline's the value may be.",
        "may be worse than the baseline by {max_regression}",
        "metrics",
        of="loss",
    ),
    _limit(
        "max_relative_regression",
        Annotated[Share, "a number from 0 to 1, a share of the baseline's value"],
        "The same as a share of the baseline's value.",
        "may be worse by {max_relative_regression:%} of the baseline's",
        "metrics",
        of="loss",
    ),
    Key(
        "regression_test",
        RegressionTest,
        "With it, a drop fails only if it is also significant at `alpha`: `mcnemar` "
        "(exact) for accuracy, `bootstrap` (paired) for everything else. A drop beyond "
        "what may be lost that is not significant is inconclusive, which is a warning "
        "unless `on_inconclusive` says `error`.",
        ("metrics",),
        "loss",
        says="more than that is inconclusive, {on_inconclusive:does}, where "
        "{regression_test} calls it chance (alpha {alpha})",
    ),
    Key(
        "alpha",
        _Inner,
        "Significance at which `regression_test` takes a drop as real, after the "
        "adjustment for many tests (`multiplicity`).",
        ("defaults", "metrics"),
        "loss",
    ),
    Key(
        "level",
        Literal["error", "warning", "off"],
        "What a miss does: `error` blocks, `warning` is shown and stays green, `off` "
        "drops the check.",
        (*_EVERYWHERE, *_TEST_SET),
    ),
    Key(
        "confidence_level",
        _Inner,
        "Of the interval around the number.",
        (*_EVERYWHERE, "images_per_label"),
    ),
    Key(
        "decide_on",
        DecideOn,
        "What must hold the bound: the number itself, or the bad end of its confidence "
        "interval. With `max_regression` and no `regression_test`, the loss or the bad "
        "end of its interval: the version must be shown not to be worse by more than "
        "that.",
        says="the bad end of its {confidence_level:%} interval must hold that",
    ),
    Key(
        "min_support",
        Annotated[int, Field(ge=1), "a whole number from 1"],
        "Images behind the number (boxes, in detection), below which the check may be "
        "inconclusive: it is while the interval holds the bound. Where even the "
        "interval's good end misses the bound it failed, and where the bad end holds "
        "it, it passed.",
        judges="value",
        says="inconclusive, below {min_support} images, {on_inconclusive:does}",
    ),
    Key(
        "on_inconclusive",
        Level,
        "What an inconclusive check does.",
        (*_EVERYWHERE, "test_set"),
    ),
    Key(
        "on_undefined",
        Level,
        "What a number without evidence does, such as the precision of a label that "
        "was never predicted.",
        says="undefined, {on_undefined:does}",
    ),
)
_DEFAULTS = {attribute.name: attribute.default for attribute in fields(Rule)}

KEYS: Mapping[str, Key] = {
    key.name: replace(key, default=_DEFAULTS[key.field]) for key in _TABLE
}
"""Every key of a rule, by its name in the file."""


def keys_of(place: str) -> dict[str, Key]:
    """The keys that may stand in a place: `defaults`, `metrics`, `confusions`, …"""
    place = "metrics" if place == "labels" else place
    return {name: key for name, key in KEYS.items() if place in key.places}


def wanted(info: FieldInfo) -> str:
    """What may stand behind a key of the grammar, in words."""
    for word in reversed(info.metadata):
        if isinstance(word, str):
            return word
    *some, last = map(str, get_args(info.annotation))
    return f"{', '.join(some)} or {last}"


def drop_keys(rule: Rule, side: Side) -> Rule:
    """The rule without the keys that judge a value, or a loss."""
    dropped = {key.field: key.default for key in KEYS.values() if key.judges == side}
    return replace(rule, **dropped)
