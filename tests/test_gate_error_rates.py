"""How often rules err: shares that scipy knows, and rules of every kind."""

from __future__ import annotations

import pytest
from scipy.stats import betabinom, binom
from support.evaluations import make_evaluation

from rekmetrics.gate.error_rates import Known, error_rates
from rekmetrics.gate.error_sentences import say_error_rates
from rekmetrics.metrics.confusions import confusion_rates
from rekmetrics.metrics.numbers import measure
from rekmetrics.statistics.simulation import Simulation
from rekmetrics.thresholds import parse_thresholds

N = 300
EVALUATION = make_evaluation(
    [{k % 3} for k in range(N)],
    [{(k + 1) % 3} if k % 10 == 0 else {k % 3} for k in range(N)],
)
NUMBERS = measure(EVALUATION)
LABELS = EVALUATION.labels


def rates_of(text, *, intervals=None, baseline=None, n_draws=4000):
    file = parse_thresholds(text.encode(), "t.yaml", has_baseline=True)
    checks = file.plan(LABELS, "multiclass")
    pairs = [(c.label, c.predicted) for c in checks if c.predicted is not None]
    known = Known(
        LABELS,
        NUMBERS,
        intervals or {},
        confusion_rates(EVALUATION, pairs),
        baseline,
    )
    simulation = Simulation(EVALUATION, pairs=pairs, n_draws=n_draws)
    return error_rates(checks, simulation, known)


def test_states_the_share_that_the_posterior_gives():
    """30 of 300 wrong; at most 39 may be: the rest is scipy's beta-binomial."""
    rates = rates_of("metrics: {accuracy: 0.87}")
    expected = betabinom(N, 30.5, 270.5).sf(39)
    assert rates.false_alarms == pytest.approx(expected, abs=0.02)
    assert [(c.metric, share) for c, share in rates.causes] == [
        ("accuracy", rates.false_alarms)
    ]


def test_is_right_half_of_the_time_where_the_bound_is_what_was_measured():
    """The gate that asks for what one version reached."""
    assert 0.4 < rates_of("metrics: {accuracy: 0.9}").false_alarms < 0.6


def test_judges_all_checks_together():
    """Twice the same check blocks no more; another one does."""
    one = rates_of("metrics: {accuracy: 0.87}")
    same = rates_of("metrics: {accuracy: 0.87, zero_one_loss: 0.13}")
    more = rates_of("metrics: {accuracy: 0.87}\nlabels: {cat: {recall: 0.85}}")
    assert same.false_alarms == one.false_alarms
    assert len(same.causes) == 2
    assert one.false_alarms < more.false_alarms < sum(s for _, s in more.causes)


def test_says_what_would_pass():
    """The worse, the less of them; ten points are seen."""
    rates = rates_of("metrics: {accuracy: 0.87}")
    shares = [rates.passing[points] for points in (1, 2, 5, 10)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0.7
    assert shares[-1] < 0.05
    assert rates.detectable == pytest.approx(5, abs=1.5)


def test_says_how_far_a_label_must_fall():
    """87 of 100 cats must be right: 86 or less are in 80 % of cases at 0.83."""
    rates = rates_of("labels: {cat: {recall: 0.87}}")
    assert rates.detectable_by_label["cat"] == pytest.approx(7.0)
    assert binom.cdf(86, 100, 0.83) > 0.8 > binom.cdf(86, 100, 0.835)
    assert rates.detectable_by_label["dog"] is None


@pytest.mark.parametrize(
    ("text", "is_blocked"),
    [
        ("metrics: {accuracy: {min: 0.99, level: warning}, f1_macro: 0.1}", False),
        ("metrics: {accuracy: {min: 0.99, min_support: 900}, f1_macro: 0.1}", True),
        ("metrics: {accuracy: {min: 0.9, min_support: 900}, f1_macro: 0.1}", True),
        ("metrics: {accuracy: 0.85, f1_macro: {min: 0.9, level: warning}}", False),
        ("metrics: {accuracy: {min: 0.89, decide_on: confidence_bound}}", True),
        ("confusions: {cat -> dog: 0.02}", True),
        ("confusions: {cat -> dog: 0.5}", False),
    ],
)
def test_knows_every_kind_of_rule(text, is_blocked):
    """Warnings never block; few images block what is clear, or where told to."""
    level = (0.86, 0.93)
    intervals = {(None, "accuracy", 0.95): level}
    rates = rates_of(text, intervals=intervals, n_draws=500)
    assert (rates.false_alarms > 0.9) is is_blocked
    assert is_blocked or rates.false_alarms < 0.1


def test_holds_losses_against_the_baseline():
    """Half of all versions are worse; a test excuses what chance can do."""
    base = {"baseline": NUMBERS, "n_draws": 2000}
    plain = rates_of("metrics: {accuracy: {max_regression: 0}}", **base)
    assert 0.4 < plain.false_alarms < 0.6
    rule = "{max_regression: 0, regression_test: mcnemar}"
    tested = rates_of(f"metrics: {{accuracy: {rule}}}", **base)
    assert 0.01 < tested.false_alarms < 0.1


def test_names_what_it_cannot_simulate():
    """Rekognition's own figures, and losses without a baseline."""
    rates = rates_of("metrics: {reported_f1: 0.5, accuracy: 0.5}", n_draws=100)
    assert [check.metric for check in rates.not_simulated] == ["reported_f1"]
    assert "taken to hold: 1 checks (reported_f1)" in say_error_rates(rates)


def test_says_it_in_sentences():
    """Shares, causes with their line, losses in points, and what is assumed."""
    text = say_error_rates(rates_of("metrics:\n  accuracy: 0.9\n", n_draws=500))
    assert "% of equally good versions would be blocked (500 simulated)" in text
    assert "accuracy blocks" in text
    assert "[2]" in text
    assert "of versions 5 points worse would pass" in text
    assert "taken from sampling" in text
