"""Bytes as they come, cut into blocks of whole lines."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from rekmetrics.errors import ManifestError
from rekmetrics.manifest.columns import LineError

_OPEN, _CLOSE = b"{}"

BLOCK = 1 << 18
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


def check_text(data: bytes) -> None:
    """UnicodeDecodeError unless it is UTF-8, skipped values included."""
    if not data.isascii():
        data.decode()


def count_lines(block: bytes) -> int:
    """
    The lines of a block of JSON objects; 0 unless each line is for objects alone.

    A newline right between `}` and `{` lies in no object. So a block of as many
    objects as lines has one on each.
    """
    n_lines = start = 0
    size, find = len(block), block.find
    while start < size and block[start] == _OPEN:
        end = find(b"\n", start)
        if block[end - 1] != _CLOSE and block[end - 2 : end] != b"}\r":
            return 0
        n_lines += 1
        start = end + 1
    return n_lines if start == size else 0


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
    buffer = bytearray()
    n_cut, wanted = 0, BLOCK
    for chunk in chunks:
        buffer += chunk
        if len(buffer) < wanted:
            continue
        if n_cut == 0:
            _check_start(buffer)
        n_cut += yield from _cut(buffer)
        # A long line is looked at again when there is twice as much of it.
        wanted = max(BLOCK, 2 * len(buffer))
        _check_size(len(buffer), n_cut + len(buffer))
    if n_cut == 0:
        _check_start(buffer)
    n_cut += yield from _cut(buffer)
    _check_size(len(buffer) - buffer.rfind(b"\n", 0, -1), n_cut + len(buffer))
    if buffer:
        is_cut = not buffer.endswith(b"\n")
        yield Block(bytes(buffer) + b"\n" if is_cut else bytes(buffer), is_cut)


def _cut(buffer: bytearray) -> Generator[Block, None, int]:
    """Take blocks off the beginning of the buffer, and say how long they were."""
    start = 0
    with memoryview(buffer) as view:
        while len(buffer) - start >= BLOCK:
            end = buffer.rfind(b"\n", start, start + BLOCK) + 1
            end = end or buffer.find(b"\n", start + BLOCK) + 1
            if end == 0:
                break
            if end - start > MAX_LINE:
                raise _too_long()
            yield Block(bytes(view[start:end]))
            start = end
    del buffer[:start]
    return start


def halve(block: Block) -> tuple[Block | None, Block]:
    """About as many bytes in both, in whole lines; no first half of a single line."""
    data, middle = block.data, len(block.data) // 2
    end = data.rfind(b"\n", 0, middle) + 1 or data.find(b"\n", middle, -1) + 1
    if end == 0:
        return None, block
    return Block(data[:end]), Block(data[end:], block.is_cut)


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


_SUMMARY = re.compile(rb'"AggregatedEvaluationResults"\s*:')
_OTHER_STARTS = {
    b"\x1f\x8b": "gzip data; decompress it first",
    b"PK\x03\x04": "a ZIP archive; unpack it first",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
    b"<": "HTML or XML, perhaps an error page; fetch it again",
    b"[": "a JSON array; wanted JSON Lines, one object a line",
}


def _check_start(buffer: bytearray) -> None:
    """Name the file if its first bytes are another kind's; drop a byte order mark."""
    if buffer.startswith(BOM_UTF8):
        del buffer[: len(BOM_UTF8)]
    if not buffer:
        raise ManifestError("the manifest is empty: no image was tested, or none came.")
    for start, text in _OTHER_STARTS.items():
        if buffer.startswith(start):
            raise ManifestError(f"the file starts as {text}.", line=1)
    if b"\0" in buffer[:4]:
        raise ManifestError("the file starts as UTF-16 or binary data.", line=1)
    if _SUMMARY.search(buffer, 0, BLOCK):
        raise ManifestError(
            "this is the evaluation summary, not the test manifest; the manifest is "
            "what TestingDataResult.Output points to.",
            line=1,
        )
