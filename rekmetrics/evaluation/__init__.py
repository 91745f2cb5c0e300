"""
What a model version did on its test images, as arrays: the narrow waist.

Everything before this package reads files; everything after it computes. It owns the
order of the labels: whoever pairs labels with numbers takes the order from
`Evaluation.labels`.
"""

from __future__ import annotations

from rekmetrics.evaluation.arrays import NO_PREDICTION, Evaluation
from rekmetrics.evaluation.building import build_evaluation
from rekmetrics.evaluation.data import Boxes, Task
from rekmetrics.evaluation.image_patterns import ImagePatterns

__all__ = [
    "NO_PREDICTION",
    "Boxes",
    "Evaluation",
    "ImagePatterns",
    "Task",
    "build_evaluation",
]
