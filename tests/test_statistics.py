"""Rates: Wilson's interval and McNemar's test, against published figures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, binomtest, chi2

from rekmetrics.statistics import (
    images_to_decide,
    mcnemar_p_value,
    rate_interval,
    wilson_interval,
)
from rekmetrics.statistics.rates import difference_interval


@pytest.mark.parametrize(
    ("n_hits", "n_total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_gives_wilsons_interval_as_published(n_hits, n_total, low, high):
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    assert wilson_interval(n_hits, n_total) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_gives_wilsons_interval_as_scipy_does(level):
    """Every count of 30, at other levels."""
    for n_hits in range(31):
        expected = binomtest(n_hits, 30).proportion_ci(level, method="wilson")
        found = wilson_interval(n_hits, 30, level)
        assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize("n_total", [1, 3, 20, 10**6])
def test_holds_the_rate_and_is_never_a_point(n_total):
    """All right or all wrong: the interval ends there, and reaches inwards."""
    low, high = wilson_interval(n_total, n_total)
    assert low < 1.0
    assert high == 1.0
    low, high = wilson_interval(0, n_total)
    assert low == 0.0
    assert high > 0.0


@pytest.mark.parametrize("n_images", [10, 20, 50, 200])
@pytest.mark.parametrize("rate", [0.5, 0.8, 0.95])
def test_covers_the_rate_between_93_and_99_percent(n_images, rate):
    """Exactly, summed over all that can happen; Wilson's own falls to 91 %."""
    ends = [rate_interval(n_hits, n_images) for n_hits in range(n_images + 1)]
    coverage = sum(
        binom.pmf(n_hits, n_images, rate)
        for n_hits, (low, high) in enumerate(ends)
        if low <= rate <= high
    )
    assert 0.93 <= coverage <= 0.99


def test_moves_only_the_far_end_near_0_and_1():
    """1 of 29: the low end is half a chi-square quantile by n, the high Wilson's."""
    low, high = rate_interval(1, 29)
    assert low == pytest.approx(chi2.ppf(0.05, 2) / 2 / 29)
    assert high == wilson_interval(1, 29)[1]
    low, high = rate_interval(26, 29)
    assert low == wilson_interval(26, 29)[0]
    assert high == pytest.approx(1 - chi2.ppf(0.05, 6) / 2 / 29)
    for n_hits in (0, 4, 15, 25, 29):
        assert rate_interval(n_hits, 29) == wilson_interval(n_hits, 29)


def test_tests_changes_as_published():
    """Agresti's approval ratings, 150 against 86; R's exact2x2 gives 3.716e-05."""
    p_value = 2 * mcnemar_p_value(150, 86)
    assert p_value == pytest.approx(3.716e-05, abs=5e-9)


@pytest.mark.parametrize(
    ("n_broken", "n_right", "p_value"),
    [
        (0, 0, 1.0),
        (5, 0, 1 / 32),
        (0, 5, 1.0),
        (11, 1, 13 / 4096),
        (3, 3, 42 / 64),
    ],
)
def test_counts_only_losses_as_evidence(n_broken, n_right, p_value):
    """One-sided: the chance of so many heads, counted by hand."""
    assert mcnemar_p_value(n_broken, n_right) == pytest.approx(p_value)


def test_gives_the_interval_of_a_fall_by_hand():
    """
    9 of 100 broke, 3 were mended: (10 - 4) / 102, give or take 1.96 times the root of
    (14 / 102 - (6 / 102)²) / 102.
    """
    found = difference_interval(9, 3, 100, 0.95)
    assert found == pytest.approx((-0.01216, 0.12981), abs=1e-5)
    turned = difference_interval(3, 9, 100, 0.95)
    assert turned == pytest.approx((-0.12981, 0.01216), abs=1e-5)


def test_gives_no_point_where_nothing_changed():
    """And stays in what a rate can lose, the fall itself within."""
    low, high = difference_interval(0, 0, 20, 0.95)
    assert low == -high
    assert 0.1 < high < 0.15
    assert difference_interval(2, 0, 2, 0.95)[1] == 1.0
    assert difference_interval(0, 2, 2, 0.95)[0] == -1.0


@pytest.mark.parametrize(("n", "broken", "right"), [(50, 0.1, 0.05), (200, 0.03, 0.03)])
def test_holds_the_true_fall_as_often_as_it_says(n, broken, right):
    """95 of 100 intervals do, of 4,000 test sets."""
    random = np.random.default_rng(5)
    chances = [broken, right, 1 - broken - right]
    drawn = random.multinomial(n, chances, size=4000)
    ends = [difference_interval(b, r, n, 0.95) for b, r, _ in drawn.tolist()]
    held = np.mean([low <= broken - right <= high for low, high in ends])
    assert 0.935 < held < 0.985


@pytest.mark.parametrize(
    ("n_broken", "n_right", "threshold", "wanted"),
    [
        (4, 0, 0.05, 5),  # 1 / 32 is the first below
        (5, 0, 0.01, 7),  # 1 / 128
        (7, 3, 0.05, 31),
        (3, 3, 0.05, None),
        (2, 5, 0.05, None),
        (1, 0, 0.05, None),  # p = 0.5: no loss to speak of
    ],
)
def test_says_how_many_changed_images_would_tell(n_broken, n_right, threshold, wanted):
    """At the ratio that was found; by the exact test it comes out near."""
    p_value = mcnemar_p_value(n_broken, n_right)
    found = images_to_decide(n_broken, n_right, p_value, threshold)
    assert found == wanted
    if found is not None:
        broken = round(found * n_broken / (n_broken + n_right))
        exact = mcnemar_p_value(broken, found - broken)
        assert threshold / 5 < exact < threshold
