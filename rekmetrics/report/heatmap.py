"""The heat map: a grid of counts as one SVG that needs no style sheet and no script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.metrics.confusions import Cell, Grid
from rekmetrics.report.markup import FONT
from rekmetrics.report.numerals import format_count, format_share, plural
from rekmetrics.texts import shorten

if TYPE_CHECKING:
    from numpy.typing import NDArray


RIGHT = (
    "#e6f0fa", "#cfe3f5", "#b0d0ee", "#8ab8e4", "#5f9bd6",
    "#3b7fc4", "#1f64ab", "#0b4a8f",
)  # fmt: skip
"""Blue, from few to all; empty cells stay white."""
WRONG = (
    "#fdebdd", "#fbd7bb", "#f8bd8f", "#f29d5e", "#e47c33",
    "#c96016", "#a3480b", "#7d3304",
)  # fmt: skip
"""Orange, in the same steps of lightness, so that grey prints tell few from many."""

NO_LINKS: Mapping[Cell, str] = MappingProxyType({})
_CHARACTER = 6.6
_MOST_CHARACTERS = 22
_GAP = 6
_TITLE_CHARACTERS = 40
_TITLE_BYTES = 150_000
"""All tooltips of one map; the cells with the highest counts get theirs first."""
_MOST_WITH_DIGITS = 100


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour; never below 4.5 to 1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return "#000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#fff"


def render_heat_map(
    grid: Grid,
    *,
    name: str,
    unit: str,
    plain: Callable[[str], str],
    title: str,
    links: Mapping[Cell, str] = NO_LINKS,
) -> str:
    """
    The map: colour by share of the row, the count in the cell, a tooltip for each.

    `name` makes ids unique in the page; `plain` makes a label fit to be shown; `links`
    are places of the page by cell, for who points: tables have the same for keyboards.
    Of a large map only the fullest cells have tooltips, and above 100 labels no digits.
    """
    drawn = _Map(grid, unit, plain)
    role = "group" if links else "img"  # an image has no links in it
    width, height = round(drawn.width), round(drawn.height)
    return (
        f'<svg class="rm-map" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="{role}" aria-labelledby="{name}-title" '
        f'{FONT}><title id="{name}-title">{escape(title)}</title>\n'
        f'<g transform="translate({drawn.gutter:g} {drawn.head:g})">'
        f"{drawn.draw(links)}</g></svg>"
    )


class _Map:
    """Where things lie, in pixels, and what they are called."""

    def __init__(self, grid: Grid, unit: str, plain: Callable[[str], str]) -> None:
        labels = [plain(label) for label in grid.labels]
        self.grid, self.unit, n = grid, unit, grid.n_labels
        self.rows = [*labels, *grid.extra_rows]
        self.columns = [*labels, *grid.extra_columns]
        sizes = ((12, 46), (20, 36), (40, 28), (100, 16))
        self.cell = next((size for most, size in sizes if n <= most), 8)
        self.is_steep = self.cell < 28
        self.font = 7 if self.cell < 12 else 11 if self.is_steep else 12
        longest = max(len(text) for text in (*self.rows, *self.columns))
        characters = min(longest, _MOST_CHARACTERS)
        self.gutter = characters * _CHARACTER * self.font / 11 + 14
        self.head = self.gutter if self.is_steep else self.gutter * 0.75 + 8
        lean = 10 if self.is_steep else self.head * 0.8
        self.right = self.x(len(self.columns) - 1) + self.cell
        self.width = self.gutter + self.right + max(lean, 62)
        self.height = self.head + self.y(len(self.rows) - 1) + self.cell + 4
        self.levels = _levels(grid)

    def x(self, column: int) -> int:
        """Where a column begins; what is not a label lies a little apart."""
        return column * self.cell + (_GAP if column >= self.grid.n_labels else 0)

    y = x

    def draw(self, links: Mapping[Cell, str]) -> str:
        has_digits = self.grid.n_labels <= _MOST_WITH_DIGITS
        parts = [
            self._ground(),
            self._cells(links),
            self._diagonal(),
            self._digits() if has_digits else "",
            self._names(),
            self._totals() if self.cell >= 12 else "",
        ]
        return "\n".join(part for part in parts if part)

    def _box(self, row: int, column: int, n_rows: int = 1, n_columns: int = 1) -> str:
        width, height = n_columns * self.cell, n_rows * self.cell
        return f"M{self.x(column)} {self.y(row)}h{width}v{height}h{-width}z"

    def _ground(self) -> str:
        """What cells lie on, in blocks: labels, and what is not a label."""
        n, (n_rows, n_columns) = self.grid.n_labels, self.grid.counts.shape
        path = "".join(
            self._box(top, left, bottom - top, right - left)
            for top, bottom in ((0, n), (n, n_rows))
            for left, right in ((0, n), (n, n_columns))
            if bottom > top and right > left
        )
        return f'<path class="rm-ground" d="{path}" fill="#fff" stroke="#8a939e"/>'

    def _cells(self, links: Mapping[Cell, str]) -> str:
        """One group a colour; cells without a tooltip are strokes in one path."""
        counts = self.grid.counts
        filled = np.argwhere(counts)
        by_count = np.argsort(-counts[tuple(filled.T)], kind="stable")
        titled: dict[int, list[str]] = defaultdict(list)
        plain: dict[int, list[str]] = defaultdict(list)
        left = _TITLE_BYTES
        for row, column in filled[by_count].tolist():
            level = int(self.levels[row, column])
            if left <= 0:
                middle = self.y(row) + self.cell // 2
                plain[level].append(f"M{self.x(column)} {middle}h{self.cell}")
                continue
            drawn = self._cell(row, column)
            if (row, column) in links:
                drawn = f'<a href="#{links[row, column]}" tabindex="-1">{drawn}</a>'
            left -= len(drawn)
            titled[level].append(drawn)
        groups = []
        for level in sorted({*titled, *plain}):
            kind, colour = _colour(level)
            cells, path = "".join(titled[level]), "".join(plain[level])
            groups.append(f'<g class="{kind}" fill="{colour}">{cells}</g>')
            if path:
                stroke = f'stroke="{colour}" stroke-width="{self.cell}"'
                groups.append(f'<path class="{kind}s" d="{path}" {stroke}/>')
        return "\n".join(groups)

    def _cell(self, row: int, column: int) -> str:
        count, total = int(self.grid.counts[row, column]), int(self.grid.totals[row])
        true = escape(shorten(self.rows[row], _TITLE_CHARACTERS))
        seen = f"seen as {escape(shorten(self.columns[column], _TITLE_CHARACTERS))}"
        if column >= self.grid.n_labels:
            seen = seen.removeprefix("seen as ")
        elif row == column:
            seen = "right"
        many = "boxes" if self.unit == "box" else f"{self.unit}s"
        whole = f"{format_count(count)} of {plural(total, self.unit, many)}"
        return (
            f'<rect x="{self.x(column)}" y="{self.y(row)}" width="{self.cell}" '
            f'height="{self.cell}"><title>{true}, {seen}: {whole} '
            f"({format_share(count, total)})</title></rect>"
        )

    def _diagonal(self) -> str:
        """An outline round the right cells: they are known by place, not by colour."""
        boxes = "".join(self._box(i, i) for i in range(self.grid.n_labels))
        return f'<path class="rm-diagonal" d="{boxes}" fill="none" stroke="#1f64ab"/>'

    def _digits(self) -> str:
        """The counts, grouped by the colour they stand on; tooltips lie beneath."""
        cell = self.cell
        base = {46: 14, 36: 12, 28: 11}.get(cell, 7)
        groups: dict[int, list[str]] = defaultdict(list)
        for row, column in np.argwhere(self.grid.counts).tolist():
            text = str(self.grid.counts[row, column])
            fits = round(min(base, 1.7 * (cell - 2) / len(text)), 1)
            size = f' font-size="{fits:g}"' if fits < base else ""
            x, y = self.x(column) + cell / 2, self.y(row) + cell / 2 + fits * 0.36
            groups[int(self.levels[row, column])].append(
                f'<text x="{x:g}" y="{y:.1f}"{size}>{text}</text>'
            )
        drawn = []
        for level, texts in sorted(groups.items()):
            kind, colour = _colour(level)
            ink = f'class="{kind}t" fill="{ink_on(colour)}"'
            drawn.append(f"<g {ink}>{''.join(texts)}</g>")
        font = f'font-size="{base}" text-anchor="middle" pointer-events="none"'
        return f"<g {font}>{''.join(drawn)}</g>"

    def _names(self) -> str:
        """Of rows at the left, and of columns, leaning, above."""
        middle, turn = self.cell / 2 + self.font * 0.36, -90 if self.is_steep else -45
        rows = (f'x="-6" y="{self.y(i) + middle:.1f}"' for i in range(len(self.rows)))
        columns = (
            f'transform="translate({self.x(i) + middle:.1f} -6)rotate({turn})"'
            for i in range(len(self.columns))
        )
        ink = f'class="rm-ink" fill="#1b1f24" font-size="{self.font}"'
        return (
            f'<g {ink} text-anchor="end">{self._axis(self.rows, rows)}</g>\n'
            f"<g {ink}>{self._axis(self.columns, columns)}</g>"
        )

    def _axis(self, names: Iterable[str], places: Iterable[str]) -> str:
        texts = []
        for index, (name, place) in enumerate(zip(names, places, strict=True)):
            style = ' font-style="italic"' if index >= self.grid.n_labels else ""
            is_cut = len(name) > _MOST_CHARACTERS
            full = f"<title>{escape(name)}</title>" if is_cut else ""
            shown = escape(shorten(name, _MOST_CHARACTERS))
            texts.append(f"<text {place}{style}>{full}{shown}</text>")
        return "".join(texts)

    def _totals(self) -> str:
        """What each row's shares are taken of, to the right of it."""
        middle = self.cell / 2 + self.font * 0.36
        texts = "".join(
            f'<text x="{self.right + 8}" y="{self.y(row) + middle:.1f}">'
            f"of {format_count(total)}</text>"
            for row, total in enumerate(self.grid.totals.tolist())
        )
        font = f'font-size="{self.font}"'
        return f'<g class="rm-muted" fill="#4f5964" {font}>{texts}</g>'


def _levels(grid: Grid) -> NDArray[np.int8]:
    """
    Steps of colour by the square root of a cell's share, so that small ones are seen.

    From 1 up for right cells, from -1 down for wrong ones, 0 for empty ones.
    """
    share = grid.counts / np.maximum(grid.totals[:, None], 1)
    steps = np.ceil(np.sqrt(np.clip(share, 0, 1)) * len(RIGHT))
    signs = np.full(grid.counts.shape, -1)
    np.fill_diagonal(signs[: grid.n_labels, : grid.n_labels], 1)
    levels: NDArray[np.int8] = (
        np.where(grid.counts > 0, np.maximum(steps, 1), 0) * signs
    ).astype(np.int8)
    return levels


def _colour(level: int) -> tuple[str, str]:
    if level > 0:
        return f"rm-r{level}", RIGHT[level - 1]
    return f"rm-w{-level}", WRONG[-level - 1]
