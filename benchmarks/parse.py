"""
How far reading a manifest is from only skipping over its JSON.

    python benchmarks/parse.py MANIFEST…

Per manifest: two floors (msgspec decodes every line into an object without fields, and
throws it away; line by line as Python reads them, or in blocks of 64 KB), ours
(`parse_manifest`, all columns), the ratios, and the peak memory of ours in a process
of its own. CPU seconds, best of several turns taken alternately, so that a busy machine
slows all.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy  # noqa: F401  (so that the memory before counts it)

from rekmetrics.manifest import parse_manifest

CHUNK = 1 << 20
BLOCK = 1 << 16


class Nothing(msgspec.Struct, gc=False):
    """An object of which every key is skipped."""


def read_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def skip_lines(path: Path) -> None:
    """The floor for whoever reads lines: nothing built."""
    decode = msgspec.json.Decoder(Nothing).decode
    with path.open("rb") as file:
        for line in file:
            decode(line)


def skip_blocks(path: Path) -> None:
    """The floor of floors: whole lines in blocks, nothing built, nothing checked."""
    decoder = msgspec.json.Decoder(Nothing)
    rest = b""
    for chunk in read_chunks(path):
        for start in range(0, len(chunk), BLOCK):
            piece = chunk[start : start + BLOCK]
            end = piece.rfind(b"\n") + 1
            decoder.decode_lines(rest + piece[:end])
            rest = piece[end:]


def ours(path: Path) -> None:
    parse_manifest(read_chunks(path))


def seconds(function: Callable[[Path], None], path: Path) -> float:
    start = time.process_time()
    function(path)
    return time.process_time() - start


def peak_memory(path: Path) -> tuple[float, float]:
    """MiB of a fresh process before and after it has read the manifest."""
    command = [sys.executable, __file__, "--memory", str(path)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    before, after = answer.split()
    return float(before), float(after)


def resident_peak() -> float:
    """MiB, of this process alone (getrusage counts the parent's, too)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def print_memory(path: Path) -> None:
    before = resident_peak()
    manifest = parse_manifest(read_chunks(path))
    print(before, resident_peak() if manifest.sources else 0)


def report(path: Path, turns: int) -> None:
    functions = (skip_lines, skip_blocks, ours)
    times: dict[str, list[float]] = {function.__name__: [] for function in functions}
    for _ in range(turns):
        for function in functions:
            times[function.__name__].append(seconds(function, path))
    best = {name: min(found) for name, found in times.items()}
    manifest = parse_manifest(read_chunks(path))
    n_images, n_entries = len(manifest.sources), len(manifest.entry_labels)
    before, after = peak_memory(path)
    allowed = (100 * n_images + 8 * n_entries) / 2**20
    print(
        f"{path}: {path.stat().st_size / 1e6:.0f} MB, {n_images} images, "
        f"{n_entries} entries\n"
        f"  ours {best['ours']:.2f} s; skipping by lines {best['skip_lines']:.2f} s: "
        f"ratio {best['ours'] / best['skip_lines']:.2f}; by blocks "
        f"{best['skip_blocks']:.2f} s: ratio {best['ours'] / best['skip_blocks']:.2f}\n"
        f"  memory: {before:.0f} MiB before, {after - before:+.1f} MiB at the peak; "
        f"100 bytes an image and 8 an entry are {allowed:.1f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("manifests", type=Path, nargs="+")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--memory", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for path in options.manifests:
        if options.memory:
            print_memory(path)
        else:
            report(path, options.turns)


if __name__ == "__main__":
    main()
