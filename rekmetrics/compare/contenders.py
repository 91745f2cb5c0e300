"""The versions that are compared, each judged as a gate would judge it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING

from msgspec import structs

from rekmetrics.aws import Aws
from rekmetrics.compare.records import Number, Version
from rekmetrics.errors import ExitCode, RekmetricsError
from rekmetrics.run.judge import judge
from rekmetrics.run.settling import settle_alone, state_of
from rekmetrics.statistics import IntervalRequest, intervals

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.gate import Verdict
    from rekmetrics.judgement import Judgement
    from rekmetrics.manifest import Texts
    from rekmetrics.metrics import Numbers
    from rekmetrics.run.request import GateRequest


@dataclass(frozen=True, eq=False, slots=True)
class Contender:
    """
    One version as it was judged.

    `evaluation` has nothing derived from it and shares its texts with those of the
    other versions: many stay in memory at once.
    """

    told: Version
    verdict: Verdict
    numbers: Numbers
    evaluation: Evaluation
    digest: str

    @property
    def is_passed(self) -> bool:
        return self.told.exit_code == ExitCode.PASSED and self.verdict.is_passed


def list_requests(request: GateRequest) -> Iterator[GateRequest | Version]:
    """
    A request for each evaluated version of the project, and why others have none.

    One that should have an evaluation, and tells of none clearly, is not judged.

    Raises:
        AwsError: they cannot be listed.
    """
    if request.project is None:
        return
    aws = Aws(request.project.region, profile=request.aws_profile)
    for version in aws.list_versions(request.project):
        if version.described is None:
            code = ExitCode.NO_EVALUATION if version.is_unclear else ExitCode.PASSED
            yield Version(name=version.name, exit_code=code, reason=version.reason)
        else:
            yield replace(request, version_name=version.name)


def judge_each(
    requests: Iterable[GateRequest | Version], by: str
) -> tuple[list[Contender], list[Version]]:
    """
    Those that were judged, the newest first, and those that were not, with why.

    Trouble with one keeps no other away; one that is asked for twice is judged once.
    """
    judged: list[Contender] = []
    others: list[Version] = []
    texts: list[Texts] = []
    for request in requests:
        if isinstance(request, Version):
            others.append(request)
            continue
        name = request.version_name or str(request.evaluation_dir)
        try:
            found = _contender(name, judge(request), by, texts)
        except RekmetricsError as error:
            code = error.exit_code
            others.append(Version(name=name, exit_code=code, reason=str(error)))
            continue
        if not any(_is_same(found, other) for other in judged):
            judged.append(_named(found, [other.told.name for other in judged]))
    judged.sort(key=lambda one: (one.told.trained or "", one.told.name), reverse=True)
    return judged, others


def _contender(
    name: str, judgement: Judgement, by: str, texts: list[Texts]
) -> Contender:
    loaded, verdict = judgement.loaded, judgement.verdict
    model, code = loaded.model, settle_alone(verdict)
    overall, by_label = _numbers(judgement, by)
    told = Version(
        name=model.version_name or name,
        version_arn=model.version_arn,
        requested=model.requested,
        trained=model.trained or loaded.summary.ended,
        verdict=state_of(code),
        exit_code=code,
        n_images=judgement.evaluation.n_images,
        metrics=overall,
        labels=by_label,
        fell_short=[outcome.check.id for outcome in verdict.blocking],
    )
    evaluation = judgement.evaluation
    sources = next((t for t in texts if t == evaluation.sources), evaluation.sources)
    texts.append(sources)
    lean = replace(evaluation, sources=sources)
    return Contender(told, verdict, judgement.numbers, lean, loaded.digest)


def _numbers(
    judgement: Judgement, by: str
) -> tuple[dict[str, Number], dict[str, dict[str, Number]]]:
    """Those of the model, that which ranks first, and those of its labels."""
    evaluation, numbers = judgement.evaluation, judgement.numbers
    asked = IntervalRequest(None, by)
    iou = judgement.thresholds.iou
    found = intervals(evaluation, numbers, [asked], iou=iou)[asked]
    ranking = numbers.overall.get(by)
    overall = {by: Number(ranking.value if ranking else None, found)}
    labels: dict[str, dict[str, Number]] = {label: {} for label in evaluation.labels}
    for outcome in judgement.verdict.outcomes:
        check, rule = outcome.check, outcome.check.rule
        if check.kind in ("metric", "label"):
            own = overall if check.label is None else labels[check.label]
            own[check.metric] = Number(
                outcome.value,
                outcome.interval,
                rule.minimum,
                rule.maximum,
                outcome.status != "passed",
            )
    for label, own in labels.items():
        if not own and (f1 := numbers.estimate(label, "f1")) is not None:
            interval = judgement.intervals.get((label, "f1", asked.confidence_level))
            own["f1"] = Number(f1.value, interval)
    return overall, labels


def _named(contender: Contender, taken: Collection[str]) -> Contender:
    """A further version of a name, as folders may hold, gets a number."""
    name = contender.told.name
    numbered = (f"{name} ({number})" for number in count(2))
    own = next(text for text in chain([name], numbered) if text not in taken)
    return replace(contender, told=structs.replace(contender.told, name=own))


def _is_same(one: Contender, other: Contender) -> bool:
    arn = one.told.version_arn
    return bool(arn) and (arn, one.digest) == (other.told.version_arn, other.digest)
