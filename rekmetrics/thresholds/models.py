"""
The grammar of the thresholds file, as pydantic models.

Reading, the JSON Schema for editors and the reference page all come from here: a key's
meaning is its description, and what may stand behind it is in `WANTED`. The keys of a
rule are those of `rules.Rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    create_model,
    model_validator,
)

from rekmetrics.contradictions import NAMES
from rekmetrics.metrics import registry
from rekmetrics.thresholds.rules import KEYS, Key, Level, Multiplicity

__all__ = [
    "COCO_IOU",
    "TEST_SET",
    "WANTED",
    "Baseline",
    "ConfusionRule",
    "Defaults",
    "Evidence",
    "File",
    "Fitness",
    "FitnessRule",
    "ImagesRule",
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
    "evidence": "contradictions to take down, such as {support: warning}",
    **dict.fromkeys(NAMES, "error or warning"),
    "metrics": "metrics with their bounds, such as {accuracy: 0.9}",
    "labels": 'labels with their metrics, such as {"*": {recall: 0.8}}',
    "confusions": 'pairs of labels, such as {"a -> b": {max_rate: 0.01}}',
    "test_set": "rules such as {images_per_label: {min: 20}}",
    "overlap_with_training": "a number from 0 to 1, off, or {max_rate: 0}",
    "duplicate_images": "a number from 0 to 1, off, or {max_rate: 0.01}",
    "images_per_label": "a number from 1, off, or {min: 20, width: 0.1}",
    "probably_mislabelled": "a number from 0 to 1, off, or {max_rate: 0.02}",
    "on_missing": "error or warning",
    "multiplicity": "holm, benjamini-hochberg or none",
    "version_name": "the name of a model version",
    "require_same_images": "true or false",
    **{key.name: key.wanted for key in KEYS.values()},
}
"""What may stand behind each key, in words."""

Share = Annotated[float, Field(ge=0, le=1)]


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


def _spans(key: Key) -> dict[str, Any]:
    return dict(key.span)


def _keys_of(place: str) -> type[Section]:
    """The keys of a rule that may stand in a place, from the table of `Rule`."""
    keys: dict[str, Any] = {
        key.name: (key.takes, Field(default=None, description=key.means, **_spans(key)))
        for key in KEYS.values()
        if place in key.places
    }
    return create_model(place, __base__=Section, **keys)


class Defaults(_keys_of("defaults"), Section):  # type: ignore[misc]  # made by pydantic
    """Holds for every rule that does not say otherwise."""

    multiplicity: Multiplicity = _key(
        "How p-values are adjusted for the number of regression tests in the file. "
        "`holm` keeps the chance that any of them fails a version that lost nothing "
        "at `alpha`, however the tests hang together; `benjamini-hochberg` finds more "
        "losses and keeps the share of false ones among those found; `none` lets "
        "every test have its own.",
        "holm",
    )


class MetricRule(_keys_of("metrics"), Section):  # type: ignore[misc]  # made by pydantic
    """
    What is asked of one metric.

    A bare number is the bound in the metric's good direction: `min` for a score, `max`
    for a loss. `off` is short for `{level: off}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        return {"level": "off"} if value == "off" else value


class ConfusionRule(_keys_of("confusions"), Section):  # type: ignore[misc]  # the same
    """
    How often one label may be taken for another.

    A bare number is `max_rate`, `off` is short for `{level: off}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        if value == "off":
            return {"level": "off"}
        return {"max_rate": value} if _is_number(value) else value


class FitnessRule(_keys_of("test_set"), Section):  # type: ignore[misc]  # the same
    """
    How many of the test images may be unfit to judge by.

    A bare number is `max_rate`, `off` is short for `{level: off}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        if value == "off":
            return {"level": "off"}
        return {"max_rate": value} if _is_number(value) else value


class ImagesRule(_keys_of("images_per_label"), Section):  # type: ignore[misc]  # the same
    """
    How many test images every label must have, or how sure its recall must be.

    A bare number is `min`, `off` is short for `{level: off}`.
    """

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        if value == "off":
            return {"level": "off"}
        return {"min": value} if _is_number(value) else value


class Fitness(Section):
    """Whether the test set is fit to judge by; see docs/test-set.md."""

    overlap_with_training: FitnessRule = _key(
        "Test images that are training images too, by their `source-ref`."
    )
    duplicate_images: FitnessRule = _key(
        "Test images whose `source-ref` stands in the test set more than once, the "
        "first of each left out."
    )
    images_per_label: ImagesRule = _key("Test images of each label.")
    probably_mislabelled: FitnessRule = _key(
        "Test images whose label is contradicted by a confident prediction. Not for "
        "object detection."
    )


TEST_SET = frozenset((*Fitness.model_fields, "interval_width"))
"""What checks of the test set call their metric."""


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
        'The version to compare with, of the same project: its name, `"@running"` or '
        '`"@latest"`. `--baseline-version` and '
        "`--baseline-dir` replace it."
    )
    on_missing: Level = _key(
        "What regression checks do where no baseline, or no such label in it, exists: "
        "`warning` for a project's first release.",
        "error",
    )
    require_same_images: bool = _key(
        "Whether a baseline that was tested on other images is refused; if not, it is "
        "compared unpaired, and the report says so.",
        True,
    )


_EVIDENCE: dict[str, Any] = {
    name: (Level, _key(means, "error")) for name, means in NAMES.items()
}


class Evidence(create_model("Keys", __base__=Section, **_EVIDENCE), Section):  # type: ignore[misc]  # made by pydantic
    """
    What becomes of files that contradict each other.

    Each is an `error` that ends with code 6, unless a team that knows why makes it a
    `warning`. Damaged files and those of another version have no such key.
    """


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
    evidence: Evidence = _section(
        "Contradictions between summary and manifest that are known and accepted.",
        Evidence,
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
    test_set: Fitness = _section("What the test set itself must be like.", Fitness)
