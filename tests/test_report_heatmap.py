"""The heat map as SVG."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from time import perf_counter
from xml.etree import ElementTree

import numpy as np
import pytest
from support.report_pages import draw_evaluation, label_names, make_content

from rekmetrics.metrics.confusions import Grid
from rekmetrics.report.confusions import render_confusions
from rekmetrics.report.heatmap import RIGHT, WRONG, ink_on, render_heat_map


def draw(grid: Grid, plain: Callable[[str], str] = str) -> str:
    return render_heat_map(grid, name="m", unit="image", plain=plain, title="Map")


def two_labels() -> Grid:
    counts = np.array([[16, 3, 1], [0, 10, 0]])
    return Grid(("cat", "dog"), counts, counts.sum(axis=1), (), ("no prediction",))


def contrast(first: str, second: str) -> float:
    """WCAG's contrast ratio, written down from its definition."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
        parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        r, g, b = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        )
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_is_well_formed_and_needs_no_style() -> None:
    """Everything is a presentation attribute."""
    svg = draw(two_labels())
    ElementTree.fromstring(svg)
    assert " style=" not in svg
    assert "<style" not in svg


def test_says_each_cell_in_words() -> None:
    """A tooltip has labels, count and share of the row."""
    svg = draw(two_labels())
    assert "<title>cat, right: 16 of 20 images (80.0%)</title>" in svg
    assert "<title>cat, seen as dog: 3 of 20 images (15.0%)</title>" in svg
    assert "<title>cat, no prediction: 1 of 20 images (5.0%)</title>" in svg


def test_leaves_empty_cells_white() -> None:
    """No cell, no digit: two of the six cells are empty."""
    svg = draw(two_labels())
    assert svg.count("<rect ") == 4
    digits = re.findall(r">(\d+)</text>", svg)
    assert sorted(digits, key=int) == ["1", "3", "10", "16"]


def test_draws_right_in_blue_and_wrong_in_orange() -> None:
    """By the square root of the share: 0.8 is step 8, 0.15 step 4, 0.05 step 2."""
    svg = draw(two_labels())
    assert f'<g class="rm-r8" fill="{RIGHT[7]}">' in svg
    assert f'<g class="rm-w4" fill="{WRONG[3]}">' in svg
    assert f'<g class="rm-w2" fill="{WRONG[1]}">' in svg


@pytest.mark.parametrize("colour", [*RIGHT, *WRONG])
def test_writes_digits_that_can_be_read(colour: str) -> None:
    """At least 4.5 to 1 on every step."""
    assert contrast(ink_on(colour), colour) >= 4.5


def test_writes_digits_that_can_be_read_in_the_dark() -> None:
    """The style sheet's dark steps, all sixteen of them."""
    css = (files("rekmetrics.report") / "style.css").read_text(encoding="utf-8")
    grounds = dict(re.findall(r"\.rm-([rw]\d) \{ fill: (#\w+); \}", css))
    inks = dict(re.findall(r"\.rm-([rw]\d)t \{ fill: (#\w+); \}", css))
    assert len(grounds) == len(inks) == 16
    assert min(contrast(inks[step], grounds[step]) for step in grounds) >= 4.5


def test_steps_are_as_light_in_both_hues() -> None:
    """In grey, right and wrong of one share look alike: place tells them apart."""
    for right, wrong in zip(RIGHT, WRONG, strict=True):
        assert contrast(right, wrong) < 1.25


def test_escapes_labels_on_axes_and_in_tooltips() -> None:
    """A label stays text inside SVG too."""
    counts = np.array([[1, 1], [0, 1]])
    label = '<script>alert(1)</script>"onload="x'
    svg = draw(Grid((label, "b"), counts, counts.sum(axis=1)))
    assert "<script" not in svg
    ElementTree.fromstring(svg)


def test_cuts_long_labels_but_says_them_whole_on_demand() -> None:
    """An axis holds some twenty characters."""
    label = "a" * 200 + "z"
    svg = draw(Grid((label, "b"), np.eye(2, dtype=np.int64), np.array([1, 1])))
    assert f"<title>{label}</title>" in svg
    assert "aaaaaaaaaaa…aaaaaaaaaz</text>" in svg


def test_stays_light_with_250_labels_all_confused() -> None:
    """The worst case, every cell filled and every label long: under 1.5 MB and 1 s."""
    counts = np.random.default_rng(0).integers(1, 50, (250, 251))
    labels = tuple(f"{'label ' * 30}{i}" for i in range(250))
    grid = Grid(labels, counts, counts.sum(axis=1), (), ("no prediction",))
    started = perf_counter()
    svg = draw(grid)
    assert perf_counter() - started < 1
    assert len(svg.encode()) < 1_500_000
    assert svg.count("<title>") > 1000


def test_draws_every_filled_cell_even_without_tooltip() -> None:
    """Strokes cover what titled cells do not: the area is that of all cells."""
    counts = np.ones((250, 250), dtype=np.int64)
    labels = tuple(str(i) for i in range(250))
    svg = draw(Grid(labels, counts, counts.sum(axis=1)))
    titled = svg.count("<rect ")
    strokes = re.findall(r'class="rm-[rw]\ds" d="([^"]+)"', svg)
    length = sum(int(n) for path in strokes for n in re.findall(r"h(\d+)", path))
    assert titled + length // 8 == 250 * 250


def test_leaves_the_gap_before_no_prediction_free() -> None:
    """Strokes end at the last label, at 2,000 pixels, or start after the gap."""
    counts = np.ones((250, 251), dtype=np.int64)
    labels = tuple(str(i) for i in range(250))
    svg = draw(Grid(labels, counts, counts.sum(axis=1), (), ("no prediction",)))
    strokes = "".join(re.findall(r'class="rm-[rw]\ds" d="([^"]+)"', svg))
    runs = re.findall(r"M(\d+) \d+h(\d+)", strokes)
    assert {int(x) + int(n) <= 2000 or int(x) >= 2006 for x, n in runs} == {True}
    assert any(int(x) == 2006 for x, _ in runs)


@pytest.mark.parametrize("n", [2, 12])
def test_shows_small_maps_at_once(n: int) -> None:
    """Map, frequent confusions, and the rest folded away."""
    html = render_confusions(make_content(draw_evaluation(label_names(n))))
    assert html.index('<svg class="rm-map"') < html.index("Most frequent confusions")
    assert "labels with most errors" not in html


def test_shows_the_worst_of_many_labels_first() -> None:
    """From some forty on: frequent confusions, thirty labels, all folded away."""
    html = render_confusions(make_content(draw_evaluation(label_names(60))))
    frequent = html.index("Most frequent confusions")
    worst = html.index("The 30 labels with most errors")
    assert frequent < worst < html.index("<summary>All 60 labels</summary>")
    assert html.count("<details>") == 2
