"""
Versions judged, ranked and told apart.

The best is found by looking at all that pass, so that a lead counts as one of all pairs
of these, in either direction: p-values are two-sided, and adjusted by Holm's method for
so many. What does not pass could not have been chosen, and is not tested.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from msgspec import structs

from rekmetrics.compare.contenders import Contender, judge_each
from rekmetrics.compare.records import (
    Comparison,
    Group,
    Image,
    Images,
    Rival,
    Step,
    Version,
)
from rekmetrics.compare.sentences import say_comparison
from rekmetrics.errors import ExitCode, NoSuchVersionError, RequestError, worst_of
from rekmetrics.metrics.registry import find, why_not
from rekmetrics.statistics import IntervalRequest, adjust, compare, find_right
from rekmetrics.statistics.pairing import pair_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Task
    from rekmetrics.run.request import GateRequest


_ALPHA = 0.05
_LEVEL = 0.95
_MOST_IMAGES = 1000
"""Images of each kind that are kept; the others are counted."""
_MOST_READ = 5_000
"""Images that all get wrong are put in order among so many."""


def compare_versions(
    requests: Iterable[GateRequest | Version], *, by: str, thresholds: str
) -> Comparison:
    """
    Judge each version, and compare those that were tested on the same images.

    `by` is the metric that ranks, `thresholds` the digest of the file with the bounds.

    Raises:
        RequestError: there is no such metric, for this kind of model.
        NoSuchVersionError: no version is evaluated.
    """
    _check_metric(by, None)
    contenders, others = judge_each(requests, by)
    if not contenders and all(one.exit_code == ExitCode.PASSED for one in others):
        reasons = "; ".join(one.reason or "" for one in others) or "there is none yet"
        raise NoSuchVersionError(f"no version has an evaluation: {reasons}")
    for contender in contenders:
        _check_metric(by, contender.evaluation.task)
    sets = _group(contenders)
    groups = [one.compare(by) for one in sets]
    best = next((group.best for group in groups if group.best), None)
    if best is None and any(contender.is_passed for contender in contenders):
        raise RequestError(f"--by {by}: it is undefined for all versions that pass.")
    comparison = Comparison(
        exit_code=_settle(contenders, others, best),
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        message="",
        by=by,
        thresholds=thresholds,
        best=best,
        versions=[*(contender.told for contender in contenders), *others],
        groups=groups,
    )
    return structs.replace(comparison, message=" ".join(say_comparison(comparison)))


def _check_metric(name: str, task: Task | None) -> None:
    if why := why_not(name, task):
        raise RequestError(f"--by: {why}.")


def _settle(
    contenders: Sequence[Contender], others: Sequence[Version], best: str | None
) -> int:
    """
    0 only where a version passes and all could be judged.

    Else the worst of 3, 4, 6 and 5 that kept one from being judged; where none did,
    1 if a version fell short, or 5 if none was judged to the end.
    """
    if codes := {one.exit_code for one in others} - {0}:
        return worst_of(codes)
    if best is not None:
        return ExitCode.PASSED
    is_short = any(one.told.exit_code == ExitCode.FELL_SHORT for one in contenders)
    return ExitCode.FELL_SHORT if is_short else ExitCode.INCOMPLETE


@dataclass(frozen=True, eq=False, slots=True)
class _Tested:
    """
    Versions that were tested on the same images, the newest first.

    Images are in the order of the newest's; `places` says where each version has them.
    """

    members: list[Contender]
    places: list[NDArray[np.intp]]

    def compare(self, by: str) -> Group:
        is_right = np.stack(
            [
                find_right(member.evaluation)[place]
                for member, place in zip(self.members, self.places, strict=True)
            ]
        )
        steps = [*_steps([m.told.name for m in self.members], is_right)]
        shares = [step.share_changed for step in steps]
        best, rivals = _rank(self.members, by)
        return Group(
            versions=[member.told.name for member in self.members],
            n_images=is_right.shape[1],
            best=best,
            rivals=rivals,
            steps=steps,
            share_changed=float(np.median(shares)) if shares else None,
            **self._images(is_right),
        )

    def _images(self, is_right: NDArray[np.bool_]) -> dict[str, Images]:
        n_right = is_right.sum(axis=0)
        n_changes = (is_right[1:] != is_right[:-1]).sum(axis=0)
        right, wrong = (np.flatnonzero(n_right == n) for n in (len(is_right), 0))
        some = np.flatnonzero((n_right > 0) & (n_right < len(is_right)))
        some = some[np.argsort(-n_changes[some], kind="stable")]

        def read(images: NDArray[np.intp], n_most: int = _MOST_IMAGES) -> list[Image]:
            return [self._read(image, is_right) for image in images[:n_most].tolist()]

        hard = sorted(read(wrong, _MOST_READ), key=lambda image: -image.n_agreed)
        return {
            "all_right": Images(len(right), read(right)),
            "all_wrong": Images(len(wrong), hard[:_MOST_IMAGES]),
            "some_right": Images(len(some), read(some)),
        }

    def _read(self, image: int, is_right: NDArray[np.bool_]) -> Image:
        said = Counter(
            _said(member, int(place[image]))
            for member, place in zip(self.members, self.places, strict=True)
        )
        first, (answer, n_agreed) = self.members[0].evaluation, said.most_common(1)[0]
        right = np.flatnonzero(is_right[:, image])
        return Image(
            source_ref=first.sources[image],
            truths=sorted(first.truths_of(image)),
            said=answer,
            n_agreed=n_agreed,
            right_in=[self.members[at].told.name for at in right],
        )


def _group(contenders: Iterable[Contender]) -> list[_Tested]:
    groups: list[_Tested] = []
    for contender in contenders:
        for group in groups:
            if (place := _place(contender, group.members[0])) is not None:
                group.members.append(contender)
                group.places.append(place)
                break
        else:
            everything = np.arange(contender.evaluation.n_images)
            groups.append(_Tested([contender], [everything]))
    return groups


def _place(contender: Contender, first: Contender) -> NDArray[np.intp] | None:
    """Where the first's images are in the contender's; None where they are others."""
    if contender.evaluation.task != first.evaluation.task:
        return None
    pairing = pair_images(contender.evaluation, first.evaluation)
    if not pairing.is_complete:
        return None
    place = np.empty(len(pairing.there), dtype=np.intp)
    place[pairing.there] = pairing.here
    return place


def _said(member: Contender, image: int) -> str:
    evaluation = member.evaluation
    predictions = [label for label, _ in evaluation.predictions_of(image)]
    if evaluation.task == "multiclass":
        code = int(evaluation.y_pred[image])
        predictions = [evaluation.labels[code]] if code < evaluation.n_labels else []
    return ", ".join(sorted(predictions)) or "nothing"


def _steps(names: Sequence[str], is_right: NDArray[np.bool_]) -> Iterator[Step]:
    for after, before in reversed([*pairwise(range(len(names)))]):
        was, now = is_right[before], is_right[after]
        yield Step(
            before=names[before],
            after=names[after],
            n_newly_broken=int((was & ~now).sum()),
            n_newly_right=int((now & ~was).sum()),
            share_changed=float((was != now).mean()),
        )


def _rank(members: Sequence[Contender], by: str) -> tuple[str | None, list[Rival]]:
    ranked = sorted(members, key=lambda m: (not m.is_passed, -_goodness(m, by)))
    best = ranked[0]
    if not best.is_passed or _goodness(best, by) == -math.inf:
        return None, []
    rivals = [_rival(best, other, by) for other in ranked[1:]]
    p_values = [rival.p_value for rival in rivals if rival.p_value is not None]
    n_pairs = math.comb(sum(member.is_passed for member in members), 2)
    padding = [1.0] * (n_pairs - len(p_values))
    adjusted = iter(adjust([*p_values, *padding], "holm"))
    return best.told.name, [
        rival if rival.p_value is None else _adjusted(rival, next(adjusted))
        for rival in rivals
    ]


def _goodness(member: Contender, by: str) -> float:
    """The metric, turned so that more is better; what is undefined comes last."""
    value, metric = member.told.metrics[by].value, find(by)
    if value is None or metric is None or not math.isfinite(value):
        return -math.inf
    return value if metric.greater_is_better else -value


def _rival(best: Contender, other: Contender, by: str) -> Rival:
    rival = Rival(name=other.told.name, is_passed=other.is_passed)
    lead = _goodness(best, by) - _goodness(other, by)
    if lead == math.inf:
        return rival
    request = IntervalRequest(None, by, _LEVEL)
    found = compare(
        other.evaluation,
        best.evaluation,
        [(None, by, "mcnemar")],
        intervals=[request],
        baseline_numbers=best.numbers,
    )
    p_value = found.p_values[None, by] if other.is_passed else None
    return structs.replace(
        rival,
        lead=lead,
        interval=found.intervals[request],
        test=None if p_value is None else found.tests[None, by],
        p_value=None if p_value is None else min(1.0, 2 * p_value),
    )


def _adjusted(rival: Rival, p_value: float) -> Rival:
    is_beaten = rival.lead is not None and rival.lead > 0 and p_value < _ALPHA
    return structs.replace(rival, adjusted_p_value=p_value, is_beaten=is_beaten)
