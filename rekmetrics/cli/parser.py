"""The words that the command line understands, and its help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NoReturn

from rekmetrics import __version__
from rekmetrics.errors import RequestError

__all__ = ["build_parser"]

_EPILOG = """\
exit codes:
  0  passed                       4  the request is wrong
  1  a check fell short           5  not every check was run
  2  interrupted                  6  the evaluation could not be obtained
  3  an error of rekmetrics' own     or trusted

examples:
  rekmetrics demo
  rekmetrics gate --project-arn ARN --version NAME
  rekmetrics explain --thresholds thresholds.yaml
"""


class _Parser(argparse.ArgumentParser):
    """Ends with 4, as every wrong request does; argparse's own 2 is an interrupt."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(RequestError.exit_code, f"{self.prog}: {message}\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the name of the one chosen is in `command`."""
    parser = _Parser(
        prog="rekmetrics",
        description="A quality gate for Amazon Rekognition Custom Labels models.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "--version", action="version", version=f"rekmetrics {__version__}"
    )
    commands = parser.add_subparsers(
        metavar="COMMAND", required=True, title="commands", parser_class=_Parser
    )
    commands.add_parser("gate", help="judge a model version, as pytest does")
    _add_demo(commands)
    _add_doctor(commands)
    _add_explain(commands)
    _add_init(commands)
    _add_verify(commands)
    return parser


def _add_command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    """A command whose help is its description, without the full stop."""
    head = text.partition(". ")[0].rstrip(".")
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=head[0].lower() + head[1:],
        description=text,
        formatter_class=argparse.HelpFormatter,
    )
    parser.set_defaults(command=name)
    return parser


def _add_demo(commands: Any) -> None:
    parser = _add_command(
        commands,
        "demo",
        "Show the gate on two real models, without an AWS account. A weak version "
        "is stopped and a good one passes, against an AWS on 127.0.0.1.",
    )
    parser.add_argument(
        "--detection", action="store_true", help="object detection instead"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=_folder,
        help="folder for reports and results (default: demo-output, or "
        "demo-output-detection)",
    )
    parser.add_argument(
        "--keep-running",
        action="store_true",
        help="leave the AWS up until Ctrl-C, and say how to talk to it",
    )


def _add_doctor(commands: Any) -> None:
    _add_command(
        commands,
        "doctor",
        "Say whether this environment is fit for the gate. It exits with 1 where "
        "`pytest --version NAME` would not reach rekmetrics.",
    )


def _add_explain(commands: Any) -> None:
    parser = _add_command(
        commands,
        "explain",
        "Print the rules of a thresholds file as they apply, each with its line. "
        "With a model version named, label by label; nothing is fetched otherwise.",
    )
    _add_thresholds(parser)
    _add_source(parser)
    parser.add_argument(
        "--baseline-version",
        metavar="NAME",
        help="as the gate is given it; it is not fetched here",
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="DIR",
        type=_folder,
        help="as the gate is given it; it is not read here",
    )
    parser.add_argument(
        "--metrics",
        action="store_true",
        help="list every metric that a rule can name, with its definition, instead",
    )


def _add_init(commands: Any) -> None:
    parser = _add_command(
        commands,
        "init",
        "Write a first set-up into this folder, with bounds from a model version. "
        "It overwrites nothing.",
    )
    _add_thresholds(parser)
    _add_source(parser)
    parser.add_argument(
        "--update",
        action="store_true",
        help="only propose which bounds could rise; nothing is written",
    )


def _add_verify(commands: Any) -> None:
    parser = _add_command(
        commands,
        "verify",
        "Compute a result again from its evaluation, and compare. It exits with 0 "
        "only where digests, numbers and outcomes all agree.",
    )
    parser.add_argument("result", type=Path, help="what --metrics-json has written")
    parser.add_argument(
        "--evaluation-dir",
        metavar="DIR",
        type=_folder,
        required=True,
        help="folder with summary and manifest, as --save-evaluation leaves it",
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="DIR",
        type=_folder,
        help="the same of the baseline, where there was one",
    )
    _add_thresholds(parser)


def _add_thresholds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--thresholds",
        metavar="FILE",
        type=Path,
        default=Path("thresholds.yaml"),
        help="the bounds (default: %(default)s)",
    )


def _add_source(parser: argparse.ArgumentParser) -> None:
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
        type=_folder,
        help="read its evaluation from this folder",
    )
    group.add_argument(
        "--aws-profile", metavar="NAME", help="profile of the AWS configuration"
    )


def _folder(text: str) -> Path:
    if not text.strip():
        raise RequestError("the name of a folder is empty; is a CI variable unset?")
    return Path(text)
