"""
Hostile bytes against every parser, for a bounded time.

    python tests/fuzz/run.py [SECONDS] [SEED]

Seeds are good documents; each input is one of them, damaged a few times. A parser may
accept it or raise an error of ours, within a second or so. What does neither is
written to fuzz-findings/ and ends the run with exit code 1; it then becomes a case in
tests/faults.
"""

from __future__ import annotations

import hashlib
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.gates import GOOD, THRESHOLDS, documents, zoo

from rekmetrics.errors import RekmetricsError
from rekmetrics.evaluation import build_evaluation
from rekmetrics.manifest import parse_manifest
from rekmetrics.summary import parse_summary
from rekmetrics.thresholds import parse_thresholds

__all__ = ["TARGETS", "damage", "fuzz"]

LIMIT = 2.0
"""Seconds that one input may take, on a machine that does other things as well."""

TOKENS = [
    *(
        b"{",
        b"}",
        b"[",
        b"]",
        b'"',
        b":",
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"\\",
        b"- ",
        b"  ",
    ),
    *(b"null", b"true", b"NaN", b"1e999", b"-1", b"0.5", b"9" * 400, b"\\ud800"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"&a", b"*a", b"<<: ", b"!!x "),
    *(b"[" * 2000, b'{"a":' * 2000, b'"class-name"', b"is-true-positive", b"*", b"->"),
]

_MADE = documents(zoo(1), GOOD)


def _manifest(data: bytes) -> None:
    manifest = parse_manifest(data[at : at + 4096] for at in range(0, len(data), 4096))
    build_evaluation(manifest, parse_summary(_MADE["summary"]))


def _thresholds(data: bytes) -> None:
    file = parse_thresholds(data, "thresholds.yaml", has_baseline=True)
    file.plan(("cat", "ant", "bee"), "multiclass")


TARGETS: dict[str, tuple[Callable[[bytes], object], list[bytes]]] = {
    "manifest": (
        _manifest,
        [b"".join(_MADE["manifest"].splitlines(keepends=True)[10:13])],
    ),
    "summary": (parse_summary, [_MADE["summary"]]),
    "thresholds": (
        _thresholds,
        [
            THRESHOLDS.encode(),
            (
                b"min_confidence: 0.6\n"
                b"defaults: {level: error, alpha: 0.05}\n"
                b'labels: {"*": {recall: {min: 0.1, max_regression: 0.1}}}\n'
                b"confusions:\n  cat -> bee: {max_rate: 0.01, min_support: 3}\n"
            ),
        ],
    ),
}


def damage(data: bytes, chance: random.Random) -> bytes:
    """A few changes: bytes flipped, parts cut, doubled, moved, tokens put in."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 1, 2, 8, 64, 512)))
        part = data[start:end]
        data = chance.choice(
            (
                data[:start] + chance.choice(TOKENS) + data[end:],
                data[:start] + chance.choice(TOKENS) + data[start:],
                data[:start] + chance.randbytes(len(part)) + data[end:],
                data[:start] + part * chance.randint(2, 5) + data[end:],
                data[:start] + data[end:],
                data[:start],
            )
        )
    return data


def fuzz(name: str, seconds: float, seed: int) -> tuple[int, dict[str, bytes]]:
    """How many inputs were tried, and those that ended as they may not."""
    target, seeds = TARGETS[name]
    chance = random.Random(f"{name} {seed}")
    findings: dict[str, bytes] = {}
    n_tried = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        data = damage(chance.choice(seeds), chance)
        n_tried += 1
        # The thread's own time: others on the machine do not make an input slow.
        before = time.thread_time()
        try:
            target(data)
        except RekmetricsError:
            pass
        except Exception as error:  # noqa: BLE001 (that is what is looked for)
            place = traceback.extract_tb(error.__traceback__)[-1]
            findings.setdefault(f"{type(error).__name__} at {place.name}", data)
        if time.thread_time() - before > LIMIT:
            findings.setdefault("too slow", data)
    return n_tried, findings


def main(seconds: float = 60.0, seed: int = 0) -> int:
    """Every target for its share of the time."""
    code = 0
    for name in TARGETS:
        n_tried, findings = fuzz(name, seconds / len(TARGETS), seed)
        print(f"{name}: {n_tried} inputs, {len(findings)} findings")
        for what, data in findings.items():
            code = 1
            folder = Path("fuzz-findings")
            folder.mkdir(exist_ok=True)
            path = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}"
            path.write_bytes(data)
            print(f"  {what}: {path}")
    return code


if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(
        main(float(given[0]) if given else 60.0, int(given[1]) if given[1:] else 0)
    )
