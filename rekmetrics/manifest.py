"""
The test manifest: JSON Lines as Rekognition writes them, read into columns.

The file is streamed: no list of dictionaries, no line kept. Columns are `array.array`
(this module knows no numpy), labels are codes, texts are packed.
"""

from __future__ import annotations

import enum
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["EntryKind", "Manifest", "Texts", "parse_manifest"]


class EntryKind(enum.IntEnum):
    """What Rekognition says of one entry; true negatives are not written."""

    TRUE_POSITIVE = 1
    FALSE_POSITIVE = 2
    FALSE_NEGATIVE = 3


@dataclass(frozen=True, slots=True)
class Texts:
    """Many strings in one piece of memory: UTF-8 end to end, and where each ends."""

    packed: bytes
    ends: array[int]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        start = self.ends[index - 1] if index else 0
        return self.packed[start : self.ends[index]].decode()

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    A test manifest in columns; `…_starts` has one item more than there are images.

    Image `i` owns `truth_labels[truth_starts[i]:truth_starts[i + 1]]`, and its entries
    in the same way. Boxes are left, top, width, height, four items each; they and
    `image_sizes` (width, height per image) are empty for classification.
    """

    is_detection: bool
    labels: tuple[str, ...]
    sources: Texts
    truth_starts: array[int]
    truth_labels: array[int]
    entry_starts: array[int]
    entry_labels: array[int]
    entry_kinds: array[int]
    entry_confidences: array[float]
    truth_boxes: array[float]
    entry_boxes: array[float]
    image_sizes: array[int]


def parse_manifest(chunks: Iterable[bytes]) -> Manifest:
    """
    Read a test manifest, given as consecutive pieces of any size.

    Raises:
        ManifestError: naming the line that could not be read.
    """
    raise NotImplementedError
