"""The versions that are compared, each judged as a gate would judge it alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import TYPE_CHECKING

from msgspec import structs

from rekmetrics.aws import Aws
from rekmetrics.compare.records import Judged, Version
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

__all__ = ["Contender", "judge_each", "list_requests"]


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

    def value(self, label: str | None, metric: str) -> float | None:
        """One number; None where it is undefined."""
        estimate = self.numbers.estimate(label, metric)
        return None if estimate is None else estimate.value


def list_requests(request: GateRequest) -> Iterator[GateRequest | Version]:
    """
    A request for each evaluated version of the project, and why others have none.

    Raises:
        AwsError: they cannot be listed.
    """
    if request.project is None:
        return
    aws = Aws(request.project.region, profile=request.aws_profile)
    for version in aws.list_versions(request.project):
        if version.described is None:
            yield Version(name=version.name, exit_code=0, reason=version.reason)
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
    told = Version(
        name=model.version_name or name,
        version_arn=model.version_arn,
        requested=model.requested,
        trained=model.trained or loaded.summary.ended,
        verdict=state_of(code),
        exit_code=code,
        n_images=judgement.evaluation.n_images,
        metrics=_overall(judgement, by),
        fell_short=[outcome.check.id for outcome in verdict.blocking],
    )
    evaluation = judgement.evaluation
    sources = next((t for t in texts if t == evaluation.sources), evaluation.sources)
    texts.append(sources)
    lean = replace(evaluation, sources=sources)
    return Contender(told, verdict, judgement.numbers, lean, loaded.digest)


def _overall(judgement: Judgement, by: str) -> dict[str, Judged]:
    """Intervals at the level of the rule, at 95 % where there is no rule."""
    checks = [outcome.check for outcome in judgement.verdict.outcomes]
    levels = {
        check.metric: check.rule.confidence_level
        for check in checks
        if check.label is None and check.kind != "test_set"
    }
    levels = {by: levels.get(by, 0.95), **levels}
    found = intervals(
        judgement.evaluation,
        judgement.numbers,
        [IntervalRequest(None, *item) for item in levels.items()],
        iou=judgement.thresholds.iou,
    )
    overall = judgement.numbers.overall
    return {
        asked.metric: Judged(overall[asked.metric].value, interval)
        for asked, interval in found.items()
        if asked.metric in overall
    }


def _named(contender: Contender, taken: Collection[str]) -> Contender:
    """A further version of a name, as folders may hold, gets a number."""
    name = contender.told.name
    numbered = (f"{name} ({number})" for number in count(2))
    own = next(text for text in chain([name], numbered) if text not in taken)
    return replace(contender, told=structs.replace(contender.told, name=own))


def _is_same(one: Contender, other: Contender) -> bool:
    arn = one.told.version_arn
    return bool(arn) and (arn, one.digest) == (other.told.version_arn, other.digest)
