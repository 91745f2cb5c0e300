"""
The metrics that come with the package, as data: name, direction, range, definition.

Nothing heavy is imported. Names are those of scikit-learn's scorers; `registry` looks
them up and lets a team add its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rekmetrics.metrics.detection_names import DETECTION_METRICS

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation, Task

__all__ = ["ALL_TASKS", "AVERAGES", "BUILT_IN", "Metric", "Scope"]

Scope = Literal["overall", "label"]


@dataclass(frozen=True, slots=True)
class Metric:
    """
    One metric: its name, its good direction, and the range its values lie in.

    `function` is set for metrics that a team registered; ours are computed together.
    """

    name: str
    greater_is_better: bool
    lowest: float
    highest: float
    tasks: frozenset[Task]
    scope: Scope
    definition: str
    function: Callable[[Evaluation], float | None] | None = None

    @property
    def best(self) -> float:
        """The value that no model can exceed."""
        return self.highest if self.greater_is_better else self.lowest

    @property
    def has_interval(self) -> bool:
        """Whether it can be computed on resampled images: intervals, tests of drops."""
        is_count_or_given = self.name == "support" or self.name.startswith("reported_")
        is_from_boxes = self.name.startswith("average_")
        return not (self.function or is_count_or_given or is_from_boxes)


AVERAGES = {
    "micro": "counted over all labels together",
    "macro": "mean over the labels that occur in truth or predictions",
    "weighted": "mean over labels, weighted by their number of true cases",
    "samples": "mean over images",
}
ALL_TASKS: frozenset[Task] = frozenset(("multiclass", "multilabel", "detection"))
_IMAGES: frozenset[Task] = frozenset(("multiclass", "multilabel"))
_MULTICLASS: frozenset[Task] = frozenset(("multiclass",))
_MULTILABEL: frozenset[Task] = frozenset(("multilabel",))
_DETECTION: frozenset[Task] = frozenset(("detection",))

_RATIOS = {
    "precision": ("TP / (TP + FP)", ALL_TASKS),
    "recall": ("TP / (TP + FN)", ALL_TASKS),
    "f1": ("2 TP / (2 TP + FP + FN)", ALL_TASKS),
    "jaccard": ("TP / (TP + FP + FN)", _IMAGES),
}
_SOURCES = {
    "precision": "precision_score",
    "recall": "recall_score",
    "f1": "f1_score",
    "jaccard": "jaccard_score",
}


def _score(name: str, tasks: frozenset[Task], definition: str) -> Metric:
    return Metric(name, True, 0.0, 1.0, tasks, "overall", definition)


def _loss(name: str, tasks: frozenset[Task], definition: str) -> Metric:
    return Metric(name, False, 0.0, 1.0, tasks, "overall", definition)


def _correlation(name: str, tasks: frozenset[Task], definition: str) -> Metric:
    return Metric(name, True, -1.0, 1.0, tasks, "overall", definition)


def _averaged() -> list[Metric]:
    return [
        _score(
            f"{ratio}_{average}",
            tasks if average != "samples" else _MULTILABEL,
            f"{formula}, {how}; scikit-learn's {_SOURCES[ratio]} "
            f"(average='{average}', zero_division=0).",
        )
        for ratio, (formula, tasks) in _RATIOS.items()
        for average, how in AVERAGES.items()
    ]


def _reported(name: str, tasks: frozenset[Task], text: str) -> Metric:
    return _score(f"reported_{name}", tasks, f"{text}, from the evaluation summary.")


_OVERALL = (
    _score(
        "accuracy",
        _IMAGES,
        "Share of images that are right (with several labels an image: in all of "
        "them); scikit-learn's accuracy_score.",
    ),
    _score(
        "balanced_accuracy",
        _MULTICLASS,
        "Mean recall of the labels that have test images; scikit-learn's "
        "balanced_accuracy_score.",
    ),
    _score(
        "balanced_accuracy_macro",
        _MULTILABEL,
        "Mean of the labels' balanced accuracies, over labels that some test "
        "images have and some lack; scikit-learn's balanced_accuracy_score.",
    ),
    *_averaged(),
    _loss(
        "hamming_loss",
        _IMAGES,
        "Share of wrong labels: of images, or of images times labels where an "
        "image has several; scikit-learn's hamming_loss.",
    ),
    _loss(
        "zero_one_loss",
        _IMAGES,
        "1 - accuracy, the share of images that are wrong; scikit-learn's "
        "zero_one_loss.",
    ),
    _loss(
        "no_prediction_rate",
        _IMAGES,
        "Share of images for which no label reached its threshold; ours.",
    ),
    _correlation(
        "matthews_corrcoef",
        _MULTICLASS,
        "Correlation of truth and prediction (Gorodkin's R_K), 'no prediction' "
        "being an answer of its own; scikit-learn's matthews_corrcoef.",
    ),
    _correlation(
        "matthews_corrcoef_macro",
        _MULTILABEL,
        "Mean of the labels' Matthews correlations, over labels that some test "
        "images have and some lack, 0 where a label is predicted on none or on "
        "all; scikit-learn's matthews_corrcoef.",
    ),
    _correlation(
        "cohen_kappa",
        _MULTICLASS,
        "Agreement of truth and prediction beyond chance, 'no prediction' being "
        "an answer of its own; scikit-learn's cohen_kappa_score.",
    ),
    *(
        _score(metric.name, _DETECTION, metric.definition)
        for metric in DETECTION_METRICS
        if metric.scope == "overall"
    ),
    _reported("precision", ALL_TASKS, "Rekognition's own mean of label precisions"),
    _reported("recall", ALL_TASKS, "Rekognition's own mean of label recalls"),
    _reported("f1", ALL_TASKS, "Rekognition's own mean of label F1 scores"),
    _reported("average_precision", _DETECTION, "Rekognition's own average precision"),
    _reported("average_recall", _DETECTION, "Rekognition's own average recall"),
)


def _of_label(
    name: str,
    tasks: frozenset[Task],
    definition: str,
    *,
    greater_is_better: bool = True,
    lowest: float = 0.0,
    highest: float = 1.0,
) -> Metric:
    return Metric(name, greater_is_better, lowest, highest, tasks, "label", definition)


_LABEL = (
    *(
        _of_label(
            ratio,
            tasks,
            f"{formula}, of one label; scikit-learn's {_SOURCES[ratio]}.",
        )
        for ratio, (formula, tasks) in _RATIOS.items()
    ),
    _of_label(
        "false_positive_rate",
        _IMAGES,
        "FP / (FP + TN): share of the images without the label that are taken "
        "for it; 1 - specificity.",
        greater_is_better=False,
    ),
    _of_label(
        "balanced_accuracy",
        _MULTILABEL,
        "Mean of the label's recall and its specificity; scikit-learn's "
        "balanced_accuracy_score.",
    ),
    _of_label(
        "matthews_corrcoef",
        _MULTILABEL,
        "Correlation of having the label and being given it; scikit-learn's "
        "matthews_corrcoef.",
        lowest=-1.0,
    ),
    *(
        _of_label(metric.name, _DETECTION, metric.definition)
        for metric in DETECTION_METRICS
        if metric.scope == "label"
    ),
    _of_label(
        "support",
        ALL_TASKS,
        "Number of test images that have the label (of boxes, in detection).",
        highest=float("inf"),
    ),
    *(
        _of_label(
            f"reported_{name}",
            ALL_TASKS,
            f"Rekognition's own {text} of the label, from the evaluation summary.",
        )
        for name, text in (
            ("precision", "precision"),
            ("recall", "recall"),
            ("f1", "F1 score"),
        )
    ),
)

BUILT_IN: tuple[Metric, ...] = (*_OVERALL, *_LABEL)
