"""
The grammar of the thresholds file, as pydantic models.

Reading, the JSON Schema for editors and the reference page all come from here: a key's
meaning is its description, and what may stand behind it is its type's last word. The
keys of a rule are those of `keys.KEYS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

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
from rekmetrics.thresholds.keys import Share, keys_of
from rekmetrics.thresholds.rules import Level, Multiplicity


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


class _Ruling(Section):
    """A rule may be written short: a bare number for its usual limit, or `off`."""

    bare: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        if value == "off":
            return {"level": "off"}
        return {cls.bare: value} if cls.bare and _is_number(value) else value


def _keys_of(place: str, base: type[Section] = _Ruling) -> type[Section]:
    """The keys of a rule that may stand in a place."""
    keys: dict[str, Any] = {
        name: (key.takes, _key(key.means)) for name, key in keys_of(place).items()
    }
    return create_model(place, __base__=base, **keys)


class Defaults(_keys_of("defaults", Section), Section):  # type: ignore[misc]  # made by pydantic
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


class ConfusionRule(_keys_of("confusions"), Section):  # type: ignore[misc]  # the same
    """
    How often one label may be taken for another.

    A bare number is `max_rate`, `off` is short for `{level: off}`.
    """

    bare = "max_rate"


class FitnessRule(_keys_of("test_set"), Section):  # type: ignore[misc]  # the same
    """
    How many of the test images may be unfit to judge by.

    A bare number is `max_rate`, `off` is short for `{level: off}`.
    """

    bare = "max_rate"


class ImagesRule(_keys_of("images_per_label"), Section):  # type: ignore[misc]  # the same
    """
    How many test images every label must have, or how sure its recall must be.

    A bare number is `min`, `off` is short for `{level: off}`.
    """

    bare = "min"


class Fitness(Section):
    """Whether the test set is fit to judge by; see docs/test-set.md."""

    overlap_with_training: Annotated[
        FitnessRule, "a number from 0 to 1, off, or {max_rate: 0}"
    ] = _key(
        "Test images that are training images too: by their `source-ref`, with "
        "--check-images by their bytes as well."
    )
    duplicate_images: Annotated[
        FitnessRule, "a number from 0 to 1, off, or {max_rate: 0.01}"
    ] = _key(
        "Test images that stand in the test set more than once, in the same sense, "
        "the first of each left out."
    )
    images_per_label: Annotated[
        ImagesRule, "a number from 1, off, or {min: 20, width: 0.1}"
    ] = _key("Test images of each label.")
    probably_mislabelled: Annotated[
        FitnessRule, "a number from 0 to 1, off, or {max_rate: 0.02}"
    ] = _key(
        "Test images with a label (in object detection: a box, or none) that is "
        "contradicted by a confident prediction."
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spell_out_bounds(rules: Any, scope: registry.Scope) -> Any:
    """Turn bare numbers into the bound that the metric's good direction asks for."""
    if not isinstance(rules, dict):
        return rules
    return {
        name: {good_bound(registry.find(name, scope)): rule}
        if _is_number(rule) and name != "min_confidence"
        else rule
        for name, rule in rules.items()
    }


def good_bound(metric: registry.Metric | None) -> str:
    """The key that bounds a metric from the side of worse models."""
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

    version_name: Annotated[str, "the name of a model version"] = _key(
        'The version to compare with, of the same project: its name, `"@running"` or '
        '`"@latest"`. `--baseline-version` and `--baseline-dir` replace it.'
    )
    on_missing: Level = _key(
        "What regression checks do where no baseline, or no such label in it, exists: "
        "`warning` for a project's first release.",
        "error",
    )
    require_same_images: Annotated[bool, "true or false"] = _key(
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
    iou: Annotated[
        Annotated[float, Field(gt=0, le=1)] | Literal["0.50:0.95"],
        "a number above 0 and up to 1, or 0.50:0.95",
    ] = _key(
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
    defaults: Annotated[Defaults, "keys such as {level: error}"] = _section(
        "What holds for every rule that does not say otherwise.", Defaults
    )
    baseline: Annotated[Baseline, "keys such as {version_name: NAME}"] = _section(
        "The version that regressions are measured against.", Baseline
    )
    evidence: Annotated[
        Evidence, "contradictions to take down, such as {support: warning}"
    ] = _section(
        "Contradictions between summary and manifest that are known and accepted.",
        Evidence,
    )
    metrics: Annotated[
        dict[str, MetricRule],
        BeforeValidator(lambda rules: _spell_out_bounds(rules, "overall")),
        "metrics with their bounds, such as {accuracy: 0.9}",
    ] = _section("Metrics over all labels: a bound, or a rule, for each.", dict)
    labels: Annotated[
        dict[str, LabelRules],
        'labels with their metrics, such as {"*": {recall: 0.8}}',
    ] = _section(
        "Metrics of single labels. A key is a label's exact name or a glob (`*`, `?`, "
        "`[…]`). An exact name beats a glob and a later glob an earlier one, key by "
        "key of each rule.",
        dict,
    )
    confusions: Annotated[
        dict[str, ConfusionRule],
        'pairs of labels, such as {"a -> b": {max_rate: 0.01}}',
    ] = _section(
        'Cells of the confusion matrix. A key is "true label -> predicted label", '
        "names or globs. `no prediction` may stand on the right: images (boxes, in "
        "detection) of the true label that were missed with nothing seen instead.",
        dict,
    )
    test_set: Annotated[Fitness, "rules such as {images_per_label: {min: 20}}"] = (
        _section("What the test set itself must be like.", Fitness)
    )
