"""
The grammar of the thresholds file, as pydantic models.

Reading, the JSON Schema for editors and the reference page all come from here: a key's
meaning is its description, and what may stand behind it is in `WANTED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from rekmetrics.metrics import registry

__all__ = [
    "COCO_IOU",
    "WANTED",
    "Baseline",
    "ConfusionRule",
    "Defaults",
    "File",
    "LabelRules",
    "MetricRule",
]

COCO_IOU = "0.50:0.95"

WANTED: Mapping[str, str] = {
    "task": "auto, multiclass, multilabel or detection",
    "iou": f"a number above 0 and up to 1, or {COCO_IOU}",
    "min_confidence": "a number from 0 to 1",
    "defaults": "keys such as {level: error}",
    "baseline": "keys such as {version_name: NAME}",
    "metrics": "metrics with their bounds, such as {accuracy: 0.9}",
    "labels": 'labels with their metrics, such as {"*": {recall: 0.8}}',
    "confusions": 'pairs of labels, such as {"a -> b": {max_rate: 0.01}}',
    "level": "error, warning or off",
    "confidence_level": "a number above 0 and below 1",
    "decide_on": "point_estimate or confidence_bound",
    "min_support": "a whole number from 1",
    "on_inconclusive": "error or warning",
    "on_undefined": "error or warning",
    "on_missing": "error or warning",
    "version_name": "the name of a model version",
    "require_same_images": "true or false",
    "min": "a number in the metric's range",
    "max": "a number in the metric's range",
    "max_regression": "a number from 0, in the metric's unit",
    "max_relative_regression": "a number from 0 to 1, a share of the baseline's value",
    "regression_test": "mcnemar or bootstrap",
    "alpha": "a number above 0 and below 1",
    "max_rate": "a number from 0 to 1",
}
"""What may stand behind each key, in words."""

Level = Literal["error", "warning", "off"]
Blocking = Literal["error", "warning"]
Share = Annotated[float, Field(ge=0, le=1)]
InnerShare = Annotated[float, Field(gt=0, lt=1)]


def _key(description: str, default: Any = None) -> Any:
    """A key that may be left out; None stands for that and cannot be written."""
    return Field(default=default, description=description)


def _section(description: str, empty: Callable[[], Any]) -> Any:
    return Field(default_factory=empty, description=description)


class Section(BaseModel):
    """Keys of a fixed set, types as written: no text is taken for a number."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False
    )

    @property
    def given(self) -> dict[str, Any]:
        """The keys that the file gives, with their values, in the grammar's order."""
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name in self.model_fields_set
        }


class Decision(Section):
    """How a number is held against its bound."""

    level: Level = _key(
        "What a miss does: `error` blocks, `warning` is shown and stays green, `off` "
        "drops the check."
    )
    confidence_level: InnerShare = _key("Of the interval around the number.")
    decide_on: Literal["point_estimate", "confidence_bound"] = _key(
        "What must hold the bound: the number itself, or the bad end of its "
        "confidence interval."
    )
    min_support: Annotated[int, Field(ge=1)] = _key(
        "Images behind the number (boxes, in detection), below which the check may be "
        "inconclusive: it is while the interval holds the bound. Where even the "
        "interval's good end misses the bound it failed, and where the bad end holds "
        "it, it passed."
    )
    on_inconclusive: Blocking = _key("What an inconclusive check does.")
    on_undefined: Blocking = _key(
        "What a number without evidence does, such as the precision of a label that "
        "was never predicted."
    )


class Defaults(Decision):
    """Holds for every rule that does not say otherwise."""

    alpha: InnerShare = _key(
        "Significance at which `regression_test` takes a drop as real."
    )


class MetricRule(Defaults):
    """
    What is asked of one metric.

    A bare number is the bound in the metric's good direction: `min` for a score, `max`
    for a loss. `off` is short for `{level: off}`.
    """

    min: float = _key("Least value that passes.")
    max: float = _key(
        "Greatest value that passes. On a score it needs a `min` beside it, since it "
        "would fail the better model alone."
    )
    max_regression: Annotated[float, Field(ge=0)] = _key(
        "How much worse than the baseline's the value may be."
    )
    max_relative_regression: Share = _key(
        "The same as a share of the baseline's value."
    )
    regression_test: Literal["mcnemar", "bootstrap"] = _key(
        "With it, a drop fails only if it is also significant at `alpha`: `mcnemar` "
        "(exact) for accuracy, `bootstrap` (paired) for everything else."
    )

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        return {"level": "off"} if value == "off" else value


class ConfusionRule(Decision):
    """
    How often one label may be taken for another.

    A bare number is `max_rate`, `off` is short for `{level: off}`.
    """

    max_rate: Share = _key(
        "Greatest share of the true label's images that may be taken for the other."
    )

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        if value == "off":
            return {"level": "off"}
        return {"max_rate": value} if _is_number(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spell_out_bounds(rules: Any, scope: registry.Scope) -> Any:
    """Turn bare numbers into the bound that the metric's good direction asks for."""
    if not isinstance(rules, dict):
        return rules
    return {
        name: {_bound_key(name, scope): rule}
        if _is_number(rule) and name != "min_confidence"
        else rule
        for name, rule in rules.items()
    }


def _bound_key(name: str, scope: registry.Scope) -> str:
    metric = registry.find(name, scope)
    return "min" if metric is None or metric.greater_is_better else "max"


class LabelRules(BaseModel):
    """The metrics of the labels that a name or a glob stands for."""

    model_config = ConfigDict(
        extra="allow", strict=True, frozen=True, allow_inf_nan=False
    )
    __pydantic_extra__: dict[str, MetricRule]

    min_confidence: Share = _key(
        "Replaces the `min_confidence` of the whole file for these labels."
    )

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        return _spell_out_bounds(value, "label")

    @property
    def rules(self) -> dict[str, MetricRule]:
        return self.__pydantic_extra__


class Baseline(Section):
    """The version that regressions are measured against."""

    version_name: str = _key(
        "The version that runs today, of the same project. `--baseline-version` and "
        "`--baseline-dir` replace it."
    )
    on_missing: Blocking = _key(
        "What regression checks do where no baseline, or no such label in it, exists: "
        "`warning` for a project's first release."
    )
    require_same_images: bool = _key(
        "Whether a baseline that was tested on other images is refused; if not, it is "
        "compared unpaired, and the report says so."
    )


class File(Section):
    """The whole file."""

    task: Literal["auto", "multiclass", "multilabel", "detection"] = _key(
        "How the evaluation is read; `auto` finds out by itself.", "auto"
    )
    iou: Annotated[float, Field(gt=0, le=1)] | Literal["0.50:0.95"] = _key(
        "Overlap (intersection over union) from which a box counts as found, for "
        "`average_precision` and its kin; `0.50:0.95` is COCO's mean over ten. Object "
        "detection only.",
        0.5,
    )
    min_confidence: Share = _key(
        "Judges the version as production runs it with `DetectCustomLabels("
        "MinConfidence=…)`, here as a fraction: predictions below it are dropped. It "
        "cannot lie below a label's assumed threshold."
    )
    defaults: Defaults = _section(
        "What holds for every rule that does not say otherwise.", Defaults
    )
    baseline: Baseline = _section(
        "The version that regressions are measured against.", Baseline
    )
    metrics: Annotated[
        dict[str, MetricRule],
        BeforeValidator(lambda rules: _spell_out_bounds(rules, "overall")),
    ] = _section("Metrics over all labels: a bound, or a rule, for each.", dict)
    labels: dict[str, LabelRules] = _section(
        "Metrics of single labels. A key is a label's exact name or a glob (`*`, `?`, "
        "`[…]`). An exact name beats a glob and a later glob an earlier one, key by "
        "key of each rule.",
        dict,
    )
    confusions: dict[str, ConfusionRule] = _section(
        'Cells of the confusion matrix. A key is "true label -> predicted label", '
        "names or globs. `no prediction` may stand on the right: images (boxes, in "
        "detection) of the true label that were missed with nothing seen instead.",
        dict,
    )
