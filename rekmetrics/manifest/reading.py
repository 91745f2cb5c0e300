"""From bytes to a manifest: blocks the fast way, single lines where that fails."""

from __future__ import annotations

from collections.abc import Iterable

from rekmetrics.errors import ManifestError
from rekmetrics.manifest.blocks import Block, cut_blocks
from rekmetrics.manifest.classification import ClassificationReader
from rekmetrics.manifest.columns import Columns, LineError, Manifest
from rekmetrics.manifest.detection import DetectionReader
from rekmetrics.manifest.lines import CLASSIFICATION, DETECTION, read_line

__all__ = ["parse_manifest"]

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
    for block in cut_blocks(chunks):
        if reader is None or not reader.read_block(block.data):
            reader = _read_lines(block, reader, columns)
    if reader is None or columns.n_images == 0:
        raise ManifestError("the manifest has no line: no image was tested.")
    if len(columns.entry_labels) == 0:
        raise ManifestError(
            f"no prediction on any of {columns.n_images} lines: this is a training "
            "manifest (TrainingGroundTruth-….json) or another data set's; the test "
            "manifest is what TestingDataResult.Output points to."
        )
    return columns.finish(is_detection=reader.is_detection)


def _read_lines(block: Block, reader: Reader | None, columns: Columns) -> Reader | None:
    """Read a block line by line; the first line of all tells the kind of model."""
    texts = block.data.split(b"\n")[:-1]
    for number, text in enumerate(texts, start=block.first_line):
        try:
            line = read_line(text)
            kind = line.type
            if reader is None:
                is_detection = kind == DETECTION
                reader = (DetectionReader if is_detection else ClassificationReader)(
                    columns
                )
            wanted = DETECTION if reader.is_detection else CLASSIFICATION
            if kind != wanted:
                raise LineError(
                    f"found {kind}, but the lines before are {wanted}: a manifest "
                    "holds one kind of model."
                )
            reader.read_line(line)
        except LineError as error:
            cut = block.is_cut and number == block.first_line + len(texts) - 1
            hint = " The file ends in this line: it was cut; fetch it again."
            raise ManifestError(f"{error}{hint if cut else ''}", line=number) from error
    return reader
