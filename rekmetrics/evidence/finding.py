"""What one comparison found, and how close two numbers are to be."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

Level = Literal["error", "warning", "info"]

TOLERANCE = 1e-6
"""Equal as 32-bit floats; one image among 500,000 makes more than that."""

ROUNDED_DIGITS = range(4, 7)
"""Figures with so many decimals at most were rounded; fewer would tell too little."""

SHOWN_LABELS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """
    The result of one comparison: "info" says that it agrees or cannot be decided.

    An "error" contradicts what the verdict rests on; a "warning" is to be shown.
    """

    name: Annotated[str, Meta(description="What was compared.")]
    level: Annotated[
        Level,
        Meta(
            description="error contradicts what the verdict rests on; warning is to be "
            "looked at; info agrees, or cannot be decided."
        ),
    ]
    message: Annotated[str, Meta(description="The same in a sentence.")]
    expected: Annotated[str | None, Meta(description="What one side says.")] = None
    found: Annotated[str | None, Meta(description="What the other says.")] = None


def compare(
    name: str,
    is_equal: bool,
    *,
    agree: str,
    differ: str,
    values: tuple[object, object] = (None, None),
    level: Level = "error",
) -> Finding:
    """The finding of one comparison; `values` are what was expected and found."""
    expected, found = (None if value is None else str(value) for value in values)
    if is_equal:
        return Finding(name, "info", agree, expected, found)
    return Finding(name, level, differ, expected, found)


def is_close(first: float, second: float, rounding: float = 0.0) -> bool:
    """Whether two numbers are equal but for how they were written."""
    return math.isclose(first, second, rel_tol=0, abs_tol=TOLERANCE + rounding)


def rounding_of(
    figures: Iterable[float | None], rounded: Container[int] = ROUNDED_DIGITS
) -> float:
    """By how much figures may be off, if all are rounded to so many decimals."""
    known = [value for value in figures if value is not None]
    n_digits = max(map(_count_decimals, known), default=0)
    return 0.5 * 10.0**-n_digits if n_digits in rounded else 0.0


def _count_decimals(value: float) -> int:
    text = repr(value)
    return 99 if "e" in text else len(text.partition(".")[2])


def list_some(items: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    more = len(items) - SHOWN_LABELS
    return ", ".join(items[:SHOWN_LABELS]) + (f" and {more} more" if more > 0 else "")
