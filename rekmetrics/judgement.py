"""One version judged: its numbers against the rules, and beside a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rekmetrics.errors import RequestError
from rekmetrics.evaluation import Evaluation
from rekmetrics.gate import IntervalKey, Needs, Verdict, interval_key, judge, list_needs
from rekmetrics.gate.bounds import Evidence
from rekmetrics.gate.error_rates import ErrorRates, Known, error_rates
from rekmetrics.loading import Loaded
from rekmetrics.metrics import Estimate, Numbers, compute_metrics
from rekmetrics.metrics.confusions import confusion_rates
from rekmetrics.model import SourceFile
from rekmetrics.statistics import (
    Comparison,
    Interval,
    IntervalRequest,
    compare,
    intervals,
    rate_interval,
)
from rekmetrics.statistics.simulation import Simulation
from rekmetrics.test_set import Study, TrainingSet, study_test_set
from rekmetrics.thresholds import Check, ThresholdsFile
from rekmetrics.thresholds.advice import Advice, advise

_SHOWN = ("precision", "recall", "f1")


@dataclass(frozen=True, eq=False)
class Judgement:
    """
    Everything that was found out about one version.

    `evaluation` is the one that was judged: that of `loaded`, less the predictions
    below the thresholds file's `min_confidence`.
    """

    thresholds: ThresholdsFile
    loaded: Loaded
    evaluation: Evaluation
    evidence: Evidence
    """The numbers, and what says how sure they are."""
    verdict: Verdict
    baseline: Loaded | None = None
    comparison: Comparison | None = None
    advice: Sequence[Advice] = ()
    """Rules that may not be meant as they stand."""
    study: Study | None = None
    """Of the test set; None where no rule asks for one."""

    @property
    def numbers(self) -> Numbers:
        return self.evidence.numbers

    @property
    def intervals(self) -> Mapping[IntervalKey, Interval | None]:
        return self.evidence.intervals

    @cached_property
    def error_rates(self) -> ErrorRates:
        """How often these rules would block a version as good, or pass a worse one."""
        checks = [outcome.check for outcome in self.verdict.outcomes]
        evaluation, comparison, baseline = self.evaluation, self.comparison, None
        if self.baseline is not None:
            baseline = _as_deployed(self.baseline.evaluation, self.thresholds)
        simulation = Simulation(
            evaluation,
            baseline=baseline,
            pairing=None if comparison is None else comparison.pairing,
            pairs=()
            if evaluation.task == "detection"
            else sorted(self.evidence.confusions),
            iou=self.thresholds.iou,
        )
        known = Known(self.evidence, comparison, self.thresholds.multiplicity)
        return error_rates(checks, simulation, known)

    @property
    def baseline_documents(self) -> Sequence[SourceFile]:
        return () if self.baseline is None else self.baseline.documents


def judge_version(
    loaded: Loaded, thresholds: ThresholdsFile, *, baseline: Loaded | None = None
) -> Judgement:
    """
    Compute what the rules ask for, and decide.

    Raises:
        ThresholdsError: for what only the label list can tell.
        RequestError: a `min_confidence` cannot be replayed, or a team's metric fails.
    """
    evaluation = _as_deployed(loaded.evaluation, thresholds)
    checks = thresholds.plan(evaluation.labels, evaluation.task)
    numbers = compute_metrics(evaluation, loaded.summary, iou=thresholds.iou)
    needs = list_needs(checks)
    comparison = _compare(loaded, evaluation, baseline, thresholds, needs)
    confusions = confusion_rates(evaluation, needs.confusions, iou=thresholds.iou)
    found = _intervals(evaluation, numbers, checks, confusions, iou=thresholds.iou)
    study = _study(loaded, thresholds, baseline)
    verdict = judge(
        checks,
        numbers,
        task=evaluation.task,
        intervals=found,
        confusions=confusions,
        comparison=comparison,
        multiplicity=thresholds.multiplicity,
        study=study,
    )
    return Judgement(
        thresholds=thresholds,
        loaded=loaded,
        evaluation=evaluation,
        evidence=Evidence(numbers, evaluation.task, found, confusions),
        verdict=verdict,
        baseline=baseline,
        comparison=comparison,
        advice=advise(thresholds, checks, evaluation.labels, numbers, comparison),
        study=study,
    )


def _study(
    loaded: Loaded, thresholds: ThresholdsFile, baseline: Loaded | None
) -> Study | None:
    if not thresholds.test_set_rules:
        return None
    n_images = loaded.summary.n_training_images
    is_split = bool(loaded.model.is_test_set_split)
    return study_test_set(
        loaded.evaluation,
        thresholds.test_set_rules,
        trained_on=TrainingSet(loaded.training, n_images, is_split),
        images=loaded.images,
        baseline=baseline.evaluation if baseline else None,
    )


def _as_deployed(
    evaluation: Evaluation, thresholds: ThresholdsFile, whose: str = ""
) -> Evaluation:
    """The evaluation as `DetectCustomLabels(MinConfidence=…)` would have made it."""
    minimums = thresholds.min_confidences(evaluation.labels)
    if not minimums:
        return evaluation
    try:
        return evaluation.at_confidence(
            {k: least for k, (least, _) in minimums.items()}
        )
    except RequestError as error:
        text = f"{thresholds.path}: min_confidence{whose}: {error}"
        raise RequestError(text) from error


def _compare(
    loaded: Loaded,
    evaluation: Evaluation,
    baseline: Loaded | None,
    thresholds: ThresholdsFile,
    needs: Needs,
) -> Comparison | None:
    if baseline is None:
        return None
    other = _as_deployed(baseline.evaluation, thresholds, " in the baseline")
    return compare(
        evaluation,
        other,
        needs.tests,
        intervals=needs.losses,
        baseline_numbers=compute_metrics(other, baseline.summary, iou=thresholds.iou),
        is_same_version=_is_same_version(loaded, baseline),
    )


def _is_same_version(one: Loaded, other: Loaded) -> bool:
    """By the ARN, and by the documents, which a copy of a version shares with it."""
    arn = one.model.version_arn
    return one.digest == other.digest or arn == other.model.version_arn is not None


def _intervals(
    evaluation: Evaluation,
    numbers: Numbers,
    checks: Sequence[Check],
    confusions: Mapping[tuple[str, str], Estimate],
    *,
    iou: float | str | None,
) -> dict[IntervalKey, Interval | None]:
    """The intervals that rules are decided on, and those that the report shows."""
    labels = evaluation.labels
    requests = [IntervalRequest(label, name) for label in labels for name in _SHOWN]
    found: dict[IntervalKey, Interval | None] = {}
    for check in checks:
        level = check.rule.confidence_level
        if check.label is not None and check.predicted is not None:
            rate = confusions[check.label, check.predicted]
            hits, total = rate.n_hits or 0, rate.n_total
            interval = rate_interval(hits, total, level) if total else None
            found[interval_key(check)] = interval
        elif check.metric == "interval_width":
            requests.append(IntervalRequest(check.label, "recall", level))
        elif check.kind != "test_set":
            requests.append(IntervalRequest(check.label, check.metric, level))
    computed = intervals(evaluation, numbers, dict.fromkeys(requests), iou=iou)
    found.update(computed.items())
    return found
