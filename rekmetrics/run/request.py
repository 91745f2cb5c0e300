"""The request: what is to be judged, checked as far as that goes offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rekmetrics.arns import (
    is_word,
    parse_project_arn,
    parse_version_arn,
    parse_version_choice,
)
from rekmetrics.errors import RequestError
from rekmetrics.run.results import EXPORTS
from rekmetrics.thresholds.rules import INIT_WRITES

if TYPE_CHECKING:
    from rekmetrics.arns import ProjectArn, VersionArn


Parsed = TypeVar("Parsed")

BASELINE_IS_MISSING = "the baseline is missing"
"""How the warning begins where the bounds let a baseline be missing."""


@dataclass(frozen=True, slots=True)
class GateRequest:
    """What the caller asked for; names are parsed, files are not yet opened."""

    project: ProjectArn | None = None
    version_arn: VersionArn | None = None
    """In place of the project's, which is then looked up."""
    version_name: str | None = None
    """Or `@latest` or `@running` in its place; the same of the baseline's."""
    evaluation_dir: Path | None = None
    save_evaluation: Path | None = None
    thresholds: Path = Path("thresholds.yaml")
    baseline_version: str | None = None
    baseline_dir: Path | None = None
    aws_profile: str | None = None
    n_report_images: int = 0
    is_account_masked: bool = False
    is_tagged: bool = False
    compares_images: bool = False
    """Whether S3 is asked for copies of images under other names."""


@dataclass(frozen=True, slots=True)
class Given:
    """
    What was typed, as text by option, and in which folder.

    `thresholds` is the file where no option names one, `report` the path of the page.
    """

    values: Mapping[str, str | None]
    here: Path
    thresholds: Path
    report: str | None = None
    is_account_masked: bool = False
    is_tagged: bool = False
    compares_images: bool = False


def read_exports(given: Given) -> dict[str, Path]:
    """
    Where each export is to be written, by option.

    Raises:
        RequestError: for a path where another file of the run lies or will lie.
    """
    report = given.report or "report.html"
    texts = {"--thresholds": given.values["--thresholds"], "--html": report}
    texts |= {option: given.values[option] for option in EXPORTS}
    taken: dict[Path, str] = {}
    paths: dict[str, Path] = {}
    for option, text in texts.items():
        path = _path(given.here, (text or "").strip() or None)
        if option == "--thresholds":
            path = path or given.thresholds
        if path is None:
            continue
        if (other := taken.setdefault(path.resolve(), option)) != option:
            raise RequestError(
                f"{option} names the file of {other}, {str(path)!r}; give another path."
            )
        paths[option] = path
    return {option: path for option, path in paths.items() if option in EXPORTS}


def read_request(given: Given) -> GateRequest:
    """
    Check the request as far as that goes without the network.

    Raises:
        RequestError: for whatever is empty, malformed or contradictory.
    """
    values, here = given.values, given.here
    version_name = _parsed(parse_version_choice, values["--version-name"])
    target = read_target(values["--project-arn"], version_name)
    values = {**values, "--version-name": target.version_name}
    _refuse_empty(values)
    _check_combination(values, given)
    _find_thresholds(given)
    return GateRequest(
        project=target.project,
        version_arn=target.version_arn,
        version_name=target.version_name,
        evaluation_dir=_path(here, values["--evaluation-dir"]),
        save_evaluation=_path(here, values["--save-evaluation"]),
        thresholds=_shorten(_path(here, values["--thresholds"]) or given.thresholds),
        baseline_version=_parsed(parse_version_choice, values["--baseline-version"]),
        baseline_dir=_path(here, values["--baseline-dir"]),
        aws_profile=values["--aws-profile"],
        n_report_images=_count("--report-images", values["--report-images"]),
        is_account_masked=given.is_account_masked,
        is_tagged=given.is_tagged,
        compares_images=given.compares_images,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A project, or the ARN of one of its versions, and the version's name or word."""

    project: ProjectArn | None
    version_arn: VersionArn | None
    version_name: str | None

    @property
    def region(self) -> str:
        arn = self.project or self.version_arn
        return "" if arn is None else arn.region


def read_target(arn: str | None, version_name: str | None) -> Target:
    """
    Take the ARN of a project, or that of a version, which a name beside it must agree.

    Raises:
        RequestError: it is neither, or names another version.
    """
    if arn is None or "/version/" not in arn:
        project = None if arn is None else parse_project_arn(arn)
        return Target(project, None, version_name)
    version = parse_version_arn(arn)
    if version_name not in (None, version.version_name):
        raise RequestError(
            f"--project-arn is the ARN of version {version.version_name}, and "
            f"--version says {version_name}; give one of them."
        )
    return Target(None, version, version.version_name)


def _find_thresholds(given: Given) -> None:
    """Name both places where the file of the usual name may stand."""
    is_named = given.values["--thresholds"] is not None
    root = given.thresholds.parent
    if not (is_named or root == given.here or given.thresholds.exists()):
        raise RequestError(
            f"{given.thresholds.name} is neither in {given.here} nor in {root}; "
            f"{INIT_WRITES}."
        )


def _check_combination(values: Mapping[str, str | None], given: Given) -> None:
    is_offline = values["--evaluation-dir"] is not None
    if is_offline and given.is_tagged:
        raise RequestError(
            "--tag-version writes to the version in AWS, and --evaluation-dir names a "
            "folder; give --project-arn and --version NAME instead."
        )
    if is_offline and given.compares_images:
        raise RequestError(
            "--check-images asks S3, and --evaluation-dir names a folder; what S3 told "
            "when it was saved is read there without this option."
        )
    if not is_offline and values["--project-arn"] is None:
        switch = "--tag-version" if given.is_tagged else "--mask-account"
        switch = "--check-images" if given.compares_images else switch
        flag = next((flag for flag, value in values.items() if value), switch)
        raise RequestError(
            f"{flag} was given, but neither --project-arn nor --evaluation-dir: "
            "which model is to be judged?"
        )
    if not is_offline and values["--version-name"] is None:
        raise RequestError(
            "--project-arn was given without a version; "
            "add `--version NAME` (or `--version-name=NAME`)."
        )
    if is_offline:
        _refuse_words_offline(values)
    _refuse_both(values, "--evaluation-dir", "--save-evaluation")
    _refuse_both(values, "--evaluation-dir", "--report-images")
    _refuse_both(values, "--baseline-version", "--baseline-dir")
    if values["--baseline-version"] is not None and values["--project-arn"] is None:
        raise RequestError(
            "--baseline-version is fetched from the project of --project-arn, which "
            "was not given; use --baseline-dir for an evaluation in a folder."
        )


def _refuse_words_offline(values: Mapping[str, str | None]) -> None:
    """A folder holds one version; only AWS knows which is the latest, or runs."""
    name, arn = values["--version-name"], values["--project-arn"]
    if is_word(name):
        raise RequestError(
            f"--version-name {name} is looked up in AWS, but --evaluation-dir was "
            "given; name the version, or leave it out."
        )
    if arn is not None and "/version/" in arn:
        raise RequestError(
            "--project-arn is the ARN of a version, whose project is looked up in AWS, "
            "but --evaluation-dir was given; give the project's ARN, or leave it out."
        )


def _parsed(parse: Callable[[str], Parsed], text: str | None) -> Parsed | None:
    return None if text is None else parse(text)


def _refuse_empty(values: Mapping[str, str | None]) -> None:
    for flag, value in values.items():
        if value is not None and not value.strip():
            raise RequestError(
                f"{flag} was given an empty value; is a CI variable unset?"
            )


def _refuse_both(values: Mapping[str, str | None], one: str, other: str) -> None:
    if values[one] is not None and values[other] is not None:
        raise RequestError(f"{one} and {other} cannot be given together.")


def _count(flag: str, text: str | None) -> int:
    if text is None:
        return 0
    if not (text.isascii() and text.isdigit() and int(text) <= 1000):
        raise RequestError(f"{flag} {text!r}: wanted a whole number from 0 to 1000.")
    return int(text)


def _path(here: Path, text: str | None) -> Path | None:
    if text is None:
        return None
    try:
        return here / Path(text).expanduser()
    except RuntimeError as error:
        raise RequestError(
            f"{text!r} names a home folder that is not there."
        ) from error


def _shorten(path: Path) -> Path:
    """The path as people would write it: from here, where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
