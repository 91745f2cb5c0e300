"""Totals drawn as wholes are what drawing image by image gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import betabinom, nbinom

from rekmetrics.statistics import urn
from rekmetrics.statistics.urn import Urn, draw_changes

N_DRAWS = 40_000
# Labels missed and falsely given, one score an image; the last row is a rare one.
ROWS = csr_matrix(
    [[1, 0, 1, 0, 0.5], [0, 1, 0, 1, 0.25], [1, 1, 0, 0, 1], [0, 0, 0, 2, 1.0]]
)
WEIGHTS = np.array([30.0, 25.0, 15.0, 2.0])


def totals(n_images, *, seed=0, rows=ROWS, weights=WEIGHTS):
    random = np.random.default_rng(seed)
    return Urn(rows, weights).draw(np.full(N_DRAWS, n_images), random)


@pytest.fixture
def one_by_one(monkeypatch):
    """Every row is drawn for itself, which numpy's own distributions do."""
    monkeypatch.setattr(urn, "_MANY", np.inf)


def test_has_the_tails_of_the_beta_binomial():
    """Twelve of a hundred: at either end the shares that scipy gives."""
    rows, weights = csr_matrix([[1.0, 0], [0, 1]]), np.array([12.0, 88])
    drawn = totals(100, rows=rows, weights=weights)[:, 0]
    expected = betabinom(100, 12, 88)
    for count in (3, 5, 8, 15, 20, 24, 27):
        share = expected.cdf(count)
        noise = 4 * np.sqrt(share * (1 - share) / N_DRAWS)
        assert (drawn <= count).mean() == pytest.approx(share, abs=noise + 0.004)


def test_is_as_uncertain_as_a_count_of_ten():
    """The fewest that are drawn as a whole, of very many: negative binomial."""
    rows, weights = csr_matrix([[1.0, 0], [0, 1]]), np.array([10.0, 99_990])
    drawn = totals(100_000, rows=rows, weights=weights)[:, 0]
    for count in (17, 21, 26):
        share = nbinom(10, 0.5).sf(count)
        noise = 4 * np.sqrt(share / N_DRAWS)
        assert (drawn > count).mean() == pytest.approx(share, rel=0.05, abs=noise)


@pytest.mark.parametrize("n_images", [20, 72, 400])
def test_draws_wholes_as_it_draws_single_rows(n_images, request):
    """The same means, spreads and correlations; totals of counts are whole."""
    drawn = totals(n_images)
    request.getfixturevalue("one_by_one")
    singly = totals(n_images, seed=1)
    assert drawn.mean(axis=0) == pytest.approx(singly.mean(axis=0), rel=0.02)
    assert drawn.std(axis=0) == pytest.approx(singly.std(axis=0), rel=0.03)
    assert np.corrcoef(drawn.T) == pytest.approx(np.corrcoef(singly.T), abs=0.03)
    assert (drawn[:, :4] % 1 == 0).all()


def test_changes_either_way(request):
    """No change on average, and as much noise as drawing every image gives."""
    counts = np.array([30, 25, 15, 2])
    rows = csr_matrix(ROWS.toarray() * [[1], [-1], [1], [1]])
    drawn = draw_changes(rows, counts, N_DRAWS, np.random.default_rng(0))
    request.getfixturevalue("one_by_one")
    singly = draw_changes(rows, counts, N_DRAWS, np.random.default_rng(1))
    spread = np.sqrt((rows.power(2).T @ counts).astype(float))
    assert drawn.mean(axis=0) == pytest.approx(0, abs=0.1)
    assert drawn.std(axis=0) == pytest.approx(spread, rel=0.03)
    assert np.cov(drawn.T) == pytest.approx(np.cov(singly.T), rel=0.05, abs=1.0)


@pytest.mark.parametrize("rows", [ROWS[:0], ROWS * 0], ids=["no row", "nothing added"])
def test_copes_with_an_urn_that_adds_nothing(rows):
    """Where no image has a label, or every one is right."""
    urn = Urn(rows, np.full(rows.shape[0], 100.0))
    drawn = urn.draw(np.full(10, 3), np.random.default_rng(0))
    assert drawn.shape == (10, 5)
    assert not drawn.any()
