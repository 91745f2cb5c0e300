"""Lines of image-classification models, with one label an image or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.columns import EntryKind, LineError
from rekmetrics.manifest.lines import EVALUATION_DETAILS, Line, Role, decode_part
from rekmetrics.manifest.shape import BlockReader, Fields, pick_present

__all__ = [
    "KINDS",
    "TRUE_NEGATIVE",
    "ClassificationReader",
    "Confidence",
    "Details",
    "kind_of",
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
    """The one flag that is true, as an `EntryKind`; LineError for none or several."""
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


class ClassificationReader(BlockReader):
    """Truths and entries are kept in the order in which their keys were first seen."""

    is_detection = False
    types: ClassVar[Mapping[Role, Any]] = {
        Role.SOURCE: str,
        Role.TRUTH: int | float | bool,
        Role.TRUTH_METADATA: TruthMetadata,
        Role.ENTRY: int | float | bool,
        Role.ENTRY_METADATA: EntryMetadata,
        Role.IGNORED: msgspec.Raw,
    }

    def add_fields(self, fields: Fields) -> bool:
        (truths, n_truths), (entries, n_entries) = (
            pick_present(fields, [place for _, place in self.pairs[role]])
            for role in (Role.TRUTH, Role.ENTRY)
        )
        kinds = bytes([KINDS[entry.details] for entry in entries])
        if 0 in n_truths:
            return False
        self._add(fields[0], n_truths, truths, n_entries, entries, kinds)
        return True

    def read_line(self, line: Line) -> None:
        truth_keys = self.learn(line, Role.TRUTH_METADATA)
        entry_keys = self.learn(line, Role.ENTRY_METADATA)
        truths = [decode_part(line, key, _TRUTH) for key in truth_keys]
        entries = [decode_part(line, key, _ENTRY) for key in entry_keys]
        kinds = [
            kind_of(entry.details, key)
            for key, entry in zip(entry_keys, entries, strict=True)
        ]
        n_truths, n_entries = [len(truths)], [len(entries)]
        self._add([line.source], n_truths, truths, n_entries, entries, bytes(kinds))

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
        columns, codes = self.columns, self.columns.codes
        try:
            truth_labels = [codes[truth.class_name] for truth in truths]
            entry_labels = [codes[entry.class_name] for entry in entries]
        except KeyError:
            truth_labels = [columns.code_of(truth.class_name) for truth in truths]
            entry_labels = [columns.code_of(entry.class_name) for entry in entries]
        columns.add_images(sources, n_truths, n_entries)
        columns.truth_labels.fromlist(truth_labels)
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_kinds.frombytes(kinds)
        columns.add_confidences([entry.confidence for entry in entries])
