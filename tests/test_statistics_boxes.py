"""Intervals of averages over boxes."""

from __future__ import annotations

import numpy as np
import pytest
from support.evaluations import make_evaluation, make_summary

from rekmetrics.metrics import compute_metrics
from rekmetrics.metrics.box_averages import BOX_AVERAGES
from rekmetrics.metrics.registry import OVERALL
from rekmetrics.statistics import IntervalRequest, find_right, intervals
from rekmetrics.statistics.box_intervals import BoxDraws, mean_of_labels

N = 60


def simulate(seed, *, n=N, found=0.8, false=0.1):
    """Each image has one box, found at some rate; some have a false one."""
    random = np.random.default_rng(seed)
    truths = [{0} for _ in range(n)]
    given = [
        {0} if random.random() < found else {1} if random.random() < false else set()
        for _ in range(n)
    ]
    return make_evaluation(truths, given, labels=("cap", "hat"), task="detection")


def interval_of(evaluation, name, label=None, **choices):
    numbers = compute_metrics(evaluation, make_summary())
    request = IntervalRequest(label, name)
    (found,) = intervals(evaluation, numbers, [request], **choices).values()
    return found, numbers.estimate(label, name).value


@pytest.mark.parametrize("record", BOX_AVERAGES, ids=lambda m: f"{m.scope}-{m.name}")
def test_holds_the_number_itself(record):
    """Every average over boxes that is defined has an interval around it."""
    label = "cap" if record.scope == "label" else None
    found, value = interval_of(simulate(1), record.name, label, n_resamples=200)
    if value is None:
        assert found is None
    else:
        low, high = found
        assert 0 <= low <= value <= high <= 1
        assert high - low > 0.02


def test_is_no_point_where_all_is_right():
    """Thirty boxes found of thirty do not prove that none can be missed."""
    evaluation = simulate(1, n=30, found=1.0)
    (low, high), value = interval_of(evaluation, "average_precision")
    assert (value, high) == (1.0, 1.0)
    assert 0.75 < low < 0.97


def test_narrows_with_the_number_of_images():
    """Ten times the images, about a third of the width."""
    widths = []
    for n in (100, 1000):
        (low, high), _ = interval_of(simulate(3, n=n), "average_recall")
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0] / 10**0.5, rel=0.25)


def test_holds_the_truth_as_often_as_it_says():
    """Recall of one box an image is a rate: 0.8 lies inside in about 95 of 100."""
    n_held = 0
    for seed in range(100):
        (low, high), _ = interval_of(simulate(seed), "average_recall", n_resamples=300)
        n_held += low <= 0.8 <= high
    assert 88 <= n_held <= 100


def test_is_the_same_every_time():
    """One seed, one interval; averages at other overlaps have their own."""
    evaluation = simulate(5)
    first = interval_of(evaluation, "average_precision_50_95", n_resamples=200)
    assert interval_of(evaluation, "average_precision_50_95", n_resamples=200) == first


def test_is_drawn_for_versions_with_more_images_wrong():
    """As good as seen with as many wrong, and worse the more there are."""
    evaluation = simulate(1, n=200)
    average = OVERALL["average_precision"].boxes
    is_wrong = ~find_right(evaluation)
    seen = int(is_wrong.sum())
    source = BoxDraws(evaluation, is_wrong, iou=None, credit=0.5, seed=0)
    means = {
        n_wrong: mean_of_labels(source.draw(np.full(500, n_wrong), average))
        for n_wrong in (0, seen, 2 * seen)
    }
    _, observed = interval_of(evaluation, "average_precision")
    assert means[seen].mean() == pytest.approx(observed, abs=0.03)
    assert means[0].mean() > observed + 0.05
    assert means[2 * seen].mean() < observed - 0.05
