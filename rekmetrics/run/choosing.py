"""Which version is meant, where a word or an ARN stands in its name's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rekmetrics.arns import LATEST, is_word
from rekmetrics.aws import Aws
from rekmetrics.errors import AwsError, EvaluationError, NoSuchVersionError
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from rekmetrics.arns import ProjectArn
    from rekmetrics.aws import ListedVersion
    from rekmetrics.loading import Loaded
    from rekmetrics.run.request import GateRequest


RUNS = "RUNNING"
_N_LISTED = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The name that a word stands for, and what should be known beside it."""

    name: str
    warning: str = ""


def locate_project(request: GateRequest) -> GateRequest:
    """
    The request with the project of the version's ARN, where it has one in its place.

    Raises:
        EvaluationError: there is no such project, or AWS could not be asked.
    """
    arn = request.version_arn
    if arn is None or request.project is not None:
        return request
    project = Aws(arn.region, profile=request.aws_profile).find_project(arn)
    return replace(request, project=project)


def check_version_arn(request: GateRequest, loaded: Loaded) -> None:
    """
    See that the version found is the very one whose ARN was given.

    Raises:
        EvaluationError: it is another of the same name.
    """
    wanted, found = request.version_arn, loaded.model.version_arn
    if wanted is not None and found != wanted.text:
        raise EvaluationError(
            f"version {wanted.version_name} of project {wanted.project_name} is "
            f"{mask_account(str(found))} today, not {mask_account(wanted.text)}: it "
            "was deleted and trained again. Give the ARN of the one that is meant."
        )


def choose(project: ProjectArn, word: str, aws: Aws) -> Chosen:
    """
    The version that `@latest` or `@running` stands for; a name stands for itself.

    Raises:
        NoSuchVersionError: no version is evaluated, or none runs.
        AwsError: several run, it is unclear whether a newer one is evaluated, or AWS
            could not be asked.
    """
    if not is_word(word):
        return Chosen(word)
    versions = aws.list_versions(project)
    where = f"project {project.project_name} in {project.region}"
    is_latest = word == LATEST
    if is_latest:
        _refuse_unclear(versions, word)
    found = [v for v in versions if (v.described if is_latest else v.status == RUNS)]
    if not found:
        lacking = "has an evaluation" if is_latest else "runs"
        there = f"there are {_list(versions)}" if versions else "there is none yet"
        raise NoSuchVersionError(f"{word}: no version of {where} {lacking}; {there}.")
    if not is_latest and len(found) > 1:
        raise AwsError(
            f"{word}: {len(found)} versions of {where} run: {_list(found)}. "
            "Name the one that is meant."
        )
    name, newer = found[0].name, versions[: versions.index(found[0])]
    if not (is_latest and newer):
        return Chosen(name)
    return Chosen(
        name,
        f"{word} is {name}, the newest with an evaluation; newer, and without one: "
        f"{_list(newer)}.",
    )


def _refuse_unclear(versions: Sequence[ListedVersion], word: str) -> None:
    """None is taken for the newest that is evaluated while one above it may be."""
    first = next((v for v in versions if v.described or v.is_unclear), None)
    if first is not None and first.is_unclear:
        raise AwsError(
            f"{word}: version {first.name} should have an evaluation, and it is "
            f"unclear where it lies: {first.reason} Or name the version that is meant."
        )


def _list(versions: Sequence[ListedVersion]) -> str:
    shown = ", ".join(f"{v.name} ({v.status})" for v in versions[:_N_LISTED])
    n_more = len(versions) - _N_LISTED
    return shown + (f" and {n_more} more" if n_more > 0 else "")
