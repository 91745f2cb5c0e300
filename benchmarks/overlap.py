"""
Whether an evaluation is parsed while it arrives: together, and each alone.

    python benchmarks/overlap.py FOLDER

reads the folder's manifest from a server on loopback, in turn: without parsing it,
parsing it from memory, and as the gate does. Best of several turns, by the clock: it
needs two processors that are free.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from server import BUCKET, serving

from rekmetrics.aws import Aws, S3Location
from rekmetrics.manifest import parse_manifest
from rekmetrics.streams import ReadAhead


def measure(folder: str, n_turns: int) -> dict[str, Any]:
    path = Path(folder)
    with serving(path) as variables:
        os.environ.update(variables)
        aws = Aws("us-east-1")
        place = S3Location(BUCKET, "manifest.jsonl", None)
        chunks = list(read_chunks(path / "manifest.jsonl"))
        ways = {
            "download": lambda: drain(aws, place),
            "parse": lambda: parse_manifest(chunks),
            "together": lambda: parse_while_it_arrives(aws, place),
        }
        drain(aws, place)
        turns = [
            {name: seconds(way) for name, way in ways.items()} for _ in range(n_turns)
        ]
    best = {name: min(turn[name] for turn in turns) for name in ways}
    slower = max(best["download"], best["parse"])
    return {**best, "ratio": best["together"] / slower}


def read_chunks(path: Path):
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def drain(aws: Aws, place: S3Location) -> None:
    with ReadAhead(lambda: aws.open(place)) as ahead:
        for _ in ahead:
            pass


def parse_while_it_arrives(aws: Aws, place: S3Location) -> None:
    with ReadAhead(lambda: aws.open(place)) as ahead:
        parse_manifest(iter(ahead))


def seconds(way) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


def main() -> None:
    found = measure(sys.argv[1], 5)
    print(
        "download {download:.2f} s, parse {parse:.2f} s, together {together:.2f} s: "
        "{ratio:.2f} times the slower of the two".format(**found)
    )


if __name__ == "__main__":
    main()
