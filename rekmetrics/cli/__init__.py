"""The command line: gate, demo, doctor, explain, init and verify."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rekmetrics.cli.own_metrics import load_own_metrics
from rekmetrics.cli.parser import build_parser
from rekmetrics.errors import RekmetricsError, RequestError

if TYPE_CHECKING:
    import argparse

    from rekmetrics.evaluation import Task
    from rekmetrics.loading import Loaded

__all__ = ["main"]

_DIFFERS = 1
_INTERNAL_ERROR = 3
_INTERRUPTED = 130
_BROKEN_PIPE = 141

_SOURCE = ("project_arn", "version_name", "evaluation_dir", "aws_profile")

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
    arguments = build_parser().parse_args(words)
    return _COMMANDS[arguments.command](arguments)


def _complain(error: RekmetricsError) -> int:
    """Print what the user is told; nothing in it is obeyed by a terminal."""
    from rekmetrics.texts import reveal

    lines = [reveal(line) for line in str(error).splitlines()]
    print("rekmetrics: " + "\n".join(lines), file=sys.stderr)
    return error.exit_code


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

    own = "demo-output-detection" if arguments.detection else "demo-output"
    return run_demo(
        Path(arguments.output or own).absolute(),
        is_detection=arguments.detection,
        keep_running=arguments.keep_running,
    )


def _doctor(_: argparse.Namespace) -> int:
    from rekmetrics.cli.doctor import run_doctor

    return run_doctor()


def _explain(arguments: argparse.Namespace) -> int:
    from rekmetrics.cli.explain import explain, list_metrics
    from rekmetrics.thresholds import read_thresholds

    load_own_metrics(Path.cwd())
    if arguments.metrics:
        print(list_metrics(), end="")
        return 0
    has_baseline = bool(arguments.baseline_version or arguments.baseline_dir)
    file = read_thresholds(arguments.thresholds, has_baseline=has_baseline)
    is_named = any(getattr(arguments, name) is not None for name in _SOURCE)
    if is_named:
        evaluation = _load(arguments, file.task).evaluation
        print(explain(file, evaluation.labels, evaluation.task), end="")
    else:
        print(explain(file), end="")
    return 0


def _init(arguments: argparse.Namespace) -> int:
    from rekmetrics.cli.scaffold import write_setup
    from rekmetrics.metrics import compute_metrics

    if arguments.update:
        return _propose(arguments)
    if arguments.thresholds != Path("thresholds.yaml"):
        raise RequestError(
            "init writes thresholds.yaml; --thresholds FILE goes with --update."
        )
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
    from rekmetrics.cli.scaffold import propose_update
    from rekmetrics.judgement import judge_version
    from rekmetrics.thresholds import read_thresholds

    load_own_metrics(Path.cwd())
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
    from rekmetrics.cli.verify import verify_result

    load_own_metrics(Path.cwd())
    differences = verify_result(
        arguments.result,
        evaluation_dir=arguments.evaluation_dir,
        baseline_dir=arguments.baseline_dir,
        thresholds=arguments.thresholds,
    )
    for difference in differences:
        print(difference)
    if differences:
        print(f"{arguments.result} does not agree with its evaluation.")
        if any(difference.is_of_thresholds for difference in differences):
            print(
                f"It was not judged by {arguments.thresholds} as that is now; give the "
                "file of that day with --thresholds."
            )
        return _DIFFERS
    print(f"{arguments.result} agrees with its evaluation in all that was compared.")
    return 0


def _load(
    arguments: argparse.Namespace, task: Task | Literal["auto"] = "auto"
) -> Loaded:
    """The evaluation that the options name, from a folder or from AWS."""
    from rekmetrics.arns import parse_project_arn, parse_version_name
    from rekmetrics.loading import load_from_aws, load_from_folder

    arn, name = arguments.project_arn, arguments.version_name
    project = None if arn is None else parse_project_arn(arn)
    version_name = None if name is None else parse_version_name(name)
    if arguments.evaluation_dir is not None:
        return load_from_folder(
            arguments.evaluation_dir,
            project=project,
            version_name=version_name,
            task=task,
        )
    if project is None or version_name is None:
        raise RequestError(
            "which model version? Give --project-arn ARN and --version NAME, "
            "or --evaluation-dir DIR."
        )
    from rekmetrics.aws import Aws

    aws = Aws(project.region, profile=arguments.aws_profile)
    return load_from_aws(project, version_name, aws=aws, task=task)


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "demo": _demo,
    "doctor": _doctor,
    "explain": _explain,
    "init": _init,
    "verify": _verify,
}
