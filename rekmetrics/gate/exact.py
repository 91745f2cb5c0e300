"""Exact comparison: a float stands for the decimal it is written as."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from rekmetrics.metrics import Estimate

_FEWEST_DIGITS = 3
_MOST_DIGITS = 17


def exact(number: float) -> Fraction:
    """The number as it is written: 0.1 is a tenth. It must be finite."""
    return Fraction(repr(float(number)))


def counts_of(estimate: Estimate) -> tuple[int, int] | None:
    """Hits and total of a rate, where they are sound and agree with its value."""
    hits, total, value = estimate.n_hits, estimate.n_total, estimate.value
    if hits is None or total is None or value is None or not 0 <= hits <= total:
        return None
    if total == 0 or not math.isclose(hits / total, value, abs_tol=1e-9):
        return None
    return hits, total


def value_of(estimate: Estimate) -> Fraction | None:
    """The estimate's value, from its counts where it has some; None if not finite."""
    if estimate.value is None or not math.isfinite(estimate.value):
        return None
    counts = counts_of(estimate)
    return Fraction(*counts) if counts else exact(estimate.value)


def figures(value: Fraction, others: Sequence[Fraction] = ()) -> str:
    """
    The value in decimals: three, or as many as it takes to stand on the same side of
    each other number as it does unrounded.
    """
    if value.denominator == 1 and abs(value) > 1:
        return str(value)
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS + 1):
        text = f"{float(value):.{digits}f}"
        if all(_side(Fraction(text), b) == _side(value, b) for b in others):
            return text
    return repr(float(value))


def plain(number: Fraction | float) -> str:
    """A number of the thresholds file, as short as it can be written."""
    text = format(Decimal(repr(float(number))).normalize(), "f")
    return "0" if text == "-0" else text


def _side(value: Fraction, other: Fraction) -> int:
    return (value > other) - (value < other)
