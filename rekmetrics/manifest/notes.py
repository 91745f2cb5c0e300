"""What was odd in a manifest and was read all the same."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SHOWN_LINES = 5


class Oddity(enum.Enum):
    """What is odd and how it is read; a warning where it could change the verdict."""

    BLANK = ("blank lines, passed over", False)
    OTHER_KIND = (
        "lines of the other kind of model, left out as Rekognition leaves them out",
        True,
    )
    ATTRIBUTES = ("lines with ground truth from several attributes, merged", False)
    REPEATED_LABEL = ("ground-truth labels named twice for an image, taken once", False)
    REPEATED_SOURCE = (
        "lines of an image that has a line already, each taken as an image of its own",
        False,
    )
    TRUE_NEGATIVE = ("entries marked as true negatives, passed over", False)
    NO_CONFIDENCE = ("false negatives without confidence, read as 0", False)
    ROUNDED = ("confidences outside 0 to 1 by rounding, read as 0 or 1", False)
    IMAGE_SIZES = (
        "lines whose parts give different image sizes; boxes are judged as they stand",
        True,
    )
    PAST_EDGE = ("boxes past the edge of their image, cut off there", False)
    EMPTY_BOX = ("predicted boxes without area, taken for false positives", True)
    EMPTY_TRUTH = ("ground-truth boxes without area, taken for misses", True)

    @property
    def text(self) -> str:
        return self.value[0]

    @property
    def is_warning(self) -> bool:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Note:
    """How often something is odd, and the first lines where it is."""

    oddity: Oddity
    n: int
    lines: tuple[int, ...]

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.lines))
        more = " …" if self.n > len(self.lines) else ""
        text = self.oddity.text
        return f"{text[0].upper()}{text[1:]}: {self.n} (manifest line {shown}{more})."


class Notes:
    """Notes that are being taken."""

    def __init__(self) -> None:
        self._n: dict[Oddity, int] = {}
        self._lines: dict[Oddity, dict[int, None]] = {}

    def add(self, oddity: Oddity, lines: Iterable[int]) -> None:
        """One thing odd in each of the lines, which may repeat."""
        shown = self._lines.setdefault(oddity, {})
        for line in lines:
            self._n[oddity] = self._n.get(oddity, 0) + 1
            if len(shown) < _SHOWN_LINES:
                shown[line] = None

    @property
    def counts(self) -> Mapping[Oddity, int]:
        return self._n

    def finish(self) -> tuple[Note, ...]:
        return tuple(
            Note(oddity, n, tuple(self._lines[oddity])) for oddity, n in self._n.items()
        )
