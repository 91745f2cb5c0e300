"""Detection: the worst images with their boxes drawn, and figures by size of box."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    FONT,
    picture_url,
    render_note,
    render_section,
    render_svg,
    render_table,
)
from rekmetrics.report.numerals import format_count, format_fraction, plural
from rekmetrics.texts import shorten

if TYPE_CHECKING:
    from rekmetrics.metrics.detection import BoxKind, DrawnBox, DrawnImage

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


def render_outlines(content: ReportContent, image: int) -> str:
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
