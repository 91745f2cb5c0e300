"""The records of the metrics that come from boxes: averages over overlaps and sizes."""

from __future__ import annotations

from rekmetrics.metrics.overlaps import COCO_RANGE
from rekmetrics.metrics.records import DETECTION, BoxAverage, Metric, Scope

__all__ = ["BOX_AVERAGES"]

_CUT_OFF = "Cut off at the assumed threshold, below which the manifest has no boxes."


def _record(
    name: str, boxes: BoxAverage, definition: str, scope: Scope = "overall"
) -> Metric:
    if boxes.kind == "precision":
        definition = f"{definition} {_CUT_OFF}"
    return Metric(name, True, 0.0, 1.0, DETECTION, scope, definition, boxes=boxes)


def _by_size(size: str, pixels: str) -> tuple[Metric, Metric]:
    return (
        _record(
            f"average_precision_{size}",
            BoxAverage("precision", size=size),
            f"average_precision of {size} boxes ({pixels}), others ignored; COCO's "
            "area range, at the IoU asked for.",
        ),
        _record(
            f"average_recall_{size}",
            BoxAverage("recall", size=size),
            f"average_recall of {size} boxes ({pixels}), others ignored; COCO's area "
            "range, at the IoU asked for.",
        ),
    )


BOX_AVERAGES: tuple[Metric, ...] = (
    _record(
        "average_precision",
        BoxAverage("precision"),
        "Mean over labels with true boxes of the average precision (COCO's 101 points, "
        "at most 100 boxes of an image and label) at the IoU asked for: 0.5, or the "
        "mean over COCO's 0.50:0.95.",
    ),
    _record(
        "average_precision_50",
        BoxAverage("precision", 0.5),
        "average_precision at IoU 0.50, whatever was asked for; COCO's AP50.",
    ),
    _record(
        "average_precision_75",
        BoxAverage("precision", 0.75),
        "average_precision at IoU 0.75, whatever was asked for; COCO's AP75.",
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
    *_by_size("small", "up to 32 × 32 pixels"),
    *_by_size("medium", "32 × 32 to 96 × 96 pixels"),
    *_by_size("large", "96 × 96 pixels and more"),
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
