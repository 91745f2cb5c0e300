"""Blocks of lines that have no other keys than earlier lines: the fast way."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import check_text, count_lines
from rekmetrics.manifest.columns import Columns, LineError
from rekmetrics.manifest.lines import Line, Role, decode_part

Fields = list[tuple[Any, ...]]
"""One tuple for each known key, with what every line has there; None for nothing."""

MAX_KEYS = 512
"""So many different keys are learnt: AWS allows 50 labels an image, some 200 keys."""

_UNUSUAL = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LineError)
"""How the fast way ends on a block that has to be read line by line."""

_NAMEABLE = re.compile(r'[^"\\\x00-\x1f]*')
"""Keys that msgspec can give to a field."""


SIDES = {Role.TRUTH: Role.TRUTH_METADATA, Role.ENTRY: Role.ENTRY_METADATA}


@dataclass(frozen=True, slots=True)
class Side:
    """
    Truth or evaluation of some lines: how many attributes each line has, and these.

    `values` is empty for classification, where they carry no meaning; `keys` is for
    more than one line.
    """

    n_parts: list[int]
    metadata: list[Any]
    values: list[Any]
    keys: Sequence[str] = ()

    def name(self, number: int) -> str:
        """The key of an attribute; nobody reads what a block is said to be."""
        return self.keys[number] if self.keys else "a block"


class BlockReader(ABC):
    """
    Reads blocks the fast way, and single lines strictly.

    The fast way knows the keys that single lines have shown it. A block with others,
    or with anything wrong in it, is left to the strict way, which takes and refuses the
    same and can say why. `types` says for each role what msgspec makes of its values.
    There is only the strict way once there were too many keys, or one that no field can
    be named after.
    """

    is_detection: ClassVar[bool]
    types: ClassVar[Mapping[Role, Any]]

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self._decoders = {r: msgspec.json.Decoder(t) for r, t in self.types.items()}
        self._roles: dict[str, Role] = {"source-ref": Role.SOURCE}
        self._is_usable = True
        self._build()

    @abstractmethod
    def add(self, sources: Sequence[str], truth: Side, entry: Side) -> None:
        """Add images; LineError, saying what is wrong, before any is added."""

    def read_block(self, block: bytes) -> bool:
        """Add all lines of a block, or none and return False."""
        try:
            fields = self._read(block) if self._is_usable else None
            if fields is None:
                return False
            truth, entry = (self._pick(fields, role) for role in SIDES)
            if 0 in truth.n_parts:
                return False
            self.add(fields[0], truth, entry)
        except _UNUSUAL:
            return False
        return True

    def read_line(self, line: Line) -> None:
        """Add one line; LineError saying what is wrong with it."""
        roles = line.roles
        if self._is_usable and not roles.keys() <= self._roles.keys():
            self._roles |= {key: roles[key] for key in roles if key not in self._roles}
            self._is_usable = len(self._roles) <= MAX_KEYS and all(
                map(_NAMEABLE.fullmatch, self._roles)
            )
            if self._is_usable:
                self._build()
        self.add([line.source], *(self._decode(line, role) for role in SIDES))

    def _decode(self, line: Line, role: Role) -> Side:
        """One side of a line, its attributes in the order of the first lines."""
        found = [key for key, own in line.roles.items() if own is role]
        keys = sorted(found, key=lambda key: self._places.get(key, MAX_KEYS))
        values: list[Any] = []
        if self.is_detection:
            values = [decode_part(line, key, self._decoders[role]) for key in keys]
        decoder = self._decoders[SIDES[role]]
        metadata = [decode_part(line, f"{key}-metadata", decoder) for key in keys]
        return Side([len(keys)], metadata, values, keys)

    def _pick(self, fields: Fields, role: Role) -> Side:
        pairs = self._pairs[role]
        metadata, n_parts = _pick_present(fields, [place for _, place in pairs])
        values: list[Any] = []
        if self.is_detection:
            values, _ = _pick_present(fields, [place for place, _ in pairs])
        return Side(n_parts, metadata, values)

    def _read(self, block: bytes) -> Fields | None:
        """
        The fields of a block's lines; None unless each line is one object of them.

        Of a key that occurs twice the last one counts.
        """
        check_text(block)
        lines = self._decoder.decode_lines(block)
        if not lines or count_lines(block) != len(lines):
            return None
        fields = list(zip(*map(astuple, lines), strict=True))
        if not all(fields[0]) or not self._has_whole_pairs(fields):
            return None
        return fields

    def _build(self) -> None:
        self._places = {key: place for place, key in enumerate(self._roles)}
        members = [
            (
                f"f{self._places[key]}",
                self.types[role],
                msgspec.field(name=key)
                if role is Role.SOURCE
                else msgspec.field(name=key, default=None),
            )
            for key, role in self._roles.items()
        ]
        line = msgspec.defstruct(
            "ManifestLine", members, gc=False, forbid_unknown_fields=True
        )
        self._decoder = msgspec.json.Decoder(line)
        self._pairs: dict[Role, list[tuple[int, int]]] = {
            wanted: [
                (self._places[key], self._places[f"{key}-metadata"])
                for key, role in self._roles.items()
                if role is wanted
            ]
            for wanted in SIDES
        }

    def _has_whole_pairs(self, fields: Fields) -> bool:
        """Whether no line has an attribute without its metadata, or the reverse."""
        return all(
            (all(fields[one]) and all(fields[other]))  # the quick case
            or [value is None for value in fields[one]]
            == [metadata is None for metadata in fields[other]]
            for pairs in self._pairs.values()
            for one, other in pairs
        )


def _pick_present(fields: Fields, places: list[int]) -> tuple[list[Any], list[int]]:
    """What is there in some fields, line by line, and how much of it in each line."""
    columns = [fields[place] for place in places]
    rows = list(zip(*columns, strict=True))
    if all(map(all, columns)):
        return list(chain.from_iterable(rows)), [len(columns)] * len(fields[0])
    present = [item for row in rows for item in row if item is not None]
    return present, [len(row) - row.count(None) for row in rows]
