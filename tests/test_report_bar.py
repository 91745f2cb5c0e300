"""A check as a small drawing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.report_pages import make_outcome

from rekmetrics.report.bar import Scale, bound_of, format_bound, render_bar, scale_of
from rekmetrics.thresholds import Check, Rule


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([(0.93, 0.95)], (0.9, 1.0)),
        ([(0.93, 0.95), (0.61, 0.75)], (0.6, 1.0)),
        ([(0.15, 0.5)], (0.0, 0.5)),
        ([(-0.31, 0.8)], (-0.4, 0.8)),
    ],
)
def test_chooses_a_scale_that_holds_all(
    values: list[tuple[float, float]], ends: tuple[float, float]
) -> None:
    """Full tenths; 0 and 1 are taken in where they are near."""
    scale = scale_of(make_outcome(value=v, minimum=m) for v, m in values)
    assert (scale.low, scale.high) == pytest.approx(ends)


def test_places_value_and_bound_on_one_scale() -> None:
    """From 6 to 144 pixels: 0.5 lies in the middle, at 75; the bound 0.75 at 109.5."""
    svg = render_bar(make_outcome(value=0.5, minimum=0.75), Scale(0.0, 1.0))
    assert 'd="M75.0 4.5' in svg
    assert 'd="M109.5 1V' in svg


def test_shades_the_side_that_falls_short() -> None:
    """Left of a minimum, right of a maximum."""
    low = render_bar(make_outcome(value=0.5, minimum=0.75), Scale())
    high = render_bar(make_outcome(value=0.5, minimum=None, maximum=0.25), Scale())
    zone = r'rm-b-zone" x="([\d.]+)" y="3" width="([\d.]+)"'
    assert re.findall(zone, low) == [("6", "103.5")]
    assert re.findall(zone, high) == [("40.5", "103.5")]


def test_tells_a_miss_by_shape() -> None:
    """A dot holds, a diamond does not."""
    assert "rm-b-right" in render_bar(make_outcome(value=0.96), Scale())
    assert "rm-b-wrong" in render_bar(make_outcome(value=0.94), Scale())


def test_draws_an_undefined_value_as_nothing() -> None:
    """Neither dot nor diamond; the bound stays."""
    svg = render_bar(make_outcome(value=None), Scale())
    assert "rm-b-wrong" not in svg
    assert "rm-b-bound" in svg
    assert "value undefined" in svg


@pytest.mark.parametrize(
    ("metric", "kind", "bound"),
    [("accuracy", "at least", 0.94), ("hamming_loss", "at most", 0.96)],
)
def test_bounds_a_regression_by_its_baseline(
    metric: str, kind: str, bound: float
) -> None:
    """0.95 may change for the worse by 0.01, and by 5 % of it: the smaller counts."""
    rule = Rule(max_regression=0.01, max_relative_regression=0.05)
    check = Check("r", "regression", metric, rule)
    outcome = replace(make_outcome(), check=check, baseline_value=0.95)
    found = bound_of(outcome)
    assert found is not None
    assert (found.kind, found.value) == (kind, pytest.approx(bound))
    assert bound_of(replace(outcome, baseline_value=None)) is None


def test_names_both_bounds_of_a_range() -> None:
    """The nearer one is drawn, both are written."""
    outcome = make_outcome(value=0.9, minimum=0.2, maximum=0.8)
    assert format_bound(outcome) == "at least 0.200, at most 0.800"
    found = bound_of(outcome)
    assert found is not None
    assert found.kind == "at most"
