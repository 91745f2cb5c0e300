"""
Compute a result again from its evaluation, and compare.

It exits with 0 only where digests, numbers and outcomes all agree.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import add_thresholds, folder

if TYPE_CHECKING:
    import argparse


EXAMPLES = ("rekmetrics verify metrics.json --evaluation-dir kept",)

_DIFFERS = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the result, and the files that it is computed from."""
    parser.add_argument("result", type=Path, help="what --metrics-json has written")
    parser.add_argument(
        "--evaluation-dir",
        metavar="DIR",
        type=folder,
        required=True,
        help="folder with summary and manifest, as --save-evaluation leaves it",
    )
    parser.add_argument(
        "--baseline-dir",
        metavar="DIR",
        type=folder,
        help="the same of the baseline, where there was one",
    )
    add_thresholds(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print every difference."""
    from rekmetrics.run.audit import verify_result

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
