"""Which labels are confused with which: the most frequent ones, and the heat map."""

from __future__ import annotations

import numpy as np

from rekmetrics.metrics.confusions import Cell, Grid, Order
from rekmetrics.report.content import ReportContent
from rekmetrics.report.heatmap import RIGHT, WRONG, render_heat_map
from rekmetrics.report.images import cell_anchor, link_cell
from rekmetrics.report.markup import (
    render_details,
    render_note,
    render_section,
    render_svg,
    render_table,
)
from rekmetrics.report.numerals import format_count, format_share

_MOST_AT_ONCE = 40
"""Maps of more labels are folded away, and a smaller one is shown."""
_N_WORST = 30
_N_CONFUSIONS = 15
_LISTED = "Heat map in the summary's order"

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


_LEGEND = (
    "{} On the diagonal, outlined: right. {} Elsewhere: wrong. The stronger the "
    "colour, the larger the share of the row (by its square root, so that small ones "
    "are seen). Digits are counts; empty means none."
)


def render_confusions(content: ReportContent) -> str:
    """The section of the confusions, for any number of labels."""
    grid, task = content.grid, content.evaluation.task
    overlap = ""
    if task == "detection":
        from rekmetrics.metrics.box_averages import parse_iou

        least = min(parse_iou(content.judgement.thresholds.iou))
        overlap = f" A box is on another from an overlap (IoU) of {float(least)}."
    legend = _LEGEND.format(_ramp(RIGHT, "r"), _ramp(WRONG, "w"))
    reading = render_note(f"{_READINGS[task]}{overlap} {legend}")
    order = order_by_confusion(grid)
    if grid.n_labels <= _MOST_AT_ONCE:
        parts = [reading, *_small(content, order)]
    else:
        parts = [_frequent(content), reading, *_large(content, order)]
    return render_section("confusions", _TITLES[task], *parts)


def _small(content: ReportContent, order: Order) -> list[str]:
    shown = _map(content, order, "rm-map", "Heat map")
    parts = [f'<div class="rm-side">{shown}<div>{_frequent(content)}</div></div>']
    as_listed = np.arange(content.grid.n_labels)
    if not np.array_equal(order, as_listed):
        listed = _map(content, as_listed, "rm-map-listed", _LISTED)
        parts.append(_screen("The same in the order of the summary", listed))
    return [*parts, _screen("The same as a table", _table(content))]


def _large(content: ReportContent, order: Order) -> list[str]:
    grid = content.grid
    worst = np.argsort(-grid.errors_by_label(), kind="stable")[:_N_WORST]
    few = order[np.isin(order, worst)]
    title = f"The {_N_WORST} labels with most errors"
    whole = _map(content, order, "rm-map-all", "Heat map of all labels")
    listed = _map(content, np.arange(grid.n_labels), "rm-map-listed", _LISTED)
    every = f"All {format_count(grid.n_labels)} labels"
    return [
        f"<h3>{title}</h3>",
        _map(content, few, "rm-map", title),
        _screen(every, whole),
        _screen(f"{every} in the order of the summary", listed),
    ]


def _screen(summary: str, body: str) -> str:
    """Folded away, and left out on paper."""
    return f'<div class="rm-screen">{render_details(summary, body)}</div>'


def _map(content: ReportContent, order: Order, name: str, title: str) -> str:
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


def _links(content: ReportContent, order: Order) -> dict[Cell, str]:
    """Where cells lead, by their place in a map of the labels in this order."""
    n, n_shown = content.grid.n_labels, len(order)
    place = {label: index for index, label in enumerate(order.tolist())}
    n_more = sum(content.grid.counts.shape) - 2 * n
    place |= {n + i: n_shown + i for i in range(n_more)}
    return {
        (place[row], place[column]): cell_anchor((row, column))
        for row, column in content.wrong_cells
        if row in place and column in place
    }


def _frequent(content: ReportContent) -> str:
    found = content.grid.confusions(_N_CONFUSIONS)
    if not found:
        return "<p>No cell off the diagonal: nothing was confused.</p>"
    rows_named, columns_named = _names(content)
    rows = [
        [
            rows_named[c.row],
            columns_named[c.column],
            link_cell(content, (c.row, c.column), format_count(c.count)),
            f"{format_share(c.count, c.total)} of {format_count(c.total)}",
        ]
        for c in found
    ]
    unit = content.unit_plural.capitalize()
    headers = ["True label", "Seen as", unit, "Of the true label"]
    title = "Most frequent confusions"
    return render_table(title, headers, rows, numeric=(2, 3), is_titled=True)


def _table(content: ReportContent) -> str:
    grid = content.grid
    rows_named, columns_named = _names(content)
    rows = []
    for i, counts in enumerate(grid.counts.tolist()):
        shown = enumerate(map(format_count, counts))
        cells = (link_cell(content, (i, j), html) for j, html in shown)
        rows.append([rows_named[i], *cells, format_count(int(grid.totals[i]))])
    title, headers = f"Counts of {content.unit_plural}", ["True label", *columns_named]
    headers.append("All")
    flush = range(1, len(headers))
    return render_table(title, headers, rows, numeric=flush, name="rm-grid")


def _names(content: ReportContent) -> tuple[list[str], list[str]]:
    """What rows and columns are called; names that are no labels are slanted."""
    labels = [content.show_label(label) for label in content.grid.labels]
    extra = (content.grid.extra_rows, content.grid.extra_columns)
    rows, columns = ([*labels, *(f"<i>{name}</i>" for name in own)] for own in extra)
    return rows, columns


def _ramp(colours: tuple[str, ...], kind: str) -> str:
    rects = "".join(
        f'<rect class="rm-{kind}{i + 1}" x="{i * 9}" width="9" height="12" fill="{c}"/>'
        for i, c in enumerate(colours)
    )
    return render_svg(rects, (9 * len(colours), 12), name="rm-ramp")


def order_by_confusion(grid: Grid) -> Order:
    """
    An order of the labels in which those that are confused stand side by side.

    Pairs are linked from the most confused on, each label to two others at most, which
    gives chains; the chains with most errors come first.
    """
    n = grid.n_labels
    wrong = grid.counts[:n, :n].astype(np.float64)
    np.fill_diagonal(wrong, 0)
    share = wrong / np.maximum(grid.totals[:n, None], 1)
    likeness = np.triu(share + share.T, 1)
    rows, columns = np.nonzero(likeness)
    by_strength = np.argsort(-likeness[rows, columns], kind="stable")
    chain_of = [[label] for label in range(n)]
    for first, second in zip(rows[by_strength], columns[by_strength], strict=True):
        left, right = chain_of[first], chain_of[second]
        if left is right or first not in (left[0], left[-1]):
            continue
        if second not in (right[0], right[-1]):
            continue
        if left[-1] != first:
            left.reverse()
        if right[0] != second:
            right.reverse()
        left += right
        for label in right:
            chain_of[label] = left
    chains = {id(chain): chain for chain in chain_of}
    errors = grid.errors_by_label()
    ranked = sorted(chains.values(), key=lambda chain: (-errors[chain].max(), chain[0]))
    return np.array([label for chain in ranked for label in chain], dtype=np.int64)
