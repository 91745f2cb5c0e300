"""Lines of image-classification models, with one label an image or several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec

from rekmetrics.manifest.lines import (
    EVALUATION_DETAILS,
    Confidence,
    Details,
    Role,
    kinds_of,
)
from rekmetrics.manifest.shape import BlockReader, Side

__all__ = ["ClassificationReader"]


class TruthMetadata(msgspec.Struct, gc=False):
    class_name: str = msgspec.field(name="class-name")
    type: Literal["groundtruth/image-classification"]


class EntryMetadata(msgspec.Struct, gc=False, kw_only=True):
    """Its fields stand in the order of Rekognition's, where msgspec looks first."""

    confidence: Confidence | None = None
    class_name: str = msgspec.field(name="class-name")
    type: Literal["groundtruth/image-classification"]
    details: Details = msgspec.field(name=EVALUATION_DETAILS)


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

    def add(self, sources: Sequence[str], truth: Side, entry: Side) -> None:
        details = [one.details for one in entry.metadata]
        kinds = kinds_of(details, lambda number: f"{entry.name(number)}-metadata")
        truth_labels, entry_labels = self._codes(truth), self._codes(entry)
        columns = self.columns
        columns.add_images(sources, truth.n_parts, entry.n_parts)
        columns.truth_labels.fromlist(truth_labels)
        columns.entry_labels.fromlist(entry_labels)
        columns.entry_kinds.frombytes(kinds)
        columns.add_confidences([one.confidence for one in entry.metadata])

    def _codes(self, side: Side) -> list[int]:
        codes = self.columns.codes
        try:
            return [codes[one.class_name] for one in side.metadata]
        except KeyError:
            return [self.columns.code_of(one.class_name) for one in side.metadata]
