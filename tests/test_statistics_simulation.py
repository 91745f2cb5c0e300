"""Versions that might have been: what is drawn, and what stays."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom
from support.evaluations import make_evaluation

from rekmetrics.metrics.numbers import tally
from rekmetrics.metrics.registry import OVERALL
from rekmetrics.statistics.pairing import pair_images
from rekmetrics.statistics.simulation import Simulation

N = 400
LETTERS = tuple("abcdefghij")
TRUTHS = [{k % 3} for k in range(N)]
GIVEN = [{(k + 1) % 3} if k % 10 == 0 else {k % 3} for k in range(N)]
SINGLE = make_evaluation(TRUTHS, GIVEN)
SEVERAL = make_evaluation(
    [{0, 1} if k % 2 else {2} for k in range(N)],
    [
        ({0} if k % 2 else {2, 1})
        if k % 8 == 0 or k % 7 == 0
        else {0, 1}
        if k % 2
        else {2}
        for k in range(N)
    ],
    task="multilabel",
)


def accuracies(evaluation, **choices):
    draws = Simulation(evaluation, **choices).draw()
    return OVERALL["accuracy"].values(draws.counts)


def test_draws_as_many_wrong_images_as_the_posterior_foretells():
    """40 of 400 were wrong: the next version's number is beta-binomial (scipy)."""
    expected = betabinom(N, 40.5, 360.5)
    n_wrong = N * (1 - accuracies(SINGLE, n_draws=20_000))
    assert n_wrong.mean() == pytest.approx(expected.mean(), abs=0.3)
    assert n_wrong.std() == pytest.approx(expected.std(), rel=0.03)
    # That is the noise of both versions, not of one.
    assert n_wrong.var() > 1.7 * N * 0.1 * 0.9


@pytest.mark.parametrize("evaluation", [SINGLE, SEVERAL], ids=["single", "several"])
def test_leaves_the_truth_and_keeps_the_books(evaluation):
    """Supports stay; nothing is counted below zero, or more often than it can be."""
    counts = Simulation(evaluation, n_draws=300).draw().counts
    assert (counts.support == evaluation.support).all()
    for part in (counts.true_positives, counts.false_positives, counts.false_negatives):
        assert (part >= 0).all()
    assert (counts.sums["accuracy"] + counts.sums["zero_one_loss"] == N).all()
    observed = tally(evaluation)
    drawn = counts.false_positives.mean(axis=0)
    assert drawn == pytest.approx(observed.false_positives, rel=0.15, abs=1.5)


def test_agrees_with_itself_on_single_labels():
    """An image that is wrong is a miss of one label, and of all; but for rounding."""
    counts = Simulation(SINGLE, n_draws=300).draw().counts
    gap = counts.false_negatives.sum(axis=1) - counts.sums["zero_one_loss"]
    assert abs(gap).max() <= 3
    assert abs(gap.mean()) < 0.2


def test_makes_versions_worse_by_points():
    """Five points are five images in a hundred."""
    simulation = Simulation(SINGLE)
    worse = OVERALL["accuracy"].values(simulation.draw(worse_by=0.05).counts)
    equal = OVERALL["accuracy"].values(simulation.draw().counts)
    assert equal.mean() - worse.mean() == pytest.approx(0.05, abs=0.003)


def test_lets_a_label_err_that_never_did():
    """None wrong of a few does not mean that none can be."""
    truths = [{k % 2} for k in range(100)] + [{2}] * 5
    given = [{0} for k in range(100)] + [{2}] * 5
    counts = Simulation(make_evaluation(truths, given)).draw().counts
    assert 0 < (counts.false_negatives[:, 2] > 0).mean() < 0.7


def test_counts_what_was_taken_for_what():
    """Only cats are taken for dogs, dogs for owls, owls for cats."""
    pairs = [("cat", "dog"), ("cat", "no prediction")]
    draws = Simulation(SINGLE, pairs=pairs).draw()
    seen = draws.pairs["cat", "dog"]
    assert seen.mean() == pytest.approx(tally(SINGLE).false_negatives[0], rel=0.1)
    others = draws.counts.false_negatives[:, 0] - seen
    assert others.min() >= -3
    assert 0 <= others.mean() < 0.5
    assert not draws.pairs["cat", "no prediction"].any()


def test_is_the_same_every_time():
    """One seed, one set of draws."""
    assert (accuracies(SINGLE) == accuracies(SINGLE)).all()
    assert (accuracies(SINGLE) != accuracies(SINGLE, seed=1)).any()


def test_measures_what_training_anew_changes():
    """Eight images of 400 differ: far less than sampling would have it."""
    given = [*GIVEN]
    for place in (0, 10, 20, 30):
        given[place] = TRUTHS[place]
    for place in (1, 11, 21, 31):
        given[place] = {(place + 1) % 3}
    other = make_evaluation(TRUTHS, given)
    simulation = Simulation(
        SINGLE, baseline=other, pairing=pair_images(SINGLE, other), n_draws=5000
    )
    assert (simulation.basis, simulation.n_changed) == ("retraining", 8)
    n_wrong = N * (1 - OVERALL["accuracy"].values(simulation.draw().counts))
    assert n_wrong.mean() == pytest.approx(40, abs=0.5)
    # Eight that change or change back, twice as uncertain for Student's distribution
    # with four degrees of freedom, and half an image a label either way.
    assert n_wrong.var() == pytest.approx(8 * 4 / (4 - 2) + 2 * 1.5, rel=0.2)
    assert np.var(N * (1 - accuracies(SINGLE))) > 60


def test_goes_by_sampling_where_the_images_are_others():
    """Without one more image in common nothing can be measured image by image."""
    other = make_evaluation(TRUTHS[:-1], GIVEN[:-1])
    simulation = Simulation(SINGLE, baseline=other, pairing=pair_images(SINGLE, other))
    assert (simulation.basis, simulation.n_changed) == ("sampling", None)
    assert "other images" in simulation.why_sampling


def test_takes_no_progress_for_noise():
    """A baseline that is far worse says nothing of what training anew changes."""
    given = [{(k + 1) % 3} if k % 3 == 0 else truth for k, truth in enumerate(GIVEN)]
    weak = make_evaluation(TRUTHS, given)
    simulation = Simulation(SINGLE, baseline=weak, pairing=pair_images(SINGLE, weak))
    assert simulation.basis == "sampling"
    assert "differ by more than training anew explains" in simulation.why_sampling


def test_draws_no_worse_versions_than_the_one_that_was_seen():
    """Of 100 images with up to ten labels 20 lack one: as many errors, on average."""
    truths = [{k % 10, (k * 7) % 10, (k * 3 + 1) % 10} for k in range(100)]
    given = [t - {min(t)} if k % 5 == 0 else t for k, t in enumerate(truths)]
    seen = make_evaluation(truths, given, labels=LETTERS, task="multilabel")
    counts = Simulation(seen).draw().counts
    assert counts.errors.sum(axis=1).mean() == pytest.approx(20.5, abs=1.0)


def test_measures_nothing_from_the_version_itself():
    """Or from a copy of it: no noise would make the strictest bounds of all."""
    simulation = Simulation(
        SINGLE, baseline=SINGLE, pairing=pair_images(SINGLE, SINGLE)
    )
    assert simulation.basis == "sampling"
    assert "no image came out right in one" in simulation.why_sampling
