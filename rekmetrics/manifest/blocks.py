"""Bytes as they come, cut into blocks of whole lines."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

import msgspec
import numpy as np

from rekmetrics.errors import ManifestError
from rekmetrics.manifest.columns import LineError

__all__ = [
    "BLOCK",
    "MAX_FILE",
    "MAX_LINE",
    "UNUSUAL",
    "Block",
    "check_text",
    "count_byte",
    "cut_blocks",
]

BLOCK = 1 << 16
"""Blocks are cut before each multiple of so many bytes, wherever the chunks end."""

MAX_LINE = 1 << 24
"""Longest line, 16 MiB: AWS allows 50 labels or boxes an image, some 50 KB."""

MAX_FILE = (1 << 32) - 1
"""Longest manifest, 4 GiB: AWS allows 1 GB."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, each with its newline; `is_cut` if the last one had none."""

    data: bytes
    is_cut: bool = False


UNUSUAL = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError)
"""How the fast way ends on a block that has to be read line by line."""


def check_text(data: bytes) -> None:
    """UnicodeDecodeError unless it is UTF-8, skipped values included."""
    if not data.isascii():
        data.decode()


def count_byte(data: bytes, byte: bytes) -> int:
    """`data.count(byte)`, five times as fast: the one thing that needs numpy here."""
    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == byte[0]))


def cut_blocks(chunks: Iterable[bytes]) -> Iterator[Block]:
    """
    Cut consecutive pieces of a file into blocks of whole lines.

    Where the blocks end depends on the file alone, not on the pieces. A last line
    without a newline is given one.

    Raises:
        ManifestError: if the file is empty or too long, or starts as another kind of
            file does.
        LineError: if the line after the blocks so far is too long.
    """
    pending: list[bytes] = []
    total, size, wanted = 0, 0, BLOCK
    for chunk in chunks:
        pending.append(chunk)
        size += len(chunk)
        if size < wanted:
            continue
        data = b"".join(pending)
        if total == 0:
            _check_start(data)
        start = yield from _cut(data)
        total += start
        pending, size = [data[start:]], len(data) - start
        # A long line is looked at again when there is twice as much of it.
        wanted = max(BLOCK, 2 * size)
        _check_size(size, total + size)
    data = b"".join(pending)
    if total == 0:
        _check_start(data)
    start = yield from _cut(data)
    rest = data[start:]
    _check_size(len(rest) - rest.rfind(b"\n", 0, -1), total + size)
    if rest:
        is_cut = not rest.endswith(b"\n")
        yield Block(rest + b"\n" if is_cut else rest, is_cut)


def _cut(data: bytes) -> Generator[Block, None, int]:
    """The blocks at the beginning of the data, and where they end."""
    start = 0
    while len(data) - start >= BLOCK:
        end = data.rfind(b"\n", start, start + BLOCK) + 1
        end = end or data.find(b"\n", start + BLOCK) + 1
        if end == 0:
            break
        if end - start > MAX_LINE:
            raise _too_long()
        yield Block(data[start:end])
        start = end
    return start


def _check_size(n_line: int, n_file: int) -> None:
    if n_line > MAX_LINE:
        raise _too_long()
    if n_file > MAX_FILE:
        raise ManifestError("the manifest is longer than 4 GiB; AWS allows 1 GB.")


def _too_long() -> LineError:
    return LineError(
        f"longer than {MAX_LINE >> 20} MiB; one image with AWS's 50 labels or boxes "
        "needs about 50 KB: is this the test manifest?"
    )


_OTHER_STARTS = {
    b"\x1f\x8b": "gzip data; decompress it first",
    b"PK\x03\x04": "a ZIP archive; unpack it first",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"\xef\xbb\xbf": "UTF-8 text with a byte order mark; save it without",
    b"<": "HTML or XML, perhaps an error page; fetch it again",
    b"[": "a JSON array; wanted JSON Lines, one object a line",
}


def _check_start(block: bytes) -> None:
    """Name the file if its first bytes are another kind's."""
    if not block:
        raise ManifestError("the manifest is empty: no image was tested, or none came.")
    for start, text in _OTHER_STARTS.items():
        if block.startswith(start):
            raise ManifestError(f"the file starts as {text}.", line=1)
    if b"\0" in block[:4]:
        raise ManifestError("the file starts as UTF-16 or binary data.", line=1)
    if b'"AggregatedEvaluationResults"' in block:
        raise ManifestError(
            "this is the evaluation summary, not the test manifest; the manifest is "
            "what TestingDataResult.Output points to.",
            line=1,
        )
