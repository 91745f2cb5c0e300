"""
Judge several models in one call, each by bounds of its own.

It ends with 0 only where every model passed, else with the worst of 3, 4, 6, 5 and 1.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from rekmetrics.fleet.file import FleetModel
    from rekmetrics.fleet.results import Member

__all__ = ["EXAMPLES", "add_arguments", "run"]

EXAMPLES = (
    "rekmetrics fleet fleet.yaml",
    "rekmetrics fleet fleet.yaml --matrix github",
)

_EXPORTS = ("fleet.json", "fleet.xml", "fleet.html")


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
    other = parser.add_mutually_exclusive_group()
    other.add_argument(
        "--matrix",
        choices=("github", "gitlab"),
        help="judge nothing; print a matrix for jobs of the CI, one gate each",
    )
    other.add_argument(
        "--schema",
        action="store_true",
        help="print the file's JSON Schema",
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

    if arguments.schema:
        print(render_schema())
        return 0
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
    output: Path = arguments.output
    if arguments.collect is not None:
        return _finish(models, _collected(arguments.collect), arguments)
    load_own_metrics(Path.cwd())
    _judge(models, arguments)
    return _finish(
        models, {m.name: output / f"{m.name}.json" for m in models}, arguments
    )


def _judge(models: Sequence[FleetModel], arguments: argparse.Namespace) -> None:
    from rekmetrics.fleet.judging import judge_fleet

    names = judge_fleet(
        models,
        arguments.output,
        n_workers=min(arguments.n_workers, len(models)),
        mask_account=arguments.mask_account,
    )
    for name in names:
        print(f"judged: {name}", flush=True)


def _collected(where: Path) -> dict[str, Path]:
    """The results below a folder, by the name of their file; none may come twice."""
    from rekmetrics.errors import RequestError

    if not where.is_dir():
        raise RequestError(f"--collect {where}: there is no such folder.")
    found: dict[str, Path] = {}
    for path in sorted(where.rglob("*.json")):
        if path.name in _EXPORTS:
            continue
        if (other := found.setdefault(path.stem, path)) != path:
            raise RequestError(f"two results of one name: {other} and {path}.")
    return found


def _finish(
    models: Sequence[FleetModel],
    results: Mapping[str, Path],
    arguments: argparse.Namespace,
) -> int:
    from rekmetrics.fleet.page import say_fleet
    from rekmetrics.fleet.results import read_members, worst_code
    from rekmetrics.texts import mask_account, reveal

    members = read_members(models, results, arguments.output)
    code = worst_code(members)
    _write(members, code, arguments)
    for member in members:
        line = f"{member.name}: {member.verdict}, version {member.version}"
        if member.exit_code not in (0, 1):
            line += f": {member.message}"
        print(reveal(mask_account(line) if arguments.mask_account else line))
    print(f"written: {', '.join(str(arguments.output / name) for name in _EXPORTS)}")
    print(f"rekmetrics: {say_fleet(members)}")
    return code


def _write(members: Sequence[Member], code: int, arguments: argparse.Namespace) -> None:

    from rekmetrics.files import write_atomically, write_json
    from rekmetrics.fleet.exports import render_junit
    from rekmetrics.fleet.page import render_fleet, render_fleet_markdown
    from rekmetrics.fleet.results import as_document
    from rekmetrics.run.results import append_step_summary

    output: Path = arguments.output
    document = as_document(members, code, hide_account=arguments.mask_account)
    junit = render_junit(members, hide_account=arguments.mask_account)
    write_atomically(output / "fleet.xml", junit)
    write_atomically(output / "fleet.html", render_fleet(members).encode())
    append_step_summary(render_fleet_markdown(members).encode())
    write_json(output / "fleet.json", document)
