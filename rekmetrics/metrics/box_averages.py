"""The metrics that come from boxes: averages over overlaps (IoU) and sizes."""

from __future__ import annotations

import re

from rekmetrics.errors import RequestError
from rekmetrics.metrics.records import DETECTION, AverageKind, BoxAverage, Metric, Scope

DEFAULT_IOU = 0.5
COCO_RANGE = "0.50:0.95"
"""COCO's ten overlaps; a metric is then its mean over the ten."""

_KINDS: tuple[AverageKind, ...] = ("precision", "recall")
_CUT_OFF = "Cut off at the assumed threshold, below which the manifest has no boxes."
_SIZES = {
    "small": "up to 32 × 32 pixels",
    "medium": "32 × 32 to 96 × 96 pixels",
    "large": "96 × 96 pixels and more",
}


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


def _record(
    name: str, boxes: BoxAverage, definition: str, scope: Scope = "overall"
) -> Metric:
    if boxes.kind == "precision":
        definition = f"{definition} {_CUT_OFF}"
    return Metric(name, DETECTION, definition, scope, boxes=boxes)


BOX_AVERAGES: tuple[Metric, ...] = (
    _record(
        "average_precision",
        BoxAverage("precision"),
        "Mean over labels with true boxes of the average precision (COCO's 101 points, "
        "at most 100 boxes of an image and label) at the IoU asked for: 0.5, or the "
        "mean over COCO's 0.50:0.95.",
    ),
    *(
        _record(
            f"average_precision_{round(100 * iou)}",
            BoxAverage("precision", iou),
            f"average_precision at IoU {iou:.2f}, whatever was asked for; COCO's "
            f"AP{round(100 * iou)}.",
        )
        for iou in (0.5, 0.75)
    ),
    _record(
        "average_precision_50_95",
        BoxAverage("precision", COCO_RANGE),
        "average_precision as the mean over IoU 0.50:0.95 whatever was asked for; "
        "COCO's AP.",
    ),
    _record(
        "average_recall",
        BoxAverage("recall"),
        "Mean over labels of the share of true boxes that the predictions find, at "
        "the IoU asked for, with at most 100 boxes of an image and label.",
    ),
    _record(
        "average_recall_50_95",
        BoxAverage("recall", COCO_RANGE),
        "average_recall as the mean over IoU 0.50:0.95 whatever was asked for; COCO's "
        "AR at 100 boxes.",
    ),
    *(
        _record(
            f"average_{kind}_{size}",
            BoxAverage(kind, size=size),
            f"average_{kind} of {size} boxes ({pixels}), others ignored; COCO's area "
            "range, at the IoU asked for.",
        )
        for size, pixels in _SIZES.items()
        for kind in _KINDS
    ),
    _record(
        "average_precision",
        BoxAverage("precision"),
        "Average precision of the label: the mean over 101 recalls of the best "
        "precision from there on, as in COCO, at the IoU asked for.",
        "label",
    ),
    _record(
        "average_recall",
        BoxAverage("recall"),
        "Share of the label's true boxes that the predictions find, at the IoU asked "
        "for (the mean over COCO's ten, if these).",
        "label",
    ),
)
