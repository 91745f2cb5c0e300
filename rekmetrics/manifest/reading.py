"""
From bytes to a manifest: blocks the fast way, single lines where that fails.

A block that the fast way cannot take is halved, and each half tried again, down to
some lines: one unusual line costs the strict reading of its neighbours, and a file of
unusual ones not much more than strict reading.
"""

from __future__ import annotations

from collections.abc import Iterable

from rekmetrics.errors import ManifestError
from rekmetrics.manifest import blocks
from rekmetrics.manifest.blocks import Block, cut_blocks, halve
from rekmetrics.manifest.classification import ClassificationReader
from rekmetrics.manifest.columns import Columns, LineError, Manifest
from rekmetrics.manifest.detection import DetectionReader
from rekmetrics.manifest.lines import CLASSIFICATION, DETECTION, read_line

__all__ = ["parse_manifest"]

_PIECES = 16
"""Into so many pieces a block is halved at most."""

Reader = ClassificationReader | DetectionReader


def parse_manifest(chunks: Iterable[bytes]) -> Manifest:
    """
    Read a test manifest, given as consecutive pieces of any size.

    Labels get their codes in the order in which they first appear.

    Raises:
        ManifestError: naming the line that could not be read.
    """
    columns = Columns()
    reader: Reader | None = None
    try:
        for block in cut_blocks(chunks):
            reader = _read(block, reader, columns)
    except LineError as error:
        raise ManifestError(str(error), line=columns.n_images + 1) from error
    if reader is None or len(columns.entry_labels) == 0:
        raise ManifestError(
            f"no prediction on any of {columns.n_images} lines: this is a training "
            "manifest (TrainingGroundTruth-….json) or another data set's; the test "
            "manifest is what TestingDataResult.Output points to."
        )
    return columns.finish(is_detection=reader.is_detection)


def _read(block: Block, reader: Reader | None, columns: Columns) -> Reader:
    """Read whole lines; the first one of all tells the kind of model."""
    if reader is not None and reader.read_block(block.data):
        return reader
    first, second = halve(block)
    if first is None or len(block.data) <= blocks.BLOCK // _PIECES:
        return _read_lines(block, reader, columns)
    return _read(second, _read(first, reader, columns), columns)


def _read_lines(block: Block, reader: Reader | None, columns: Columns) -> Reader:
    """Read a block line by line."""
    *texts, last = block.data[:-1].split(b"\n")
    for text in texts:
        reader = _read_line(text, reader, columns)
    try:
        return _read_line(last, reader, columns)
    except LineError as error:
        if not block.is_cut:
            raise
        raise LineError(
            f"{error} The file ends in this line: it was cut; fetch it again."
        ) from error


def _read_line(text: bytes, reader: Reader | None, columns: Columns) -> Reader:
    line = read_line(text)
    kind = line.type
    if reader is None:
        is_detection = kind == DETECTION
        reader = (DetectionReader if is_detection else ClassificationReader)(columns)
    wanted = DETECTION if reader.is_detection else CLASSIFICATION
    if kind != wanted:
        raise LineError(
            f"found {kind}, but the lines before are {wanted}: a manifest holds one "
            "kind of model."
        )
    reader.read_line(line)
    return reader
