"""
How often rules block versions that are equally good, and let pass worse ones.

Every check is held against every drawn version at once. Where the gate would look at
an interval, the width of the observed number's own stands for that of each draw's; in
a test of a loss, or in its interval, the spread of the loss over the draws stands for
that which resampling would find.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.gate.bounds import Evidence
from rekmetrics.gate.losses import limits_of
from rekmetrics.gate.outcomes import is_on_interval
from rekmetrics.gate.regressions import hindrance
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.multiplicity import Multiplicity, adjust_rows
from rekmetrics.statistics.rates import critical_value, normal_p_values
from rekmetrics.thresholds.rules import can_block

if TYPE_CHECKING:
    from rekmetrics.statistics.comparison import Comparison
    from rekmetrics.statistics.simulation import Draws, Simulation
    from rekmetrics.thresholds import Check, Rule


Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

POINTS = (1, 2, 5, 10)
_FURTHER = (15, 20, 30, 40)
_OF_LABELS = (2, 4, 6, 8, 10, 15, 20, 30, 40, 60, 80)
_POWER = 0.8
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides the draws."""

    evidence: Evidence
    comparison: Comparison | None = None
    multiplicity: Multiplicity = "holm"
    n_alone: int = 0
    """One loss among so many tests is looked at; 0: all that are drawn."""


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """
    How often the gate errs, as shares of drawn versions.

    `passing` is by how many points of all images worse a version is; `detectable` is
    the least of these that is blocked in 80 % of cases, None if that takes more than
    40 points. `detectable_by_label` is the same for the recall of one label alone, by
    its own rules.
    """

    n_draws: int
    basis: Literal["sampling", "retraining"]
    n_changed: int | None
    false_alarms: float
    causes: Sequence[tuple[Check, float]]
    passing: Mapping[int, float]
    detectable: float | None
    detectable_by_label: Mapping[str, float | None]
    not_simulated: Sequence[Check]
    why_sampling: str
    """Why a baseline's noise was not taken, where there is a baseline."""


def error_rates(
    checks: Sequence[Check], simulation: Simulation, known: Known
) -> ErrorRates:
    """Simulate versions, and judge them all by the checks that can block."""
    equal = simulation.draw()
    flags = _blocked(checks, equal, known)
    simulated = [check for check in checks if check.id in flags]
    causes = [(check, float(flags[check.id].mean())) for check in simulated]
    shares = [(0.0, _any(flags.values()))]
    for points in (*POINTS, *_FURTHER):
        if points not in POINTS and shares[-1][1] >= _POWER:
            break
        draws = simulation.draw(worse_by=points / 100)
        shares.append((float(points), _any(_blocked(checks, draws, known).values())))
    return ErrorRates(
        simulation.n_draws,
        simulation.basis,
        simulation.n_changed,
        shares[0][1],
        sorted((c for c in causes if c[1] > 0), key=lambda cause: -cause[1]),
        {points: 1.0 - dict(shares)[points] for points in POINTS},
        _crossing(shares),
        _detectable_by_label(simulated, equal, _alone(checks, known)),
        [check for check in checks if can_block(check) and check.id not in flags],
        simulation.why_sampling,
    )


def _alone(checks: Sequence[Check], known: Known) -> Known:
    """What is known, where one label loses and no other."""
    if known.multiplicity == "none":
        return known
    tested = [c for c in checks if c.kind == "regression" and c.rule.regression_test]
    return replace(known, n_alone=len(tested))


def _any(flags: Iterable[Flags]) -> float:
    """The share of the draws that any of the flags marks."""
    found: Flags | None = None
    for one in flags:
        found = one if found is None else found | one
    return 0.0 if found is None else float(found.mean())


def _crossing(shares: Sequence[tuple[float, float]]) -> float | None:
    """Where the share of blocked versions first reaches 80 %, between points."""
    if shares and shares[0][1] >= _POWER:
        return shares[0][0]
    for (low, less), (high, more) in pairwise(shares):
        if more >= _POWER:
            return low + (high - low) * (_POWER - less) / (more - less)
    return None


def _detectable_by_label(
    checks: Sequence[Check], equal: Draws, known: Known
) -> dict[str, float | None]:
    """By how many points each label's recall must fall to be blocked in 80 %."""
    random = np.random.default_rng(0)
    shares: dict[str, list[tuple[float, float]]] = {name: [] for name in equal.labels}
    left = [check for check in checks if check.label in shares]
    for points in (0, *_OF_LABELS):
        flags = _blocked(left, equal.lose_recall(points / 100, random), known)
        own: dict[str, list[Flags]] = {}
        left = [check for check in left if check.id in flags]
        for check in left:
            own.setdefault(check.label or "", []).append(flags[check.id])
        for label, found in own.items():
            shares[label].append((float(points), _any(found)))
        left = [c for c in left if shares[c.label or ""][-1][1] < _POWER]
    return {label: _crossing(steps) for label, steps in shares.items()}


def _blocked(checks: Sequence[Check], draws: Draws, known: Known) -> dict[str, Flags]:
    """
    Which draws each check blocks, by its id; without those that cannot be told.

    Losses that are only warned of count among the tests, and block nothing.
    """
    found: dict[str, Flags] = {}
    losses: list[tuple[Check, float, Floats]] = []
    for check in checks:
        if check.kind != "regression" and not can_block(check):
            continue
        label = check.label
        values = draws.values(label, check.metric, check.predicted)
        if check.kind != "regression":
            if values is not None:
                found[check.id] = _beyond_bound(check, values, known.evidence)
        elif hindered := hindrance(check, known.evidence.numbers, known.comparison):
            found[check.id] = np.full(len(draws), hindered[1] == "error")
        elif values is not None and known.comparison is not None:
            numbers, metric = known.comparison.baseline, find_for(label, check.metric)
            estimate = numbers.estimate(label, check.metric)
            before = (estimate.value if estimate else None) or 0.0
            sign = 1 if metric is None or metric.greater_is_better else -1
            losses.append((check, before, sign * (before - values)))
    found |= _beyond_loss(losses, known)
    return {c.id: found[c.id] for c in checks if c.id in found and can_block(c)}


def _beyond_bound(check: Check, values: Floats, evidence: Evidence) -> Flags:
    """As `judge_bound` decides, with the observed interval around each value."""
    rule, estimate = check.rule, evidence.estimate(check)
    support = None if estimate is None else estimate.n_cases
    is_small = support is not None and support < rule.min_support
    holds = _holds(rule, values, values)
    blocked = ~holds
    if is_small or rule.decide_on == "confidence_bound":
        unsure = (rule.on_inconclusive if is_small else rule.on_undefined) == "error"
        interval = None if estimate is None else evidence.interval(check, estimate)
        if interval is None or estimate is None or estimate.value is None:
            blocked |= unsure
        else:
            low, high = (values + (float(end) - estimate.value) for end in interval)
            told = _misses(rule, low, high) | (not is_small)
            blocked = ~(holds & _holds(rule, low, high)) & (told | unsure)
    blocked[np.isnan(values)] = rule.on_undefined == "error"
    return blocked


def _holds(rule: Rule, low: Floats, high: Floats) -> Flags:
    holds = np.full(len(low), rule.has_bound)
    if rule.minimum is not None:
        holds &= low >= rule.minimum - _TIE
    if rule.maximum is not None:
        holds &= high <= rule.maximum + _TIE
    return holds


def _misses(rule: Rule, low: Floats, high: Floats) -> Flags:
    misses = np.zeros(len(low), dtype=bool)
    if rule.minimum is not None:
        misses |= high < rule.minimum - _TIE
    if rule.maximum is not None:
        misses |= low > rule.maximum + _TIE
    return misses


def _beyond_loss(
    losses: Sequence[tuple[Check, float, Floats]], known: Known
) -> dict[str, Flags]:
    """
    As `judge_regression` decides; the tests of a version are adjusted together.

    A loss is given with its check and the baseline's number.
    """
    if not losses:
        return {}
    table = np.stack([values for _, _, values in losses], axis=1)
    spreads = np.nanstd(table, axis=0)
    tested = [c for c, loss in enumerate(losses) if loss[0].rule.regression_test]
    distances = table[:, tested] / np.maximum(spreads[tested], _TIE)
    raw = np.nan_to_num(normal_p_values(distances), nan=1.0)
    p_values = np.zeros_like(table)
    p_values[:, tested] = (
        raw * known.n_alone if known.n_alone else adjust_rows(raw, known.multiplicity)
    )
    found = {}
    for column, (check, before, values) in enumerate(losses):
        rule, end = check.rule, values
        limits = limits_of(rule, Fraction(before))
        if is_on_interval(rule):
            end = values + critical_value(rule.confidence_level) * spreads[column]
        blocked = end > (float(min(limits)) + _TIE if limits else -np.inf)
        if rule.on_inconclusive != "error":
            blocked &= p_values[:, column] <= rule.alpha
        blocked[np.isnan(values)] = rule.on_undefined == "error"
        found[check.id] = blocked
    return found
