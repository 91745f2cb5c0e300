"""The images behind the figures: what they are, what they were taken for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np

from rekmetrics.evaluation.mistakes import Images, Seen, group_by_truth, list_seen
from rekmetrics.metrics.confusions import Cell
from rekmetrics.report.boxes import render_outlines
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_section
from rekmetrics.report.numerals import format_fraction, plural
from rekmetrics.report.pictures import render_picture

__all__ = [
    "cell_anchor",
    "choose_pictures",
    "list_groups",
    "render_cell",
    "render_image_list",
    "render_images",
]

_MOST_GROUPS = 12
_MOST_IMAGES = 6
_MISSING = ("recall",)
_FALSE = ("precision",)


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


def render_images(content: ReportContent) -> str:
    """The section of the images: for failed rules of labels, then for confusions."""
    groups = list_groups(content)
    if not groups:
        return render_section("images", "Images", "<p>No image was judged wrongly.</p>")
    note = (
        '<p class="rm-note">The most confident mistakes first. A prediction counts '
        "from its label’s assumed threshold on, which stands in brackets.</p>"
    )
    if content.picture_note:
        note += f'<p class="rm-note">{content.show(content.picture_note)}</p>'
    lists = (_render_group(content, group, _MOST_IMAGES) for group in groups)
    return render_section("images", "Images", note, *lists)


def render_cell(content: ReportContent, cell: Cell, n_most: int) -> str:
    """A heading that links lead to, and the first images of a wrong cell."""
    return _render_group(content, _group_of(content, cell), n_most)


def _render_group(content: ReportContent, group: _Group, n_most: int) -> str:
    anchor = f' id="{cell_anchor(group.cell)}"' if group.cell else ""
    return (
        f"<h3{anchor}>{group.title}: {plural(len(group.images), 'image')}</h3>\n"
        f"{render_image_list(content, group.images, n_most)}"
    )


def choose_pictures(content: ReportContent, n_most: int) -> list[str]:
    """The source-refs of the images that are worth fetching, the best first."""
    groups = [group.images for group in list_groups(content)]
    if content.comparison is not None:
        broken = content.comparison.newly_broken
        groups += group_by_truth(content.evaluation, broken).values()
    shown = [images[:_MOST_IMAGES].tolist() for images in groups]
    in_turn = chain.from_iterable(zip_longest(*shown))
    distinct = dict.fromkeys(image for image in in_turn if image is not None)
    return [content.evaluation.sources[image] for image in [*distinct][:n_most]]


def render_image_list(
    content: ReportContent, images: Images, n_most: int = _MOST_IMAGES
) -> str:
    """The first few of these images, with what the model said of each."""
    items = "\n".join(_image(content, int(image)) for image in images[:n_most])
    left = len(images) - n_most
    more = (
        f'<li class="rm-more">and {plural(left, "more image")}</li>' if left > 0 else ""
    )
    return f'<ul class="rm-images">\n{items}{more}</ul>'


def list_groups(content: ReportContent) -> list[_Group]:
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
        if check.metric not in _FALSE:
            yield _Group(f"{label} missed", mistakes.missed(code))
        if check.metric not in _MISSING:
            yield _Group(f"{label} seen falsely", mistakes.false(code))


def _from_confusions(content: ReportContent) -> Iterator[_Group]:
    return (_group_of(content, cell) for cell in [*content.wrong_cells][:_MOST_GROUPS])


def _group_of(content: ReportContent, cell: Cell) -> _Group:
    grid, (row, column) = content.grid, cell
    is_detection = content.evaluation.task == "detection"
    seen, true = grid.column_name(column), grid.row_name(row)
    if row >= grid.n_labels:
        title = f"{content.show_label(seen)} seen falsely"
    elif column < grid.n_labels:
        title = f"True {content.show_label(true)}, seen as {content.show_label(seen)}"
    elif is_detection:
        title = f"{content.show_label(true)} missed"
    else:
        title = f"True {content.show_label(true)}, {seen}"
    return _Group(title, content.wrong_cells[cell], cell)


def _image(content: ReportContent, image: int) -> str:
    evaluation = content.evaluation
    source = evaluation.sources[image]
    first, last = (int(evaluation.truth_starts[i]) for i in (image, image + 1))
    truths = _names(content, sorted(set(evaluation.truth_labels[first:last].tolist())))
    said = _said(content, list_seen(evaluation, image))
    return (
        f"<li>{_picture(content, image)}<div>"
        f"<code>{content.show(source)}</code><br>true {truths}; {said}</div></li>"
    )


def _picture(content: ReportContent, image: int) -> str:
    if content.evaluation.boxes is not None:
        return render_outlines(content, image)
    return render_picture(content.thumbnails.get(content.evaluation.sources[image]))


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
    mark = "" if seen.is_right or not seen.is_prediction else "<b>"
    end = "</b>" if mark else ""
    return f"{mark}{label}{end} {format_fraction(seen.confidence)}{needed}"


def _names(content: ReportContent, codes: Iterable[int]) -> str:
    labels = content.evaluation.labels
    return ", ".join(f"<b>{content.show_label(labels[code])}</b>" for code in codes)
