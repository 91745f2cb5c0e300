"""Lines of image-classification models, with one label an image or several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import UNUSUAL, check_text, count_byte
from rekmetrics.manifest.columns import Columns, EntryKind, LineError
from rekmetrics.manifest.lines import (
    EVALUATION_DETAILS,
    Line,
    Role,
    decode_part,
)
from rekmetrics.manifest.quotes import QuoteCounts, count_quotes

__all__ = ["KINDS", "ClassificationReader", "Confidence", "Details", "kind_of"]

Confidence = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Details(msgspec.Struct, frozen=True, gc=False, rename="kebab"):
    """What Rekognition says of one entry; exactly one flag is true."""

    is_true_positive: bool
    is_false_positive: bool
    is_false_negative: bool


KINDS = {
    Details(True, False, False): int(EntryKind.TRUE_POSITIVE),
    Details(False, True, False): int(EntryKind.FALSE_POSITIVE),
    Details(False, False, True): int(EntryKind.FALSE_NEGATIVE),
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


class EntryMetadata(msgspec.Struct, gc=False):
    """Its fields stand in the order of Rekognition's, where msgspec looks first."""

    confidence: Confidence
    class_name: str = msgspec.field(name="class-name")
    type: Literal["groundtruth/image-classification"]
    details: Details = msgspec.field(name=EVALUATION_DETAILS)


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

    The fast way knows the keys that single lines have shown it, and how many
    quotation marks they have. A block with anything else in it is left to the strict
    way, which also finds keys that occur twice. Entries are kept in the order in which
    their keys were first seen.
    """

    is_detection = False

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._roles: dict[str, Role] = {"source-ref": Role.SOURCE}
        self._quotes = QuoteCounts()
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
        except (*UNUSUAL, LineError):
            return False

    def _read_block(self, block: bytes) -> bool:
        check_text(block)
        lines = self._decoder.decode_lines(block)
        if not lines:
            return False
        fields = list(zip(*map(astuple, lines), strict=True))
        truths, n_truths = _pick_present(fields, self._truth_fields)
        entries, n_entries = _pick_present(fields, self._entry_fields)
        kinds = bytes([KINDS[entry.details] for entry in entries])
        n_quotes = self._quotes.expected(len(lines), len(truths), kinds)
        if count_byte(block, b'"') != n_quotes:
            return False
        if count_byte(block, b"\n") != len(lines):
            return False
        if 0 in n_truths or not all(fields[0]):
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
        columns.entry_confidences.fromlist([entry.confidence for entry in entries])
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
        if any(key not in self._roles for key in line.roles):
            self._learn_keys(line.roles)
        order = [key for key in self._roles if key in line.roles]
        truth_keys = [key for key in order if self._roles[key] is Role.TRUTH_METADATA]
        entry_keys = [key for key in order if self._roles[key] is Role.ENTRY_METADATA]
        truths = [decode_part(line, key, _TRUTH) for key in truth_keys]
        entries = [decode_part(line, key, _ENTRY) for key in entry_keys]
        kinds = bytes(
            kind_of(entry.details, key)
            for key, entry in zip(entry_keys, entries, strict=True)
        )
        self._add([line.source], [len(truths)], truths, [len(entries)], entries, kinds)
        self._learn_quotes(line, dict(zip(entry_keys, kinds, strict=True)))

    def _learn_quotes(self, line: Line, kinds: dict[str, int]) -> None:
        """How many quotation marks blocks of lines like this one have."""
        quotes = self._quotes
        quotes.per_line = 0
        for key, role in line.roles.items():
            n_quotes = 2 + count_quotes(line.values[key])
            if role in (Role.SOURCE, Role.IGNORED):
                quotes.per_line += n_quotes
            elif role in (Role.TRUTH_METADATA, Role.ENTRY_METADATA):
                n_quotes += 2 + count_quotes(line.values[key.removesuffix("-metadata")])
                if key in kinds:
                    quotes.per_entry[kinds[key]] = n_quotes
                else:
                    quotes.per_truth = n_quotes


def _positions(roles: list[Role], wanted: Role) -> list[int]:
    return [number for number, role in enumerate(roles) if role is wanted]


def _pick_present(
    fields: list[tuple[Any, ...]], positions: list[int]
) -> tuple[list[Any], list[int]]:
    """What is there in some fields, line by line, and how much of it in each line."""
    rows = list(zip(*(fields[position] for position in positions), strict=True))
    present = [item for row in rows for item in row if item is not None]
    n_lines, n_fields = len(fields[0]), len(positions)
    if len(present) == n_lines * n_fields:
        return present, [n_fields] * n_lines
    return present, [n_fields - row.count(None) for row in rows]
