"""
Print the rules of a thresholds file as they apply, each with its line.

With a model version named, label by label, and with how often the gate errs; nothing
is fetched otherwise. With --check, only what is wrong in one or more files, quickly,
as before a commit; files of fleets are known by their models.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import add_baseline, add_source, add_thresholds, read_gate
from rekmetrics.errors import Problem, RequestError, ThresholdsError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from rekmetrics.judgement import Judgement
    from rekmetrics.run.request import GateRequest


EXAMPLES = (
    "rekmetrics explain",
    "rekmetrics explain --project-arn ARN --version NAME",
    "rekmetrics explain --check thresholds.yaml fleet.yaml",
    "rekmetrics explain --metrics",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file, the version, and what the gate would be given beside them."""
    add_thresholds(parser)
    add_source(parser)
    add_baseline(parser, "compare with it, as the gate would")
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
        _refuse_version(arguments)
        files = arguments.files or [arguments.thresholds]
        found = [_find_problems(path, has_baseline=has_baseline) for path in files]
        if problems := [*chain.from_iterable(found)]:
            raise ThresholdsError(problems)
        return 0
    if arguments.files:
        raise RequestError("FILE goes with --check; say --thresholds FILE.")
    from rekmetrics.thresholds import read_thresholds
    from rekmetrics.thresholds.explanation import explain, fold, list_metrics

    if arguments.metrics:
        print(list_metrics(), end="")
        return 0
    file = read_thresholds(arguments.thresholds, has_baseline=has_baseline)
    if request := read_gate(arguments):
        print("\n".join(_explain_for_version(request)), end="")
        return 0
    print(explain(file), end="")
    if has_baseline:
        text = "The baseline was not looked at: no version is named to compare it with."
        print(fold(["", text]), end="")
    return 0


def _refuse_version(arguments: argparse.Namespace) -> None:
    given = (arguments.project_arn, arguments.version_name, arguments.evaluation_dir)
    if any(value is not None for value in given):
        raise RequestError(
            "--check reads files alone, and would not look at the version; without "
            "--check its labels are held against the rules."
        )


def _explain_for_version(request: GateRequest) -> Iterator[str]:
    """The rules as they apply, those worth a second look, and how often they err."""
    from rekmetrics.gate.error_sentences import say_error_rates
    from rekmetrics.run.judge import judge
    from rekmetrics.thresholds.explanation import explain, fold

    judgement = judge(request)
    evaluation = judgement.evaluation
    yield explain(
        judgement.thresholds,
        evaluation.labels,
        evaluation.task,
        advice=judgement.advice,
    )
    if compared := [*_compared(judgement)]:
        yield fold(compared)
    yield fold(say_error_rates(judgement.error_rates).splitlines())


def _compared(judgement: Judgement) -> Iterator[str]:
    """What became of the baseline that options or file name."""
    if (baseline := judgement.baseline) is not None:
        n_images = baseline.evaluation.n_images
        name = baseline.model.version_name or "not named"
        yield f"compared with version {name}, tested on {n_images} images"
    for finding in judgement.loaded.findings:
        if finding.name == "baseline":
            yield finding.message


def _find_problems(path: Path, *, has_baseline: bool) -> tuple[Problem, ...]:
    """Every mistake of a thresholds file, or of a fleet's."""
    from rekmetrics.thresholds import read_thresholds
    from rekmetrics.thresholds.document import read_document

    try:
        tree = read_document(path).tree
        if isinstance(tree, dict) and "models" in tree:
            from rekmetrics.fleet.file import read_fleet

            read_fleet(path)
        else:
            read_thresholds(path, has_baseline=has_baseline)
    except ThresholdsError as error:
        return error.problems
    return ()
