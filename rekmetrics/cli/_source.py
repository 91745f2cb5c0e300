"""Options that commands share with the gate, and the request that they make."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.errors import RequestError

if TYPE_CHECKING:
    import argparse

    from rekmetrics.run.request import GateRequest


_GATE = (
    "--project-arn",
    "--version-name",
    "--evaluation-dir",
    "--aws-profile",
    "--thresholds",
    "--baseline-version",
    "--baseline-dir",
    "--save-evaluation",
    "--report-images",
)
_SOURCE = _GATE[:4]


def folder(text: str) -> Path:
    """
    The folder that an option names.

    Raises:
        RequestError: where the text is empty.
    """
    if not text.strip():
        raise RequestError("the name of a folder is empty; is a CI variable unset?")
    return Path(text)


def add_thresholds(parser: argparse.ArgumentParser) -> None:
    """Declare `--thresholds FILE`."""
    parser.add_argument(
        "--thresholds",
        metavar="FILE",
        type=Path,
        default=Path("thresholds.yaml"),
        help="the bounds (default: %(default)s)",
    )


def add_aws(
    parser: argparse.ArgumentParser, title: str = "the model version"
) -> argparse._ArgumentGroup:
    """Declare what names a model version in AWS."""
    group = parser.add_argument_group(title)
    group.add_argument("--project-arn", metavar="ARN", help="its project")
    group.add_argument(
        *("--version", "--version-name"),
        dest="version_name",
        metavar="NAME",
        help="its name, @latest or @running",
    )
    text = "profile of the AWS configuration"
    group.add_argument("--aws-profile", metavar="NAME", help=text)
    return group


def add_source(parser: argparse.ArgumentParser) -> None:
    """Declare what names a model version, in AWS or in a folder."""
    text = "read its evaluation from this folder"
    add_aws(parser).add_argument(
        "--evaluation-dir", metavar="DIR", type=folder, help=text
    )


def add_baseline(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Declare what names the version to compare with, and what for."""
    group = parser.add_argument_group("the version that runs today")
    group.add_argument("--baseline-version", metavar="NAME", help=purpose)
    text = "the same, its evaluation read from this folder"
    group.add_argument("--baseline-dir", metavar="DIR", type=folder, help=text)


def read_gate(arguments: argparse.Namespace) -> GateRequest | None:
    """
    What a gate would be asked for by the same options; None where none names a version.

    Raises:
        RequestError: for whatever is empty, malformed or contradictory.
    """
    from rekmetrics.run.request import Given, read_request

    given = {flag: getattr(arguments, _dest(flag), None) for flag in _GATE}
    values = {flag: None if v is None else str(v) for flag, v in given.items()}
    if all(values[flag] is None for flag in _SOURCE):
        return None
    return read_request(Given(values, Path.cwd(), Path.cwd() / "thresholds.yaml"))


def _dest(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")
