"""Detection: the worst images with their boxes drawn, and figures by size of box."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_section, render_table
from rekmetrics.report.numerals import format_count, format_fraction, plural
from rekmetrics.report.pictures import picture_type
from rekmetrics.texts import shorten

if TYPE_CHECKING:
    from rekmetrics.metrics.detection import BoxKind, DrawnBox, WorstImage

__all__ = ["render_detection", "render_outlines"]

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


def render_detection(content: ReportContent) -> str:
    """The section that only detection models have."""
    from rekmetrics.metrics.detection import worst_images

    evaluation = content.evaluation
    if evaluation.boxes is None:
        return ""
    scenes = [_scene(content, image) for image in worst_images(evaluation)]
    note = (
        "Dotted grey: true boxes; solid blue: found; dashed orange: false; purple dots "
        "and dashes: seen, but below the label’s assumed threshold."
    )
    drawn = (
        f'<h3>The images with most errors</h3><p class="rm-note">{note}</p>'
        f'<div class="rm-scenes">{"".join(scenes)}</div>'
    )
    return render_section(
        "boxes",
        "Boxes",
        _sizes(content),
        drawn if scenes else "<p>No image has an error.</p>",
    )


def render_outlines(content: ReportContent, image: int) -> str:
    """One image in small, each kind of box one drawing; the words stand beside it."""
    from rekmetrics.metrics.detection import draw_image

    drawn = draw_image(content.evaluation, image)
    scale = _SMALL_WIDTH / max(drawn.width, 1)
    height = max(round(drawn.height * scale), 1)
    paths: dict[BoxKind, str] = {}
    for box in drawn.boxes[:_MOST_BOXES]:
        left, top = box.left * scale, box.top * scale
        w, h = box.width * scale, box.height * scale
        path = f"M{left:.0f} {top:.0f}h{w:.0f}v{h:.0f}h{-w:.0f}z"
        paths[box.kind] = paths.get(box.kind, "") + path
    lines = "".join(_outline(kind, path) for kind, path in paths.items())
    size = f'width="{_SMALL_WIDTH}" height="{height}"'
    return (
        f'<svg class="rm-outlines" {size} viewBox="0 0 {_SMALL_WIDTH} {height}" '
        f'aria-hidden="true" fill="none" stroke-width="2">'
        '<rect class="rm-x-canvas" width="100%" height="100%" fill="#eef1f4"/>'
        f"{_picture(content.thumbnails.get(drawn.source))}{lines}</svg>"
    )


def _outline(kind: BoxKind, path: str) -> str:
    name, colour, dashes, _ = _STROKES[kind]
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path class="{name}" d="{path}" stroke="{colour}"{dash}/>'


def _sizes(content: ReportContent) -> str:
    from rekmetrics.metrics.box_averages import DEFAULT_IOU
    from rekmetrics.metrics.detection import by_size

    rows = [
        [
            size.name,
            format_count(size.n_truths),
            format_count(size.n_predictions),
            format_fraction(size.average_precision),
            format_fraction(size.average_recall),
        ]
        for size in by_size(content.evaluation, iou=content.iou)
    ]
    headers = ["Size", "True boxes", "Predicted", "Average precision", "Average recall"]
    table = render_table("Boxes by size", headers, rows, numeric=(1, 2, 3, 4))
    note = (
        f"At an overlap (IoU) of {content.show(str(content.iou or DEFAULT_IOU))}. "
        "COCO’s classes: small is below 32 × 32 pixels, large above 96 × 96. The "
        "manifest holds no box below its label’s assumed threshold, so average "
        "precision is cut off there and lower than it would be with all boxes."
    )
    return f'<h3>By size of box</h3>\n{table}<p class="rm-note">{note}</p>'


def _scene(content: ReportContent, image: WorstImage) -> str:
    """One image with its boxes, over its picture where there is one."""
    scale = _WIDTH / max(image.width, 1)
    height = max(round(image.height * scale), 1)
    shown = image.boxes[:_MOST_BOXES]
    drawn = "".join(_box(content, box, scale) for box in shown)
    kinds = Counter[str](box.kind for box in image.boxes)
    n_false = kinds["FP"]
    errors = (
        f"{plural(image.n_errors, 'error')}: {n_false} false, "
        f"{image.n_errors - n_false} missed; {kinds['TP']} found"
    )
    left_out = len(image.boxes) - len(shown)
    if left_out:
        errors += f"; {plural(left_out, 'box', 'boxes')} not drawn"
    return (
        f'<figure class="rm-scene"><svg width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(f"Boxes: {errors}")}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">'
        '<rect class="rm-x-canvas" width="100%" height="100%" fill="#eef1f4"/>'
        f"{_picture(content.thumbnails.get(image.source))}{drawn}</svg><figcaption>"
        f"<code>{content.show(image.source)}</code><br>{errors}</figcaption></figure>"
    )


def _picture(data: bytes | None) -> str:
    media_type = picture_type(data) if data else None
    if data is None or media_type is None:
        return ""
    url = f"data:{media_type};base64,{b64encode(data).decode()}"
    return (
        f'<image href="{url}" width="100%" height="100%" preserveAspectRatio="none"/>'
    )


def _box(content: ReportContent, box: DrawnBox, scale: float) -> str:
    """A box with its label: true boxes bear theirs below, the model's above."""
    name, colour, dashes, word = _STROKES[box.kind]
    left, top = box.left * scale, box.top * scale
    width, height = box.width * scale, box.height * scale
    label = content.plain(box.label)
    text = shorten(label, 16)
    told = f"{word}: {shorten(label, 60)}"
    if box.confidence is not None:
        told += f", {format_fraction(box.confidence)}"
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    baseline = top + height + 11 if box.kind == "truth" else max(top - 3, 10)
    place = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return (
        f'<g class="{name}" fill="none"><rect {place} stroke="#fff" stroke-width="5" '
        f'opacity="0.6"/><rect {place} stroke="{colour}" stroke-width="2.5"{dash}>'
        f"<title>{escape(told)}</title></rect><text {_anchor(left, text)} "
        f'y="{baseline:.1f}" fill="{colour}" stroke="#fff" stroke-width="3" '
        f'paint-order="stroke">{escape(text)}</text></g>'
    )


def _anchor(left: float, text: str) -> str:
    """Where a label starts; one that would leave the picture ends at its edge."""
    if left + 6.5 * len(text) > _WIDTH:
        return f'x="{_WIDTH - 2}" text-anchor="end"'
    return f'x="{left + 2:.1f}"'
