"""Lines of image-classification models, with one label an image or several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import UNUSUAL, check_text, count_byte
from rekmetrics.manifest.columns import Columns, EntryKind, LineError
from rekmetrics.manifest.lines import (
    EVALUATION_DETAILS,
    Line,
    Role,
    count_quotes,
    decode_part,
)

__all__ = ["KIND_OF_FLAGS", "ClassificationReader", "Confidence", "Details", "kind_of"]

Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]

KIND_OF_FLAGS = {
    (True, False, False): int(EntryKind.TRUE_POSITIVE),
    (False, True, False): int(EntryKind.FALSE_POSITIVE),
    (False, False, True): int(EntryKind.FALSE_NEGATIVE),
}


class Details(msgspec.Struct, gc=False, rename="kebab"):
    """What Rekognition says of one entry; exactly one flag is true."""

    is_true_positive: bool
    is_false_positive: bool
    is_false_negative: bool


def kind_of(details: Details, place: str) -> int:
    """
    The one flag that is true, as an `EntryKind`.

    Raises:
        LineError: if none or several are.
    """
    kind = KIND_OF_FLAGS.get(astuple(details))
    if kind is None:
        raise LineError(
            f"{place}: wanted exactly one of is-true-positive, is-false-positive and "
            f"is-false-negative to be true, found {sum(astuple(details))}."
        )
    return kind


class TruthMetadata(msgspec.Struct, gc=False):
    class_name: str = msgspec.field(name="class-name")
    type: Literal["groundtruth/image-classification"]


class EntryMetadata(msgspec.Struct, gc=False):
    class_name: str = msgspec.field(name="class-name")
    confidence: Confidence
    details: Details = msgspec.field(name=EVALUATION_DETAILS)
    type: Literal["groundtruth/image-classification"]


_TRUTH = msgspec.json.Decoder(TruthMetadata)
_ENTRY = msgspec.json.Decoder(EntryMetadata)
_FIELD_TYPES: dict[Role, Any] = {
    Role.SOURCE: str,
    Role.TRUTH: int | None,
    Role.TRUTH_METADATA: TruthMetadata | None,
    Role.ENTRY: int | None,
    Role.ENTRY_METADATA: EntryMetadata | None,
    Role.IGNORED: msgspec.Raw,
}
MAX_KEYS = 2_048
"""So many different keys the fast way knows; beyond, lines are read one by one."""

_NAMEABLE = re.compile(r'[^"\\\x00-\x1f]*')
"""Keys that msgspec can give to a field; others are read line by line."""


class ClassificationReader:
    """
    Reads blocks the fast way, and single lines strictly.

    The fast way knows the keys and the labels that single lines have shown it, and
    how many quotation marks a line, a truth and an entry have. A block with anything
    else in it is left to the strict way, which also finds keys that occur twice.
    Entries are kept in the order in which their keys were first seen.
    """

    is_detection = False

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._roles: dict[str, Role] = {"source-ref": Role.SOURCE}
        self._quotes = (0, 0, 0)
        self._learn_keys({})

    def _learn_keys(self, roles: dict[str, Role]) -> None:
        self._roles |= {
            key: role for key, role in roles.items() if key not in self._roles
        }
        self._is_fast = len(self._roles) <= MAX_KEYS and all(
            map(_NAMEABLE.fullmatch, self._roles)
        )
        if not self._is_fast:
            return
        members = [
            (f"f{number}", _FIELD_TYPES[role], msgspec.field(name=key, default=None))
            if number
            else ("source", str, msgspec.field(name=key))
            for number, (key, role) in enumerate(self._roles.items())
        ]
        line = msgspec.defstruct(
            "ManifestLine", members, gc=False, forbid_unknown_fields=True
        )
        self._decoder = msgspec.json.Decoder(line)
        order = list(self._roles.values())
        self._truth_fields = _positions(order, Role.TRUTH_METADATA)
        self._entry_fields = _positions(order, Role.ENTRY_METADATA)

    def read_block(self, block: bytes) -> bool:
        """Add all lines of a block, or none and return False."""
        if not self._is_fast:
            return False
        try:
            return self._read_block(block)
        except UNUSUAL:
            return False

    def _read_block(self, block: bytes) -> bool:
        check_text(block)
        lines = self._decoder.decode_lines(block)
        fields = list(zip(*map(astuple, lines), strict=True))
        truth_rows = _pick_rows(fields, self._truth_fields)
        entry_rows = _pick_rows(fields, self._entry_fields)
        truths = list(filter(None, chain.from_iterable(truth_rows)))
        entries = list(filter(None, chain.from_iterable(entry_rows)))
        per_line, per_truth, per_entry = self._quotes
        n_quotes = per_line * len(lines)
        n_quotes += per_truth * len(truths) + per_entry * len(entries)
        if count_byte(block, b'"') != n_quotes or count_byte(block, b"\n") != len(
            lines
        ):
            return False
        n_truths = _count_present(truth_rows, len(truths))
        if 0 in n_truths or not all(fields[0]):
            return False
        self._add(
            fields[0],
            n_truths,
            truths,
            _count_present(entry_rows, len(entries)),
            entries,
        )
        return True

    def _add(
        self,
        sources: Sequence[str],
        n_truths: list[int],
        truths: list[TruthMetadata],
        n_entries: list[int],
        entries: list[EntryMetadata],
    ) -> None:
        """Add images whose labels are known; KeyError before anything is added."""
        columns, codes = self._columns, self._columns.codes
        truth_labels = [codes[truth.class_name] for truth in truths]
        entry_labels = [codes[entry.class_name] for entry in entries]
        kinds = [KIND_OF_FLAGS[astuple(entry.details)] for entry in entries]
        columns.add_images(sources, n_truths, n_entries)
        columns.truth_labels.fromlist(truth_labels)
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_kinds.fromlist(kinds)
        columns.entry_confidences.fromlist([entry.confidence for entry in entries])

    def read_line(self, line: Line) -> None:
        """
        Add one line.

        Raises:
            LineError: saying what is wrong with it.
        """
        truths = [
            decode_part(line, key, _TRUTH) for key in line.keys(Role.TRUTH_METADATA)
        ]
        entry_keys = line.keys(Role.ENTRY_METADATA)
        entries = {key: decode_part(line, key, _ENTRY) for key in entry_keys}
        for key, entry in entries.items():
            kind_of(entry.details, key)
        names = [truth.class_name for truth in truths]
        for name in (*names, *(entry.class_name for entry in entries.values())):
            self._columns.code_of(name)
        if any(key not in self._roles for key in line.roles):
            self._learn_keys(line.roles)
        self._learn_quotes(line)
        order = [key for key in self._roles if key in entries]
        self._add(
            [line.source],
            [len(truths)],
            truths,
            [len(entries)],
            [entries[key] for key in order],
        )

    def _learn_quotes(self, line: Line) -> None:
        """How many quotation marks blocks of lines like this one have."""
        per_line, per_truth, per_entry = 0, self._quotes[1], self._quotes[2]
        for key, role in line.roles.items():
            n_quotes = 2 + count_quotes(line.values[key])
            if role is Role.TRUTH_METADATA:
                per_truth = n_quotes + 2 + count_quotes(line.values[key[:-9]])
            elif role is Role.ENTRY_METADATA:
                per_entry = n_quotes + 2 + count_quotes(line.values[key[:-9]])
            elif role in (Role.SOURCE, Role.IGNORED):
                per_line += n_quotes
        self._quotes = (per_line, per_truth, per_entry)


def _positions(roles: list[Role], wanted: Role) -> list[int]:
    return [number for number, role in enumerate(roles) if role is wanted]


def _pick_rows(
    fields: list[tuple[Any, ...]], positions: list[int]
) -> list[tuple[Any, ...]]:
    """Some fields of each line, with None where the line lacks them."""
    if not positions:
        return [()] * len(fields[0])
    return list(zip(*(fields[position] for position in positions), strict=True))


def _count_present(rows: list[tuple[Any, ...]], n_present: int) -> list[int]:
    """How many items of each row are there, `n_present` of all of them."""
    if n_present == len(rows) * len(rows[0]):
        return [len(rows[0])] * len(rows)
    return [len(row) - row.count(None) for row in rows]
