"""
Print the rules of a thresholds file as they apply, each with its line.

With a model version named, label by label, and with how often the gate errs; nothing
is fetched otherwise. With --check, only what is wrong in one or more files, quickly,
as before a commit.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import (
    add_baseline,
    add_source,
    add_thresholds,
    is_source_named,
    load_baseline,
    load_source,
)
from rekmetrics.errors import Problem, RequestError, ThresholdsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from rekmetrics.thresholds import ThresholdsFile

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = (
    "rekmetrics explain",
    "rekmetrics explain --project-arn ARN --version NAME",
    "rekmetrics explain --check thresholds.yaml other.yaml",
    "rekmetrics explain --metrics",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file, the version, and what the gate would be given beside them."""
    add_thresholds(parser)
    add_source(parser)
    add_baseline(parser, "measure from it what training anew changes")
    parser.add_argument(
        "--check",
        action="store_true",
        help="print nothing but every mistake, of --thresholds or of each FILE",
    )
    parser.add_argument(
        "files", metavar="FILE", nargs="*", type=Path, help="with --check: the files"
    )
    parser.add_argument(
        "--metrics",
        action="store_true",
        help="list every metric that a rule can name, with its definition, instead",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print rules, or metrics."""
    load_own_metrics(Path.cwd())
    has_baseline = bool(arguments.baseline_version or arguments.baseline_dir)
    if arguments.check:
        files = arguments.files or [arguments.thresholds]
        _check(files, has_baseline=has_baseline)
        return 0
    if arguments.files:
        raise RequestError("FILE goes with --check; say --thresholds FILE.")
    from rekmetrics.thresholds import read_thresholds
    from rekmetrics.thresholds.explanation import explain, list_metrics

    if arguments.metrics:
        print(list_metrics(), end="")
        return 0
    file = read_thresholds(arguments.thresholds, has_baseline=has_baseline)
    if is_source_named(arguments):
        print(_explain_for_version(arguments, file), end="")
    else:
        print(explain(file), end="")
    return 0


def _explain_for_version(arguments: argparse.Namespace, file: ThresholdsFile) -> str:
    """The rules as they apply, those worth a second look, and how often they err."""
    from rekmetrics.gate.error_sentences import say_error_rates
    from rekmetrics.judgement import judge_version
    from rekmetrics.thresholds.explanation import explain

    loaded = load_source(arguments, file)
    baseline = load_baseline(arguments, file)
    judgement = judge_version(loaded, file, baseline=baseline)
    labels, task = loaded.evaluation.labels, loaded.evaluation.task
    rules = explain(file, labels, task, advice=judgement.advice)
    return f"{rules}\n{say_error_rates(judgement.error_rates)}"


def _check(files: Iterable[Path], *, has_baseline: bool) -> None:
    """Read every file before the mistakes of any are told."""
    found = [_find_problems(path, has_baseline=has_baseline) for path in files]
    if problems := list(chain.from_iterable(found)):
        raise ThresholdsError(problems)


def _find_problems(path: Path, *, has_baseline: bool) -> tuple[Problem, ...]:
    from rekmetrics.thresholds import read_thresholds

    try:
        read_thresholds(path, has_baseline=has_baseline)
    except ThresholdsError as error:
        return error.problems
    return ()
