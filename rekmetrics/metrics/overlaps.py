"""Overlaps of boxes (IoU) that can be asked for."""

from __future__ import annotations

import re

from rekmetrics.errors import RequestError

__all__ = ["COCO_RANGE", "DEFAULT_IOU", "parse_iou"]

DEFAULT_IOU = 0.5
COCO_RANGE = "0.50:0.95"
"""COCO's ten overlaps; a metric is then its mean over the ten."""


def parse_iou(iou: float | str | None) -> tuple[float, ...]:
    """
    The overlaps that `iou:` asks for: one, or COCO's ten; 0.5 where it says nothing.

    Raises:
        RequestError: if it is neither a number above 0 and up to 1 nor "0.50:0.95".
    """
    if iou is None:
        return (DEFAULT_IOU,)
    if isinstance(iou, str) and re.fullmatch(r"0?\.50?:(0?\.05:)?0?\.95", iou.strip()):
        step = (0.95 - 0.5) / 9
        return (*(0.5 + index * step for index in range(9)), 0.95)
    if isinstance(iou, int | float) and not isinstance(iou, bool) and 0 < iou <= 1:
        return (float(iou),)
    raise RequestError(
        f"iou: {iou!r} is no overlap; give a number above 0 and up to 1 (0.5 is "
        f"usual), or {COCO_RANGE} for COCO's ten."
    )
