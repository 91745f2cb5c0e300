"""Lines of object-detection models."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import UNUSUAL, check_text, count_byte
from rekmetrics.manifest.classification import (
    KINDS,
    Confidence,
    Details,
    kind_of,
)
from rekmetrics.manifest.columns import Columns, LineError
from rekmetrics.manifest.lines import (
    EVALUATION_DETAILS,
    Line,
    Role,
    decode_part,
)
from rekmetrics.manifest.quotes import QuoteCounts, count_quotes

__all__ = ["DetectionReader"]


class Box(msgspec.Struct, gc=False):
    class_id: int
    left: float
    top: float
    width: float
    height: float


class Size(msgspec.Struct, gc=False, frozen=True):
    width: Annotated[int, msgspec.Meta(ge=1, lt=2**32)]
    height: Annotated[int, msgspec.Meta(ge=1, lt=2**32)]


class Picture(msgspec.Struct, gc=False):
    """The value of an attribute: its boxes, and the image's size."""

    annotations: list[Box]
    image_size: Annotated[list[Size], msgspec.Meta(min_length=1, max_length=1)]


class TruthObject(msgspec.Struct, gc=False):
    """A ground-truth box has nothing that is needed; it only has to be there."""


class EntryObject(msgspec.Struct, gc=False):
    confidence: Confidence
    details: Details = msgspec.field(name=EVALUATION_DETAILS)


class TruthMetadata(msgspec.Struct, gc=False):
    class_map: dict[int, str] = msgspec.field(name="class-map")
    objects: list[TruthObject]
    type: Literal["groundtruth/object-detection"]


class EntryMetadata(msgspec.Struct, gc=False):
    class_map: dict[int, str] = msgspec.field(name="class-map")
    objects: list[EntryObject]
    type: Literal["groundtruth/object-detection"]


class FastLine(msgspec.Struct, gc=False):
    """A line with the keys that Rekognition is known to write; others are ignored."""

    source: str = msgspec.field(name="source-ref")
    truth: Picture = msgspec.field(name="rekognition-custom-labels-training-0")
    truth_metadata: TruthMetadata = msgspec.field(
        name="rekognition-custom-labels-training-0-metadata"
    )
    entry: Picture = msgspec.field(name="rekognition-custom-labels-evaluation")
    entry_metadata: EntryMetadata = msgspec.field(
        name="rekognition-custom-labels-evaluation-metadata"
    )

    @property
    def objects(self) -> list[EntryObject]:
        return self.entry_metadata.objects


_PICTURE = msgspec.json.Decoder(Picture)
_TRUTH = msgspec.json.Decoder(TruthMetadata)
_ENTRY = msgspec.json.Decoder(EntryMetadata)
_LINE = msgspec.json.Decoder(FastLine)
_NOTHING = Picture(annotations=[], image_size=[])
_NOBODY = EntryMetadata(class_map={}, objects=[], type="groundtruth/object-detection")


class DetectionReader:
    """Reads blocks the fast way, and single lines strictly, as for classification."""

    is_detection = True

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._quotes = QuoteCounts()

    def read_block(self, block: bytes) -> bool:
        """Add all lines of a block, or none and return False."""
        try:
            check_text(block)
            lines = _LINE.decode_lines(block)
            kinds = bytes(
                [KINDS[item.details] for line in lines for item in line.objects]
            )
            if not self._is_plain(block, lines, kinds):
                return False
            self._add(lines, kinds)
        except UNUSUAL:
            return False
        return True

    def _is_plain(self, block: bytes, lines: list[FastLine], kinds: bytes) -> bool:
        """Whether the boxes pair up and nothing is there that was not decoded."""
        n_truths = n_labels = 0
        for line in lines:
            truth, entry = line.truth_metadata, line.entry_metadata
            if len(line.truth.annotations) != len(truth.objects):
                return False
            if len(line.entry.annotations) != len(entry.objects):
                return False
            if not line.source or line.truth.image_size != line.entry.image_size:
                return False
            n_truths += len(truth.objects)
            n_labels += len(truth.class_map) + len(entry.class_map)
        n_quotes = self._quotes.expected(len(lines), n_truths, kinds) + 4 * n_labels
        if count_byte(block, b'"') != n_quotes:
            return False
        return count_byte(block, b"\n") == len(lines)

    def _add(self, lines: list[FastLine], kinds: bytes) -> None:
        """Add images whose labels are known; KeyError before anything is added."""
        codes = self._columns.codes
        truth_labels: list[int] = []
        entry_labels: list[int] = []
        truths: list[Box] = []
        entries: list[Box] = []
        for line in lines:
            names = line.truth_metadata.class_map
            boxes = line.truth.annotations
            truth_labels += [codes[names[box.class_id]] for box in boxes]
            truths += boxes
            names = line.entry_metadata.class_map
            boxes = line.entry.annotations
            entry_labels += [codes[names[box.class_id]] for box in boxes]
            entries += boxes
        columns = self._columns
        columns.add_images(
            [line.source for line in lines],
            [len(line.truth.annotations) for line in lines],
            [len(line.entry.annotations) for line in lines],
        )
        columns.truth_labels.fromlist(truth_labels)
        columns.truth_boxes.fromlist(_flatten(truths))
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_boxes.fromlist(_flatten(entries))
        columns.entry_kinds.frombytes(kinds)
        columns.entry_confidences.fromlist(
            [item.confidence for line in lines for item in line.objects]
        )
        sizes = [line.truth.image_size[0] for line in lines]
        columns.image_sizes.extend(chain.from_iterable(map(astuple, sizes)))

    def read_line(self, line: Line) -> None:
        """
        Add one line.

        Raises:
            LineError: saying what is wrong with it.
        """
        truth_key, entry_key = _single_keys(line)
        truth = decode_part(line, truth_key, _PICTURE)
        truth_metadata = decode_part(line, f"{truth_key}-metadata", _TRUTH)
        self._check_part(truth_key, truth, truth_metadata)
        entry, entry_metadata = _NOTHING, _NOBODY
        if entry_key is not None:
            entry = decode_part(line, entry_key, _PICTURE)
            entry_metadata = decode_part(line, f"{entry_key}-metadata", _ENTRY)
            self._check_part(entry_key, entry, entry_metadata)
            if entry.image_size != truth.image_size:
                raise LineError(f"{truth_key} and {entry_key} differ in image_size.")
        kinds = bytes(
            kind_of(item.details, f"{entry_key}-metadata.objects[{number}]")
            for number, item in enumerate(entry_metadata.objects)
        )
        found = FastLine(line.source, truth, truth_metadata, entry, entry_metadata)
        self._add([found], kinds)
        if entry_key is not None:
            self._learn_quotes(line, truth_key, entry_key, kinds)

    def _check_part(
        self, key: str, picture: Picture, metadata: TruthMetadata | EntryMetadata
    ) -> None:
        """Boxes and objects pair up; class ids are in the map; labels get codes."""
        n_boxes, n_objects = len(picture.annotations), len(metadata.objects)
        if n_boxes != n_objects:
            raise LineError(
                f"{key}: found {n_boxes} annotations but {n_objects} objects in its "
                "metadata; wanted one object for each annotation."
            )
        for number, box in enumerate(picture.annotations):
            if box.class_id not in metadata.class_map:
                raise LineError(
                    f"{key}.annotations[{number}]: class_id {box.class_id} is not in "
                    f"the class-map, which has {sorted(metadata.class_map)[:20]}."
                )
            self._columns.code_of(metadata.class_map[box.class_id])

    def _learn_quotes(
        self, line: Line, truth_key: str, entry_key: str, kinds: bytes
    ) -> None:
        """How many quotation marks blocks of lines like this one have."""
        quotes = self._quotes
        per_truth, per_entry = (
            _quotes_per_box(line.values, key) for key in (truth_key, entry_key)
        )
        n_labels = sum(
            len(line.values[f"{key}-metadata"]["class-map"])
            for key in (truth_key, entry_key)
        )
        quotes.per_line = count_quotes(line.values) - 4 * n_labels
        quotes.per_line -= sum(per_truth) + sum(per_entry)
        quotes.per_entry |= zip(kinds, per_entry, strict=True)
        if per_truth:
            quotes.per_truth = per_truth[-1]


def _flatten(boxes: list[Box]) -> list[float]:
    """Left, top, width, height of each box in turn."""
    values: list[float] = list(chain.from_iterable(map(astuple, boxes)))
    del values[::5]  # class_id, the first field
    return values


def _single_keys(line: Line) -> tuple[str, str | None]:
    truths, entries = list(line.keys(Role.TRUTH)), list(line.keys(Role.ENTRY))
    if len(truths) != 1 or len(entries) > 1:
        raise LineError(
            f"found {len(truths)} ground truths and {len(entries)} evaluations with "
            "boxes, wanted one of each."
        )
    return truths[0], entries[0] if entries else None


def _quotes_per_box(values: dict[str, Any], key: str) -> list[int]:
    """Quotation marks of each box and its object."""
    boxes, objects = values[key]["annotations"], values[f"{key}-metadata"]["objects"]
    return [
        count_quotes(box) + count_quotes(item)
        for box, item in zip(boxes, objects, strict=True)
    ]
