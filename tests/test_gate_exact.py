"""Numbers as they are written: counts that can be trusted, figures that tell apart."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from rekmetrics.gate.exact import counts_of, exact, figures, plain, value_of
from rekmetrics.metrics import Estimate


def test_takes_a_float_for_the_decimal_it_is_written_as() -> None:
    """A tenth is a tenth."""
    assert exact(0.1) == Fraction(1, 10)
    assert exact(1) == 1


@pytest.mark.parametrize(
    "estimate",
    [
        Estimate(None, 1, 2),
        Estimate(0.5, None, 2),
        Estimate(0.5, 1, None),
        Estimate(2.0, 4, 2),  # more hits than there are
        Estimate(-0.5, -1, 2),
        Estimate(0.5, -1, -2),
        Estimate(0.0, 0, 0),
        Estimate(0.6, 1, 2),  # another value than they make
    ],
)
def test_trusts_no_counts_that_make_no_sense(estimate: Estimate) -> None:
    """The value then stands alone."""
    assert counts_of(estimate) is None


def test_takes_a_rate_from_its_counts() -> None:
    """A third is a third, whatever the float; none and all are rates too."""
    assert counts_of(Estimate(1 / 3, 1, 3)) == (1, 3)
    assert counts_of(Estimate(0.0, 0, 3)) == (0, 3)
    assert counts_of(Estimate(1.0, 3, 3)) == (3, 3)
    assert value_of(Estimate(1 / 3, 1, 3)) == Fraction(1, 3)
    assert value_of(Estimate(0.25)) == Fraction(1, 4)


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_gives_no_value_that_is_no_number(value: float | None) -> None:
    """Nothing can be held against a bound then."""
    assert value_of(Estimate(value)) is None


@pytest.mark.parametrize(
    ("value", "others", "text"),
    [
        (Fraction(12), [], "12"),
        (Fraction(-3), [], "-3"),
        (Fraction(1), [], "1.000"),
        (Fraction(0), [], "0.000"),
        (Fraction(-1), [], "-1.000"),
        (Fraction(5, 2), [], "2.500"),
        (Fraction(2, 3), [], "0.667"),
        (Fraction(949999, 10**6), [Fraction(19, 20)], "0.949999"),
        (Fraction(1, 2), [Fraction(1, 2)], "0.500"),
        (Fraction(1, 3), [Fraction(1, 3) + Fraction(1, 10**18)], "0.333"),
        (Fraction(2, 3), [Fraction(2, 3) - Fraction(1, 10**5)], "0.667"),
        (Fraction(2, 3), [Fraction(2, 3) + Fraction(1, 10**5)], "0.66667"),
    ],
)
def test_shows_as_many_digits_as_tell_apart(
    value: Fraction, others: list[Fraction], text: str
) -> None:
    """Three, or as many as keep the number on its side of the others."""
    assert figures(value, others) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.95, "0.95"), (1.0, "1"), (-0.0, "0"), (1e-5, "0.00001"), (20, "20")],
)
def test_writes_bounds_as_short_as_can_be(number: float, text: str) -> None:
    """As a person would."""
    assert plain(number) == text
