"""Lines of object-detection models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.classification import (
    KINDS,
    Confidence,
    Details,
    kind_of,
)
from rekmetrics.manifest.columns import LineError
from rekmetrics.manifest.lines import EVALUATION_DETAILS, Line, Role, decode_part
from rekmetrics.manifest.notes import Oddity
from rekmetrics.manifest.shape import BlockReader, Fields, pick_present

__all__ = ["DetectionReader"]

Pixels = Annotated[float, msgspec.Meta(ge=1, lt=2**32)]
"""A whole number, which may be written as 640.0."""


class Box(msgspec.Struct, gc=False):
    class_id: float
    left: float
    top: float
    width: float
    height: float


class Size(msgspec.Struct, gc=False, frozen=True):
    width: Pixels
    height: Pixels


class Picture(msgspec.Struct, gc=False):
    """The value of an attribute: its boxes, and the image's size."""

    annotations: list[Box]
    image_size: Annotated[list[Size], msgspec.Meta(min_length=1, max_length=1)]


class TruthObject(msgspec.Struct, gc=False):
    """A ground-truth box has nothing that is needed; it only has to be there."""


class EntryObject(msgspec.Struct, gc=False, kw_only=True):
    confidence: Confidence | None = None
    details: Details = msgspec.field(name=EVALUATION_DETAILS)


class TruthMetadata(msgspec.Struct, gc=False):
    class_map: dict[int, str] = msgspec.field(name="class-map")
    objects: list[TruthObject]
    type: Literal["groundtruth/object-detection"]


class EntryMetadata(msgspec.Struct, gc=False):
    class_map: dict[int, str] = msgspec.field(name="class-map")
    objects: list[EntryObject]
    type: Literal["groundtruth/object-detection"]


Metadata = TruthMetadata | EntryMetadata
_PICTURE = msgspec.json.Decoder(Picture)
_DECODERS: dict[Role, msgspec.json.Decoder[Any]] = {
    Role.TRUTH: msgspec.json.Decoder(TruthMetadata),
    Role.ENTRY: msgspec.json.Decoder(EntryMetadata),
}


@dataclass(frozen=True, slots=True)
class Side:
    """Truth or evaluation of some lines: how many attributes each has, and these."""

    n_parts: list[int]
    pictures: list[Picture]
    metadata: list[Any]

    @property
    def is_whole(self) -> bool:
        """Whether boxes and objects pair up."""
        return all(
            len(picture.annotations) == len(metadata.objects)
            for picture, metadata in zip(self.pictures, self.metadata, strict=True)
        )

    @property
    def n_boxes(self) -> list[int]:
        """How many boxes each line has."""
        lengths = [len(picture.annotations) for picture in self.pictures]
        if self.n_parts.count(1) == len(self.n_parts):
            return lengths
        parts = iter(lengths)
        return [sum(islice(parts, n)) for n in self.n_parts]

    def codes(self, codes: dict[str, int]) -> list[int]:
        """The label of each box; KeyError for one that is new."""
        found: list[int] = []
        for picture, metadata in zip(self.pictures, self.metadata, strict=True):
            names = metadata.class_map
            found += [codes[names[box.class_id]] for box in picture.annotations]
        return found

    def coordinates(self) -> list[float]:
        """Left, top, width, height of each box in turn."""
        boxes = chain.from_iterable(picture.annotations for picture in self.pictures)
        values: list[float] = list(chain.from_iterable(map(astuple, boxes)))
        del values[::5]  # class_id, the first field
        return values


class DetectionReader(BlockReader):
    """One evaluation a line at most; boxes from several truth attributes are merged."""

    is_detection = True
    types: ClassVar[Mapping[Role, Any]] = {
        Role.SOURCE: str,
        Role.TRUTH: Picture,
        Role.TRUTH_METADATA: TruthMetadata,
        Role.ENTRY: Picture,
        Role.ENTRY_METADATA: EntryMetadata,
        Role.IGNORED: msgspec.Raw,
    }

    def add_fields(self, fields: Fields) -> bool:
        truth, entry = (self._pick(fields, role) for role in (Role.TRUTH, Role.ENTRY))
        if 0 in truth.n_parts or max(entry.n_parts) > 1:
            return False
        if not truth.is_whole or not entry.is_whole:
            return False
        kinds = bytes([KINDS[item.details] for item in _objects(entry)])
        self._add(fields[0], truth, entry, kinds)
        return True

    def _pick(self, fields: Fields, role: Role) -> Side:
        pairs = self.pairs[role]
        pictures, n_parts = pick_present(fields, [place for place, _ in pairs])
        metadata, _ = pick_present(fields, [place for _, place in pairs])
        return Side(n_parts, pictures, metadata)

    def _add(
        self, sources: Sequence[str], truth: Side, entry: Side, kinds: bytes
    ) -> None:
        """Add images whose labels are known; KeyError before anything is added."""
        columns = self.columns
        truth_labels = truth.codes(columns.codes)
        entry_labels = entry.codes(columns.codes)
        sizes = self._list_sizes(truth, entry)
        columns.add_images(sources, truth.n_boxes, entry.n_boxes)
        columns.truth_labels.fromlist(truth_labels)
        columns.truth_boxes.fromlist(truth.coordinates())
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_boxes.fromlist(entry.coordinates())
        columns.entry_kinds.frombytes(kinds)
        columns.add_confidences([item.confidence for item in _objects(entry)])
        columns.image_sizes.extend(map(int, sizes))

    def _list_sizes(self, truth: Side, entry: Side) -> list[float]:
        """Width and height of each image: the largest that any of its parts gives."""
        found = [
            [picture.image_size[0] for picture in side.pictures]
            for side in (truth, entry)
        ]
        is_plain = truth.n_parts == entry.n_parts == [1] * len(truth.n_parts)
        if is_plain and found[0] == found[1]:
            return list(chain.from_iterable(map(astuple, found[0])))
        sizes: list[float] = []
        given = iter(found[0]), iter(found[1])
        first = self.columns.n_lines + 1
        counts = zip(truth.n_parts, entry.n_parts, strict=True)
        for line, (n_truths, n_entries) in enumerate(counts, first):
            parts = [*islice(given[0], n_truths), *islice(given[1], n_entries)]
            sizes += astuple(parts[0])
            if parts.count(parts[0]) != len(parts):
                sizes[-2:] = map(max, zip(*map(astuple, parts), strict=True))
                self.columns.notes.add(Oddity.IMAGE_SIZES, [line])
            if n_truths > 1:
                self.columns.notes.add(Oddity.ATTRIBUTES, [line])
        return sizes

    def read_line(self, line: Line) -> None:
        truth_keys = self.learn(line, Role.TRUTH)
        entry_keys = self.learn(line, Role.ENTRY)
        if len(entry_keys) > 1:
            raise LineError(
                f"found {len(entry_keys)} evaluations with boxes, wanted one at most."
            )
        truth = self._decode(line, truth_keys, Role.TRUTH)
        entry = self._decode(line, entry_keys, Role.ENTRY)
        kinds = bytes(
            kind_of(item.details, f"{entry_keys[0]}-metadata.objects[{number}]")
            for number, item in enumerate(_objects(entry))
        )
        self._add([line.source], truth, entry, kinds)

    def _decode(self, line: Line, keys: list[str], role: Role) -> Side:
        pictures = [decode_part(line, key, _PICTURE) for key in keys]
        metadata = [
            decode_part(line, f"{key}-metadata", _DECODERS[role]) for key in keys
        ]
        for part in zip(keys, pictures, metadata, strict=True):
            self._check_part(*part)
        return Side([len(keys)], pictures, metadata)

    def _check_part(self, key: str, picture: Picture, metadata: Metadata) -> None:
        """Boxes and objects pair up; class ids are in the map; labels get codes."""
        n_boxes, n_objects = len(picture.annotations), len(metadata.objects)
        if n_boxes != n_objects:
            raise LineError(
                f"{key}: found {n_boxes} annotations but {n_objects} objects in its "
                "metadata; wanted one object for each annotation."
            )
        for number, box in enumerate(picture.annotations):
            label = metadata.class_map.get(box.class_id)  # type: ignore[call-overload]
            if label is None:
                raise LineError(
                    f"{key}.annotations[{number}]: class_id {box.class_id:g} is not in "
                    f"the class-map, which has {sorted(metadata.class_map)[:20]}."
                )
            self.columns.code_of(label)


def _objects(entry: Side) -> Iterator[EntryObject]:
    return chain.from_iterable(metadata.objects for metadata in entry.metadata)
