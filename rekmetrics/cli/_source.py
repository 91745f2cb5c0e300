"""Options that several commands share, and the evaluation that they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.errors import RequestError

if TYPE_CHECKING:
    import argparse

    from rekmetrics.loading import Loaded
    from rekmetrics.thresholds import ThresholdsFile

__all__ = [
    "add_baseline",
    "add_source",
    "add_thresholds",
    "folder",
    "is_source_named",
    "load_baseline",
    "load_source",
]

_SOURCE = ("project_arn", "version_name", "evaluation_dir", "aws_profile")


def add_thresholds(parser: argparse.ArgumentParser) -> None:
    """Declare `--thresholds FILE`."""
    parser.add_argument(
        "--thresholds",
        metavar="FILE",
        type=Path,
        default=Path("thresholds.yaml"),
        help="the bounds (default: %(default)s)",
    )


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare what names a model version, in AWS or in a folder."""
    group = parser.add_argument_group("the model version")
    group.add_argument("--project-arn", metavar="ARN", help="its project")
    group.add_argument(
        "--version",
        "--version-name",
        dest="version_name",
        metavar="NAME",
        help="its name",
    )
    group.add_argument(
        "--evaluation-dir",
        metavar="DIR",
        type=folder,
        help="read its evaluation from this folder",
    )
    group.add_argument(
        "--aws-profile", metavar="NAME", help="profile of the AWS configuration"
    )


def add_baseline(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Declare what names the version to compare with, and what for."""
    group = parser.add_argument_group("the version that runs today")
    group.add_argument("--baseline-version", metavar="NAME", help=purpose)
    group.add_argument(
        "--baseline-dir",
        metavar="DIR",
        type=folder,
        help="the same, its evaluation read from this folder",
    )


def folder(text: str) -> Path:
    """
    The folder that an option names.

    Raises:
        RequestError: where the text is empty.
    """
    if not text.strip():
        raise RequestError("the name of a folder is empty; is a CI variable unset?")
    return Path(text)


def is_source_named(arguments: argparse.Namespace) -> bool:
    """Whether any option of `add_source` was given."""
    return any(getattr(arguments, name) is not None for name in _SOURCE)


def load_source(
    arguments: argparse.Namespace, file: ThresholdsFile | None = None
) -> Loaded:
    """The evaluation that the options name, read as the thresholds file wants it."""
    from rekmetrics.arns import parse_version_choice
    from rekmetrics.run.judge import load_version
    from rekmetrics.run.request import GateRequest, read_target

    arn, name = arguments.project_arn, arguments.version_name
    target = read_target(arn, None if name is None else parse_version_choice(name))
    request = GateRequest(
        project=target.project,
        version_arn=target.version_arn,
        version_name=target.version_name,
        evaluation_dir=arguments.evaluation_dir,
        aws_profile=arguments.aws_profile,
    )
    is_named = request.version_name is not None and (
        request.project is not None or request.version_arn is not None
    )
    if request.evaluation_dir is None and not is_named:
        raise RequestError(
            "which model version? Give --project-arn ARN and --version NAME, "
            "or --evaluation-dir DIR."
        )
    return load_version(request, file)


def load_baseline(
    arguments: argparse.Namespace, file: ThresholdsFile | None = None
) -> Loaded | None:
    """The version that the options of `add_baseline` name; None where they do not."""
    import argparse

    if not (arguments.baseline_version or arguments.baseline_dir):
        return None
    named = argparse.Namespace(
        project_arn=None if arguments.baseline_dir else arguments.project_arn,
        version_name=None if arguments.baseline_dir else arguments.baseline_version,
        evaluation_dir=arguments.baseline_dir,
        aws_profile=arguments.aws_profile,
    )
    return load_source(named, file)
