"""Bounds that hold together."""

from __future__ import annotations

import numpy as np
import pytest

from rekmetrics.statistics.multiplicity import joint_lower_bounds


def bounds_of(draws, joint, *, rate=0.05, first=0):
    return joint_lower_bounds(
        draws,
        false_alarm_rate=rate,
        is_joint=joint,
        is_first=np.arange(draws.shape[1]) < first,
    )


def missing(draws, bounds, which):
    return (draws < bounds)[:, which].any(axis=1).mean()


@pytest.mark.parametrize("n_numbers", [1, 5, 60, 500])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_holds_the_rate_over_all_of_them(n_numbers, rate):
    """At most the stated share of the draws misses any, and hardly less."""
    random = np.random.default_rng(1)
    draws = random.binomial(100, 0.9, size=(2000, n_numbers)) / 100
    joint = np.ones(n_numbers, dtype=bool)
    bounds = bounds_of(draws, joint, rate=rate)
    share = missing(draws, bounds, joint)
    assert share <= rate
    assert share > rate / 5


def test_holds_it_on_other_draws_too():
    """Not only on those that it was made from."""
    random = np.random.default_rng(2)
    first, second = random.binomial(200, 0.95, size=(2, 4000, 40)) / 200
    joint = np.ones(40, dtype=bool)
    bounds = bounds_of(first, joint)
    assert missing(second, bounds, joint) < 0.07


def test_charges_numbers_that_are_one_only_once():
    """Ten copies of a number are bounded as one is."""
    random = np.random.default_rng(3)
    one = random.normal(0.8, 0.02, size=(4000, 1))
    alone = bounds_of(one, np.ones(1, dtype=bool))
    copies = bounds_of(np.repeat(one, 10, axis=1), np.ones(10, dtype=bool))
    assert copies == pytest.approx(alone[0])
    assert alone[0] == pytest.approx(np.quantile(one, 0.05), abs=0.002)


def test_leaves_out_what_is_not_to_count():
    """What is not joint is bounded by the same factor, and costs nothing."""
    random = np.random.default_rng(4)
    draws = random.binomial(100, 0.9, size=(2000, 3)) / 100
    draws[:, 2] = random.random(2000)
    kept = np.array([True, True, False])
    bounds = bounds_of(draws, kept)
    assert missing(draws, bounds, kept) <= 0.05
    alone = bounds_of(draws[:, :2], kept[:2])
    assert bounds[:2] == pytest.approx(alone)


def test_takes_what_never_changes_as_it_is():
    """A number without spread is bounded by itself, gaps in it or not."""
    draws = np.full((100, 2), 0.7)
    draws[::2, 1] = np.nan
    bounds = bounds_of(draws, np.ones(2, dtype=bool))
    assert bounds == pytest.approx([0.7, 0.7])


@pytest.mark.parametrize("first", [1, 3])
def test_spends_most_on_what_comes_first(first):
    """One number over all, or three, and forty of labels: 4 % are for the few."""
    random = np.random.default_rng(5)
    draws = random.binomial(4000, 0.9, size=(4000, first + 40)) / 4000
    joint = np.ones(draws.shape[1], dtype=bool)
    bounds = bounds_of(draws, joint, first=first)
    assert missing(draws, bounds, joint) == pytest.approx(0.05, abs=0.004)
    assert missing(draws, bounds, slice(0, first)) == pytest.approx(0.04, abs=0.006)
    assert bounds[:first].mean() > bounds[first:].mean() + 0.004
