"""Which labels are confused with which: the most frequent ones, and the heat map."""

from __future__ import annotations

import numpy as np

from rekmetrics.metrics.confusions import Cell, Grid, Order
from rekmetrics.report.cells import link_cell
from rekmetrics.report.content import ReportContent
from rekmetrics.report.heatmap import RIGHT, WRONG, render_heat_map
from rekmetrics.report.images import cell_anchor
from rekmetrics.report.markup import render_details, render_section, render_table
from rekmetrics.report.numerals import format_count, format_share
from rekmetrics.report.seriation import order_by_confusion

__all__ = ["render_confusions"]

_MOST_AT_ONCE = 40
"""Maps of more labels are folded away, and a smaller one is shown."""
_N_WORST = 30
_N_CONFUSIONS = 15

_TITLES = {
    "multiclass": "Which labels are confused with which",
    "multilabel": "Which labels are missed, and what is seen in their place",
    "detection": "Which boxes are confused with which",
}
_READINGS = {
    "multiclass": "A row is a true label, a column what the model said.",
    "multilabel": "A row is a true label. On the diagonal: images where it was found. "
    "Elsewhere: images that lack it and were given the column's label falsely; an "
    "image with several such labels counts in each.",
    "detection": "A row is the label of a true box, a column that of the box found on "
    "it. Row “background”: boxes found where there is nothing; column “background”: "
    "true boxes that were not found. Boxes are paired here by overlap whatever their "
    "label, while the checks count Rekognition's own flags: the diagonal may differ.",
}


def render_confusions(content: ReportContent) -> str:
    """The section of the confusions, for any number of labels."""
    grid, task = content.grid, content.evaluation.task
    order = order_by_confusion(grid)
    overlap = ""
    if task == "detection":
        overlap = f" A box is on another from an overlap (IoU) of {content.least_iou}."
    reading = f'<p class="rm-note">{_READINGS[task]}{overlap} {_legend()}</p>'
    if grid.n_labels <= _MOST_AT_ONCE:
        parts = [reading, *_small(content, grid, order)]
    else:
        parts = [_frequent(content, grid), reading, *_large(content, grid, order)]
    return render_section("confusions", _TITLES[task], *parts)


def _small(content: ReportContent, grid: Grid, order: Order) -> list[str]:
    shown = _map(content, order, "rm-map", "Heat map")
    parts = [f'<div class="rm-side">{shown}<div>{_frequent(content, grid)}</div></div>']
    as_listed = np.arange(grid.n_labels)
    if not np.array_equal(order, as_listed):
        title = "Heat map in the summary's order"
        listed = _map(content, as_listed, "rm-map-listed", title)
        parts.append(_screen("The same in the order of the summary", listed))
    parts.append(_screen("The same as a table", _table(content, grid)))
    return parts


def _screen(summary: str, body: str) -> str:
    """Folded away, and left out on paper."""
    return f'<div class="rm-screen">{render_details(summary, body)}</div>'


def _large(content: ReportContent, grid: Grid, order: Order) -> list[str]:
    errors = grid.errors_by_label()
    worst = set(np.argsort(-errors, kind="stable")[:_N_WORST].tolist())
    few = [label for label in order.tolist() if label in worst]
    title = f"The {_N_WORST} labels with most errors"
    whole = _map(content, order, "rm-map-all", "Heat map of all labels")
    as_listed = np.arange(grid.n_labels)
    title_listed = "Heat map in the summary's order"
    listed = _map(content, as_listed, "rm-map-listed", title_listed)
    n = format_count(grid.n_labels)
    return [
        f"<h3>{title}</h3>",
        _map(content, few, "rm-map", title),
        _screen(f"All {n} labels", whole),
        _screen(f"All {n} labels in the order of the summary", listed),
    ]


def _map(
    content: ReportContent, order: Order | list[int], name: str, title: str
) -> str:
    drawn = render_heat_map(
        content.grid.reorder(order),
        name=name,
        unit=content.unit,
        plain=content.plain,
        title=title,
        links=_links(content, order),
    )
    return (
        f'<div class="rm-scroll rm-figure" role="region" tabindex="0" '
        f'aria-label="{title}">{drawn}</div>'
    )


def _links(content: ReportContent, order: Order | list[int]) -> dict[Cell, str]:
    """Where cells lead, by their place in a map of the labels in this order."""
    n, n_shown = content.grid.n_labels, len(order)
    place = {int(label): index for index, label in enumerate(order)}
    n_more = sum(content.grid.counts.shape) - 2 * n
    place |= {n + i: n_shown + i for i in range(n_more)}
    return {
        (place[row], place[column]): cell_anchor((row, column))
        for row, column in content.wrong_cells
        if row in place and column in place
    }


def _frequent(content: ReportContent, grid: Grid) -> str:
    found = grid.confusions(_N_CONFUSIONS)
    if not found:
        return "<p>No cell off the diagonal: nothing was confused.</p>"
    rows = [
        [
            _name(content, grid.row_name(c.row), is_label=c.row < grid.n_labels),
            _name(
                content, grid.column_name(c.column), is_label=c.column < grid.n_labels
            ),
            link_cell(content, (c.row, c.column), format_count(c.count)),
            f"{format_share(c.count, c.total)} of {format_count(c.total)}",
        ]
        for c in found
    ]
    title = "Most frequent confusions"
    unit = content.unit_plural.capitalize()
    headers = ["True label", "Seen as", unit, "Share of the true label"]
    return f"<h3>{title}</h3>\n" + render_table(title, headers, rows, numeric=(2, 3))


def _name(content: ReportContent, name: str, *, is_label: bool) -> str:
    return content.show_label(name) if is_label else f"<i>{name}</i>"


def _table(content: ReportContent, grid: Grid) -> str:
    columns = [
        _name(content, grid.column_name(i), is_label=i < grid.n_labels)
        for i in range(grid.counts.shape[1])
    ]
    rows = [
        [
            _name(content, grid.row_name(i), is_label=i < grid.n_labels),
            *(
                link_cell(content, (i, j), format_count(count))
                for j, count in enumerate(counts)
            ),
            format_count(int(grid.totals[i])),
        ]
        for i, counts in enumerate(grid.counts.tolist())
    ]
    n = len(columns)
    return render_table(
        f"Counts of {content.unit_plural}",
        ["True label", *columns, "All"],
        rows,
        numeric=range(1, n + 2),
        name="rm-grid",
    )


def _legend() -> str:
    return (
        f"{_ramp(RIGHT, 'r')} On the diagonal, outlined: right. {_ramp(WRONG, 'w')} "
        "Elsewhere: wrong. The stronger the colour, the larger the share of the row "
        "(by its square root, so that small ones are seen). Digits are counts; empty "
        "means none."
    )


def _ramp(colours: tuple[str, ...], kind: str) -> str:
    rects = "".join(
        f'<rect class="rm-{kind}{i + 1}" x="{i * 9}" width="9" height="12" fill="{c}"/>'
        for i, c in enumerate(colours)
    )
    width = 9 * len(colours)
    size = f'width="{width}" height="12"'
    return f'<svg class="rm-ramp" {size} aria-hidden="true">{rects}</svg>'
