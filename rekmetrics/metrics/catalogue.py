"""
The metrics that come with the package: one record each, and nothing of it elsewhere.

Names are those of scikit-learn's scorers; `registry` looks them up and lets a team add
its own. At the observed counts every formula gives scikit-learn's number. Nothing heavy
is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from rekmetrics.metrics.box_averages import BOX_AVERAGES
from rekmetrics.metrics.records import (
    ALL_TASKS,
    DETECTION,
    IMAGES,
    MULTICLASS,
    MULTILABEL,
    Metric,
    Share,
    Tally,
    divide,
    zeroed,
)

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task
    from rekmetrics.metrics.records import Floats, Formula


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quotient of a label's counts, and what is made of it."""

    definition: str
    source: str
    tasks: frozenset[Task]
    numerator: Formula
    denominator: Formula
    share: Share
    counted_in: frozenset[Task] = ALL_TASKS

    def __call__(self, counts: Tally) -> Floats:
        return divide(self.numerator(counts), self.denominator(counts))


def _share_of(
    of: str, definition: str, source: str, tasks: frozenset[Task] = ALL_TASKS
) -> Ratio:
    """The hits among the counts of this name."""
    hits, total = attrgetter("true_positives"), attrgetter(of)
    share = Share(hits, total, IMAGES)
    return Ratio(definition, source, tasks, hits, total, share)


def _f1_of_jaccard(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


_JACCARD = _share_of("union", "TP / (TP + FP + FN)", "jaccard_score", IMAGES)

RATIOS = {
    "precision": _share_of("predicted", "TP / (TP + FP)", "precision_score"),
    "recall": _share_of("support", "TP / (TP + FN)", "recall_score"),
    "f1": Ratio(
        "2 TP / (2 TP + FP + FN)",
        "f1_score",
        ALL_TASKS,
        lambda counts: 2 * counts.true_positives,
        lambda counts: counts.predicted + counts.support,
        _JACCARD.share._replace(curve=_f1_of_jaccard),
        counted_in=frozenset(),
    ),
    "jaccard": _JACCARD,
}

AVERAGES = {
    "micro": "counted over all labels together",
    "macro": "mean over the labels that occur in truth or predictions",
    "weighted": "mean over labels, weighted by their number of true cases",
    "samples": "mean over images",
}


def mean_over_labels(formula: Formula, weight: Callable[[Tally], Any]) -> Formula:
    """The mean of the labels' own values, 0 where they are undefined, so weighted."""
    return lambda counts: divide(
        (zeroed(formula(counts)) * weight(counts)).sum(axis=-1),
        weight(counts).sum(axis=-1),
    )


def _average(name: str, average: str) -> Metric:
    ratio, full_name = RATIOS[name], f"{name}_{average}"
    definition = (
        f"{ratio.definition}, {AVERAGES[average]}; scikit-learn's {ratio.source} "
        f"(average='{average}', zero_division=0)."
    )
    if average == "samples":
        return Metric(
            full_name,
            MULTILABEL,
            definition,
            per_image=lambda one, _: zeroed(ratio(one)),
        )

    def hits(counts: Tally) -> Any:
        return ratio.numerator(counts).sum(axis=-1)

    def total(counts: Tally) -> Any:
        return ratio.denominator(counts).sum(axis=-1)

    formulas: dict[str, Formula] = {
        "micro": lambda counts: divide(hits(counts), total(counts)),
        "macro": mean_over_labels(ratio, lambda counts: counts.union > 0),
        "weighted": mean_over_labels(ratio, attrgetter("support")),
    }
    counted_in = _COUNTED.get(full_name, frozenset())
    return Metric(
        full_name,
        ratio.tasks,
        definition,
        formula=formulas[average],
        share=Share(hits, total, MULTICLASS) if counted_in else None,
        counted_in=counted_in,
    )


_COUNTED = {
    "precision_micro": ALL_TASKS,
    "recall_micro": ALL_TASKS,
    "recall_weighted": MULTICLASS,
}
"""Averages that are hits of all cases: an image is one where it has one label."""

AVERAGED: tuple[Metric, ...] = tuple(
    _average(name, average) for name in RATIOS for average in AVERAGES
)


def _count_images(name: str) -> Share:
    return Share(lambda counts: counts.sums[name], attrgetter("n_images"), IMAGES)


def _false_positive_rate(counts: Tally) -> Floats:
    return divide(counts.false_positives, counts.others)


def _label_balanced_accuracy(counts: Tally) -> Floats:
    recall = RATIOS["recall"](counts)
    return (recall + 1.0 - _false_positive_rate(counts)) / 2.0


def _label_matthews_corrcoef(counts: Tally) -> Floats:
    n = 1.0 * counts.images
    covariance = n * counts.true_positives - counts.support * (1.0 * counts.predicted)
    spread = (1.0 * counts.support * (n - counts.support)) * (
        1.0 * counts.predicted * (n - counts.predicted)
    )
    return divide(covariance, spread**0.5)


def _mean_of_mixed(formula: Formula) -> Formula:
    """The mean over the labels that some images have and some lack."""
    return mean_over_labels(
        formula, lambda counts: (counts.support > 0) & (counts.others > 0)
    )


def _margins(counts: Tally) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """
    Images, hits, chance hits, and the squares of predicted and of true margins.

    Images without prediction are a predicted class of their own. Multiclass alone.
    """
    n = 1.0 * counts.n_images
    support, predicted = 1.0 * counts.support, 1.0 * counts.predicted
    without = n - predicted.sum(axis=-1)
    return (
        n,
        1.0 * counts.true_positives.sum(axis=-1),
        (support * predicted).sum(axis=-1),
        (predicted**2).sum(axis=-1) + without**2,
        (support**2).sum(axis=-1),
    )


def _matthews_corrcoef(counts: Tally) -> Floats:
    n, hits, by_chance, predicted_squares, true_squares = _margins(counts)
    spread = (n**2 - predicted_squares) * (n**2 - true_squares)
    return divide(hits * n - by_chance, spread.clip(0.0) ** 0.5)


def _cohen_kappa(counts: Tally) -> Floats:
    n, hits, by_chance, _, _ = _margins(counts)
    return divide(hits * n - by_chance, n**2 - by_chance)


def _reported(name: str, text: str, tasks: frozenset[Task] = ALL_TASKS) -> Metric:
    definition = f"Rekognition's own {text}, from the evaluation summary."
    return Metric(f"reported_{name}", tasks, definition)


_OVERALL = (
    Metric(
        "accuracy",
        IMAGES,
        "Share of images that are right (with several labels an image: in all of "
        "them); scikit-learn's accuracy_score.",
        per_image=lambda one, _: divide(one.errors == 0, one.n_images),
        share=_count_images("accuracy"),
    ),
    Metric(
        "balanced_accuracy",
        MULTICLASS,
        "Mean recall of the labels that have test images; scikit-learn's "
        "balanced_accuracy_score.",
        formula=mean_over_labels(RATIOS["recall"], lambda counts: counts.support > 0),
    ),
    Metric(
        "balanced_accuracy_macro",
        MULTILABEL,
        "Mean of the labels' balanced accuracies, over labels that some test "
        "images have and some lack; scikit-learn's balanced_accuracy_score.",
        formula=_mean_of_mixed(_label_balanced_accuracy),
    ),
    *AVERAGED,
    Metric(
        "hamming_loss",
        IMAGES,
        "Share of wrong labels: of images, or of images times labels where an "
        "image has several; scikit-learn's hamming_loss.",
        per_image=lambda one, n_at_stake: divide(
            one.errors.clip(max=n_at_stake), one.n_images * n_at_stake
        ),
        greater_is_better=False,
        share=_count_images("hamming_loss")._replace(of_images=MULTICLASS),
        counted_in=MULTICLASS,
    ),
    Metric(
        "zero_one_loss",
        IMAGES,
        "1 - accuracy, the share of images that are wrong; scikit-learn's "
        "zero_one_loss.",
        per_image=lambda one, _: divide(one.errors > 0, one.n_images),
        greater_is_better=False,
        share=_count_images("zero_one_loss"),
    ),
    Metric(
        "no_prediction_rate",
        IMAGES,
        "Share of images for which no label reached its threshold; ours.",
        per_image=lambda one, _: divide(one.predicted == 0, one.n_images),
        greater_is_better=False,
        share=_count_images("no_prediction_rate"),
    ),
    Metric(
        "extra_predictions_rate",
        MULTICLASS,
        "Share of images with further labels over their thresholds behind the most "
        "confident one, which alone counts elsewhere; ours.",
        greater_is_better=False,
        observed=attrgetter("n_with_extra_predictions"),
    ),
    Metric(
        "matthews_corrcoef",
        MULTICLASS,
        "Correlation of truth and prediction (Gorodkin's R_K), 'no prediction' "
        "being an answer of its own; scikit-learn's matthews_corrcoef.",
        lowest=-1.0,
        formula=_matthews_corrcoef,
    ),
    Metric(
        "matthews_corrcoef_macro",
        MULTILABEL,
        "Mean of the labels' Matthews correlations, over labels that some test "
        "images have and some lack, 0 where a label is predicted on none or on "
        "all; scikit-learn's matthews_corrcoef.",
        lowest=-1.0,
        formula=_mean_of_mixed(_label_matthews_corrcoef),
    ),
    Metric(
        "cohen_kappa",
        MULTICLASS,
        "Agreement of truth and prediction beyond chance, 'no prediction' being "
        "an answer of its own; scikit-learn's cohen_kappa_score.",
        lowest=-1.0,
        formula=_cohen_kappa,
    ),
    *(record for record in BOX_AVERAGES if record.scope == "overall"),
    _reported("precision", "mean of label precisions"),
    _reported("recall", "mean of label recalls"),
    _reported("f1", "mean of label F1 scores"),
    _reported("average_precision", "average precision", DETECTION),
    _reported("average_recall", "average recall", DETECTION),
)

_LABEL = (
    *(
        Metric(
            name,
            ratio.tasks,
            f"{ratio.definition}, of one label; scikit-learn's {ratio.source}.",
            formula=ratio,
            share=ratio.share,
            counted_in=ratio.counted_in,
        )
        for name, ratio in RATIOS.items()
    ),
    Metric(
        "false_positive_rate",
        IMAGES,
        "FP / (FP + TN): share of the images without the label that are taken "
        "for it; 1 - specificity.",
        greater_is_better=False,
        formula=_false_positive_rate,
        share=Share(attrgetter("false_positives"), attrgetter("others"), IMAGES),
    ),
    Metric(
        "balanced_accuracy",
        MULTILABEL,
        "Mean of the label's recall and its specificity; scikit-learn's "
        "balanced_accuracy_score.",
        formula=_label_balanced_accuracy,
    ),
    Metric(
        "matthews_corrcoef",
        MULTILABEL,
        "Correlation of having the label and being given it; scikit-learn's "
        "matthews_corrcoef.",
        lowest=-1.0,
        formula=_label_matthews_corrcoef,
    ),
    *(record for record in BOX_AVERAGES if record.scope == "label"),
    Metric(
        "support",
        ALL_TASKS,
        "Number of test images that have the label (of boxes, in detection).",
        highest=float("inf"),
    ),
    _reported("precision", "precision of the label"),
    _reported("recall", "recall of the label"),
    _reported("f1", "F1 score of the label"),
)

BUILT_IN: tuple[Metric, ...] = (
    *_OVERALL,
    *(replace(record, scope="label") for record in _LABEL),
)
