"""How often rules err: shares that scipy knows, and rules of every kind."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import betabinom
from support.evaluations import make_evaluation

from rekmetrics.gate.bounds import Evidence
from rekmetrics.gate.error_rates import Known, error_rates
from rekmetrics.gate.error_sentences import say_error_rates
from rekmetrics.metrics.confusions import confusion_rates
from rekmetrics.metrics.numbers import measure
from rekmetrics.statistics import compare
from rekmetrics.statistics.simulation import Simulation
from rekmetrics.thresholds import parse_thresholds

N = 300
EVALUATION = make_evaluation(
    [{k % 3} for k in range(N)],
    [{(k + 1) % 3} if k % 10 == 0 else {k % 3} for k in range(N)],
)
NUMBERS = measure(EVALUATION)
LABELS = EVALUATION.labels


SAME = compare(EVALUATION, EVALUATION, baseline_numbers=NUMBERS)
OTHER_IMAGES = replace(SAME.pairing, n_only_here=1)


def rates_of(text, *, intervals=None, comparison=None, n_draws=4000):
    file = parse_thresholds(text.encode(), "t.yaml", has_baseline=True)
    checks = file.plan(LABELS, "multiclass")
    pairs = [(c.label, c.predicted) for c in checks if c.predicted is not None]
    confusions = confusion_rates(EVALUATION, pairs)
    evidence = Evidence(NUMBERS, "multiclass", intervals or {}, confusions)
    known = Known(evidence, comparison, file.multiplicity)
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
    """
    87 of 100 cats must be right: 86 or less are in 80 % of versions at 0.82 to 0.83.

    By its F1 a label is held too, a dog by no rule of its own.
    """
    rates = rates_of("labels: {cat: {recall: 0.87}, owl: {f1: 0.85}}")
    # A version that is as good has 10 misses, and their noise twice over.
    expected = next(
        points
        for points in range(1, 20)
        if betabinom(100, 90.5 - points, 10.5 + points).cdf(86) > 0.8
    )
    assert rates.detectable_by_label["cat"] == pytest.approx(expected, abs=1.5)
    assert 3 < rates.detectable_by_label["owl"] < 20
    assert rates.detectable_by_label["dog"] is None
    blocked = rates_of("labels: {cat: {recall: 0.99}}")
    assert blocked.detectable_by_label["cat"] == 0.0


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


def losses(rule, *, metric="accuracy", comparison=SAME, defaults="", n_draws=2000):
    text = f"{defaults}\nmetrics: {{{metric}: {{max_regression: 0, {rule}}}}}"
    return rates_of(text, comparison=comparison, n_draws=n_draws).false_alarms


def test_holds_losses_against_the_baseline():
    """Half of all versions are worse; a test excuses what chance can do."""
    assert 0.4 < losses("level: error") < 0.6
    test = "regression_test: mcnemar"
    assert losses(test) == pytest.approx(0.05, abs=0.02)
    assert 0.4 < losses(f"{test}, on_inconclusive: error") < 0.6


def test_asks_that_losses_are_shown_to_be_none():
    """The bad end of a 90 % interval lies below none in 5 of 100 versions."""
    rule = "decide_on: confidence_bound, confidence_level: 0.9"
    assert losses(rule) == pytest.approx(0.95, abs=0.03)


def test_adjusts_all_tests_of_a_version_together():
    """Three labels are tested at 0.05: one error rate for all, or one for each."""
    rule = "{max_regression: 0, regression_test: bootstrap}"
    shares = {
        method: rates_of(
            f"defaults: {{multiplicity: {method}}}\n"
            f'labels: {{"*": {{recall: {rule}}}}}',
            comparison=SAME,
        ).false_alarms
        for method in ("none", "holm")
    }
    assert shares["none"] == pytest.approx(1 - 0.95**3, abs=0.04)
    assert 0.03 < shares["holm"] < shares["none"] - 0.04


def test_looks_at_one_label_that_loses_among_those_that_do_not():
    """Its p-value then counts as often as there are tests; the others do not help."""
    rule = "{max_regression: 0, regression_test: bootstrap}"
    least = {
        method: rates_of(
            f"defaults: {{multiplicity: {method}}}\n"
            f'labels: {{"*": {{recall: {rule}}}}}',
            comparison=SAME,
        ).detectable_by_label["cat"]
        for method in ("none", "holm")
    }
    # Of 100 cats 10 are missed: the spread is some 4.5 points, and grows; 1.64 of it
    # (or 2.13, at a third of alpha) is significant, 0.84 more is 80 % of versions.
    assert 4.5 * (1.64 + 0.84) < least["none"] < 15
    assert least["holm"] - least["none"] == pytest.approx(4.5 * 0.49, abs=1.2)


def test_counts_tests_that_only_warn_among_all_tests():
    """As the gate does: three labels warned of make the test of accuracy stricter."""
    rule = "max_regression: 0, regression_test"
    text = f"metrics: {{accuracy: {{{rule}: mcnemar}}}}\n"
    warned = f'labels: {{"*": {{recall: {{{rule}: bootstrap, level: warning}}}}}}\n'
    alone = rates_of(text, comparison=SAME).false_alarms
    among = rates_of(text + warned, comparison=SAME).false_alarms
    assert 0.03 < alone < 0.09
    assert 0.01 < among < alone - 0.015


@pytest.mark.parametrize(
    ("rule", "comparison", "is_blocked"),
    [
        ("level: error", None, True),
        ("level: error", replace(SAME, pairing=OTHER_IMAGES), True),
        ("level: error", replace(SAME, is_same_version=True), False),
    ],
)
def test_blocks_all_where_nothing_can_be_compared(rule, comparison, is_blocked):
    """As the gate does with a baseline that is missing, or has other images."""
    assert losses(rule, comparison=comparison) == is_blocked


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
    assert "taken from sampling: a version" in text


def test_says_why_a_baseline_does_not_tell_the_noise():
    """One that differs by more than chance, or that is the same."""
    rates = replace(
        rates_of("metrics:\n  accuracy: 0.9\n", n_draws=100), why_sampling="they differ"
    )
    assert "taken from sampling, since they differ: a version" in say_error_rates(rates)
