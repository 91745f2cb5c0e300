"""From rules to checks, once the labels and the kind of model are known."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rekmetrics.errors import Problem, ThresholdsError
from rekmetrics.metrics import registry
from rekmetrics.texts import did_you_mean, quote
from rekmetrics.thresholds.document import Document, KeyPath, sort_problems
from rekmetrics.thresholds.keys import drop_keys
from rekmetrics.thresholds.layers import Layer, Merged, merge, test_set_layers
from rekmetrics.thresholds.models import File
from rekmetrics.thresholds.names import Globs, digest, expand_confusions, slug
from rekmetrics.thresholds.rules import Check, Kind, Rule, can_block
from rekmetrics.thresholds.soundness import (
    NO_RATE,
    explain_metric,
    object_to,
    rule_layers,
)

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task


MAX_CHECKS = 20_000
_SHOWN_LABELS = 8


def build_plan(
    file: File, document: Document, labels: Sequence[str], task: Task | None
) -> tuple[Check, ...]:
    """
    Every check, in the order of the file; labels in their own order.

    Raises:
        ThresholdsError: for whatever only the labels and the task can tell.
    """
    planner = _Planner(file, document, tuple(labels), task)
    checks = planner.checks()
    if not planner.problems:
        planner.refuse_excess(checks)
    if planner.problems:
        raise ThresholdsError(sort_problems(planner.problems))
    counts = Counter(check.id for check in checks)
    unique = {
        check.id if counts[check.id] == 1 else f"{check.id}-{_digest(check)}": check
        for check in checks
    }
    if len(unique) < len(checks):
        text = "two checks get one id; rename a label that looks like another's"
        raise ThresholdsError([document.problem((), text)])
    return tuple(replace(check, id=name) for name, check in unique.items())


def _digest(check: Check) -> str:
    """Behind all ids that clash, so that the order of the labels decides nothing."""
    return digest(repr((check.kind, check.label, check.metric, check.predicted)))


def list_dropped(
    file: File, document: Document, labels: Sequence[str], task: Task | None
) -> tuple[Check, ...]:
    """What a rule stands for and `off` takes away; of its rule only the line holds."""
    planner = _Planner(file, document, tuple(labels), task)
    planner.checks()
    return tuple(planner.dropped)


def _images_checks(label: str, rule: Rule) -> Iterator[Check]:
    """How many images the label has, and how wide its interval is, apart."""
    if rule.minimum is not None:
        least = replace(rule, maximum=None)
        name = f"{slug(label)}-images_per_label"
        yield Check(name, "test_set", "images_per_label", least, label)
    if rule.maximum is not None:
        widest = replace(rule, minimum=None, line=rule.lines["width"])
        name = f"{slug(label)}-interval_width"
        yield Check(name, "test_set", "interval_width", widest, label)


@dataclass
class _Planner:
    file: File
    document: Document
    labels: tuple[str, ...]
    task: Task | None
    problems: list[Problem] = field(default_factory=list)
    dropped: list[Check] = field(default_factory=list)

    def checks(self) -> list[Check]:
        if "iou" in self.file.given and self.task not in (None, "detection"):
            text = f"iou is for object detection, but this model is {self.task}"
            self._complain(("iou",), text)
        sections = {
            "metrics": self._metrics,
            "labels": self._labels,
            "confusions": self._confusions,
            "test_set": self._test_set,
        }
        order = [name for name in self.document.tree if name in sections]
        return [check for name in order for check in sections[name]()]

    def refuse_excess(self, checks: Sequence[Check]) -> None:
        if len(checks) > MAX_CHECKS:
            text = f"asks for {len(checks)} checks, more than {MAX_CHECKS}; narrow it"
            self._complain((), text)
        elif not any(can_block(c) for c in checks if c.kind != "test_set"):
            text = (
                "no check can block on these labels: all are warnings, off, or have a "
                "bound that no value misses; a gate without one never passes"
            )
            self._complain((), text)

    def _complain(self, path: KeyPath, text: str) -> None:
        self.problems.append(self.document.problem(path, text))

    def _metrics(self) -> Iterator[Check]:
        for name, given in self.file.metrics.items():
            path = ("metrics", name)
            if why := explain_metric(name, self.task):
                self._complain(path, why)
                continue
            merged = merge(self.file, [Layer(path, given.given)])
            yield from self._judged("metric", slug(name), name, merged)

    def _labels(self) -> Iterator[Check]:
        sections = self.file.labels
        patterns = Globs(sections, self.labels)
        for pattern in patterns.unmatched:
            self._complain(("labels", pattern), self._no_label(pattern))
        metrics = dict.fromkeys(m for s in sections.values() for m in s.rules)
        usable = {m: rule_layers(self.file, m) for m in metrics if self._is_usable(m)}
        objections: dict[tuple[KeyPath, str], list[str]] = {}
        for label in self.labels:
            applied = patterns.of(label)
            for metric, layers in usable.items():
                stack = [layers[p] for p in applied if p in layers]
                if not stack:
                    continue
                merged = merge(self.file, stack)
                for found in object_to(registry.LABEL[metric], merged):
                    objections.setdefault((found.path, found.text), []).append(label)
                name = f"{slug(label)}-{metric}"
                yield from self._judged("label", name, metric, merged, label)
        for (path, text), names in objections.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            self._complain(path, f"{text} (label {quote(names[0])}{more})")

    def _is_usable(self, metric: str) -> bool:
        why = explain_metric(metric, self.task, "label")
        if why:
            for pattern, section in self.file.labels.items():
                if metric in section.rules:
                    self._complain(("labels", pattern, metric), why)
        return why is None

    def _confusions(self) -> Iterator[Check]:
        sections = self.file.confusions
        pairs, complaints = expand_confusions(sections, self.labels)
        for key, text in complaints.items():
            self._complain(("confusions", key), text)
        if len(pairs) > MAX_CHECKS:
            text = f"asks for {len(pairs)} checks, more than {MAX_CHECKS}; narrow it"
            self._complain(("confusions",), text)
            return
        for (label, predicted), keys in pairs.items():
            stack = [Layer(("confusions", k), sections[k].given) for k in keys]
            merged = merge(self.file, stack)
            if merged.is_off:
                self._drop(merged, "confusion_rate", label, predicted)
                continue
            if not merged.has_limit:
                self._complain(merged.path, NO_RATE)
            rule = merged.rule(self.document, self.file.baseline)
            name = f"{slug(label)}-as-{slug(predicted)}"
            yield Check(name, "confusion", "confusion_rate", rule, label, predicted)

    def _test_set(self) -> Iterator[Check]:
        for layer in test_set_layers(self.file):
            name, merged = str(layer.path[1]), merge(self.file, [layer])
            if merged.is_off:
                self._drop(merged, name, None)
                continue
            rule = merged.rule(self.document, self.file.baseline)
            if name != "images_per_label":
                yield Check(f"test-set-{name}", "test_set", name, rule)
                continue
            for label in self.labels:
                yield from _images_checks(label, rule)

    def _judged(
        self,
        kind: Kind,
        name: str,
        metric: str,
        merged: Merged,
        label: str | None = None,
    ) -> Iterator[Check]:
        """The check of the bound, and the one of the regression."""
        if merged.is_off:
            self._drop(merged, metric, label)
            return
        rule = merged.rule(self.document, self.file.baseline)
        if rule.has_bound:
            yield Check(name, kind, metric, drop_keys(rule, "loss"), label)
        if rule.has_regression:
            loss = self._loss_only(rule, merged)
            yield Check(f"{name}-regression", "regression", metric, loss, label)

    def _loss_only(self, rule: Rule, merged: Merged) -> Rule:
        """A regression's rule: what can't be told warns, unless the file blocks it."""
        line = merged.line(self.document, "loss")
        loss = replace(drop_keys(rule, "value"), line=line)
        is_told = "on_inconclusive" in merged.keys
        return loss if is_told else replace(loss, on_inconclusive="warning")

    def _drop(
        self,
        merged: Merged,
        metric: str,
        label: str | None,
        predicted: str | None = None,
    ) -> None:
        rule = Rule(line=self.document.line(merged.paths["level"]))
        kind: Kind = "test_set" if merged.path[0] == "test_set" else "metric"
        self.dropped.append(Check("", kind, metric, rule, label, predicted))

    def _no_label(self, name: str) -> str:
        form = unicodedata.normalize("NFC", name)
        twin = [
            label
            for label in self.labels
            if unicodedata.normalize("NFC", label) == form
        ]
        if twin:
            hint = f"; {twin[0]!a} is the same text in another Unicode form"
        else:
            shown = ", ".join(quote(label) for label in self.labels[:_SHOWN_LABELS])
            more = ", …" if len(self.labels) > _SHOWN_LABELS else ""
            hint = did_you_mean(name, self.labels) or f"; labels are {shown}{more}"
        return f"matches no label{hint}"
