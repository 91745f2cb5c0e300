"""The images behind the figures: what they are, what they were taken for; boxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from rekmetrics.evaluation.mistakes import Images, Seen, group_by_truth, list_seen
from rekmetrics.metrics.confusions import Cell
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    FONT,
    picture_url,
    render_list,
    render_note,
    render_picture,
    render_section,
    render_svg,
    render_table,
)
from rekmetrics.report.numerals import format_count, format_fraction, plural
from rekmetrics.texts import shorten

if TYPE_CHECKING:
    from rekmetrics.metrics.detection import BoxKind, DrawnBox, DrawnImage


_MOST_GROUPS = 12
_MOST_IMAGES = 6
_MOST_OF_CELL = 24
_MOST_IN_ALL = 600
"""Images of all cells together; each cell shows at least one."""
_WIDTH = 320
_SMALL_WIDTH = 120
_MOST_BOXES = 60

_STROKES = {
    "truth": ("rm-x-truth", "#3b4650", "2 3", "true box"),
    "TP": ("rm-x-right", "#0b5cab", "", "found"),
    "FP": ("rm-x-wrong", "#c2410c", "7 4", "false"),
    "FN": ("rm-x-missed", "#7a1fa2", "10 3 2 3", "held back"),
}
"""Name, colour, dashes and word of each kind of box."""


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
    note = render_note(
        "The most confident mistakes first. A prediction counts from its label’s "
        "assumed threshold on, which stands in brackets."
    )
    if content.picture_note:
        note += "\n" + render_note(content.show(content.picture_note))
    lists = (_render_group(content, group, _MOST_IMAGES) for group in groups)
    return render_section("images", "Images", note, *lists)


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
    cells = [*content.wrong_cells][:_MOST_GROUPS]
    confused = (_group_of(content, cell) for cell in cells)
    for group in chain(_from_checks(content), confused):
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
        picture = _outlines(content, image)
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


def render_detection(content: ReportContent) -> str:
    """The section that only detection models have."""
    from rekmetrics.metrics.detection import worst_images

    if content.evaluation.boxes is None:
        return ""
    scenes = [_scene(content, image) for image in worst_images(content.evaluation)]
    note = render_note(
        "Dotted grey: true boxes; solid blue: found; dashed orange: false; purple dots "
        "and dashes: seen, but below the label’s assumed threshold."
    )
    drawn = (
        f"<h3>The images with most errors</h3>{note}"
        f'<div class="rm-scenes">{"".join(scenes)}</div>'
    )
    none = "<p>No image has an error.</p>"
    return render_section("boxes", "Boxes", _sizes(content), drawn if scenes else none)


def _outlines(content: ReportContent, image: int) -> str:
    """One image in small, each kind of box one drawing; the words stand beside it."""
    from rekmetrics.metrics.detection import draw_image

    drawn = draw_image(content.evaluation, image)
    scale = _SMALL_WIDTH / max(drawn.width, 1)
    paths: dict[BoxKind, str] = {}
    for box in drawn.boxes[:_MOST_BOXES]:
        left, top, w, h = _place(box, scale)
        path = f"M{left:.0f} {top:.0f}h{w:.0f}v{h:.0f}h{-w:.0f}z"
        paths[box.kind] = paths.get(box.kind, "") + path
    lines = "".join(
        f'<path class="{_STROKES[kind][0]}" d="{path}"{_stroke(kind)}/>'
        for kind, path in paths.items()
    )
    size = (_SMALL_WIDTH, max(round(drawn.height * scale), 1))
    body = f"{_canvas(content, drawn.source)}{lines}"
    more = 'fill="none" stroke-width="2"'
    return render_svg(body, size, name="rm-outlines", more=more)


def _sizes(content: ReportContent) -> str:
    from rekmetrics.metrics.box_averages import DEFAULT_IOU
    from rekmetrics.metrics.detection import count_by_size

    iou, averages = content.judgement.thresholds.iou, content.numbers.overall
    rows = []
    for size, counts in count_by_size(content.evaluation).items():
        names = (f"average_{kind}_{size}" for kind in ("precision", "recall"))
        shown = (format_fraction(averages[name].value) for name in names)
        rows.append([size, *map(format_count, counts), *shown])
    headers = ["Size", "True boxes", "Predicted", "Average precision", "Average recall"]
    note = (
        f"At an overlap (IoU) of {content.show(str(iou or DEFAULT_IOU))}. "
        "COCO’s classes: small is below 32 × 32 pixels, large above 96 × 96. The "
        "manifest holds no box below its label’s assumed threshold, so average "
        "precision is cut off there and lower than it would be with all boxes."
    )
    table = render_table("Boxes by size", headers, rows, numeric=range(1, 5))
    return f"<h3>By size of box</h3>\n{table}{render_note(note)}"


def _scene(content: ReportContent, image: DrawnImage) -> str:
    """One image with its boxes, over its picture where there is one."""
    scale = _WIDTH / max(image.width, 1)
    shown = image.boxes[:_MOST_BOXES]
    kinds = Counter[str](box.kind for box in image.boxes)
    n_false, n_missed = kinds["FP"], kinds["truth"] - kinds["TP"]
    errors = (
        f"{plural(n_false + n_missed, 'error')}: {n_false} false, {n_missed} missed; "
        f"{kinds['TP']} found"
    )
    left_out = len(image.boxes) - len(shown)
    if left_out:
        errors += f"; {plural(left_out, 'box', 'boxes')} not drawn"
    boxes = "".join(_box(content, box, scale) for box in shown)
    drawing = render_svg(
        f"{_canvas(content, image.source)}{boxes}",
        (_WIDTH, max(round(image.height * scale), 1)),
        label=escape(f"Boxes: {errors}"),
        more=f'{FONT} font-size="11"',
    )
    return (
        f'<figure class="rm-scene">{drawing}<figcaption>'
        f"<code>{content.show(image.source)}</code><br>{errors}</figcaption></figure>"
    )


def _canvas(content: ReportContent, source: str) -> str:
    """What boxes are drawn on: grey, or the picture where it was fetched."""
    canvas = '<rect class="rm-x-canvas" width="100%" height="100%" fill="#eef1f4"/>'
    url = picture_url(content.thumbnails.get(source))
    if url is None:
        return canvas
    fill = 'width="100%" height="100%" preserveAspectRatio="none"'
    return f'{canvas}<image href="{url}" {fill}/>'


def _place(box: DrawnBox, scale: float) -> tuple[float, float, float, float]:
    """Left, top, width and height of a box in the drawing."""
    return box.left * scale, box.top * scale, box.width * scale, box.height * scale


def _stroke(kind: BoxKind) -> str:
    _, colour, dashes, _ = _STROKES[kind]
    return f' stroke="{colour}"' + (f' stroke-dasharray="{dashes}"' if dashes else "")


def _box(content: ReportContent, box: DrawnBox, scale: float) -> str:
    """A box with its label: true boxes bear theirs below, the model's above."""
    name, colour, _, word = _STROKES[box.kind]
    left, top, width, height = _place(box, scale)
    label = content.plain(box.label)
    text, told = shorten(label, 16), f"{word}: {shorten(label, 60)}"
    if box.confidence is not None:
        told += f", {format_fraction(box.confidence)}"
    baseline = top + height + 11 if box.kind == "truth" else max(top - 3, 10)
    # A label that would leave the picture ends at its edge.
    is_far = left + 6.5 * len(text) > _WIDTH
    anchor = f'x="{_WIDTH - 2}" text-anchor="end"' if is_far else f'x="{left + 2:.1f}"'
    place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return (
        f'<g class="{name}" fill="none"><rect {place} stroke="#fff" stroke-width="5" '
        f'opacity="0.6"/><rect {place}{_stroke(box.kind)} stroke-width="2.5">'
        f"<title>{escape(told)}</title></rect><text {anchor} "
        f'y="{baseline:.1f}" fill="{colour}" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke">{escape(text)}</text></g>'
    )
