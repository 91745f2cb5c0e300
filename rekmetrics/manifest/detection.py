"""Lines of object-detection models."""

from __future__ import annotations

from itertools import chain
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import UNUSUAL
from rekmetrics.manifest.classification import (
    KINDS,
    Confidence,
    Details,
    kind_of,
)
from rekmetrics.manifest.columns import Columns, LineError
from rekmetrics.manifest.lines import EVALUATION_DETAILS, Line, Role, decode_part
from rekmetrics.manifest.shape import LineShape

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


class BoxedLine(NamedTuple):
    """One line's parts; `_NOTHING` and `_NOBODY` where it has no evaluation."""

    source: str
    truth: Picture
    truth_metadata: TruthMetadata
    entry: Picture
    entry_metadata: EntryMetadata

    @property
    def objects(self) -> list[EntryObject]:
        return self.entry_metadata.objects


_PICTURE = msgspec.json.Decoder(Picture)
_TRUTH = msgspec.json.Decoder(TruthMetadata)
_ENTRY = msgspec.json.Decoder(EntryMetadata)
_TYPES: dict[Role, Any] = {
    Role.SOURCE: str,
    Role.TRUTH: Picture,
    Role.TRUTH_METADATA: TruthMetadata,
    Role.ENTRY: Picture,
    Role.ENTRY_METADATA: EntryMetadata,
    Role.IGNORED: msgspec.Raw,
}
_PARTS = (Role.TRUTH, Role.TRUTH_METADATA, Role.ENTRY, Role.ENTRY_METADATA)
_NOTHING = Picture(annotations=[], image_size=[])
_NOBODY = EntryMetadata(class_map={}, objects=[], type="groundtruth/object-detection")


class DetectionReader:
    """Reads blocks the fast way, and single lines strictly, as for classification."""

    is_detection = True

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._shape = LineShape(_TYPES)

    def read_block(self, block: bytes) -> bool:
        """Add all lines of a block, or none and return False."""
        try:
            return self._shape.is_usable and self._read_block(block)
        except UNUSUAL:
            return False

    def _read_block(self, block: bytes) -> bool:
        fields = self._shape.read(block)
        places = [self._shape.places(role) for role in _PARTS]
        if fields is None or any(len(found) != 1 for found in places):
            return False
        columns = [fields[0], *(fields[place] for (place,) in places)]
        if any(truth is None for truth in columns[1]):
            return False
        lines = [
            BoxedLine(source, truth, truths, entry or _NOTHING, entries or _NOBODY)
            for source, truth, truths, entry, entries in zip(*columns, strict=True)
        ]
        if not all(map(_is_whole, lines)):
            return False
        kinds = bytes([KINDS[item.details] for line in lines for item in line.objects])
        self._add(lines, kinds)
        return True

    def _add(self, lines: list[BoxedLine], kinds: bytes) -> None:
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
        found = BoxedLine(line.source, truth, truth_metadata, entry, entry_metadata)
        self._add([found], kinds)
        self._shape.learn(line.roles)

    def _check_part(
        self,
        key: str,
        picture: Picture,
        metadata: TruthMetadata | EntryMetadata,
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


def _is_whole(line: BoxedLine) -> bool:
    """Whether boxes and objects pair up, and image sizes agree."""
    return (
        len(line.truth.annotations) == len(line.truth_metadata.objects)
        and len(line.entry.annotations) == len(line.objects)
        and (line.entry is _NOTHING or line.truth.image_size == line.entry.image_size)
    )


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
