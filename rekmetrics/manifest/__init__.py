"""
The test manifest: JSON Lines as Rekognition writes them, read into columns.

The file is streamed: no list of dictionaries, no line kept. Columns are `array.array`,
labels are codes, texts are packed.
"""

from __future__ import annotations

from rekmetrics.manifest.columns import (
    MAX_LABELS,
    EntryKind,
    Manifest,
    Texts,
    owners,
    starts_of,
    view,
)
from rekmetrics.manifest.lines import DECIMALS
from rekmetrics.manifest.notes import Note, Oddity
from rekmetrics.manifest.reading import parse_manifest
from rekmetrics.manifest.tidying import list_repeated

__all__ = [
    "DECIMALS",
    "MAX_LABELS",
    "EntryKind",
    "Manifest",
    "Note",
    "Oddity",
    "Texts",
    "list_repeated",
    "owners",
    "parse_manifest",
    "starts_of",
    "view",
]
