"""What one comparison found, and how close two numbers are to be."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import Meta

from rekmetrics.texts import quote

if TYPE_CHECKING:
    from rekmetrics.summary import Summary

__all__ = [
    "Finding",
    "Level",
    "as_texts",
    "compare",
    "is_close",
    "list_some",
    "rounding_of",
]

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
    values: tuple[object, object],
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


def rounding_of(summary: Summary) -> float:
    """By how much figures may be off, if those of all labels are rounded."""
    figures = [
        value
        for report in summary.label_reports.values()
        for value in (report.precision, report.recall, report.f1)
        if value is not None
    ]
    n_digits = max(map(_count_decimals, figures), default=0)
    return 0.5 * 10.0**-n_digits if n_digits in ROUNDED_DIGITS else 0.0


def _count_decimals(value: float) -> int:
    text = repr(value)
    return 99 if "e" in text else len(text.partition(".")[2])


def list_some(items: Sequence[str], *, shown: Callable[[str], str] = quote) -> str:
    """The first few, and how many more there are."""
    text = ", ".join(shown(item) for item in items[:SHOWN_LABELS])
    more = len(items) - SHOWN_LABELS
    return f"{text} and {more} more" if more > 0 else text


def as_texts(values: Iterable[object]) -> tuple[str | None, ...]:
    """What was expected and found, in words; None for nothing."""
    return tuple(None if value is None else str(value) for value in values)
