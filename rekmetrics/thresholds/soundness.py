"""What the grammar cannot say: whether rules make sense for the metrics they name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rekmetrics.arns import parse_version_choice
from rekmetrics.errors import Problem, RequestError
from rekmetrics.metrics import registry
from rekmetrics.metrics.registry import Metric
from rekmetrics.texts import quote
from rekmetrics.thresholds.document import Document, KeyPath
from rekmetrics.thresholds.keys import keys_of
from rekmetrics.thresholds.layers import (
    Layer,
    Merged,
    merge,
    test_set_layers,
    written_rules,
)
from rekmetrics.thresholds.models import File, good_bound
from rekmetrics.thresholds.names import Globs, is_glob
from rekmetrics.thresholds.structure import fraction_hint

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task


NO_RATE = "no bound; give max_rate"


@dataclass(frozen=True, slots=True)
class Objection:
    """
    What is wrong with a rule, and where.

    `is_absence` says that a key is missing, which another layer may still give.
    """

    path: KeyPath
    text: str
    is_absence: bool = False


def check_soundness(
    file: File, document: Document, *, is_whole: bool, has_baseline: bool
) -> Iterator[Problem]:
    """
    Every mistake that the file shows by itself.

    Where the file is not whole (something did not follow the grammar and was left
    out), nothing is said about what is missing.
    """
    yield from _check_names(file, document)
    yield from _check_ranges(file, document)
    yield from _check_settings(file, document)
    for objection in _objections(file):
        if is_whole or not objection.is_absence:
            yield document.problem(objection.path, objection.text)
    if is_whole:
        yield from _check_baseline(file, document, has_baseline=has_baseline)
        if not any(_may_block(file, layer) for layer in written_rules(file)):
            text = (
                "no rule can block: give at least one bound of level error, under "
                "metrics, labels or confusions; a gate without one never passes"
            )
            yield document.problem((), text)


def rule_layers(file: File, metric: str) -> dict[str, Layer]:
    """The layers under `labels` that say something of a metric, by their pattern."""
    return {
        pattern: Layer(("labels", pattern, metric), label.rules[metric].given)
        for pattern, label in file.labels.items()
        if metric in label.rules
    }


def object_to(metric: Metric, merged: Merged) -> Iterator[Objection]:
    """What is wrong with the keys that apply to a metric in the end."""
    keys = merged.keys
    if merged.is_off:
        return
    good = good_bound(metric)
    bad = "max" if good == "min" else "min"
    if not merged.has_limit:
        yield Objection(merged.path, f"no bound; give {good}", is_absence=True)
    if bad in keys and good not in keys:
        better = "greater" if metric.greater_is_better else "less"
        text = (
            f"{metric.name} is better when {better}, so '{bad}' alone would fail the "
            f"better model; did you mean '{good}'?"
        )
        yield Objection(merged.at(bad), text, is_absence=True)
    if keys.get("min", -math.inf) > keys.get("max", math.inf):
        text = f"min {keys['min']} is above max {keys['max']}"
        yield Objection(merged.at("min"), text)
    if "regression_test" in keys:
        yield from _object_to_test(metric, merged)
    if keys.get("decide_on") == "confidence_bound" and not metric.has_interval:
        text = (
            f"{metric.name} has no confidence interval; give it "
            "'decide_on: point_estimate'"
        )
        yield Objection(merged.at("decide_on"), text)


def explain_metric(
    name: str, task: Task | None, scope: registry.Scope = "overall"
) -> str | None:
    """Why a metric cannot be used, or None."""
    if name in keys_of("metrics") and registry.find(name, scope) is None:
        return f"{quote(name)} is a key of a rule; write METRIC: {{{name}: …}}"
    return registry.why_not(name, task, scope)


def _object_to_test(metric: Metric, merged: Merged) -> Iterator[Objection]:
    keys, test = merged.keys, merged.keys["regression_test"]
    is_on_interval = (
        keys.get("decide_on") == "confidence_bound"
        and merged.paths["decide_on"][0] != "defaults"
    )
    if is_on_interval and not keys.keys() & {"min", "max"}:
        text = (
            "regression_test decides on the loss, so decide_on does nothing; drop one"
        )
        yield Objection(merged.at("decide_on"), text, is_absence=True)
    if test == "bootstrap" and keys.get("alpha", 1) < _LEAST_SHARE:
        yield from _object_to_alpha(merged)
    path = merged.at("regression_test")
    is_accuracy = metric.name == "accuracy" and metric.scope == "overall"
    if not merged.has_regression:
        text = "regression_test without max_regression tests nothing"
        yield Objection(path, text, is_absence=True)
    elif not metric.can_be_tested:
        text = f"{metric.name} cannot be tested: it is not computed image by image"
        yield Objection(path, text)
    elif test == "mcnemar" and not is_accuracy:
        text = "mcnemar compares images that are right or wrong; use bootstrap here"
        yield Objection(path, text)
    elif test == "bootstrap" and is_accuracy:
        yield Objection(path, "use mcnemar for accuracy; it is exact")


def _object_to_alpha(merged: Merged) -> Iterator[Objection]:
    """What a bootstrap cannot show."""
    from rekmetrics.statistics.multiplicity import LEAST_ALPHA, N_RESAMPLES

    if merged.keys["alpha"] < LEAST_ALPHA:
        text = (
            f"a bootstrap of {N_RESAMPLES} resamples tells nothing apart below "
            f"{LEAST_ALPHA:.5f}; use a greater alpha"
        )
        yield Objection(merged.paths["alpha"], text)


_LEAST_SHARE = 0.01
"""An alpha from here on needs no look at the statistics, which load numpy."""


def _find(path: KeyPath) -> Metric | None:
    """The metric that a rule under metrics or labels names."""
    return registry.find(path[-1], _scope(path))


def _scope(path: KeyPath) -> registry.Scope:
    return "overall" if path[0] == "metrics" else "label"


def _check_names(file: File, document: Document) -> Iterator[Problem]:
    task = None if file.task == "auto" else file.task
    for path in (layer.path for layer in written_rules(file)):
        if path[0] != "confusions":
            if why := explain_metric(path[-1], task, _scope(path)):
                yield document.problem(path, why)
        elif "->" not in path[1].strip(" ->"):
            text = 'wanted a pair such as "true label -> predicted label"'
            yield document.problem(path, text)


def _check_ranges(file: File, document: Document) -> Iterator[Problem]:
    for layer in written_rules(file):
        metric = None if layer.path[0] == "confusions" else _find(layer.path)
        if metric is None:
            continue
        own = (metric.lowest, metric.highest)
        spans = {"min": own, "max": own, "max_regression": (0.0, own[1] - own[0])}
        for key, (lowest, highest) in spans.items():
            value = layer.keys.get(key)
            if value is not None and not lowest <= value <= highest:
                where = (*layer.path, key)
                found = document.texts[document.known_part(where)]
                text = (
                    f"found {found}, wanted a number from {lowest:g} to {highest:g}"
                    f"{fraction_hint(found)}"
                )
                yield document.problem(where, text, at_value=True)


def _check_settings(file: File, document: Document) -> Iterator[Problem]:
    if "iou" in file.given and file.task in ("multiclass", "multilabel"):
        text = f"iou is for object detection, but task is {file.task}; remove it"
        yield document.problem(("iou",), text)
    name = file.baseline.given.get("version_name")
    if name is not None:
        try:
            parse_version_choice(name)
        except RequestError as error:
            path = ("baseline", "version_name")
            yield document.problem(path, str(error), at_value=True)


def _objections(file: File) -> Iterator[Objection]:
    for name, rule in file.metrics.items():
        if metric := registry.find(name):
            yield from object_to(
                metric, merge(file, [Layer(("metrics", name), rule.given)])
            )
    names = {name for label in file.labels.values() for name in label.rules}
    for name in sorted(names):
        if metric := registry.find(name, "label"):
            yield from _label_objections(file, metric)
    yield from _test_set_objections(file)
    is_bounded = any("max_rate" in c.given for c in file.confusions.values())
    for key, confusion in file.confusions.items():
        is_off = confusion.given.get("level") == "off"
        if not is_bounded and not is_off:
            yield Objection(("confusions", key), NO_RATE, is_absence=True)


def _test_set_objections(file: File) -> Iterator[Objection]:
    for layer in test_set_layers(file):
        path, given = layer.path, layer.keys
        limits = {"min", "width"} if "images_per_label" in path else {"max_rate"}
        if given.get("level") != "off" and not limits & given.keys():
            text = f"no bound; give {' or '.join(sorted(limits))}"
            yield Objection(path, text, is_absence=True)
        least = given.get("min", 1)
        if least < 1 or least != int(least):
            text = f"found {least:.12g}, wanted a whole number from 1"
            yield Objection((*path, "min"), text)


def _label_objections(file: File, metric: Metric) -> Iterator[Objection]:
    """
    What is certain without the labels: exact names whole, globs as they stand alone.

    A key that a glob lacks may come from another layer; the plan will tell.
    """
    layers = rule_layers(file, metric.name)
    globs = [pattern for pattern in layers if is_glob(pattern)]
    for pattern in layers:
        alone = is_glob(pattern)
        applied = (
            [pattern] if alone else Globs([*globs, pattern], [pattern]).of(pattern)
        )
        merged = merge(file, [layers[p] for p in applied])
        for objection in object_to(metric, merged):
            if not (alone and objection.is_absence and len(layers) > 1):
                yield objection


def _may_block(file: File, layer: Layer) -> bool:
    level: str = merge(file, [layer]).keys.get("level", "error")
    return level == "error"


def _check_baseline(
    file: File, document: Document, *, has_baseline: bool
) -> Iterator[Problem]:
    given = file.baseline.given
    if has_baseline or "version_name" in given or given.get("on_missing") == "warning":
        return
    for layer in written_rules(file):
        key = next((k for k in layer.keys if k.endswith("_regression")), None)
        if key is not None and layer.keys.get("level") != "off":
            text = (
                "no baseline to compare with; add 'baseline: {version_name: NAME}', "
                "or give --baseline-version NAME or --baseline-dir DIR"
            )
            yield document.problem((*layer.path, key), text)
