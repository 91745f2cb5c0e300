"""
The test manifest: JSON Lines as Rekognition writes them, read into columns.

The file is streamed: no list of dictionaries, no line kept. Columns are `array.array`
(this package knows no numpy), labels are codes, texts are packed.
"""

from __future__ import annotations

from rekmetrics.manifest.columns import EntryKind, Manifest, Texts
from rekmetrics.manifest.reading import parse_manifest

__all__ = ["EntryKind", "Manifest", "Texts", "parse_manifest"]
