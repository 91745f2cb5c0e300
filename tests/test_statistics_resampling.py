"""Resamples of images: as many, as likely, however they are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from rekmetrics.statistics import urn
from rekmetrics.statistics.urn import quantile_interval, resample

COUNTS = np.array([50, 3, 1, 20])
ROWS = csr_matrix(np.eye(4))


def draw(counts=COUNTS, rows=ROWS, **choices):
    random = np.random.default_rng(1)
    return resample(counts, rows, n_resamples=4000, random=random, **choices)


@pytest.mark.parametrize("many", [0, 30, 100])
def test_draws_every_row_as_often_as_it_is_likely(monkeypatch, many):
    """Means and variances of a multinomial draw, row by row or as wholes."""
    monkeypatch.setattr(urn, "_MANY_SURE", many)
    totals, n_images = draw()
    share = COUNTS / 74
    assert n_images == 74
    assert totals.sum(axis=1) == pytest.approx(np.full(4000, 74.0), abs=0.01)
    assert totals.mean(axis=0) == pytest.approx(COUNTS, abs=0.3)
    assert totals.var(axis=0) == pytest.approx(74 * share * (1 - share), rel=0.1)
    covariance = np.cov(totals[:, 0], totals[:, 3])[0, 1]
    assert covariance == pytest.approx(-74 * share[0] * share[3], rel=0.1)


def test_draws_the_same_in_small_pieces(monkeypatch):
    """Memory is bounded; no resample is lost or short."""
    monkeypatch.setattr(urn, "_CHUNK", 200)
    monkeypatch.setattr(urn, "_MANY_SURE", 100)
    totals, _ = draw()
    assert totals.shape == (4000, 4)
    assert (totals.sum(axis=1) == 74).all()
    assert totals.mean(axis=0) == pytest.approx(COUNTS, abs=0.3)


def test_draws_imagined_images_by_their_weight():
    """26 imagined images beside 74 observed ones: 100 a resample, 26 of them theirs."""
    columns = csr_matrix(np.hstack([np.eye(4), np.zeros((4, 1))]))
    imagined = csr_matrix([[0.0, 0, 0, 0, 1], [0, 0, 0, 0, 1]])
    totals, n_images = draw(rows=columns, imagined=imagined, n_imagined=26.0)
    assert n_images == 100
    assert totals.sum(axis=1) == pytest.approx(np.full(4000, 100.0), abs=0.01)
    assert totals[:, 4].mean() == pytest.approx(26, abs=0.3)


def test_spans_the_middle_of_what_is_defined():
    """Undefined resamples do not count; the observed value is always inside."""
    values = np.concatenate([np.arange(101.0), [np.nan] * 50])
    assert quantile_interval(values, 0.9, 50.0) == pytest.approx((5, 95))
    assert quantile_interval(values, 0.9, 99.0) == pytest.approx((5, 99))
    assert quantile_interval(np.array([np.nan]), 0.9, 1.0) is None
