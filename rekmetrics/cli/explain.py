"""
Print the rules of a thresholds file as they apply, each with its line.

With a model version named, label by label; nothing is fetched otherwise. With
--check, only what is wrong in one or more files, quickly, as before a commit.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import (
    add_source,
    add_thresholds,
    folder,
    is_source_named,
    load_source,
)
from rekmetrics.errors import Problem, RequestError, ThresholdsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from rekmetrics.thresholds import ThresholdsFile

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file, the version, and what the gate would be given beside them."""
    add_thresholds(parser)
    add_source(parser)
    parser.add_argument(
        "--baseline-version",
        metavar="NAME",
        help="as the gate is given it; it is not fetched here",
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="DIR",
        type=folder,
        help="as the gate is given it; read where a version is named beside it",
    )
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
    """The rules as they apply to a version, and which are worth a second look."""
    from rekmetrics.judgement import judge_version
    from rekmetrics.loading import load_from_folder
    from rekmetrics.thresholds.explanation import explain

    loaded = load_source(arguments, file)
    baseline = None
    if arguments.baseline_dir is not None:
        baseline = load_from_folder(
            arguments.baseline_dir, task=file.task, accepted=file.accepted
        )
    labels, task = loaded.evaluation.labels, loaded.evaluation.task
    advice = judge_version(loaded, file, baseline=baseline).advice
    return explain(file, labels, task, advice=advice)


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
