"""Detection: the worst images with their boxes drawn, and figures by size of box."""

from __future__ import annotations

from base64 import b64encode
from html import escape

import numpy as np

from rekmetrics.manifest import EntryKind
from rekmetrics.report.content import ReportContent
from rekmetrics.report.html import shorten
from rekmetrics.report.numerals import format_fraction, plural
from rekmetrics.report.pictures import picture_type

__all__ = ["render_scene"]

_WIDTH = 320
_MOST_BOXES = 60

_STROKES = {
    EntryKind.TRUE_POSITIVE: ("rm-x-right", "#0b5cab", "", "found"),
    EntryKind.FALSE_POSITIVE: ("rm-x-wrong", "#c2410c", "7 4", "false"),
    EntryKind.FALSE_NEGATIVE: ("rm-x-missed", "#7a1fa2", "2 3", "missed"),
}


def render_scene(content: ReportContent, image: int) -> str:
    """One image with its boxes, over its picture where there is one."""
    evaluation = content.evaluation
    boxes = evaluation.boxes
    if boxes is None:
        return ""
    width, height = (max(int(side), 1) for side in boxes.image_sizes[image])
    scale = _WIDTH / width
    source = evaluation.sources[image]
    first, last = (int(evaluation.entry_starts[i]) for i in (image, image + 1))
    shown = range(first, min(last, first + _MOST_BOXES))
    kinds = evaluation.entry_kinds[first:last]
    drawn = "".join(_box(content, index, scale) for index in shown)
    left_out = last - first - len(shown)
    counts = ", ".join(
        f"{int(np.count_nonzero(kinds == kind))} {word}"
        for kind, (_, _, _, word) in _STROKES.items()
    )
    more = (
        f"; {plural(left_out, 'more box', 'more boxes')} not drawn" if left_out else ""
    )
    return (
        f'<figure class="rm-scene"><svg width="{_WIDTH}" '
        f'height="{max(round(height * scale), 1)}" role="img" '
        f'aria-label="{escape(f"Boxes: {counts}")}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">'
        f'<rect class="rm-x-canvas" width="100%" height="100%" fill="#eef1f4"/>'
        f"{_picture(content.thumbnails.get(source))}{drawn}</svg>"
        f"<figcaption><code>{content.show(source)}</code><br>{counts}{more}"
        "</figcaption></figure>"
    )


def _picture(data: bytes | None) -> str:
    media_type = picture_type(data) if data else None
    if data is None or media_type is None:
        return ""
    url = f"data:{media_type};base64,{b64encode(data).decode()}"
    return (
        f'<image href="{url}" width="100%" height="100%" preserveAspectRatio="none"/>'
    )


def _box(content: ReportContent, index: int, scale: float) -> str:
    evaluation = content.evaluation
    if evaluation.boxes is None:
        return ""
    kind = EntryKind(int(evaluation.entry_kinds[index]))
    name, colour, dashes, word = _STROKES[kind]
    left, top, width, height = (
        float(side) * scale for side in evaluation.boxes.entries[index]
    )
    label = content.plain(evaluation.labels[int(evaluation.entry_labels[index])])
    confidence = format_fraction(float(evaluation.entry_confidences[index]))
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    text = escape(shorten(label, 16))
    return (
        f'<g class="{name}"><rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}>'
        f"<title>{word}: {escape(shorten(label, 60))}, {confidence}</title></rect>"
        f'<text x="{left + 2:.1f}" y="{max(top - 3, 10):.1f}" fill="{colour}" '
        f'stroke="#fff" stroke-width="3" paint-order="stroke">{text}</text></g>'
    )
