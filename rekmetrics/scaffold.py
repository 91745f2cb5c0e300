"""Bounds from a version's numbers: a first thresholds file, and proposals to raise."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rekmetrics.allowances import Bound, Wanted
from rekmetrics.evaluation import Task
from rekmetrics.gate.exact import figures, plain, value_of
from rekmetrics.metrics import Numbers, registry
from rekmetrics.packed import THRESHOLDS_SCHEMA
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check

_OVERALL: Mapping[Task, tuple[str, ...]] = {
    "multiclass": (
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "matthews_corrcoef",
        "hamming_loss",
    ),
    "multilabel": ("accuracy", "f1_micro", "f1_macro", "hamming_loss"),
    "detection": (
        "precision_micro",
        "recall_micro",
        "f1_macro",
        "average_precision",
    ),
}
_COMPARED = ("accuracy", "f1_macro")
_OF_LABELS = ("recall", "precision")
_LONGEST_SIMPLE_KEY = 512


@dataclass(frozen=True, slots=True)
class Proposal:
    """A bound of the thresholds file that the version would hold if it were tighter."""

    metric: str
    labels: tuple[str, ...]
    line: int
    bound: float
    proposed: float
    measured: str

    def __str__(self) -> str:
        subject = self.metric
        if len(self.labels) == 1:
            subject = f"{self.metric} of {quote(self.labels[0])}"
        elif self.labels:
            subject = f"{self.metric} of {len(self.labels)} labels"
        verb = "rise" if self.proposed > self.bound else "fall"
        return (
            f"{subject} could {verb} to {plain(self.proposed)} (line {self.line} says "
            f"{self.bound:.15g}; measured {self.measured})"
        )


def wanted_bounds(labels: Sequence[str], task: Task) -> list[Wanted]:
    """The numbers that a first thresholds file bounds."""
    overall: list[Wanted] = [(None, name) for name in _OVERALL[task]]
    return overall + [(label, name) for label in labels for name in _OF_LABELS]


def render_thresholds(
    bounds: Mapping[Wanted, Bound],
    labels: Sequence[str],
    task: Task,
    *,
    origin: Origin,
) -> str:
    """
    A thresholds file with these bounds.

    What is too small to be bounded is a warning, what is undefined is off. With a
    baseline, losses against it are bounded too: no further than the bound itself lies.
    """
    lines = [_heading(origin)]
    if origin.baseline_name:
        lines.append(f"baseline: {{version_name: {_quoted(origin.baseline_name)}}}")
    overall = [(name, bounds.get((None, name))) for name in _OVERALL[task]]
    kept = [(name, bound) for name, bound in overall if bound and not bound.is_empty]
    if kept:
        lines.append("metrics:")
        lines += [
            f"  # {name} is not bounded: it has no value, or cannot be drawn"
            for name, bound in overall
            if bound is None
        ]
    for name, bound in kept:
        before = origin.baseline if name in _COMPARED else None
        lines.append(f"  {name}: {_bound_line(bound, task, before)}")
    if labels:
        lines.append("labels:")
    for label in labels:
        lines += _key_lines(label)
        for name in _OF_LABELS:
            text = _label_line(bounds.get((label, name)), task)
            lines.append(f"    {name}: {text}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the bounds were made from; `basis` and why are a simulation's."""

    version_name: str
    false_alarm_rate: float
    basis: str
    baseline_name: str | None = None
    baseline: Numbers | None = None
    why_sampling: str = ""


def propose_update(
    checks: Iterable[Check], numbers: Numbers, bounds: Mapping[Wanted, Bound]
) -> tuple[Proposal, ...]:
    """
    Bounds that could be tightened to `bounds`; never loosened.

    Where there is none, since the number cannot be drawn, what the version reaches is
    proposed.

    A bound that stands for several labels goes as far as the weakest of them allows.
    """
    groups: dict[tuple[int, str, bool, float, bool], list[Check]] = {}
    for check in checks:
        metric, rule = registry.find_for(check.label, check.metric), check.rule
        better = metric is None or metric.greater_is_better
        bound = rule.minimum if better else rule.maximum
        if check.kind in ("metric", "label") and bound is not None:
            line = rule.lines.get("min" if better else "max", rule.line)
            key = (line, check.metric, better, bound, check.label is None)
            groups.setdefault(key, []).append(check)
    proposals = (_propose(key, own, numbers, bounds) for key, own in groups.items())
    return tuple(proposal for proposal in proposals if proposal is not None)


def _propose(
    key: tuple[int, str, bool, float, bool],
    group: Sequence[Check],
    numbers: Numbers,
    bounds: Mapping[Wanted, Bound],
) -> Proposal | None:
    line, metric, better, bound, _ = key
    values = [_value(check, numbers) for check in group]
    limits = [_limit(check, numbers, bounds, better=better) for check in group]
    known = [value for value in values if value is not None]
    held = [limit for limit in limits if limit is not None]
    if len(known) < len(group) or len(held) < len(group):
        return None
    choose = min if better else max
    proposed = float(choose(held))
    if not (proposed > bound if better else proposed < bound):
        return None
    labels = tuple(check.label for check in group if check.label is not None)
    measured = figures(choose(known), [choose(held)])
    return Proposal(metric, labels, line, bound, proposed, measured)


def _value(check: Check, numbers: Numbers) -> Fraction | None:
    estimate = numbers.estimate(check.label, check.metric)
    return None if estimate is None else value_of(estimate)


def _limit(
    check: Check, numbers: Numbers, bounds: Mapping[Wanted, Bound], *, better: bool
) -> Fraction | None:
    bound = bounds.get((check.label, check.metric))
    if bound is not None:
        return None if bound.is_too_small else bound.limit
    value = _value(check, numbers)
    if value is None:
        return None
    return Fraction((math.floor if better else math.ceil)(value * 100), 100)


def _label_line(bound: Bound | None, task: Task) -> str:
    if bound is None:
        return "off  # undefined: the test images give no evidence"
    if bound.is_too_small:
        value = value_of(bound.estimate) or Fraction(0)
        limit = plain(min(max(bound.limit, Fraction(1, 100)), value))
        return (
            f"{{min: {limit}, level: warning}}  # {_measured(bound, task)}: too few to "
            "tell a loss from chance"
        )
    return _bound_line(bound, task)


def _bound_line(bound: Bound, task: Task, before: Numbers | None = None) -> str:
    text = plain(bound.limit)
    name = bound.metric.name
    old = None if before is None else before.estimate(None, name)
    if old is not None and (value := value_of(old)) is not None:
        loss = max(bound.loss, value - bound.limit)
        text = f"{{min: {text}, max_regression: {plain(_up(loss))}}}"
    return f"{text}  # {_measured(bound, task)}{_allowance(bound)}"


def _up(loss: Fraction) -> Fraction:
    return Fraction(math.ceil(loss * 1000), 1000)


def _measured(bound: Bound, task: Task) -> str:
    value = value_of(bound.estimate) or Fraction(0)
    text = f"measured {figures(value, [bound.limit])}"
    if bound.n_wrong is None:
        return text
    unit = "boxes" if task == "detection" else "images"
    return f"{text}, {bound.estimate.n_hits} of {bound.estimate.n_total} {unit}"


def _allowance(bound: Bound) -> str:
    """What the bound lets pass: in images, or by how much."""
    if bound.n_allowed is None:
        way = "less" if bound.metric.greater_is_better else "more"
        return f"; allows {figures(bound.loss)} {way}"
    return f"; allows {bound.n_allowed} wrong, {bound.n_wrong} were"


def _key_lines(label: str) -> Iterator[str]:
    """A label as a key of YAML; one too long for a simple key is written with `?`."""
    text = _quoted(label)
    if len(text) > _LONGEST_SIMPLE_KEY:
        yield f"  ? {text}"
        yield "  :"
    else:
        yield f"  {text}:"


def _quoted(text: str) -> str:
    """A double-quoted scalar on one line that YAML reads back as the same text."""
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _heading(origin: Origin) -> str:
    noise = "what drawing other images, or training anew, may change by chance"
    if origin.basis == "retraining":
        noise = "what training anew changed between the baseline and this version"
    elif origin.why_sampling:
        noise += f" (not from the baseline, since {origin.why_sampling})"
    lines = textwrap.wrap(
        f"Bounds from version {quote(origin.version_name)[1:-1]}: of equally good "
        f"versions about {plain(origin.false_alarm_rate * 100)} in 100 would miss one "
        f"of those that block, reckoned from {noise}. Raise what matters to you, and "
        "say what a label may cost: level: warning keeps it green. `rekmetrics "
        "explain` says how often the gate errs, `rekmetrics init --update` what could "
        "rise.",
        85,
    )
    return "\n".join(
        [
            f"# yaml-language-server: $schema=quality_tests/{THRESHOLDS_SCHEMA}",
            "#",
            *(f"# {line}" for line in lines),
        ]
    )
