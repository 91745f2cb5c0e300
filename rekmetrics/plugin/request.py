"""The request: what the options ask for, checked as far as that goes offline."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rekmetrics.arns import parse_project_arn, parse_version_name
from rekmetrics.errors import RequestError
from rekmetrics.plugin.options import FLAGS, MASK, value_of

if TYPE_CHECKING:
    import pytest

    from rekmetrics.arns import ProjectArn

__all__ = ["Options", "find_own", "read_exports", "read_options"]

Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class Options:
    """What the caller asked for; names are parsed, files are not yet opened."""

    project: ProjectArn | None
    version_name: str | None
    evaluation_dir: Path | None
    save_evaluation: Path | None
    thresholds: Path
    baseline_version: str | None
    baseline_dir: Path | None
    aws_profile: str | None
    metrics_json: Path | None
    metrics_markdown: Path | None
    n_report_images: int
    is_account_masked: bool


def read_exports(config: pytest.Config) -> tuple[Path | None, Path | None]:
    """
    Where JSON and Markdown are to be written.

    Raises:
        RequestError: for a path where another file of the run lies or will lie.
    """
    here = config.invocation_params.dir
    flags = ("--thresholds", "--html", "--metrics-json", "--metrics-markdown")
    given = [value_of(config, flags[0]), config.getoption("htmlpath", None)]
    given += [value_of(config, flag) for flag in flags[2:]]
    paths = [_path(here, (text or "").strip() or None) for text in given]
    paths[0] = paths[0] or find_own(config, "thresholds.yaml")
    taken: dict[Path, str] = {}
    for flag, path in zip(flags, paths, strict=True):
        if (
            path is not None
            and (other := taken.setdefault(path.resolve(), flag)) != flag
        ):
            raise RequestError(
                f"{flag} names the file of {other}, {str(path)!r}; give another path."
            )
    return paths[2], paths[3]


def read_options(config: pytest.Config) -> Options:
    """
    Check the request as far as that goes without the network.

    Raises:
        RequestError: for whatever is empty, malformed or contradictory.
    """
    if config.option.version:
        raise RequestError(
            "pytest was asked for its own version beside a gate (`-VV`, `-qV`?); "
            "write `--version NAME` or `--version-name=NAME`."
        )
    _refuse_twice(config.invocation_params.args)
    values = {flag: value_of(config, flag) for flag in FLAGS}
    project = _parsed(parse_project_arn, values["--project-arn"])
    version_name = _parsed(parse_version_name, values["--version-name"])
    _refuse_empty(values)
    _check_combination(values)
    here = config.invocation_params.dir
    return Options(
        project=project,
        version_name=version_name,
        evaluation_dir=_path(here, values["--evaluation-dir"]),
        save_evaluation=_path(here, values["--save-evaluation"]),
        thresholds=_shorten(
            _path(here, values["--thresholds"]) or find_own(config, "thresholds.yaml")
        ),
        baseline_version=_parsed(parse_version_name, values["--baseline-version"]),
        baseline_dir=_path(here, values["--baseline-dir"]),
        aws_profile=values["--aws-profile"],
        metrics_json=_path(here, values["--metrics-json"]),
        metrics_markdown=_path(here, values["--metrics-markdown"]),
        n_report_images=_count("--report-images", values["--report-images"]),
        is_account_masked=bool(value_of(config, MASK)),
    )


def find_own(config: pytest.Config, name: str) -> Path:
    """
    Where the team's file or folder of this name is expected: here, else in the rootdir.

    pytest may take the value of an option for a test path, and its folder for the
    rootdir, so a rootdir that does not lead here is not theirs.
    """
    here, root = config.invocation_params.dir, config.rootpath
    if (here / name).exists() or not here.is_relative_to(root):
        return here / name
    return root / name


def _check_combination(values: dict[str, str | None]) -> None:
    is_offline = values["--evaluation-dir"] is not None
    if not is_offline and values["--project-arn"] is None:
        given = next((flag for flag, value in values.items() if value), MASK)
        raise RequestError(
            f"{given} was given, but neither --project-arn nor --evaluation-dir: "
            "which model is to be judged?"
        )
    if not is_offline and values["--version-name"] is None:
        raise RequestError(
            "--project-arn was given without a version; "
            "add `--version NAME` (or `--version-name=NAME`)."
        )
    _refuse_both(values, "--evaluation-dir", "--save-evaluation")
    _refuse_both(values, "--evaluation-dir", "--report-images")
    _refuse_both(values, "--baseline-version", "--baseline-dir")
    if values["--baseline-version"] is not None and values["--project-arn"] is None:
        raise RequestError(
            "--baseline-version is fetched from the project of --project-arn, which "
            "was not given; use --baseline-dir for an evaluation in a folder."
        )


def _refuse_twice(arguments: Sequence[object]) -> None:
    """Let no model be judged in another's place: argparse takes the last of two."""
    words = list(_expand(map(str, arguments)))
    for flag in ("--project-arn", "--version-name", "--evaluation-dir"):
        given = [
            word.partition("=")[2] for word in words if word.startswith(f"{flag}=")
        ]
        given += [after for word, after in pairwise(words) if word == flag]
        if len(set(given)) > 1:
            raise RequestError(
                f"{flag} was given twice, as {' and as '.join(map(repr, given))}; "
                "give the one that is meant."
            )


def _expand(words: Iterable[str]) -> Iterator[str]:
    """The words, with those of files (`@FILE`) in their place, as pytest reads them."""
    for word in words:
        if word.startswith("@"):
            with contextlib.suppress(OSError, ValueError):
                yield from Path(word[1:]).read_text().splitlines()
        else:
            yield word


def _parsed(parse: Callable[[str], Parsed], text: str | None) -> Parsed | None:
    return None if text is None else parse(text)


def _refuse_empty(values: dict[str, str | None]) -> None:
    for flag, value in values.items():
        if value is not None and not value.strip():
            raise RequestError(
                f"{flag} was given an empty value; is a CI variable unset?"
            )


def _refuse_both(values: dict[str, str | None], one: str, other: str) -> None:
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
