"""Lines of object-detection models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.columns import LineError
from rekmetrics.manifest.lines import (
    EVALUATION_DETAILS,
    Confidence,
    Details,
    Role,
    kinds_of,
)
from rekmetrics.manifest.notes import Oddity
from rekmetrics.manifest.shape import BlockReader, Side

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

    def add(self, sources: Sequence[str], truth: Side, entry: Side) -> None:
        if max(entry.n_parts) > 1:
            raise LineError(
                f"found {max(entry.n_parts)} evaluations with boxes, wanted one at "
                "most."
            )
        truth_labels, entry_labels = self._codes(truth), self._codes(entry)
        kinds = kinds_of(
            [one.details for one in _objects(entry)],
            lambda number: f"{entry.name(0)}-metadata.objects[{number}]",
        )
        sizes = self._list_sizes(truth, entry)
        columns = self.columns
        columns.add_images(sources, _count_boxes(truth), _count_boxes(entry))
        columns.truth_labels.fromlist(truth_labels)
        columns.truth_boxes.fromlist(_list_coordinates(truth))
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_boxes.fromlist(_list_coordinates(entry))
        columns.entry_kinds.frombytes(kinds)
        columns.add_confidences([one.confidence for one in _objects(entry)])
        columns.image_sizes.extend(map(int, sizes))

    def _codes(self, side: Side) -> list[int]:
        """The label of each box."""
        codes = self.columns.codes
        found: list[int] = []
        try:
            for picture, metadata in zip(side.values, side.metadata, strict=True):
                boxes, names = picture.annotations, metadata.class_map
                if len(boxes) != len(metadata.objects):
                    raise KeyError
                found += [codes[names[box.class_id]] for box in boxes]
        except KeyError:
            self._learn_labels(side)
            return self._codes(side)
        return found

    def _learn_labels(self, side: Side) -> None:
        """Give new labels codes; LineError where boxes have no label or no object."""
        parts = zip(side.values, side.metadata, strict=True)
        for key, (picture, metadata) in enumerate(parts):
            n_boxes, n_objects = len(picture.annotations), len(metadata.objects)
            if n_boxes != n_objects:
                raise LineError(
                    f"{side.name(key)}: found {n_boxes} annotations but {n_objects} "
                    "objects in its metadata; wanted one object for each annotation."
                )
            for number, box in enumerate(picture.annotations):
                label = metadata.class_map.get(box.class_id)
                if label is None:
                    raise LineError(
                        f"{side.name(key)}.annotations[{number}]: class_id "
                        f"{box.class_id:g} is not in the class-map, which has "
                        f"{sorted(metadata.class_map)[:20]}."
                    )
                self.columns.code_of(label)

    def _list_sizes(self, truth: Side, entry: Side) -> list[float]:
        """Width and height of each image: the largest that any of its parts gives."""
        found = [
            [picture.image_size[0] for picture in side.values]
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


def _objects(side: Side) -> Iterator[EntryObject]:
    return chain.from_iterable(metadata.objects for metadata in side.metadata)


def _count_boxes(side: Side) -> list[int]:
    """How many boxes each line has."""
    lengths = [len(picture.annotations) for picture in side.values]
    if side.n_parts.count(1) == len(side.n_parts):
        return lengths
    parts = iter(lengths)
    return [sum(islice(parts, n)) for n in side.n_parts]


def _list_coordinates(side: Side) -> list[float]:
    """Left, top, width, height of each box in turn."""
    boxes = chain.from_iterable(picture.annotations for picture in side.values)
    values: list[float] = list(chain.from_iterable(map(astuple, boxes)))
    del values[::5]  # class_id, the first field
    return values
