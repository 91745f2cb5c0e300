"""The images behind each wrong cell: where the links of maps and tables lead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rekmetrics.metrics.confusions import Cell
from rekmetrics.report.content import ReportContent
from rekmetrics.report.images import cell_anchor, list_groups, render_cell
from rekmetrics.report.markup import render_section
from rekmetrics.report.numerals import plural

__all__ = ["label_anchor", "link_cell", "link_labels", "linked_labels", "render_cells"]

_MOST_IMAGES = 24
_MOST_IN_ALL = 600
"""Images of all cells together; each cell shows at least one."""


def label_anchor(code: int) -> str:
    """The id of the place where a label's mistakes are listed."""
    return f"rm-of-{code}"


def link_cell(content: ReportContent, cell: Cell, html: str) -> str:
    """The text as a link to the images of a cell, if they are listed."""
    if cell not in content.wrong_cells:
        return html
    return f'<a href="#{cell_anchor(cell)}">{html}</a>'


def link_labels(content: ReportContent) -> Callable[[int, str], str]:
    """Makes a text a link to the list of a label's mistakes, if it has any."""
    linked = frozenset(linked_labels(content))

    def link(code: int, html: str) -> str:
        return f'<a href="#{label_anchor(code)}">{html}</a>' if code in linked else html

    return link


def linked_labels(content: ReportContent) -> Mapping[int, list[Cell]]:
    """By label, the listed cells that it is the true one of, or was seen in."""
    n = content.grid.n_labels
    found: dict[int, list[Cell]] = {}
    for cell in content.wrong_cells:
        for code in cell:
            if code < n:
                found.setdefault(code, []).append(cell)
    return found


def render_cells(content: ReportContent) -> str:
    """The section of all mistakes, label by label; nothing where there is none."""
    cells = content.wrong_cells
    if not cells:
        return ""
    above = {group.cell for group in list_groups(content)}
    n_shown = max(1, min(_MOST_IMAGES, _MOST_IN_ALL // len(cells)))
    index = "\n".join(_index(content))
    lists = (render_cell(content, cell, n_shown) for cell in cells if cell not in above)
    return render_section(
        "cells",
        "Mistakes by label",
        f'<ul class="rm-index">\n{index}\n</ul>',
        *lists,
    )


def _index(content: ReportContent) -> Iterator[str]:
    labels = content.evaluation.labels
    for code, cells in sorted(linked_labels(content).items()):
        told = "; ".join(_entry(content, code, cell) for cell in cells)
        name = content.show_label(labels[code])
        yield f'<li id="{label_anchor(code)}"><b>{name}</b>: {told}</li>'


def _entry(content: ReportContent, code: int, cell: Cell) -> str:
    """One cell from the view of one of its two labels."""
    grid, (row, column) = content.grid, cell
    if code == row and column < grid.n_labels:
        shown = f"seen as {content.show_label(grid.column_name(column))}"
    elif code == row:
        shown = "missed" if content.unit == "box" else grid.column_name(column)
    elif row < grid.n_labels:
        shown = f"seen for {content.show_label(grid.row_name(row))}"
    else:
        shown = "seen falsely"
    n = len(content.wrong_cells[cell])
    return f"{link_cell(content, cell, shown)} ({plural(n, 'image')})"
