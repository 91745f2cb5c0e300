"""
Copy an evaluation without names, so that it can be attached to an issue.

Labels, sources, ARNs, job names, dates and unknown keys are replaced, equal ones by
equal ones; order, flags, numbers, oddities and faults of the JSON stay. Look at the
copy before you send it.
"""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._source import add_source, read_gate
from rekmetrics.errors import RequestError

if TYPE_CHECKING:
    import argparse

    from rekmetrics.streams import ByteStream


EXAMPLES = ("rekmetrics anonymize --evaluation-dir kept --output copy",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which evaluation is copied, and where to."""
    add_source(parser)
    parser.add_argument(
        "--output", metavar="DIR", type=Path, required=True, help="an empty folder"
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the copy, and say where it lies."""
    from rekmetrics.anonymizing import Anonymizer
    from rekmetrics.files import write_atomically
    from rekmetrics.loading.places import OWN_NAMES

    output = arguments.output
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise RequestError(f"{output} is there already; give a folder that is not.")
    summary, manifest = map(_read, _open(arguments))
    anonymizer = Anonymizer()
    parts = {
        OWN_NAMES["summary"]: anonymizer.document(summary),
        OWN_NAMES["manifest"]: anonymizer.lines(manifest),
    }
    for name, data in parts.items():
        write_atomically(output / name, data)
        print(f"{output / name}: {len(data):,} bytes")
    print(
        "Nothing but structure, flags and numbers was kept, and no evaluation.json: "
        "its digests are the originals'. Look before you send it."
    )
    return 0


def _open(arguments: argparse.Namespace) -> tuple[ByteStream, ByteStream]:
    """Both files, as they are: what cannot be judged can be copied all the same."""
    from rekmetrics.loading.places import the_one
    from rekmetrics.streams import FileStream

    request = read_gate(arguments)
    if request is not None and request.evaluation_dir is not None:
        folder = request.evaluation_dir
        paths = the_one(folder, "summary"), the_one(folder, "manifest")
        return FileStream(paths[0]), FileStream(paths[1])
    from rekmetrics.aws import Aws
    from rekmetrics.run.choosing import choose, locate_project

    project = name = None
    if request is not None:
        request = locate_project(request)
        project, name = request.project, request.version_name
    if request is None or project is None or name is None:
        raise RequestError(
            "which evaluation? Give --evaluation-dir DIR, or --project-arn ARN and "
            "--version NAME."
        )
    aws = Aws(project.region, profile=request.aws_profile)
    described = aws.describe_version(project, choose(project, name, aws).name)
    return aws.open(described.summary), aws.open(described.manifest)


def _read(stream: ByteStream) -> bytes:
    with contextlib.closing(stream):
        return b"".join(iter(partial(stream.read, 1 << 20), b""))
