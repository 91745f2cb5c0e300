"""Rates: Wilson's interval and McNemar's test, against published figures."""

from __future__ import annotations

import pytest
from scipy.stats import binom, binomtest, chi2

from rekmetrics.statistics import mcnemar_p_value, rate_interval, wilson_interval


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
