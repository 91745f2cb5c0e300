"""Numbers to text."""

from __future__ import annotations

import pytest

from rekmetrics.report.numerals import (
    format_change,
    format_fraction,
    format_share,
    format_time,
    format_value_and_bound,
    plural,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9, "0.900"),
        (1.0, "1.000"),
        (0.0, "0.000"),
        (0.99999, "0.99999"),
        (0.99995, "0.99995"),
        (0.0001, "0.0001"),
        (-0.25, "\u22120.250"),
        (None, "undefined"),
        (float("nan"), "undefined"),
    ],
)
def test_never_rounds_to_perfection_or_to_nothing(
    value: float | None, text: str
) -> None:
    """0.99999 is not 1.000."""
    assert format_fraction(value) == text


@pytest.mark.parametrize(
    ("value", "bound", "texts"),
    [
        (0.9, 0.95, ("0.900", "0.950")),
        (0.94996, 0.95, ("0.94996", "0.95000")),
        (0.95, 0.95, ("0.950", "0.950")),
        (0.9499999999, 0.95, ("0.9499999999", "0.9500000000")),
        (0.9, 0.90001, ("0.90000", "0.90001")),
        (None, 0.95, ("undefined", "0.950")),
    ],
)
def test_tells_a_miss_from_a_tie(
    value: float | None, bound: float, texts: tuple[str, str]
) -> None:
    """As many decimals as that takes, and all those that the bound was given with."""
    assert format_value_and_bound(value, bound) == texts


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (0.05, "+0.050"),
        (-0.00004, "\u22120.00004"),
        (0.0, "0.000"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_shows_the_sign_of_every_change(change: float | None, text: str) -> None:
    """A loss never reads as zero."""
    assert format_change(change) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (3, 20, "15.0%"),
        (20, 20, "100.0%"),
        (1999, 2000, "over 99.9%"),
        (1, 5000, "under 0.1%"),
        (0, 20, "0.0%"),
        (0, 0, ""),
    ],
)
def test_gives_shares_that_do_not_overstate(part: int, whole: int, text: str) -> None:
    """Neither all nor nothing unless it is."""
    assert format_share(part, whole) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        ("2026-03-01T10:21:07.123456", "2026-03-01 10:21"),
        ("2026-03-01T10:21:07+01:00", "2026-03-01 09:21 UTC"),
        ("2026-03-01T10:21:07Z", "2026-03-01 10:21 UTC"),
        ("last week", "last week"),
        (None, "not known"),
    ],
)
def test_shows_times_to_the_minute(time: str | None, text: str) -> None:
    """A time without a zone is not given one."""
    assert format_time(time) == text


def test_counts_in_words() -> None:
    """One image, two images, and thousands apart."""
    assert plural(1, "image") == "1 image"
    assert plural(1200, "box", "boxes") == "1,200 boxes"
