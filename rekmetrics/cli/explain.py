"""
Print the rules of a thresholds file as they apply, each with its line.

With a model version named, label by label; nothing is fetched otherwise.
"""

from __future__ import annotations

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

if TYPE_CHECKING:
    import argparse

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
        help="as the gate is given it; it is not read here",
    )
    parser.add_argument(
        "--metrics",
        action="store_true",
        help="list every metric that a rule can name, with its definition, instead",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print rules, or metrics."""
    from rekmetrics.thresholds import read_thresholds
    from rekmetrics.thresholds.explanation import explain, list_metrics

    load_own_metrics(Path.cwd())
    if arguments.metrics:
        print(list_metrics(), end="")
        return 0
    has_baseline = bool(arguments.baseline_version or arguments.baseline_dir)
    file = read_thresholds(arguments.thresholds, has_baseline=has_baseline)
    if is_source_named(arguments):
        evaluation = load_source(arguments, file.task).evaluation
        print(explain(file, evaluation.labels, evaluation.task), end="")
    else:
        print(explain(file), end="")
    return 0
