"""The words that the command line understands, and its help."""

from __future__ import annotations

import argparse
import inspect
import pkgutil
import sys
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from rekmetrics import __version__
from rekmetrics.errors import RequestError

_PACKAGE = "rekmetrics.cli"
_EXAMPLES = "examples:"
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


class _Formatter(argparse.HelpFormatter):
    """Folds descriptions, and leaves the lines of examples alone."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith(_EXAMPLES):
            return text
        return super()._fill_text(text, width, indent)


class _Parser(argparse.ArgumentParser):
    """Ends with 4, as every wrong request does; argparse's own 2 is an interrupt."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(RequestError.exit_code, f"{self.prog}: {message}\n")


def find_command(name: str) -> ModuleType | None:
    """The module of one command; None where there is no such command."""
    return import_module(f"{_PACKAGE}.{name}") if name in _command_names() else None


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; the chosen one's function is in `run`."""
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
    for name in _command_names():
        _add_command(commands, name, import_module(f"{_PACKAGE}.{name}"))
    return parser


def list_options() -> dict[str, list[str]]:
    """The options of each command, by its name."""
    (commands,) = (
        action.choices
        for action in build_parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return {
        name: [
            option
            for action in command._actions
            for option in action.option_strings
            if option.startswith("--")
        ]
        for name, command in commands.items()
    }


def _command_names() -> list[str]:
    path = import_module(_PACKAGE).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(path))
    return [name for name in names if not name.startswith("_")]


def _add_command(commands: Any, name: str, module: ModuleType) -> None:
    """A command whose help is its docstring's first sentence, without the full stop."""
    text = " ".join((inspect.getdoc(module) or "").split())
    head = text.partition(". ")[0].rstrip(".")
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=head[:1].lower() + head[1:],
        description=text,
        formatter_class=_Formatter,
        epilog="\n  ".join([_EXAMPLES, *getattr(module, "EXAMPLES", ())]),
    )
    if hasattr(module, "run"):
        module.add_arguments(parser)
        parser.set_defaults(run=module.run)
