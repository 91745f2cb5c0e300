"""Lines of image-classification models, with one label an image or several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import UNUSUAL
from rekmetrics.manifest.columns import Columns, EntryKind, LineError
from rekmetrics.manifest.lines import EVALUATION_DETAILS, Line, Role, decode_part
from rekmetrics.manifest.shape import Fields, LineShape

__all__ = [
    "KINDS",
    "TRUE_NEGATIVE",
    "ClassificationReader",
    "Confidence",
    "Details",
    "kind_of",
    "pick_present",
]

Confidence = Annotated[float, msgspec.Meta(ge=-1e-5, le=1 + 1e-5)]
"""Printed confidences have five decimals at most; beyond that is no rounding."""

TRUE_NEGATIVE = 0
"""The kind of entries that are only there until the manifest is tidied."""


class Details(msgspec.Struct, frozen=True, gc=False, rename="kebab"):
    """What Rekognition says of one entry; exactly one flag is true."""

    is_true_positive: bool = False
    is_true_negative: bool = False
    is_false_positive: bool = False
    is_false_negative: bool = False


KINDS = {
    Details(is_true_positive=True): int(EntryKind.TRUE_POSITIVE),
    Details(is_true_negative=True): TRUE_NEGATIVE,
    Details(is_false_positive=True): int(EntryKind.FALSE_POSITIVE),
    Details(is_false_negative=True): int(EntryKind.FALSE_NEGATIVE),
}


def kind_of(details: Details, place: str) -> int:
    """
    The one flag that is true, as an `EntryKind`.

    Raises:
        LineError: if none or several are.
    """
    kind = KINDS.get(details)
    if kind is None:
        raise LineError(
            f"{place}: wanted exactly one of is-true-positive, is-false-positive and "
            f"is-false-negative to be true, found {sum(astuple(details))}."
        )
    return kind


class TruthMetadata(msgspec.Struct, gc=False):
    class_name: str = msgspec.field(name="class-name")
    type: Literal["groundtruth/image-classification"]


class EntryMetadata(msgspec.Struct, gc=False, kw_only=True):
    """Its fields stand in the order of Rekognition's, where msgspec looks first."""

    confidence: Confidence | None = None
    class_name: str = msgspec.field(name="class-name")
    type: Literal["groundtruth/image-classification"]
    details: Details = msgspec.field(name=EVALUATION_DETAILS)


_TRUTH = msgspec.json.Decoder(TruthMetadata)
_ENTRY = msgspec.json.Decoder(EntryMetadata)
_TYPES: dict[Role, Any] = {
    Role.SOURCE: str,
    Role.TRUTH: int | float | bool,
    Role.TRUTH_METADATA: TruthMetadata,
    Role.ENTRY: int | float | bool,
    Role.ENTRY_METADATA: EntryMetadata,
    Role.IGNORED: msgspec.Raw,
}


class ClassificationReader:
    """
    Reads blocks the fast way, and single lines strictly.

    The fast way knows the keys that single lines have shown it. A block with others,
    or with anything wrong in it, is left to the strict way, which takes and refuses the
    same and can say why. Truths and entries are kept in the order in which their keys
    were first seen.
    """

    is_detection = False

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._shape = LineShape(_TYPES)

    def read_block(self, block: bytes) -> bool:
        """Add all lines of a block, or none and return False."""
        try:
            return self._shape.is_usable and self._read_block(block)
        except (*UNUSUAL, LineError):
            return False

    def _read_block(self, block: bytes) -> bool:
        fields = self._shape.read(block)
        if fields is None:
            return False
        truth_places = self._shape.places(Role.TRUTH_METADATA)
        entry_places = self._shape.places(Role.ENTRY_METADATA)
        truths, n_truths = pick_present(fields, truth_places)
        entries, n_entries = pick_present(fields, entry_places)
        kinds = bytes([KINDS[entry.details] for entry in entries])
        if 0 in n_truths:
            return False
        self._add(fields[0], n_truths, truths, n_entries, entries, kinds)
        return True

    def _add(
        self,
        sources: Sequence[str],
        n_truths: list[int],
        truths: list[TruthMetadata],
        n_entries: list[int],
        entries: list[EntryMetadata],
        kinds: bytes,
    ) -> None:
        """Add images; LineError, for a label that cannot be, before any is added."""
        columns, codes = self._columns, self._columns.codes
        try:
            truth_labels = [codes[truth.class_name] for truth in truths]
            entry_labels = [codes[entry.class_name] for entry in entries]
        except KeyError:
            self._learn_labels(n_truths, truths, n_entries, entries)
            return self._add(sources, n_truths, truths, n_entries, entries, kinds)
        columns.add_images(sources, n_truths, n_entries)
        columns.truth_labels.fromlist(truth_labels)
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_kinds.frombytes(kinds)
        columns.add_confidences([entry.confidence for entry in entries])
        return None

    def _learn_labels(
        self,
        n_truths: list[int],
        truths: list[TruthMetadata],
        n_entries: list[int],
        entries: list[EntryMetadata],
    ) -> None:
        """Give new labels their codes in the order in which the lines have them."""
        named: tuple[Iterator[Any], Iterator[Any]] = iter(truths), iter(entries)
        for counts in zip(n_truths, n_entries, strict=True):
            for parts, count in zip(named, counts, strict=True):
                for part in islice(parts, count):
                    self._columns.code_of(part.class_name)

    def read_line(self, line: Line) -> None:
        """
        Add one line.

        Raises:
            LineError: saying what is wrong with it.
        """
        self._shape.learn(line.roles)
        truth_keys = self._shape.sort(line.roles, Role.TRUTH_METADATA)
        entry_keys = self._shape.sort(line.roles, Role.ENTRY_METADATA)
        truths = [decode_part(line, key, _TRUTH) for key in truth_keys]
        entries = [decode_part(line, key, _ENTRY) for key in entry_keys]
        kinds = [
            kind_of(entry.details, key)
            for key, entry in zip(entry_keys, entries, strict=True)
        ]
        n_truths, n_entries = [len(truths)], [len(entries)]
        self._add([line.source], n_truths, truths, n_entries, entries, bytes(kinds))


def pick_present(fields: Fields, places: list[int]) -> tuple[list[Any], list[int]]:
    """What is there in some fields, line by line, and how much of it in each line."""
    columns = [fields[place] for place in places]
    rows = list(zip(*columns, strict=True))
    if all(map(all, columns)):
        return list(chain.from_iterable(rows)), [len(columns)] * len(fields[0])
    present = [item for row in rows for item in row if item is not None]
    return present, [len(row) - row.count(None) for row in rows]
