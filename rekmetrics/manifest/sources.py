"""Images by their source-refs: those of training, and what S3 tells of their bytes."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec

from rekmetrics.errors import EvaluationError, ManifestError
from rekmetrics.manifest.blocks import Block, cut_blocks
from rekmetrics.manifest.columns import LineError, Texts


@dataclass(frozen=True, slots=True)
class Training:
    """The source-refs of the training manifest, or why there are none."""

    sources: Texts | None
    why_not: str = ""


class Stored(msgspec.Struct, frozen=True, gc=False):
    """
    One image as S3 keeps it.

    Equal sizes and ETags are equal bytes. Different ETags are different bytes only
    where `parts`, the sizes that it was uploaded in, are known and equal: () is in one
    piece, None that nobody asked, or that the ETag is no hash of the bytes.
    """

    source: str
    size: int
    etag: str
    parts: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Images:
    """What S3 tells, by source-ref; None, and why, where the lists were not had."""

    stored: Mapping[str, Stored] | None
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


def parse_images(chunks: Iterable[bytes]) -> Mapping[str, Stored]:
    """
    What S3 told of images, by source-ref, from JSON Lines of `Stored`.

    Raises:
        EvaluationError: somebody else wrote it.
    """
    decoder = msgspec.json.Decoder(Stored)
    try:
        lines = decoder.decode_lines(b"".join(chunks))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EvaluationError(f"the list of images cannot be read: {error}") from error
    return {one.source: one for one in lines}


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
