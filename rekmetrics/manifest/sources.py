"""The images of a training manifest: their source-refs and nothing else."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from rekmetrics.errors import ManifestError
from rekmetrics.manifest.blocks import Block, cut_blocks
from rekmetrics.manifest.columns import LineError, Texts

__all__ = ["Training", "parse_sources"]


@dataclass(frozen=True, slots=True)
class Training:
    """The source-refs of the training manifest, or why there are none."""

    sources: Texts | None
    why_not: str = ""


class _Line(msgspec.Struct, gc=False):
    source: str = msgspec.field(name="source-ref")


_DECODER = msgspec.json.Decoder(_Line)


def parse_sources(chunks: Iterable[bytes]) -> Texts:
    """
    The source-ref of each line, in the order of the file, within a block's memory.

    Raises:
        ManifestError: naming the line that is no JSON object with a `source-ref`.
    """
    packed, ends = bytearray(), array("I")
    try:
        for block in cut_blocks(chunks):
            _read(block, packed, ends)
    except LineError as error:
        raise ManifestError(
            f"training manifest: {error}", line=len(ends) + 1
        ) from error
    return Texts(packed, ends)


def _read(block: Block, packed: bytearray, ends: array[int]) -> None:
    for line in block.data.splitlines():
        if not line.strip():
            continue
        try:
            packed += _DECODER.decode(line).source.encode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            text = f"found no JSON object with a source-ref: {error}"
            raise LineError(text) from error
        ends.append(len(packed))
