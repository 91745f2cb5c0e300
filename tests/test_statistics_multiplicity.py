"""Many tests and one error rate."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from rekmetrics.statistics import adjust

P_VALUES = [0.01, 0.04, 0.03, 0.005, 0.2]


def test_adjusts_step_by_step_as_holm_does():
    """0.005 counts five times, 0.01 four times, 0.03 thrice; no one falls back."""
    adjusted = adjust(P_VALUES, "holm")
    assert adjusted == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.2])
    assert adjust([0.4, 0.9], "holm") == [0.8, 0.9]
    assert adjust([0.6, 0.7], "holm") == [1.0, 1.0]


def test_adjusts_by_benjamini_and_hochberg_with_scipy():
    """Their ranks times the values, from the greatest down."""
    adjusted = adjust(P_VALUES, "benjamini-hochberg")
    assert adjusted == pytest.approx([0.025, 0.05, 0.05, 0.025, 0.2])
    assert adjusted == pytest.approx(false_discovery_control(P_VALUES))


@pytest.mark.parametrize("method", ["holm", "benjamini-hochberg", "none"])
def test_leaves_one_test_as_it_is(method):
    """And none at all."""
    assert adjust([0.03], method) == [0.03]
    assert adjust([], method) == []


def test_leaves_many_alone_on_request():
    """Every test then has its own error rate."""
    assert adjust(P_VALUES, "none") == P_VALUES


def test_keeps_the_chance_of_any_false_alarm():
    """20 tests of nothing, 2,000 times: at 0.05 about 5 in 100 have one by Holm."""
    random = np.random.default_rng(3)
    draws = random.random((2000, 20)).tolist()
    shares = {
        method: np.mean([min(adjust(draw, method)) <= 0.05 for draw in draws])
        for method in ("holm", "benjamini-hochberg", "none")
    }
    assert 0.04 < shares["holm"] < 0.065
    assert 0.04 < shares["benjamini-hochberg"] < 0.065
    assert 0.6 < shares["none"] < 0.68  # 1 - 0.95 ** 20
