"""
Judge several models in one call, each by bounds of its own.

It ends with 0 only where every model passed, else with the worst of 3, 4, 6, 5 and 1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from rekmetrics.fleet.file import FleetModel
    from rekmetrics.fleet.results import Member


EXAMPLES = (
    "rekmetrics fleet fleet.yaml",
    "rekmetrics fleet fleet.yaml --matrix github",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the fleet, and who does the work."""
    parser.add_argument(
        "fleet",
        metavar="FLEET.yaml",
        type=Path,
        nargs="?",
        default=Path("fleet.yaml"),
        help="the models (default: %(default)s)",
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=folder,
        default=Path("fleet"),
        help="folder for the page, fleet.json, JUnit's fleet.xml and each model's "
        "own report and result (default: %(default)s)",
    )
    parser.add_argument(
        "-n",
        dest="n_workers",
        metavar="N",
        type=int,
        default=os.cpu_count() or 1,
        help="judge so many models at once (default: %(default)s)",
    )
    parser.add_argument(
        "--mask-account", action="store_true", help="hide account ids in results too"
    )
    parser.add_argument(
        "--tag-version",
        action="store_true",
        help="write each verdict to its model version, as tags that IAM can decide on",
    )
    _add_ways(parser.add_mutually_exclusive_group())


def _add_ways(other: argparse._MutuallyExclusiveGroup) -> None:
    """Declare what is done in place of judging."""
    other.add_argument(
        "--matrix",
        choices=("github", "gitlab"),
        help="judge nothing; print a matrix for jobs of the CI, one gate each",
    )
    other.add_argument(
        "--schema", action="store_true", help="print the file's JSON Schema"
    )
    other.add_argument(
        "--collect",
        metavar="DIR",
        type=folder,
        help="judge nothing; put together what such jobs left as MODEL.json",
    )


def run(arguments: argparse.Namespace) -> int:
    """Judge, or print a matrix, or collect."""
    from rekmetrics.errors import RequestError
    from rekmetrics.fleet.exports import render_matrix, render_schema
    from rekmetrics.fleet.file import have_tagged, read_fleet
    from rekmetrics.fleet.results import read_members, worst_code

    if arguments.schema:
        print(render_schema())
        return 0
    output: Path = arguments.output
    # No older page outlives a run that is refused, or ends halfway.
    before = {} if arguments.matrix else _take_away(arguments.fleet, output)
    models = read_fleet(arguments.fleet)
    if arguments.tag_version:
        if arguments.collect is not None:
            raise RequestError(
                "--collect judges nothing, so there is nothing to tag; give "
                "--tag-version to the gates whose results it puts together."
            )
        models = have_tagged(models)
    if arguments.matrix is not None:
        print(render_matrix(models, arguments.matrix))
        return 0
    if arguments.n_workers < 1:
        raise RequestError(f"-n {arguments.n_workers}: wanted a whole number from 1.")
    if arguments.collect is not None:
        results = _collected(arguments.collect)
    else:
        results = _judge(models, arguments)
    members = read_members(models, results, output, before)
    _tell(members, arguments)
    return worst_code(members)


def _take_away(fleet: Path, output: Path) -> Mapping[str, Any]:
    """Remove what an earlier run said of the whole, unless that names the models."""
    from rekmetrics.errors import RequestError
    from rekmetrics.fleet.results import EXPORTS, take_away

    if fleet.resolve() in [(output / name).resolve() for name in EXPORTS]:
        raise RequestError(f"{fleet} would be written over; give another --output.")
    return take_away(output)


def _judge(
    models: Sequence[FleetModel], arguments: argparse.Namespace
) -> dict[str, Path]:
    from rekmetrics.fleet.judging import judge_fleet

    load_own_metrics(Path.cwd())
    output: Path = arguments.output
    names = judge_fleet(
        models,
        output,
        n_workers=min(arguments.n_workers, len(models)),
        mask_account=arguments.mask_account,
    )
    for name in names:
        print(f"judged: {name}", flush=True)
    return {model.name: output / f"{model.name}.json" for model in models}


def _collected(where: Path) -> dict[str, Path]:
    """The results below a folder, by the name of their file; none may come twice."""
    from rekmetrics.errors import RequestError
    from rekmetrics.fleet.results import EXPORTS

    if not where.is_dir():
        raise RequestError(f"--collect {where}: there is no such folder.")
    found: dict[str, Path] = {}
    for path in sorted(where.rglob("*.json")):
        other = found.setdefault(path.stem, path)
        if other != path and path.name not in EXPORTS:
            raise RequestError(f"two results of one name: {other} and {path}.")
    return found


def _tell(members: Sequence[Member], arguments: argparse.Namespace) -> None:
    """Write what is said of the whole, and say it."""
    from rekmetrics.files import write_atomically, write_json
    from rekmetrics.fleet.exports import render_junit
    from rekmetrics.fleet.page import render_fleet, render_fleet_markdown, say_fleet
    from rekmetrics.fleet.results import EXPORTS, as_document, worst_code
    from rekmetrics.run.results import append_step_summary
    from rekmetrics.texts import mask_account, reveal

    output, is_hidden = arguments.output, arguments.mask_account
    junit = render_junit(members, hide_account=is_hidden)
    write_atomically(output / "fleet.xml", junit)
    write_atomically(output / "fleet.html", render_fleet(members).encode())
    append_step_summary(render_fleet_markdown(members).encode())
    document = as_document(members, worst_code(members), hide_account=is_hidden)
    write_json(output / "fleet.json", document)
    for member in members:
        line = f"{member.name}: {member.verdict}, version {member.version}"
        if not member.is_judged:
            line += f": {member.message}"
        print(reveal(mask_account(line) if is_hidden else line))
    print(f"written: {', '.join(str(output / name) for name in EXPORTS)}")
    print(f"rekmetrics: {say_fleet(members)}")
