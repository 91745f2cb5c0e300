"""The images behind the figures: what they are, what they were taken for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np

from rekmetrics.evaluation.mistakes import Images, Seen, group_by_truth, list_seen
from rekmetrics.metrics.confusions import Cell
from rekmetrics.report.boxes import render_outlines
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    render_list,
    render_note,
    render_picture,
    render_section,
)
from rekmetrics.report.numerals import format_fraction, plural

__all__ = [
    "cell_anchor",
    "choose_pictures",
    "link_cell",
    "link_label",
    "name_cell",
    "render_cells",
    "render_image_list",
    "render_images",
]

_MOST_GROUPS = 12
_MOST_IMAGES = 6
_MOST_OF_CELL = 24
_MOST_IN_ALL = 600
"""Images of all cells together; each cell shows at least one."""


@dataclass(frozen=True, eq=False)
class _Group:
    """Images that show one thing; the title is HTML."""

    title: str
    images: Images
    cell: Cell | None = None
    """The wrong cell that these are the images of."""


def cell_anchor(cell: Cell) -> str:
    """The id of the place where a cell's images are listed."""
    return f"rm-cell-{cell[0]}-{cell[1]}"


def name_cell(content: ReportContent, cell: Cell) -> str:
    """A wrong cell in words, as HTML."""
    grid, (row, column) = content.grid, cell
    true, seen = grid.row_name(row), grid.column_name(column)
    if row >= grid.n_labels:
        return f"{content.show_label(seen)} seen falsely"
    if column < grid.n_labels:
        return f"True {content.show_label(true)}, seen as {content.show_label(seen)}"
    if content.unit == "box":
        return f"{content.show_label(true)} missed"
    return f"True {content.show_label(true)}, {seen}"


def link_cell(content: ReportContent, cell: Cell, html: str) -> str:
    """The text as a link to the images of a cell, if they are listed."""
    if cell not in content.wrong_cells:
        return html
    return f'<a href="#{cell_anchor(cell)}">{html}</a>'


def link_label(content: ReportContent, code: int) -> str:
    """A label as a link to the list of its mistakes, if it has any."""
    name = content.show_label(content.evaluation.labels[code])
    has_any = code in content.cells_by_label
    return f'<a href="#rm-of-{code}">{name}</a>' if has_any else name


def render_images(content: ReportContent) -> str:
    """The section of the images: for failed rules of labels, then for confusions."""
    groups = _list_groups(content)
    if not groups:
        return render_section("images", "Images", "<p>No image was judged wrongly.</p>")
    note = (
        "The most confident mistakes first. A prediction counts from its label’s "
        "assumed threshold on, which stands in brackets."
    )
    about = content.picture_note
    return render_section(
        "images",
        "Images",
        render_note(note),
        render_note(content.show(about)) if about else "",
        *(_render_group(content, group, _MOST_IMAGES) for group in groups),
    )


def render_cells(content: ReportContent) -> str:
    """The section of all mistakes, label by label; nothing where there is none."""
    cells = content.wrong_cells
    if not cells:
        return ""
    labels = content.evaluation.labels
    index = [
        f'<li id="rm-of-{code}"><b>{content.show_label(labels[code])}</b>: '
        f"{'; '.join(_entry(content, code, cell) for cell in own)}</li>"
        for code, own in sorted(content.cells_by_label.items())
    ]
    n_most = max(1, min(_MOST_OF_CELL, _MOST_IN_ALL // len(cells)))
    above = {group.cell for group in _list_groups(content)}
    groups = (_group_of(content, cell) for cell in cells if cell not in above)
    lists = (_render_group(content, group, n_most) for group in groups)
    index_list = render_list(index, "rm-index")
    return render_section("cells", "Mistakes by label", index_list, *lists)


def choose_pictures(content: ReportContent, n_most: int) -> list[str]:
    """The source-refs of the images that are worth fetching, the best first."""
    groups = [group.images for group in _list_groups(content)]
    if content.comparison is not None:
        broken = content.comparison.newly_broken
        groups += group_by_truth(content.evaluation, broken).values()
    shown = [images[:_MOST_IMAGES].tolist() for images in groups]
    if (study := content.judgement.study) is not None:
        suspects = study.suspects.found if study.suspects else ()
        shown.append([suspect.image for suspect in suspects])
        shown += (share.images for share in study.shares.values())
    in_turn = chain.from_iterable(zip_longest(*shown))
    distinct = dict.fromkeys(image for image in in_turn if image is not None)
    return [content.evaluation.sources[image] for image in [*distinct][:n_most]]


def render_image_list(
    content: ReportContent, images: Images, n_most: int = _MOST_IMAGES
) -> str:
    """The first few of these images, with what the model said of each."""
    items = [_image(content, int(image)) for image in images[:n_most]]
    left = len(images) - n_most
    if left > 0:
        items.append(f'<li class="rm-more">and {plural(left, "more image")}</li>')
    return render_list(items, "rm-images")


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


def _list_groups(content: ReportContent) -> list[_Group]:
    """The few groups that say most, each set of images once."""
    distinct: dict[bytes, _Group] = {}
    for group in chain(_from_checks(content), _from_confusions(content)):
        key = np.sort(group.images).tobytes()
        if len(group.images) and len(distinct) < _MOST_GROUPS:
            distinct.setdefault(key, group)
    return [*distinct.values()]


def _from_checks(content: ReportContent) -> Iterator[_Group]:
    codes = {label: code for code, label in enumerate(content.evaluation.labels)}
    mistakes = content.mistakes
    for outcome in (*content.blocking, *content.warnings):
        check = outcome.check
        code = codes.get(check.label or "")
        if check.label is None or code is None:
            continue
        label = content.show_label(check.label)
        if check.kind == "confusion" and check.predicted in codes:
            cell = (code, codes[check.predicted or ""])
            if cell in content.wrong_cells:
                yield _group_of(content, cell)
            continue
        if check.metric != "precision":
            yield _Group(f"{label} missed", mistakes.missed(code))
        if check.metric != "recall":
            yield _Group(f"{label} seen falsely", mistakes.false(code))


def _from_confusions(content: ReportContent) -> Iterator[_Group]:
    return (_group_of(content, cell) for cell in [*content.wrong_cells][:_MOST_GROUPS])


def _group_of(content: ReportContent, cell: Cell) -> _Group:
    return _Group(name_cell(content, cell), content.wrong_cells[cell], cell)


def _render_group(content: ReportContent, group: _Group, n_most: int) -> str:
    anchor = f' id="{cell_anchor(group.cell)}"' if group.cell else ""
    return (
        f"<h3{anchor}>{group.title}: {plural(len(group.images), 'image')}</h3>\n"
        f"{render_image_list(content, group.images, n_most)}"
    )


def _image(content: ReportContent, image: int) -> str:
    evaluation = content.evaluation
    source = evaluation.sources[image]
    if evaluation.boxes is None:
        picture = render_picture(content.thumbnails.get(source))
    else:
        picture = render_outlines(content, image)
    first, last = (int(evaluation.truth_starts[i]) for i in (image, image + 1))
    codes = sorted(set(evaluation.truth_labels[first:last].tolist()))
    truths = (content.show_label(evaluation.labels[code]) for code in codes)
    return (
        f"<li>{picture}<div><code>{content.show(source)}</code><br>true "
        f"{', '.join(f'<b>{truth}</b>' for truth in truths)}; "
        f"{_said(content, list_seen(evaluation, image))}</div></li>"
    )


def _said(content: ReportContent, entries: list[Seen]) -> str:
    made = [s for s in entries if s.is_prediction]
    if made:
        return "seen as " + ", ".join(_one(content, s) for s in made[:4])
    held_back = [_one(content, s) for s in entries[:1]]
    return "no prediction" + (f"; held back: {held_back[0]}" if held_back else "")


def _one(content: ReportContent, seen: Seen) -> str:
    threshold = float(content.evaluation.assumed_thresholds[seen.label])
    needed = f" ({format_fraction(threshold)})" if threshold == threshold else ""
    label = content.show_label(content.evaluation.labels[seen.label])
    shown = label if seen.is_right or not seen.is_prediction else f"<b>{label}</b>"
    return f"{shown} {format_fraction(seen.confidence)}{needed}"
