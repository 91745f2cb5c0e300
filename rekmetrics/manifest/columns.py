"""The columns of a manifest, and how they grow while it is read."""

from __future__ import annotations

import enum
import math
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rekmetrics.manifest.notes import Note, Notes, Oddity

if TYPE_CHECKING:
    from numpy.typing import NDArray


MAX_LABELS = 65_534
"""Label codes are 16 bits wide; AWS allows 250 labels."""


class EntryKind(enum.IntEnum):
    """What Rekognition says of one entry; true negatives are passed over."""

    TRUE_POSITIVE = 1
    FALSE_POSITIVE = 2
    FALSE_NEGATIVE = 3


class LineError(Exception):
    """What is wrong with the line at hand; whoever knows its number reports it."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Many strings in one piece of memory: UTF-8 end to end, and where each ends."""

    packed: bytes | bytearray
    ends: array[int]

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, index: int) -> str:
        if index < 0:
            index += len(self.ends)
        start = self.ends[index - 1] if index else 0
        return self.packed[start : self.ends[index]].decode()

    def __iter__(self) -> Iterator[str]:
        start = 0
        for end in self.ends:
            yield self.packed[start:end].decode()
            start = end


@dataclass(frozen=True, slots=True)
class Manifest:
    """
    A test manifest in columns; `…_starts` has one item more than there are images.

    Image `i` stands on line `line_of(i)` of the file. It owns
    `truth_labels[truth_starts[i]:truth_starts[i + 1]]`, and its entries in the same
    way. Boxes are left, top, width, height, four items each; they and `image_sizes`
    (width, height per image) are empty for classification. `skipped` has for each line
    without an image the number of images before it.
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
    skipped: array[int]
    notes: tuple[Note, ...] = ()

    def line_of(self, image: int) -> int:
        return image + 1 + bisect_right(self.skipped, image)


def view(column: array[Any]) -> NDArray[Any]:
    """The column's own memory, to be written to as well."""
    if len(column) == 0:
        return np.zeros(0, dtype=np.dtype(column.typecode))
    return np.frombuffer(column, dtype=np.dtype(column.typecode))


def owners(starts: NDArray[Any]) -> NDArray[np.intp]:
    """The image of each item, from where the items of each image start."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(starts))


def starts_of(is_kept: NDArray[np.bool_], starts: NDArray[Any]) -> NDArray[np.int64]:
    """Where the items of each image start once some are left out."""
    n_before = np.zeros(len(is_kept) + 1, dtype=np.int64)
    np.cumsum(is_kept, out=n_before[1:])
    return np.asarray(n_before[starts])


class Columns:
    """A manifest that is being read; images are added in the order of their lines."""

    def __init__(self) -> None:
        self.codes: dict[str, int] = {}
        self.truth_labels = array("H")
        self.entry_labels = array("H")
        self.entry_kinds = array("B")
        self.entry_confidences = array("f")
        self.truth_boxes = array("f")
        self.entry_boxes = array("f")
        self.image_sizes = array("I")
        self.skipped = array("I")
        self.notes = Notes()
        self._sources = bytearray()
        self._source_lengths = array("I")
        self._n_truths = array("I", [0])
        self._n_entries = array("I", [0])

    def code_of(self, label: str) -> int:
        """The label's code; a label that is new gets the next one."""
        if label in self.codes:
            return self.codes[label]
        if not label:
            raise LineError("found an empty class-name, wanted a label.")
        if len(self.codes) == MAX_LABELS:
            raise LineError(
                f"more than {MAX_LABELS} labels; AWS allows 250: is this the test "
                "manifest of one model?"
            )
        return self.codes.setdefault(label, len(self.codes))

    def add_images(
        self, sources: Sequence[str], n_truths: list[int], n_entries: list[int]
    ) -> None:
        """Add images, and so many ground-truth labels and entries for each."""
        packed = "".join(sources)
        lengths = list(map(len, sources))
        if not packed.isascii():
            lengths = [len(source.encode()) for source in sources]
        self._sources += packed.encode()
        self._source_lengths.fromlist(lengths)
        self._n_truths.fromlist(n_truths)
        self._n_entries.fromlist(n_entries)

    def add_confidences(self, confidences: list[float | None]) -> None:
        """Add the entries' confidences, with NaN where there is none."""
        try:
            self.entry_confidences.fromlist(confidences)  # type: ignore[arg-type]
        except TypeError:
            known = [math.nan if value is None else value for value in confidences]
            self.entry_confidences.fromlist(known)

    def skip_line(self, oddity: Oddity) -> None:
        """Go on to the next line without an image."""
        self.notes.add(oddity, [self.n_lines + 1])
        self.skipped.append(self.n_images)

    @property
    def n_images(self) -> int:
        return len(self._source_lengths)

    @property
    def n_lines(self) -> int:
        return self.n_images + len(self.skipped)

    def finish(self, *, is_detection: bool) -> Manifest:
        """The manifest; nothing can be added to it any more."""
        for lengths in (self._source_lengths, self._n_truths, self._n_entries):
            sums = np.frombuffer(lengths, dtype=lengths.typecode)
            np.cumsum(sums, out=sums)
        return Manifest(
            is_detection=is_detection,
            labels=tuple(self.codes),
            sources=Texts(self._sources, self._source_lengths),
            truth_starts=self._n_truths,
            truth_labels=self.truth_labels,
            entry_starts=self._n_entries,
            entry_labels=self.entry_labels,
            entry_kinds=self.entry_kinds,
            entry_confidences=self.entry_confidences,
            truth_boxes=self.truth_boxes,
            entry_boxes=self.entry_boxes,
            image_sizes=self.image_sizes,
            skipped=self.skipped,
        )
