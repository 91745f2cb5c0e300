"""
How often rules block versions that are equally good, and let pass worse ones.

Every check is held against every drawn version at once. Where the gate would look at
an interval, the width of the observed number's own stands for that of each draw's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.gate.outcomes import IntervalKey, interval_key
from rekmetrics.metrics.records import divide
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.rates import chances_of_fewer
from rekmetrics.thresholds.plan import can_block

if TYPE_CHECKING:
    from rekmetrics.metrics import Estimate, Numbers
    from rekmetrics.statistics.simulation import Draws, Simulation
    from rekmetrics.thresholds import Check, Rule

__all__ = ["ErrorRates", "Known", "error_rates", "values_of"]

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

POINTS = (1, 2, 5, 10)
_FURTHER = (15, 20, 30, 40)
_POWER = 0.8
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides the draws: numbers of the version and of its baseline."""

    labels: Sequence[str]
    numbers: Numbers
    intervals: Mapping[IntervalKey, tuple[float, float] | None] = field(
        default_factory=dict
    )
    confusions: Mapping[tuple[str, str], Estimate] = field(default_factory=dict)
    baseline: Numbers | None = None

    def estimate(self, check: Check) -> Estimate | None:
        """The version's own number for a check."""
        if check.label is not None and check.predicted is not None:
            return self.confusions.get((check.label, check.predicted))
        return self.numbers.estimate(check.label, check.metric)


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


def error_rates(
    checks: Sequence[Check], simulation: Simulation, known: Known
) -> ErrorRates:
    """Simulate versions, and judge them all by the checks that can block."""
    blocking = [check for check in checks if can_block(check)]
    equal = simulation.draw()
    blocked: dict[int, Flags] = {}
    not_simulated = []
    for place, check in enumerate(blocking):
        found = _blocked(check, equal, known)
        if found is None:
            not_simulated.append(check)
        else:
            blocked[place] = found
    simulated = [blocking[place] for place in blocked]
    alarms = _any(blocked.values())
    causes = sorted(
        ((blocking[place], float(flags.mean())) for place, flags in blocked.items()),
        key=lambda cause: -cause[1],
    )
    passing = {}
    shares = [(0.0, alarms)]
    for points in (*POINTS, *_FURTHER):
        if points not in POINTS and shares[-1][1] >= _POWER:
            break
        share = _share_blocked(simulated, simulation, known, points)
        shares.append((float(points), share))
        if points in POINTS:
            passing[points] = 1.0 - share
    return ErrorRates(
        simulation.n_draws,
        simulation.basis,
        simulation.n_changed,
        alarms,
        [cause for cause in causes if cause[1] > 0],
        passing,
        _crossing(shares),
        _detectable_by_label(simulated, known),
        not_simulated,
    )


def values_of(check: Check, draws: Draws, known: Known) -> Floats | None:
    """The check's number in every draw; None where draws do not tell it."""
    code = None
    if check.label is not None:
        if check.label not in known.labels:
            return None
        code = known.labels.index(check.label)
    if check.label is not None and check.predicted is not None:
        hits = draws.pairs.get((check.label, check.predicted))
        return None if hits is None else divide(hits, draws.counts.support[:, code])
    metric = find_for(check.label, check.metric)
    if metric is None or metric.formula is None:
        return None
    values = draws.values(metric)
    if code is None:
        return values
    own: Floats = values[:, code]
    return own


def _any(flags: Iterable[Flags]) -> float:
    """The share of the draws that any of the flags marks."""
    found: Flags | None = None
    for one in flags:
        found = one if found is None else found | one
    return 0.0 if found is None else float(found.mean())


def _share_blocked(
    checks: Sequence[Check], simulation: Simulation, known: Known, points: int
) -> float:
    draws = simulation.draw(worse_by=points / 100)
    flags = (_blocked(check, draws, known) for check in checks)
    return _any(f for f in flags if f is not None)


def _crossing(shares: Sequence[tuple[float, float]]) -> float | None:
    """Where the share of blocked versions first reaches 80 %, between points."""
    for (low, less), (high, more) in pairwise(shares):
        if less >= _POWER:
            return low
        if more >= _POWER:
            return low + (high - low) * (_POWER - less) / (more - less)
    return None


def _blocked(check: Check, draws: Draws, known: Known) -> Flags | None:
    """Which draws the check blocks; None where it cannot be told."""
    values = values_of(check, draws, known)
    if values is None:
        return None
    rule = check.rule
    if check.kind == "regression":
        return _blocked_by_loss(check, values, known)
    is_undefined = np.isnan(values)
    holds = _holds(rule, values, values)
    estimate = known.estimate(check)
    support = None if estimate is None else estimate.n_cases
    is_small = support is not None and support < rule.min_support
    blocked = ~holds
    if is_small or rule.decide_on == "confidence_bound":
        blocked = _blocked_by_interval(check, values, known, is_small=is_small)
    blocked[is_undefined] = rule.on_undefined == "error"
    return blocked


def _blocked_by_interval(
    check: Check, values: Floats, known: Known, *, is_small: bool
) -> Flags:
    rule = check.rule
    holds = _holds(rule, values, values)
    interval = known.intervals.get(interval_key(check))
    estimate = known.estimate(check)
    blocks_unsure = rule.on_inconclusive == "error"
    if interval is None or estimate is None or estimate.value is None:
        unsure = blocks_unsure if is_small else rule.on_undefined == "error"
        return ~holds | unsure
    low = values - (estimate.value - interval[0])
    high = values + (interval[1] - estimate.value)
    passes = holds & _holds(rule, low, high)
    if not is_small:
        return ~passes
    is_clear = _holds(rule, low, high) | _misses(rule, low, high)
    return ~passes & (is_clear | blocks_unsure)


def _blocked_by_loss(check: Check, values: Floats, known: Known) -> Flags | None:
    """A loss beyond what is allowed; with a test, also beyond what chance gives."""
    before = None
    if known.baseline is not None:
        before = known.baseline.estimate(check.label, check.metric)
    if before is None or before.value is None:
        return None
    metric = find_for(check.label, check.metric)
    sign = 1.0 if metric is None or metric.greater_is_better else -1.0
    losses = sign * (before.value - values)
    rule = check.rule
    limits = []
    if rule.max_regression is not None:
        limits.append(rule.max_regression)
    if rule.max_relative_regression is not None:
        limits.append(rule.max_relative_regression * abs(before.value))
    limit = min(limits, default=0.0)
    if rule.regression_test is not None:
        from statistics import NormalDist

        noise = float(np.nanstd(losses)) * NormalDist().inv_cdf(1 - rule.alpha)
        limit = max(limit, noise)
    blocked: Flags = losses > limit + _TIE
    blocked[np.isnan(losses)] = rule.on_undefined == "error"
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


def _detectable_by_label(
    checks: Sequence[Check], known: Known
) -> dict[str, float | None]:
    """By how many points each label's recall must fall to be blocked in 80 %."""
    least: dict[str, float | None] = dict.fromkeys(known.labels)
    for check in checks:
        minimum = check.rule.minimum
        estimate = known.estimate(check)
        if check.label is None or check.metric != "recall" or minimum is None:
            continue
        if estimate is None or estimate.value is None or not estimate.n_total:
            continue
        n = estimate.n_total
        losses = np.arange(0.0, estimate.value + 0.005, 0.005)
        rates = (estimate.value - losses).clip(0.0)
        needed = np.ceil(minimum * n - _TIE)
        enough = np.flatnonzero(chances_of_fewer(int(needed), n, rates) >= _POWER)
        if len(enough):
            found = 100 * float(losses[enough[0]])
            known_least = least[check.label]
            least[check.label] = min(found, known_least or found)
    return least
