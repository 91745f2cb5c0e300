"""
Compare versions of a model, and name the best of those that pass.

All are judged by one thresholds file. It ends with 0 where one of them passes and all
could be judged, with 1 where none passes, else with the worst of 3, 4, 6 and 5.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import add_baseline, add_thresholds, folder
from rekmetrics.errors import RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from rekmetrics.compare.records import Version
    from rekmetrics.run.request import GateRequest


EXAMPLES = (
    "rekmetrics compare --project-arn ARN",
    "rekmetrics compare --project-arn ARN --version @running @latest --by accuracy",
    "rekmetrics compare --evaluation-dir kept/v1 kept/v2 --json compare.json",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the versions, and what is wanted of them."""
    group = parser.add_argument_group("the versions")
    group.add_argument("--project-arn", metavar="ARN", help="their project")
    several: Any = {"nargs": "+", "action": "extend"}
    group.add_argument(
        *("--version", "--version-name"),
        dest="version_names",
        metavar="NAME",
        help="these alone (default: all that are evaluated)",
        **several,
    )
    group.add_argument(
        "--evaluation-dir",
        dest="evaluation_dirs",
        metavar="DIR",
        type=folder,
        help="read an evaluation from each of these folders",
        **several,
    )
    text = "profile of the AWS configuration"
    group.add_argument("--aws-profile", metavar="NAME", help=text)
    add_thresholds(parser)
    add_baseline(parser, "hold the losses of each against this version")
    text = "what the best is best by (default: %(default)s)"
    parser.add_argument("--by", metavar="METRIC", default="f1_macro", help=text)
    page: Any = {"metavar": "FILE", "type": Path, "default": Path("compare.html")}
    text = "the page (default: %(default)s)"
    parser.add_argument("--output", help=text, **page)
    text = "write the same to this file"
    parser.add_argument("--json", metavar="FILE", type=Path, help=text)


def run(arguments: argparse.Namespace) -> int:
    """Judge each, compare, and write the page."""
    from rekmetrics.compare.comparing import compare_versions
    from rekmetrics.compare.page import render_comparison
    from rekmetrics.files import remove_file, write_atomically, write_json
    from rekmetrics.texts import reveal, tell_verdict
    from rekmetrics.thresholds import read_thresholds

    files = [path for path in (arguments.output, arguments.json) if path]
    bounds = arguments.thresholds.resolve()
    for path in files:
        if path.resolve() != bounds:
            # No older page outlives a run that is refused, or ends halfway.
            remove_file(path)
    if len({bounds, *(path.resolve() for path in files)}) <= len(files):
        raise RequestError("two of --output, --json and --thresholds name one file.")
    requests = _requests(arguments)
    load_own_metrics(Path.cwd())
    has_baseline = bool(arguments.baseline_version or arguments.baseline_dir)
    thresholds = read_thresholds(arguments.thresholds, has_baseline=has_baseline)
    comparison = compare_versions(
        requests, by=arguments.by, thresholds=thresholds.sha256
    )
    for version in comparison.versions:
        if version.verdict is None:
            print(reveal(f"{version.name}: not judged: {version.reason}"))
            continue
        print(
            *tell_verdict(version.name, version.verdict, version.fell_short), sep="\n"
        )
    write_atomically(arguments.output, render_comparison(comparison).encode())
    if arguments.json:
        write_json(arguments.json, comparison)
    print(f"written: {', '.join(map(str, files))}")
    print(f"rekmetrics: {reveal(comparison.message)}")
    return comparison.exit_code


def _requests(arguments: argparse.Namespace) -> Iterable[GateRequest | Version]:
    """One for each version that is named; of the project, once its turn comes."""
    from dataclasses import replace

    from rekmetrics.arns import parse_project_arn, parse_version_choice
    from rekmetrics.compare.contenders import list_requests
    from rekmetrics.run.request import GateRequest

    arn, names = arguments.project_arn, arguments.version_names
    folders, baseline = arguments.evaluation_dirs, arguments.baseline_version
    if folders and names:
        raise RequestError("--version and --evaluation-dir cannot be given together.")
    if not folders and arn is None:
        raise RequestError("which versions? Give --project-arn ARN, or folders.")
    if baseline and (arn is None or arguments.baseline_dir):
        raise RequestError("--baseline-version is of --project-arn, and stands alone.")
    request = GateRequest(
        project=None if arn is None else parse_project_arn(arn),
        thresholds=arguments.thresholds,
        baseline_version=baseline and parse_version_choice(baseline),
        baseline_dir=arguments.baseline_dir,
        aws_profile=arguments.aws_profile,
    )
    if folders:
        return [
            replace(request, evaluation_dir=path) for path in dict.fromkeys(folders)
        ]
    if not names:
        return list_requests(request)
    chosen = dict.fromkeys(map(parse_version_choice, names))
    return [replace(request, version_name=name) for name in chosen]
