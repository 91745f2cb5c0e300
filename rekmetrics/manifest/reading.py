"""
From bytes to a manifest: blocks the fast way, single lines where that fails.

A block that the fast way cannot take is halved, and each half tried again, down to
some lines: one unusual line costs the strict reading of its neighbours, and a file of
unusual ones not much more than strict reading, some ten times the fast way.
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
from rekmetrics.manifest.notes import Oddity
from rekmetrics.manifest.tidying import tidy

_PIECES = 16
"""Into so many pieces a block is halved at most."""

Reader = ClassificationReader | DetectionReader


def parse_manifest(chunks: Iterable[bytes]) -> Manifest:
    """
    Read a test manifest, given as consecutive pieces of any size.

    What is odd and can be read is read, and noted.

    Raises:
        ManifestError: naming the line that could not be read.
    """
    columns = Columns()
    reader: Reader | None = None
    try:
        for block in cut_blocks(chunks):
            reader = _read(block, reader or _choose(block.data, columns), columns)
    except LineError as error:
        raise ManifestError(str(error), line=columns.n_lines + 1) from error
    if reader is None:
        raise ManifestError("the manifest is empty but for blank lines.")
    _check_kinds(columns)
    if len(columns.entry_labels) == 0:
        raise ManifestError(
            f"no prediction on any of {columns.n_images} lines: this is a training "
            "manifest (TrainingGroundTruth-….json) or another data set's; the test "
            "manifest is what TestingDataResult.Output points to."
        )
    return tidy(columns.finish(is_detection=reader.is_detection), columns.notes)


def _choose(block: bytes, columns: Columns) -> Reader | None:
    """The reader of the kind that most lines are of; None where that is open."""
    kinds = DETECTION, CLASSIFICATION
    n_boxes, n_labels = (block.count(f'"{kind}"'.encode()) for kind in kinds)
    if n_boxes == n_labels:
        return None
    return (DetectionReader if n_boxes > n_labels else ClassificationReader)(columns)


def _check_kinds(columns: Columns) -> None:
    n_other = columns.notes.counts.get(Oddity.OTHER_KIND, 0)
    if n_other > columns.n_images:
        raise ManifestError(
            f"{columns.n_images} lines are of one kind of model and {n_other} of the "
            "other; a test manifest holds one kind, or a few lines of the other."
        )


def _read(block: Block, reader: Reader | None, columns: Columns) -> Reader | None:
    """Read whole lines."""
    if reader is not None and reader.read_block(block.data):
        return reader
    first, second = halve(block)
    if first is None or len(block.data) <= blocks.BLOCK // _PIECES:
        return _read_lines(block, reader, columns)
    return _read(second, _read(first, reader, columns), columns)


def _read_lines(block: Block, reader: Reader | None, columns: Columns) -> Reader | None:
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


def _read_line(text: bytes, reader: Reader | None, columns: Columns) -> Reader | None:
    """Read one line; the first one tells the kind of model, if it is not known yet."""
    if not text.strip():
        columns.skip_line(Oddity.BLANK)
        return reader
    line = read_line(text)
    is_detection = line.type == DETECTION
    if reader is None:
        reader = (DetectionReader if is_detection else ClassificationReader)(columns)
    if is_detection == reader.is_detection:
        reader.read_line(line)
    else:
        columns.skip_line(Oddity.OTHER_KIND)
    return reader
