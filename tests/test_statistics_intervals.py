"""Intervals of all numbers: what gets one, by which method, and how wide it is."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from support.evaluations import make_boxes, make_evaluation, make_summary, pack, starts

from rekmetrics.evaluation import Evaluation
from rekmetrics.metrics import compute_metrics, registry
from rekmetrics.statistics import IntervalRequest, intervals, rate_interval

LABELS = ("cat", "dog", "owl")
TASKS = ["multiclass", "multilabel", "detection"]


def make(n_images=40, rate=0.8, task="multiclass", labels=LABELS):
    """A model that is right on about so many images, else wrong or silent."""
    dice = random.Random(3)
    truths = [{dice.randrange(len(labels))} for _ in range(n_images)]
    predictions = [
        truth
        if dice.random() < rate
        else dice.choice([set(), {dice.randrange(len(labels))}])
        for truth in truths
    ]
    return make_evaluation(truths, predictions, labels=labels, task=task)


def ask(evaluation, *requests, **choices):
    numbers = compute_metrics(evaluation, make_summary())
    return intervals(
        evaluation, numbers, [IntervalRequest(*r) for r in requests], **choices
    )


def ask_all(evaluation, level=0.95):
    numbers = compute_metrics(evaluation, make_summary())
    requests = [IntervalRequest(None, name, level) for name in numbers.overall]
    for label, own in numbers.labels.items():
        requests += [IntervalRequest(label, name, level) for name in own]
    found = intervals(evaluation, numbers, requests)
    assert list(found) == requests
    return [
        (
            request,
            own[request.metric].value,
            registry.find(request.metric, scope),
            found[request],
        )
        for request in requests
        for scope, own in [
            ("overall", numbers.overall)
            if request.label is None
            else ("label", numbers.labels[request.label])
        ]
    ]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("rate", [0.0, 0.8, 1.0])
def test_holds_the_number_within_its_range(task, rate):
    """Whatever can be resampled has an interval around its value; nothing else has."""
    for request, value, metric, interval in ask_all(make(rate=rate, task=task)):
        if value is None or not metric.has_interval:
            assert interval is None, request
        else:
            low, high = interval
            assert metric.lowest <= low <= value <= high <= metric.highest, request


@pytest.mark.parametrize("task", TASKS)
def test_never_is_sure_of_a_perfect_model(task):
    """All right on 12 images is no proof: each interval reaches below the best."""
    for request, value, metric, interval in ask_all(make(12, 1.0, task)):
        if interval is not None and value == metric.best:
            assert max(interval) - min(interval) > 0.05, request


@pytest.mark.parametrize("task", TASKS)
def test_gives_narrower_intervals_for_more_images(task):
    """A hundred times the images: about a tenth of the width."""
    few, many = (
        ask(make(n, task=task), (None, "f1_macro"))[IntervalRequest(None, "f1_macro")]
        for n in (50, 5000)
    )
    assert (few[1] - few[0]) / (many[1] - many[0]) == pytest.approx(10, rel=0.35)


def test_gives_rates_the_interval_of_a_rate():
    """Accuracy and a label's rates count images."""
    evaluation = make()
    numbers = compute_metrics(evaluation, make_summary())
    found = ask(evaluation, (None, "accuracy"), ("dog", "recall", 0.9))
    accuracy, recall = numbers.overall["accuracy"], numbers.labels["dog"]["recall"]
    assert found[IntervalRequest(None, "accuracy")] == rate_interval(
        accuracy.n_hits, accuracy.n_total
    )
    assert found[IntervalRequest("dog", "recall", 0.9)] == rate_interval(
        recall.n_hits, recall.n_total, 0.9
    )


def test_gives_f1_the_interval_of_its_jaccard_score():
    """F1 is 2 J / (1 + J), so its ends are those of J."""
    found = ask(make(), ("dog", "f1"), ("dog", "jaccard"))
    for f1, jaccard in zip(*found.values(), strict=True):
        assert f1 == pytest.approx(2 * jaccard / (1 + jaccard))


def test_comes_near_a_rates_interval_by_bootstrap():
    """Micro recall over several labels, one an image, is a rate: the ends are near."""
    evaluation = make(200, task="multilabel")
    recall = compute_metrics(evaluation, make_summary()).overall["recall_micro"]
    (found,) = ask(evaluation, (None, "recall_micro")).values()
    assert found == pytest.approx(
        rate_interval(recall.n_hits, recall.n_total), abs=0.012
    )


def test_repeats_itself():
    """Seeded: the same interval in every run, another with another seed."""
    asked = (None, "f1_macro")
    first, again = ask(make(), asked), ask(make(), asked)
    assert first == again
    assert ask(make(), asked, seed=1) != first


def test_widens_with_the_level():
    """More confidence wants more room, both for rates and resampled numbers."""
    for metric in ("accuracy", "f1_macro"):
        narrow, wide = ask(make(), (None, metric, 0.8), (None, metric, 0.99)).values()
        assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_widens_where_boxes_of_an_image_share_their_fate():
    """20 images of 5 boxes, all found or all missed, tell no more than 20 boxes."""
    places = [{0, 1, 2, 3, 4}] * 20
    labels = ("a", "b", "c", "d", "e")
    together = make_evaluation(
        [{0}] * 20, [{0}] * 15 + [set()] * 5, labels=labels, task="detection"
    )
    clustered = make_evaluation(
        places, [{0, 1, 2, 3, 4}] * 15 + [set()] * 5, labels=labels, task="detection"
    )
    name = IntervalRequest(None, "recall_micro")
    (alone,) = ask(together, name).values()
    (grouped,) = ask(clustered, name).values()
    assert grouped[1] - grouped[0] == pytest.approx(alone[1] - alone[0], rel=0.15)


@pytest.mark.parametrize("n_found", [0, 20, 14])
def test_counts_boxes_by_images_in_a_labels_rates(n_found):
    """Boxes of one label that are all found or all missed count as one an image."""
    one = boxes_of_one_label([1] * 20, n_found)
    five = boxes_of_one_label([5] * 20, n_found)
    request = IntervalRequest("cat", "recall")
    (alone,) = ask(one, request).values()
    (grouped,) = ask(five, request).values()
    assert grouped == pytest.approx(alone, abs=0.02)


def boxes_of_one_label(n_boxes, n_found):
    """Images with so many boxes of the first label; the first images' are found."""
    truths = [[0] * n for n in n_boxes]
    given = [[0] * n if i < n_found else [] for i, n in enumerate(n_boxes)]
    return make_detection(truths, given)


def make_detection(truths, given):
    codes = [code for image in given for code in image]
    true_codes = [code for image in truths for code in image]
    return Evaluation(
        task="detection",
        labels=LABELS,
        sources=pack([f"s3://bucket/{i}.png" for i in range(len(truths))]),
        truth_starts=starts(truths),
        truth_labels=np.array(true_codes, dtype=np.uint16),
        entry_starts=starts(given),
        entry_labels=np.array(codes, dtype=np.uint16),
        entry_kinds=np.ones(len(codes), dtype=np.uint8),
        entry_confidences=np.full(len(codes), 0.9, dtype=np.float32),
        assumed_thresholds=np.full(3, 0.5),
        boxes=make_boxes(true_codes, codes, len(truths)),
    )


def test_copes_with_a_single_label():
    """No other label to be mistaken for: the imagined mistakes are silent ones."""
    (found,) = ask(
        make_evaluation([{0}] * 20, [{0}] * 20, labels=("cat",)), (None, "f1_macro")
    ).values()
    assert 0.6 < found[0] < 0.95


def test_answers_none_for_a_label_that_is_not_there():
    """Whoever asks for the unknown gets no interval, and no error."""
    (found,) = ask(make(), ("zebra", "recall")).values()
    assert found is None


def test_counts_images_with_further_labels():
    """Their rate has Wilson's interval, with Poisson's lower end for a single image."""
    truths = [{0}, {0}, {1}, {1}, {2}, {2}]
    predictions = [{0}, {0}, {0, 1}, {1}, {2}, set()]
    evaluation = make_evaluation(truths, predictions, labels=LABELS, task="multiclass")
    (interval,) = ask(evaluation, (None, "extra_predictions_rate", 0.95)).values()
    assert interval == pytest.approx((-math.log(0.95) / 6, 0.56350), abs=1e-5)
