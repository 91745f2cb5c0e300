"""Bounds from a version's numbers: a first thresholds file, and proposals to raise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from rekmetrics.evaluation import Task
from rekmetrics.gate.exact import figures
from rekmetrics.metrics import Estimate, Numbers, registry
from rekmetrics.metrics.registry import Metric
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check
from rekmetrics.thresholds.schema import SCHEMA_NAME

__all__ = [
    "Proposal",
    "propose_update",
    "render_thresholds",
]

_OVERALL: Mapping[Task, tuple[str, ...]] = {
    "multiclass": (
        "accuracy",
        "balanced_accuracy",
        "f1_macro",
        "matthews_corrcoef",
        "hamming_loss",
        "reported_f1",
    ),
    "multilabel": ("accuracy", "f1_micro", "f1_macro", "hamming_loss", "reported_f1"),
    "detection": (
        "precision_micro",
        "recall_micro",
        "f1_macro",
        "average_precision",
        "reported_f1",
    ),
}
_OF_LABELS = ("recall", "precision")
_WEAK = Fraction(1, 2)
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
            f"{subject} could {verb} to {self.proposed:.2f} (line {self.line} says "
            f"{self.bound:.15g}; measured {self.measured})"
        )


def render_thresholds(
    numbers: Numbers, labels: Sequence[str], task: Task, *, version_name: str
) -> str:
    """
    A thresholds file that a version with these numbers passes, just so.

    Bounds are what it reaches, rounded to two decimals, down for scores and up for
    losses. What is below one half for a label is a warning, what is undefined is off.
    """
    lines = [_HEADING.format(schema=SCHEMA_NAME, version=quote(version_name)[1:-1])]
    lines.append("metrics:")
    for name in _OVERALL[task]:
        metric, estimate = registry.OVERALL[name], numbers.estimate(None, name)
        if estimate is not None and _fraction(estimate) is not None:
            lines.append(f"  {name}: {_bound_line(metric, estimate)}")
    if labels:
        lines.append("labels:")
    for label in labels:
        lines += _key_lines(label)
        for name in _OF_LABELS:
            estimate = numbers.estimate(label, name) or Estimate(None)
            text = _bound_line(registry.LABEL[name], estimate, may_warn=True)
            lines.append(f"    {name}: {text}")
    return "\n".join(lines) + "\n"


def propose_update(checks: Iterable[Check], numbers: Numbers) -> tuple[Proposal, ...]:
    """
    Bounds that could be tightened to what the version reaches; never loosened.

    A bound that stands for several labels goes as far as the weakest of them allows.
    """
    groups: dict[tuple[int, str, bool, float, bool], list[Check]] = {}
    for check in checks:
        if check.kind not in ("metric", "label"):
            continue
        metric = _metric_of(check)
        better = metric is None or metric.greater_is_better
        rule = check.rule
        bound = rule.minimum if better else rule.maximum
        if bound is not None:
            line = rule.lines.get("min" if better else "max", rule.line)
            key = (line, check.metric, better, bound, check.label is None)
            groups.setdefault(key, []).append(check)
    proposals = (_propose(key, group, numbers) for key, group in groups.items())
    return tuple(proposal for proposal in proposals if proposal is not None)


def _propose(
    key: tuple[int, str, bool, float, bool], group: Sequence[Check], numbers: Numbers
) -> Proposal | None:
    line, metric, better, bound, _ = key
    values = [_fraction(_estimate(check, numbers)) for check in group]
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    worst = min(known) if better else max(known)
    rounded = _rounded(worst, greater_is_better=better)
    measured = _figures(worst, rounded, greater_is_better=better)
    proposed = float(rounded)
    if not (proposed > bound if better else proposed < bound):
        return None
    labels = tuple(check.label for check in group if check.label is not None)
    return Proposal(metric, labels, line, bound, proposed, measured)


def _estimate(check: Check, numbers: Numbers) -> Estimate:
    return numbers.estimate(check.label, check.metric) or Estimate(None)


def _metric_of(check: Check) -> Metric | None:
    return registry.find(check.metric, "overall" if check.label is None else "label")


def _fraction(estimate: Estimate) -> Fraction | None:
    """The value as it is written in decimals; None where there is no number."""
    if estimate.value is None or not math.isfinite(estimate.value):
        return None
    return Fraction(repr(float(estimate.value)))


def _figures(value: Fraction, bound: Fraction, *, greater_is_better: bool) -> str:
    """The value, with digits that show why the bound is no tighter."""
    step = Fraction(1 if greater_is_better else -1, 100)
    return figures(value, [bound, bound + step])


def _rounded(value: Fraction, *, greater_is_better: bool) -> Fraction:
    """Two decimals that the value itself holds as a bound."""
    hundredths = value * 100
    whole = math.floor(hundredths) if greater_is_better else math.ceil(hundredths)
    return Fraction(whole, 100)


def _bound_line(metric: Metric, estimate: Estimate, *, may_warn: bool = False) -> str:
    value = _fraction(estimate)
    if value is None:
        return "off  # undefined: the test images give no evidence"
    bound = _rounded(value, greater_is_better=metric.greater_is_better)
    text = f"{float(bound):.2f}"
    if may_warn and value < _WEAK:
        text = f"{{min: {text}, level: warning}}"
    shown = _figures(value, bound, greater_is_better=metric.greater_is_better)
    measured = f"measured {shown}"
    if estimate.n_hits is not None and estimate.n_total is not None:
        measured += f", {estimate.n_hits} of {estimate.n_total}"
    return f"{text}  # {measured}"


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


_HEADING = """\
# yaml-language-server: $schema=quality_tests/{schema}
#
# Bounds at what version {version} reached, rounded to two decimals. Raise what
# matters to you, and say what a label may cost: level: warning keeps it green.
# `rekmetrics explain` shows what applies, `rekmetrics init --update` what could rise.
#
# Compare with the version that runs today:
#   baseline: {{version_name: NAME}}
#   metrics:
#     accuracy: {{min: 0.90, max_regression: 0.01, regression_test: mcnemar}}
"""
