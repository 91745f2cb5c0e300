"""The decisions: one outcome for each check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rekmetrics.evaluation import Task
from rekmetrics.gate.bounds import Evidence, judge_bound
from rekmetrics.gate.fitness import judge_fitness
from rekmetrics.gate.outcomes import IntervalKey, Outcome, Verdict
from rekmetrics.gate.regressions import adjust_p_values, judge_regression
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.statistics import Comparison, Multiplicity
from rekmetrics.test_set import Study
from rekmetrics.thresholds import Check


def judge(
    checks: Sequence[Check],
    numbers: Numbers,
    *,
    task: Task,
    intervals: Mapping[IntervalKey, tuple[float, float] | None] | None = None,
    confusions: Mapping[tuple[str, str], Estimate] | None = None,
    comparison: Comparison | None = None,
    multiplicity: Multiplicity = "holm",
    study: Study | None = None,
) -> Verdict:
    """
    One outcome for each check, in order.

    `list_needs` says which confusion rates, p-values and intervals of losses are
    looked for. What is missing never lets a check pass. All tests of losses are one
    family, whose p-values are adjusted together.
    """
    adjusted = adjust_p_values(checks, comparison, multiplicity)
    evidence = Evidence(numbers, task, intervals or {}, confusions or {})

    def decide(check: Check) -> Outcome:
        if check.kind == "test_set":
            return judge_fitness(check, study, evidence)
        if check.kind == "regression":
            return judge_regression(check, numbers, comparison, adjusted.get(check.id))
        return judge_bound(check, evidence)

    return Verdict(tuple(map(decide, checks)))
