"""The images behind the figures: what they are, what they were taken for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

import numpy as np

from rekmetrics.evaluation.mistakes import Images, Seen, list_seen
from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_section
from rekmetrics.report.numerals import format_fraction, plural
from rekmetrics.report.pictures import render_picture

__all__ = ["choose_pictures", "render_image_list", "render_images"]

_MOST_GROUPS = 12
_MOST_IMAGES = 6
_MISSING = ("recall",)
_FALSE = ("precision",)


@dataclass(frozen=True, eq=False)
class _Group:
    """Images that show one thing; the title is HTML."""

    title: str
    images: Images


def render_images(content: ReportContent) -> str:
    """The section of the images: for failed rules of labels, then for confusions."""
    groups = list(_groups(content))
    if not groups:
        return render_section("images", "Images", "<p>No image was judged wrongly.</p>")
    note = (
        '<p class="rm-note">The most confident mistakes first. A prediction counts '
        "from its label’s assumed threshold on, which stands in brackets.</p>"
    )
    if content.picture_note:
        note += f'<p class="rm-note">{content.show(content.picture_note)}</p>'
    lists = (
        f"<h3>{group.title}: {plural(len(group.images), 'image')}</h3>\n"
        f"{render_image_list(content, group.images)}"
        for group in groups
    )
    return render_section("images", "Images", note, *lists)


def choose_pictures(content: ReportContent, n_most: int) -> list[str]:
    """The source-refs of the images that are worth fetching, the best first."""
    shown = [group.images[:_MOST_IMAGES].tolist() for group in _groups(content)]
    in_turn = chain.from_iterable(zip_longest(*shown))
    distinct = dict.fromkeys(image for image in in_turn if image is not None)
    return [content.evaluation.sources[image] for image in [*distinct][:n_most]]


def render_image_list(content: ReportContent, images: Images) -> str:
    """The first few of these images, with what the model said of each."""
    items = "\n".join(_image(content, int(image)) for image in images[:_MOST_IMAGES])
    left = len(images) - _MOST_IMAGES
    more = (
        f'<li class="rm-more">and {plural(left, "more image")}</li>' if left > 0 else ""
    )
    return f'<ul class="rm-images">\n{items}{more}</ul>'


def _groups(content: ReportContent) -> Iterator[_Group]:
    seen: set[bytes] = set()
    count = 0
    for group in chain(_from_checks(content), _from_confusions(content)):
        key = np.sort(group.images).tobytes()
        if len(group.images) and key not in seen and count < _MOST_GROUPS:
            seen.add(key)
            count += 1
            yield group


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
            other = content.show_label(check.predicted or "")
            images = mistakes.confused(code, codes[check.predicted or ""])
            yield _Group(f"True {label}, seen as {other}", images)
            continue
        if check.metric not in _FALSE:
            yield _Group(f"{label} missed", mistakes.missed(code))
        if check.metric not in _MISSING:
            yield _Group(f"{label} seen falsely", mistakes.false(code))


def _from_confusions(content: ReportContent) -> Iterator[_Group]:
    grid, mistakes = content.grid, content.mistakes
    n = grid.n_labels
    is_detection = content.evaluation.task == "detection"
    for cell in grid.confusions(_MOST_GROUPS):
        seen = content.show_label(grid.column_name(cell.column))
        if cell.row >= n:
            yield _Group(f"{seen} seen falsely", mistakes.false(cell.column))
            continue
        true = content.show_label(grid.row_name(cell.row))
        if cell.column < n:
            found = mistakes.confused(cell.row, cell.column)
            yield _Group(f"True {true}, seen as {seen}", found)
        elif is_detection:
            yield _Group(f"{true} missed", mistakes.missed(cell.row))
        else:
            title = f"True {true}, {grid.column_name(cell.column)}"
            yield _Group(title, mistakes.unseen(cell.row))


def _image(content: ReportContent, image: int) -> str:
    evaluation = content.evaluation
    source = evaluation.sources[image]
    first, last = (int(evaluation.truth_starts[i]) for i in (image, image + 1))
    truths = _names(content, sorted(set(evaluation.truth_labels[first:last].tolist())))
    said = _said(content, list_seen(evaluation, image))
    return (
        f"<li>{render_picture(content.thumbnails.get(source))}<div>"
        f"<code>{content.show(source)}</code><br>true {truths}; {said}</div></li>"
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
    mark = "" if seen.is_right or not seen.is_prediction else "<b>"
    end = "</b>" if mark else ""
    return f"{mark}{label}{end} {format_fraction(seen.confidence)}{needed}"


def _names(content: ReportContent, codes: Iterable[int]) -> str:
    labels = content.evaluation.labels
    return ", ".join(f"<b>{content.show_label(labels[code])}</b>" for code in codes)
