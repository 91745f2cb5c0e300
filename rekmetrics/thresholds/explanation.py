"""The rules of a thresholds file as they apply, in words, and what can be bounded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from rekmetrics.metrics.registry import LABEL, OVERALL, Metric
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check, Rule, ThresholdsFile
from rekmetrics.thresholds.advice import Advice, advise
from rekmetrics.thresholds.keys import KEYS, Key
from rekmetrics.thresholds.rules import can_block

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task


_WIDTH = 80
_READINGS: Mapping[Task, str] = {
    "multiclass": "of each image the most confident label over its threshold, and no "
    "other; reported_* are AWS's own figures, which count every label over its "
    "threshold, and extra_predictions_rate is the share of images with more than one "
    "(task: multilabel judges them all)",
    "multilabel": "every label over its threshold",
    "detection": "every box over its label's threshold",
}


def explain(
    file: ThresholdsFile,
    labels: Sequence[str] | None = None,
    task: Task | None = None,
    *,
    advice: Sequence[Advice] | None = None,
) -> str:
    """
    The rules, label by label; without labels, names and globs as they stand.

    Last, those worth a second look: `advice`, or what shows without a version.

    Raises:
        ThresholdsError: where the file cannot be applied to these labels.
    """
    lines = list(_head(file))
    if labels is None:
        lines += _as_written(file)
    else:
        lines += _as_applied(file, labels, task)
    lines += _second_look(advise(file) if advice is None else advice)
    return fold(lines)


def list_metrics() -> str:
    """Every metric that a thresholds file can name, each with its definition."""
    lines = ["Under metrics, over all labels:"]
    for metric in OVERALL.values():
        lines += _metric(metric)
    lines += ["", "Under labels, for each label:"]
    for metric in LABEL.values():
        lines += _metric(metric)
    return fold(lines)


def _metric(metric: Metric) -> Iterator[str]:
    better = "greater" if metric.greater_is_better else "less"
    span = f"{metric.lowest:g} to {metric.highest:g}"
    tasks = ", ".join(sorted(metric.tasks))
    yield ""
    yield f"  {metric.name} ({span}, {better} is better; {tasks})"
    yield f"    {metric.definition}"


def fold(texts: Iterable[str]) -> str:
    """Lines that fit a terminal; what goes on is indented further, but sentences."""
    folded = (_wrapped(text) for text in texts)
    return "\n".join(chain.from_iterable(folded)) + "\n"


def _wrapped(text: str) -> list[str]:
    further = 0 if text.endswith(".") else 4
    indent = " " * (len(text) - len(text.lstrip()) + further)
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
        name = file.baseline.given.get("version_name", "named by an option")
        images = "the same" if file.baseline.require_same_images else "any"
        yield (
            f"baseline: {name}{_at(file.document.line(('baseline',)))}, tested on "
            f"{images} images; {_effect(file.baseline.on_missing)} where it is missing"
        )
    for name in sorted(file.accepted):
        line = file.document.line(("evidence", name))
        yield f"evidence: a contradiction of {name} is a warning{_at(line)}"


def _as_written(file: ThresholdsFile) -> Iterator[str]:
    """Every key with its own line; which of them win depends on the labels."""
    for section in ("defaults", "metrics", "labels", "confusions", "test_set"):
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
    if task is not None:
        yield f"what counts: {_READINGS[task]}"
    names = {label: quote(label) for label in labels}
    for label, (value, line) in file.min_confidences(labels).items():
        names[label] += f", predictions from confidence {value:.15g}{_at(line)}"
    said = [(check, "; ".join(_say(check))) for check in checks]
    said += [(c, f"off{_at(c.rule.line)}") for c in file.dropped(labels)]
    for section in ("metrics", "labels", "confusions", "test_set"):
        own = [(c.label, _name(c), text) for c, text in said if _section(c) == section]
        if own:
            yield ""
            yield section
        is_by_label = section in ("labels", "test_set")
        if is_by_label:
            own.sort(key=lambda entry: labels.index(entry[0]) if entry[0] else -1)
        for label, group in groupby(own, key=itemgetter(0)):
            depth = "  "
            if is_by_label and label is not None:
                yield f"  {names[label]}"
                depth = "    "
            yield from (f"{depth}{name}: {text}" for _, name, text in group)


def _second_look(advice: Sequence[Advice]) -> Iterator[str]:
    if advice:
        yield ""
        yield "worth a second look"
        yield from (f"  {found.text}{_at(found.line)}" for found in advice)


def _section(check: Check) -> str:
    if check.kind == "test_set":
        return "test_set"
    if check.predicted is not None:
        return "confusions"
    return "metrics" if check.label is None else "labels"


def _name(check: Check) -> str:
    if check.predicted is None:
        return check.metric
    return f"{quote(check.label or '')} taken for {quote(check.predicted)}"


def _say(check: Check) -> Iterator[str]:
    """What the keys that the file gives make of the check: limits, effect, the rest."""
    rule = check.rule
    side = "loss" if check.kind == "regression" else "value"
    own = [
        key
        for key in KEYS.values()
        if key.name in rule.lines
        and key.judges in (None, side)
        and getattr(rule, key.field) != key.default
    ]
    shown = {name: _Shown(rule, key) for name, key in KEYS.items()}
    said = [(key.is_limit, _words(key, shown)) for key in own if key.says]
    yield " and ".join(text for is_limit, text in said if is_limit)
    yield f"{shown['level']:does}"
    yield from (text for is_limit, text in said if not is_limit)


def _words(key: Key, shown: Mapping[str, _Shown]) -> str:
    """A key's sentence; its line stands behind its value, or at the end."""
    text = key.says.format_map(shown)
    return text if f"{{{key.name}" in key.says else f"{text}{shown[key.name].place}"


class _Shown:
    """A key's value in a sentence, with its line where the file gives it."""

    def __init__(self, rule: Rule, key: Key) -> None:
        self._value = getattr(rule, key.field)
        self.place = _at(rule.lines[key.name]) if key.name in rule.lines else ""

    def __format__(self, form: str) -> str:
        value = self._value
        if form == "does":
            text = _effect(value)
        elif form == "%":
            text = f"{value * 100:.12g} %"
        else:
            text = f"{value:.15g}" if isinstance(value, float) else str(value)
        return text + self.place


def _effect(level: str) -> str:
    return "blocks" if level == "error" else "warns"


def _at(line: int) -> str:
    return f" [{line}]"
