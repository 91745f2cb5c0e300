"""The rules of a thresholds file as they apply, in words, and what can be bounded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from rekmetrics.evaluation import Task
from rekmetrics.metrics.registry import LABEL, OVERALL, Metric
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check, Rule, ThresholdsFile
from rekmetrics.thresholds.plan import Dropped, can_block

__all__ = ["explain", "list_metrics"]

_WIDTH = 80


def explain(
    file: ThresholdsFile,
    labels: Sequence[str] | None = None,
    task: Task | None = None,
) -> str:
    """
    The rules, label by label; without labels, names and globs as they stand.

    Raises:
        ThresholdsError: where the file cannot be applied to these labels.
    """
    lines = list(_head(file))
    if labels is None:
        lines += _as_written(file)
    else:
        lines += _as_applied(file, labels, task)
    return "\n".join(line for text in lines for line in _wrapped(text)) + "\n"


def list_metrics() -> str:
    """Every metric that a thresholds file can name, each with its definition."""
    lines = ["Under metrics, over all labels:"]
    for metric in OVERALL.values():
        lines += _metric(metric)
    lines += ["", "Under labels, for each label:"]
    for metric in LABEL.values():
        lines += _metric(metric)
    return "\n".join(line for text in lines for line in _wrapped(text)) + "\n"


def _metric(metric: Metric) -> Iterator[str]:
    better = "greater" if metric.greater_is_better else "less"
    span = f"{metric.lowest:g} to {metric.highest:g}"
    tasks = ", ".join(sorted(metric.tasks))
    yield ""
    yield f"  {metric.name} ({span}, {better} is better; {tasks})"
    yield f"    {metric.definition}"


def _wrapped(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()) + 4)
    return textwrap.wrap(
        text, _WIDTH, subsequent_indent=indent, break_on_hyphens=False
    ) or [""]


def _head(file: ThresholdsFile) -> Iterator[str]:
    yield f"{file.path}; numbers in brackets are its lines"
    given = file.settings.given
    for key in ("task", "iou", "min_confidence"):
        if key in given:
            yield f"{key}: {given[key]}{_at(file.document.line((key,)))}"
    if file.settings.baseline.given:
        name = file.baseline.version_name or "named by an option"
        images = "the same" if file.baseline.require_same_images else "any"
        yield (
            f"baseline: {name}{_at(file.document.line(('baseline',)))}, tested on "
            f"{images} images; {_effect(file.baseline.on_missing)} where it is missing"
        )


def _as_written(file: ThresholdsFile) -> Iterator[str]:
    """Every key with its own line; which of them win depends on the labels."""
    for section in ("defaults", "metrics", "labels", "confusions"):
        tree = file.document.tree.get(section)
        if tree:
            yield ""
            yield section
            yield from _keys(file, (section,), tree, depth=1)
    yield ""
    yield (
        "An exact name beats a glob, a later glob an earlier one, key by key. Which "
        "labels a glob stands for is only known from a version."
    )


def _keys(
    file: ThresholdsFile, path: tuple[str, ...], tree: dict[str, object], depth: int
) -> Iterator[str]:
    for key, value in tree.items():
        where = (*path, key)
        name = key if key.isidentifier() else quote(key)
        start = f"{'  ' * depth}{name}"
        if isinstance(value, dict):
            yield start
            yield from _keys(file, where, value, depth + 1)
        else:
            text = file.document.texts[where]
            yield f"{start}: {text}{_at(file.document.line(where))}"


def _as_applied(
    file: ThresholdsFile, labels: Sequence[str], task: Task | None
) -> Iterator[str]:
    checks = file.plan(labels, task)
    n_blocking = sum(can_block(check) for check in checks)
    yield f"{len(checks)} checks, {n_blocking} of which can block"
    names = {label: quote(label) for label in labels}
    lines = file.min_confidence_lines(labels)
    for label, value in file.min_confidences(labels).items():
        names[label] += f", predictions from confidence {value:.15g}{_at(lines[label])}"
    entries = [_Entry(check) for check in checks]
    entries += [_Entry(dropped) for dropped in file.dropped(labels)]
    for section in ("metrics", "labels", "confusions"):
        own = [entry for entry in entries if entry.section == section]
        if own:
            yield ""
            yield section
        if section == "labels":
            own.sort(key=lambda entry: labels.index(entry.label or ""))
        for label, group in groupby(own, key=lambda entry: entry.label):
            depth = "  "
            if section == "labels" and label is not None:
                yield f"  {names[label]}"
                depth = "    "
            yield from (depth + entry.text for entry in group)
    named = {entry.label for entry in entries}
    if rest := [names[label] for label in labels if label not in named]:
        yield ""
        yield f"no rule of their own: {'; '.join(rest)}"


class _Entry:
    """A check, or what was switched off, under its section and label."""

    def __init__(self, item: Check | Dropped) -> None:
        self.label = item.label
        self.section = "metrics" if item.label is None else "labels"
        self.name = item.metric
        if item.predicted is not None:
            self.section = "confusions"
            self.name = f"{quote(item.label or '')} taken for {quote(item.predicted)}"
        self._item = item

    @property
    def text(self) -> str:
        if isinstance(self._item, Dropped):
            return f"{self.name}: off{_at(self._item.line)}"
        rule = self._item.rule
        said = _bounds(rule) if self._item.kind != "regression" else _losses(rule)
        parts = [said, f"{_effect(rule.level)}{_line(rule, 'level')}"]
        if self._item.kind != "regression":
            parts += _evidence(rule)
        if rule.on_undefined == "warning":
            parts.append(f"undefined is a warning{_line(rule, 'on_undefined')}")
        return f"{self.name}: {'; '.join(parts)}"


def _bounds(rule: Rule) -> str:
    parts = []
    if rule.minimum is not None:
        parts.append(f"at least {rule.minimum:.15g}{_line(rule, 'min')}")
    if rule.maximum is not None:
        key = "max_rate" if "max_rate" in rule.lines else "max"
        parts.append(f"at most {rule.maximum:.15g}{_line(rule, key)}")
    return " and ".join(parts)


def _losses(rule: Rule) -> str:
    parts = []
    if rule.max_regression is not None:
        parts.append(f"{rule.max_regression:.15g}{_line(rule, 'max_regression')}")
    if rule.max_relative_regression is not None:
        share = f"{rule.max_relative_regression * 100:.12g} % of the baseline's"
        parts.append(f"{share}{_line(rule, 'max_relative_regression')}")
    text = f"may be worse than the baseline by {' and '.join(parts)}"
    if rule.regression_test is not None:
        test = f"{rule.regression_test}{_line(rule, 'regression_test')}"
        alpha = f"alpha {rule.alpha:.15g}{_line(rule, 'alpha')}"
        text += f", or more where {test} calls it chance ({alpha})"
    return text


def _evidence(rule: Rule) -> Iterator[str]:
    level = f"{rule.confidence_level * 100:.12g} %{_line(rule, 'confidence_level')}"
    if rule.decide_on == "confidence_bound":
        yield (
            f"the bad end of its {level} interval must hold that"
            f"{_line(rule, 'decide_on')}"
        )
    if rule.min_support > 1:
        yield (
            f"inconclusive, below {rule.min_support} images"
            f"{_line(rule, 'min_support')}, {_effect(rule.on_inconclusive)}"
            f"{_line(rule, 'on_inconclusive')}"
        )


def _effect(level: str) -> str:
    return "blocks" if level == "error" else "warns"


def _line(rule: Rule, key: str) -> str:
    return _at(rule.lines[key]) if key in rule.lines else ""


def _at(line: int) -> str:
    return f" [{line}]"
