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
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


def measure(path: str, n_turns: int) -> dict[str, Any]:
    """Seconds of the processor, the ratios between them, and memory in MiB."""
    manifest_path = Path(path)
    functions = (skip_lines, skip_blocks, ours)
    times: dict[str, list[float]] = {function.__name__: [] for function in functions}
    for _ in range(n_turns):
        for function in functions:
            times[function.__name__].append(seconds(function, manifest_path))
    best = {name: min(found) for name, found in times.items()}
    manifest = parse_manifest(read_chunks(manifest_path))
    n_images, n_entries = len(manifest.sources), len(manifest.entry_labels)
    arrays = sum(map(n_bytes, (*columns(manifest), *columns(manifest.sources))))
    before, after = peak_memory(manifest_path)
    return {
        **best,
        "size": manifest_path.stat().st_size / 1e6,
        "n_images": n_images,
        "n_entries": n_entries,
        "ratio": best["ours"] / best["skip_lines"],
        "ratio_blocks": best["ours"] / best["skip_blocks"],
        "before": before,
        "growth": after - before,
        "arrays": arrays / 2**20,
        "allowed": (100 * n_images + 8 * n_entries) / 2**20,
    }


def columns(holder: object) -> list[Any]:
    """The arrays and packed texts that it holds."""
    found = (getattr(holder, name) for name in holder.__dataclass_fields__)
    return [column for column in found if isinstance(column, array | bytearray)]


def n_bytes(column: array[Any] | bytearray) -> int:
    return len(column) * getattr(column, "itemsize", 1)


def report(path: Path, n_turns: int) -> None:
    print(
        "{path}: {size:.0f} MB, {n_images} images, {n_entries} entries\n"
        "  ours {ours:.2f} s; skipping by lines {skip_lines:.2f} s: ratio {ratio:.2f}; "
        "by blocks {skip_blocks:.2f} s: ratio {ratio_blocks:.2f}\n"
        "  memory: {before:.0f} MiB before, {growth:+.1f} MiB at the peak; arrays of "
        "{arrays:.1f} MiB (100 bytes an image, 8 an entry: {allowed:.1f} MiB)".format(
            path=path, **measure(str(path), n_turns)
        )
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
