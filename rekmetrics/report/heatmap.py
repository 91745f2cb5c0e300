"""The heat map: a grid of counts as one SVG that needs no style sheet and no script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rekmetrics.metrics.confusions import Cell, Grid
from rekmetrics.report.numerals import format_count, format_share, plural
from rekmetrics.texts import shorten

__all__ = ["RIGHT", "WRONG", "ink_on", "render_heat_map"]

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

Counts = NDArray[np.int64]


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour; never below 4.5 to 1."""
    return "#000" if _luminance(colour) > 0.179 else "#fff"


@dataclass(frozen=True)
class _Layout:
    """Where things lie, in pixels."""

    grid: Grid
    cell: int
    gutter: float
    head: float
    is_steep: bool

    def x(self, column: int) -> int:
        return column * self.cell + (_GAP if column >= self.grid.n_labels else 0)

    def y(self, row: int) -> int:
        return row * self.cell + (_GAP if row >= self.grid.n_labels else 0)

    @property
    def width(self) -> float:
        n_columns = self.grid.counts.shape[1]
        lean = 10 if self.is_steep else self.head * 0.8
        return self.gutter + self.x(n_columns - 1) + self.cell + max(lean, 62)

    @property
    def height(self) -> float:
        return self.head + self.y(len(self.grid.counts) - 1) + self.cell + 4


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
    names = _Names(grid, plain)
    layout = _lay_out(grid, names)
    levels = _levels(grid)
    parts = [
        _frame(layout),
        _cells(layout, levels, names, unit, links),
        _diagonal(layout),
        _digits(layout, levels) if grid.n_labels <= _MOST_WITH_DIGITS else "",
        _row_names(layout, names),
        _column_names(layout, names),
        _totals(layout) if layout.cell >= 12 else "",
    ]
    role = "group" if links else "img"  # an image has no links in it
    width, height = round(layout.width), round(layout.height)
    body = "\n".join(part for part in parts if part)
    return (
        f'<svg class="rm-map" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="{role}" aria-labelledby="{name}-title" '
        f'font-family="Helvetica, Arial, sans-serif">'
        f'<title id="{name}-title">{escape(title)}</title>\n'
        f'<g transform="translate({layout.gutter:g} {layout.head:g})">{body}</g></svg>'
    )


class _Names:
    """What rows and columns are called: short on the axes, longer in tooltips."""

    def __init__(self, grid: Grid, plain: Callable[[str], str]) -> None:
        labels = [plain(label) for label in grid.labels]
        self.rows = [*labels, *grid.extra_rows]
        self.columns = [*labels, *grid.extra_columns]
        self.row_titles = [escape(shorten(t, _TITLE_CHARACTERS)) for t in self.rows]
        self.column_titles = [
            escape(shorten(t, _TITLE_CHARACTERS)) for t in self.columns
        ]


def _lay_out(grid: Grid, names: _Names) -> _Layout:
    n = grid.n_labels
    cell = (
        46 if n <= 12 else 36 if n <= 20 else 28 if n <= 40 else 16 if n <= 100 else 8
    )
    size = _axis_font(cell) / 11
    longest = max(
        min(len(text), _MOST_CHARACTERS) for text in (*names.rows, *names.columns)
    )
    reach = longest * _CHARACTER * size + 14
    is_steep = cell < 28
    return _Layout(grid, cell, reach, reach if is_steep else reach * 0.75 + 8, is_steep)


def _axis_font(cell: int) -> float:
    return 12 if cell >= 28 else 11 if cell >= 12 else 7


def _levels(grid: Grid) -> NDArray[np.int8]:
    """
    Steps of colour by the square root of a cell's share, so that small ones are seen.

    From 1 up for right cells, from -1 down for wrong ones, 0 for empty ones.
    """
    share = grid.counts / np.maximum(grid.totals[:, None], 1)
    steps = np.ceil(np.sqrt(np.clip(share, 0, 1)) * len(RIGHT)).astype(np.int8)
    steps[grid.counts > 0] = np.maximum(steps[grid.counts > 0], 1)
    signs = np.full(grid.counts.shape, -1, dtype=np.int8)
    np.fill_diagonal(signs[: grid.n_labels, : grid.n_labels], 1)
    levels: NDArray[np.int8] = steps * signs
    return levels


def _colour(level: int) -> tuple[str, str]:
    if level > 0:
        return f"rm-r{level}", RIGHT[level - 1]
    return f"rm-w{-level}", WRONG[-level - 1]


def _frame(layout: _Layout) -> str:
    """The ground that cells lie on, in blocks: labels, and what is not a label."""
    grid, blocks = layout.grid, []
    n, (n_rows, n_columns) = grid.n_labels, grid.counts.shape
    for top, bottom in ((0, n), (n, n_rows)):
        for left, right in ((0, n), (n, n_columns)):
            if bottom > top and right > left:
                w = (right - left) * layout.cell
                h = (bottom - top) * layout.cell
                x, y = layout.x(left), layout.y(top)
                blocks.append(f"M{x} {y}h{w}v{h}h{-w}z")
    path = "".join(blocks)
    return f'<path class="rm-ground" d="{path}" fill="#fff" stroke="#8a939e"/>'


def _cells(
    layout: _Layout,
    levels: NDArray[np.int8],
    names: _Names,
    unit: str,
    links: Mapping[Cell, str],
) -> str:
    """One group a colour; cells without a tooltip are strokes, a run at a time."""
    grid = layout.grid
    rows, columns = np.nonzero(grid.counts)
    by_count = np.argsort(-grid.counts[rows, columns], kind="stable")
    titled: dict[int, list[str]] = defaultdict(list)
    plain: dict[int, list[tuple[int, int]]] = defaultdict(list)
    left = _TITLE_BYTES
    for index in by_count.tolist():
        row, column = int(rows[index]), int(columns[index])
        level = int(levels[row, column])
        if left > 0:
            drawn = _cell(layout, row, column, names, unit)
            if (row, column) in links:
                drawn = f'<a href="#{links[row, column]}" tabindex="-1">{drawn}</a>'
            left -= len(drawn)
            titled[level].append(drawn)
        else:
            plain[level].append((row, column))
    groups = []
    for level in sorted({*titled, *plain}):
        kind, colour = _colour(level)
        strokes = _strokes(layout, plain[level], kind, colour)
        groups.append(f'<g class="{kind}" fill="{colour}">{"".join(titled[level])}</g>')
        groups.append(strokes)
    return "\n".join(group for group in groups if group)


def _cell(layout: _Layout, row: int, column: int, names: _Names, unit: str) -> str:
    grid, cell = layout.grid, layout.cell
    count, total = int(grid.counts[row, column]), int(grid.totals[row])
    if column >= grid.n_labels:
        seen = f", {names.column_titles[column]}"
    elif row == column:
        seen = ", right"
    else:
        seen = f", seen as {names.column_titles[column]}"
    share = format_share(count, total)
    whole = f"{format_count(count)} of {plural(total, unit, _many(unit))} ({share})"
    return (
        f'<rect x="{layout.x(column)}" y="{layout.y(row)}" width="{cell}" '
        f'height="{cell}"><title>{names.row_titles[row]}{seen}: {whole}</title></rect>'
    )


def _many(unit: str) -> str:
    return "boxes" if unit == "box" else f"{unit}s"


def _strokes(
    layout: _Layout, cells: list[tuple[int, int]], kind: str, colour: str
) -> str:
    if not cells:
        return ""
    size, path = layout.cell, []
    for row, first, n in _runs(sorted(cells), layout.grid.n_labels):
        path.append(f"M{layout.x(first)} {layout.y(row) + size // 2}h{n * size}")
    return (
        f'<path class="{kind}s" d="{"".join(path)}" stroke="{colour}" '
        f'stroke-width="{size}"/>'
    )


def _runs(
    cells: Iterable[tuple[int, int]], n_labels: int
) -> Iterable[tuple[int, int, int]]:
    """Row, first column and length of cells that stand side by side."""
    run: list[int] = []
    for row, column in cells:
        is_next = run and run[0] == row and run[1] + run[2] == column
        if is_next and column != n_labels:
            run[2] += 1
            continue
        if run:
            yield run[0], run[1], run[2]
        run = [row, column, 1]
    if run:
        yield run[0], run[1], run[2]


def _diagonal(layout: _Layout) -> str:
    """An outline round the right cells: they are known by place, not by colour."""
    cell = layout.cell
    boxes = "".join(
        f"M{layout.x(i)} {layout.y(i)}h{cell}v{cell}h{-cell}z"
        for i in range(layout.grid.n_labels)
    )
    return f'<path class="rm-diagonal" d="{boxes}" fill="none" stroke="#1f64ab"/>'


def _digits(layout: _Layout, levels: NDArray[np.int8]) -> str:
    """The counts, grouped by the colour they stand on; tooltips lie beneath."""
    grid, cell = layout.grid, layout.cell
    base = 14 if cell >= 46 else 12 if cell >= 36 else 11 if cell >= 28 else 7
    groups: dict[int, list[str]] = defaultdict(list)
    for row, column in np.argwhere(grid.counts).tolist():
        text = str(grid.counts[row, column])
        fits = round(min(base, 1.7 * (cell - 2) / len(text)), 1)
        size = f' font-size="{fits:g}"' if fits < base else ""
        x, y = layout.x(column) + cell / 2, layout.y(row) + cell / 2 + fits * 0.36
        groups[int(levels[row, column])].append(
            f'<text x="{x:g}" y="{y:.1f}"{size}>{text}</text>'
        )
    drawn = []
    for level, texts in sorted(groups.items()):
        kind, colour = _colour(level)
        drawn.append(f'<g class="{kind}t" fill="{ink_on(colour)}">{"".join(texts)}</g>')
    return (
        f'<g font-size="{base}" text-anchor="middle" pointer-events="none">'
        f"{''.join(drawn)}</g>"
    )


def _row_names(layout: _Layout, names: _Names) -> str:
    size = _axis_font(layout.cell)
    texts = [
        _axis_text(names.rows[row], row >= layout.grid.n_labels,
                   f'x="-6" y="{layout.y(row) + layout.cell / 2 + size * 0.36:.1f}"')
        for row in range(len(names.rows))
    ]  # fmt: skip
    return (
        f'<g class="rm-ink" fill="#1b1f24" font-size="{size:g}" text-anchor="end">'
        f"{''.join(texts)}</g>"
    )


def _column_names(layout: _Layout, names: _Names) -> str:
    size, turn = _axis_font(layout.cell), -90 if layout.is_steep else -45
    texts = []
    for column in range(len(names.columns)):
        x = layout.x(column) + layout.cell / 2 + size * 0.36
        place = f'transform="translate({x:.1f} -6)rotate({turn})"'
        is_ours = column >= layout.grid.n_labels
        texts.append(_axis_text(names.columns[column], is_ours, place))
    return f'<g class="rm-ink" fill="#1b1f24" font-size="{size:g}">{"".join(texts)}</g>'


def _axis_text(name: str, is_ours: bool, place: str) -> str:
    shown = escape(shorten(name, _MOST_CHARACTERS))
    full = f"<title>{escape(name)}</title>" if len(name) > _MOST_CHARACTERS else ""
    style = ' font-style="italic"' if is_ours else ""
    return f"<text {place}{style}>{full}{shown}</text>"


def _totals(layout: _Layout) -> str:
    """What each row's shares are taken of, to the right of it."""
    grid, size = layout.grid, _axis_font(layout.cell)
    x = layout.x(grid.counts.shape[1] - 1) + layout.cell + 8
    texts = [
        f'<text x="{x}" y="{layout.y(row) + layout.cell / 2 + size * 0.36:.1f}">'
        f"of {format_count(int(grid.totals[row]))}</text>"
        for row in range(len(grid.counts))
    ]
    return (
        f'<g class="rm-muted" fill="#4f5964" font-size="{size:g}">{"".join(texts)}</g>'
    )


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
