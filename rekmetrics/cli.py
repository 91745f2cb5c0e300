"""The command line: gate, demo, doctor, explain, init and verify."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rekmetrics import __version__
from rekmetrics.errors import RekmetricsError, RequestError

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task
    from rekmetrics.loading import Loaded

__all__ = ["main"]

_DIFFERS = 1
_INTERNAL_ERROR = 3
_INTERRUPTED = 130
_BROKEN_PIPE = 141

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
_GATE_USAGE = """\
usage: rekmetrics gate --project-arn ARN --version NAME [pytest's options]
       rekmetrics gate --evaluation-dir DIR [pytest's options]

The same as `pytest --project-arn ARN --version NAME`, whatever other options
follow, and independent of the start-up file. `pytest --help` lists the gate's
options under "quality gate for Rekognition Custom Labels".
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return what the process ends with."""
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    try:
        code = _run(words)
        sys.stdout.flush()
    except RekmetricsError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on; Python would complain when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception:  # noqa: BLE001 - 1 would say that the model fell short
        traceback.print_exc()
        print(
            "rekmetrics: this is an error of its own; please report it.",
            file=sys.stderr,
        )
        return _INTERNAL_ERROR
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["gate"]:
        return _gate(words[1:])
    arguments = _parser().parse_args(words)
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _complain(error: RekmetricsError) -> int:
    """Print what the user is told; nothing in it is obeyed by a terminal."""
    from rekmetrics.report.html import reveal

    lines = [reveal(line) for line in str(error).splitlines()]
    print("rekmetrics: " + "\n".join(lines), file=sys.stderr)
    return error.exit_code


class _Parser(argparse.ArgumentParser):
    """Ends with 4, as every wrong request does; argparse's own 2 is an interrupt."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**settings, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(RequestError.exit_code, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
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


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    """A command whose help is its description, without the full stop."""
    head = text.partition(". ")[0].rstrip(".")
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=head[0].lower() + head[1:],
        description=text,
        formatter_class=argparse.HelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_demo(commands: Any) -> None:
    parser = _add_command(
        commands,
        "demo",
        _demo,
        "Show the gate on two real models, without an AWS account. A weak version "
        "is stopped and a good one passes, against an AWS on 127.0.0.1.",
    )
    parser.add_argument(
        "--detection", action="store_true", help="object detection instead"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=Path,
        default=Path("demo-output"),
        help="folder for reports and results (default: %(default)s)",
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
        _doctor,
        "Say whether this environment is fit for the gate. It exits with 1 where "
        "`pytest --version NAME` would not reach rekmetrics.",
    )


def _add_explain(commands: Any) -> None:
    parser = _add_command(
        commands,
        "explain",
        _explain,
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


def _add_init(commands: Any) -> None:
    parser = _add_command(
        commands,
        "init",
        _init,
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
        _verify,
        "Compute a result again from its evaluation, and compare. It exits with 0 "
        "only where digests, numbers and outcomes all agree.",
    )
    parser.add_argument("result", type=Path, help="what --metrics-json has written")
    parser.add_argument(
        "--evaluation-dir",
        metavar="DIR",
        required=True,
        help="folder with summary and manifest, as --save-evaluation leaves it",
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="DIR",
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
        "--evaluation-dir", metavar="DIR", help="read its evaluation from this folder"
    )
    group.add_argument(
        "--aws-profile", metavar="NAME", help="profile of the AWS configuration"
    )


def _gate(words: list[str]) -> int:
    """pytest in this process, with `--version NAME` spelt as the plugin wants it."""
    if words in (["--help"], ["-h"]):
        print(_GATE_USAGE, end="")
        return 0
    try:
        from _rekmetrics_startup import is_gate, rename_version
    except ModuleNotFoundError as error:
        raise RequestError(
            "this installation of rekmetrics is incomplete: _rekmetrics_startup.py is "
            "missing; install it again with pip."
        ) from error
    if not is_gate(words):
        raise RequestError(
            "which model is to be judged? Give --project-arn ARN and --version NAME, "
            "or --evaluation-dir DIR."
        )
    import pytest

    return int(pytest.main(rename_version(words)))


def _demo(arguments: argparse.Namespace) -> int:
    from rekmetrics.demo.run import run_demo

    return run_demo(
        arguments.output.absolute(),
        is_detection=arguments.detection,
        keep_running=arguments.keep_running,
    )


def _doctor(_: argparse.Namespace) -> int:
    from rekmetrics.doctor import run_doctor

    return run_doctor()


def _explain(arguments: argparse.Namespace) -> int:
    from rekmetrics.explain import explain
    from rekmetrics.thresholds import read_thresholds

    has_baseline = arguments.baseline_version is not None
    file = read_thresholds(arguments.thresholds, has_baseline=has_baseline)
    loaded = _load(arguments, file.task) if _is_version_named(arguments) else None
    if loaded is None:
        print(explain(file), end="")
    else:
        evaluation = loaded.evaluation
        print(explain(file, evaluation.labels, evaluation.task), end="")
    return 0


def _init(arguments: argparse.Namespace) -> int:
    from rekmetrics.metrics import compute_metrics
    from rekmetrics.scaffold import write_setup

    if arguments.update:
        return _propose(arguments)
    loaded = _load(arguments)
    evaluation = loaded.evaluation
    setup = write_setup(
        Path.cwd(),
        compute_metrics(evaluation, loaded.summary),
        evaluation.labels,
        evaluation.task,
        version_name=loaded.model.version_name or "not named",
    )
    for path in setup.written:
        print(f"written: {_relative(path)}")
    for path in setup.kept:
        print(f"left alone, was there already: {_relative(path)}")
    return 0


def _propose(arguments: argparse.Namespace) -> int:
    from rekmetrics.judgement import judge_version
    from rekmetrics.scaffold import propose_update
    from rekmetrics.thresholds import read_thresholds

    file = read_thresholds(arguments.thresholds, has_baseline=True)
    judgement = judge_version(_load(arguments, file.task), file)
    checks = [outcome.check for outcome in judgement.verdict.outcomes]
    proposals = propose_update(checks, judgement.numbers)
    for proposal in proposals:
        print(proposal)
    if not proposals:
        print("No bound could be tighter.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from rekmetrics.verify import verify_result

    differences = verify_result(
        arguments.result,
        evaluation_dir=_folder("--evaluation-dir", arguments.evaluation_dir),
        baseline_dir=(
            None
            if arguments.baseline_dir is None
            else _folder("--baseline-dir", arguments.baseline_dir)
        ),
        thresholds=arguments.thresholds,
    )
    for difference in differences:
        print(difference)
    if differences:
        print(f"{arguments.result} does not agree with its evaluation.")
        return _DIFFERS
    print(f"{arguments.result} agrees with its evaluation in all that was compared.")
    return 0


def _is_version_named(arguments: argparse.Namespace) -> bool:
    values = (
        arguments.project_arn,
        arguments.version_name,
        arguments.evaluation_dir,
        arguments.aws_profile,
    )
    return any(value is not None for value in values)


def _load(arguments: argparse.Namespace, task: Task | Any = "auto") -> Loaded:
    """The evaluation that the options name, from a folder or from AWS."""
    from rekmetrics.loading import load_from_aws, load_from_folder
    from rekmetrics.names import parse_project_arn, parse_version_name

    arn, name = arguments.project_arn, arguments.version_name
    project = None if arn is None else parse_project_arn(arn)
    version_name = None if name is None else parse_version_name(name)
    if arguments.evaluation_dir is not None:
        folder = _folder("--evaluation-dir", arguments.evaluation_dir)
        return load_from_folder(
            folder, project=project, version_name=version_name, task=task
        )
    if project is None or version_name is None:
        raise RequestError(
            "which model version? Give --project-arn ARN and --version NAME, "
            "or --evaluation-dir DIR."
        )
    from rekmetrics.aws import Aws

    aws = Aws(project.region, profile=arguments.aws_profile)
    return load_from_aws(project, version_name, aws=aws, task=task)


def _folder(option: str, text: str) -> Path:
    if not text.strip():
        raise RequestError(f"{option} is empty; is a CI variable unset?")
    return Path(text)


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
