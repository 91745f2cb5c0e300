"""
The metrics of object detection that come from boxes, as data, and what `iou:` may say.

Nothing heavy is imported: thresholds are checked and explained from this alone.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from rekmetrics.errors import RequestError

__all__ = [
    "COCO_RANGE",
    "DEFAULT_IOU",
    "DETECTION_METRICS",
    "SIZE_NAMES",
    "BoxMetric",
    "parse_iou",
]

DEFAULT_IOU = 0.5
COCO_RANGE = "0.50:0.95"
"""COCO's ten overlaps; a metric is then its mean over the ten."""

SIZE_NAMES = ("small", "medium", "large")
"""COCO's classes: up to 32 × 32 pixels, up to 96 × 96, and what is larger."""

_CUT_OFF = "Cut off at the assumed threshold, below which the manifest has no boxes."


class BoxMetric(NamedTuple):
    """One metric by its name, its good direction, where it applies and what it is."""

    name: str
    greater_is_better: bool
    scope: Literal["overall", "label"]
    definition: str


def _by_size(size: str, pixels: str) -> tuple[BoxMetric, BoxMetric]:
    return (
        BoxMetric(
            f"average_precision_{size}",
            True,
            "overall",
            f"average_precision of {size} boxes ({pixels}), others ignored; COCO's "
            f"area range, at the IoU asked for. {_CUT_OFF}",
        ),
        BoxMetric(
            f"average_recall_{size}",
            True,
            "overall",
            f"average_recall of {size} boxes ({pixels}), others ignored; COCO's area "
            "range, at the IoU asked for.",
        ),
    )


DETECTION_METRICS: tuple[BoxMetric, ...] = (
    BoxMetric(
        "average_precision",
        True,
        "overall",
        "Mean over labels with true boxes of the average precision (COCO's 101 points, "
        "at most 100 boxes of an image and label) at the IoU asked for: 0.5, or the "
        f"mean over COCO's 0.50:0.95. {_CUT_OFF}",
    ),
    BoxMetric(
        "average_precision_50",
        True,
        "overall",
        "average_precision at IoU 0.50, whatever was asked for; COCO's AP50. "
        f"{_CUT_OFF}",
    ),
    BoxMetric(
        "average_precision_75",
        True,
        "overall",
        "average_precision at IoU 0.75, whatever was asked for; COCO's AP75. "
        f"{_CUT_OFF}",
    ),
    BoxMetric(
        "average_precision_50_95",
        True,
        "overall",
        "average_precision as the mean over IoU 0.50:0.95 whatever was asked for; "
        f"COCO's AP. {_CUT_OFF}",
    ),
    BoxMetric(
        "average_recall",
        True,
        "overall",
        "Mean over labels of the share of true boxes that the predictions find, at "
        "the IoU asked for, with at most 100 boxes of an image and label.",
    ),
    BoxMetric(
        "average_recall_50_95",
        True,
        "overall",
        "average_recall as the mean over IoU 0.50:0.95 whatever was asked for; COCO's "
        "AR at 100 boxes.",
    ),
    *_by_size("small", "up to 32 × 32 pixels"),
    *_by_size("medium", "32 × 32 to 96 × 96 pixels"),
    *_by_size("large", "96 × 96 pixels and more"),
    BoxMetric(
        "average_precision",
        True,
        "label",
        "Average precision of the label: the mean over 101 recalls of the best "
        f"precision from there on, as in COCO, at the IoU asked for. {_CUT_OFF}",
    ),
    BoxMetric(
        "average_recall",
        True,
        "label",
        "Share of the label's true boxes that the predictions find, at the IoU asked "
        "for (the mean over COCO's ten, if these).",
    ),
)


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
