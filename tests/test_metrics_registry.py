"""The names of the metrics, as data."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.evaluations import make_evaluation, make_summary

from rekmetrics.errors import RequestError
from rekmetrics.metrics import compute_metrics, registry
from rekmetrics.metrics.catalogue import BUILT_IN

EVALUATION = make_evaluation([{0}, {1}, {2}], [{0}, {1}, {1}])


@pytest.fixture
def register():
    """`registry.register`, undone after the test."""
    names = []

    def register_once(name, *args, **kwargs):
        names.append(name)
        registry.register(name, *args, **kwargs)

    before = {name for name, m in registry.OVERALL.items() if m.function}
    yield register_once
    for name in names:
        if name not in before:
            registry.unregister(name)


def test_imports_nothing_heavy():
    """Names can be checked without numpy, scipy or scikit-learn."""
    code = (
        "import sys, rekmetrics.metrics.registry;"
        "print({'numpy', 'scipy', 'sklearn'} & set(sys.modules) or 'light')"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout.strip() == "light"


@pytest.mark.parametrize("metric", BUILT_IN, ids=lambda m: f"{m.scope}-{m.name}")
def test_points_losses_and_scores_the_right_way(metric):
    """What is called a loss or a rate of errors is better low, all else high."""
    is_bad = metric.name.endswith(
        ("_loss", "false_positive_rate", "no_prediction_rate", "extra_predictions_rate")
    )
    assert metric.greater_is_better is not is_bad
    assert metric.lowest < metric.highest
    assert metric.best == (metric.lowest if is_bad else metric.highest)
    assert metric.definition.endswith(".")


def test_has_every_metric_once():
    """No two metrics of one scope share a name."""
    assert len(BUILT_IN) == len({(m.scope, m.name) for m in BUILT_IN})


@pytest.mark.parametrize(
    ("name", "task", "scope", "reason"),
    [
        ("recal", "multiclass", "label", "did you mean 'recall'?"),
        ("mcc", "multiclass", "overall", "it is called 'matthews_corrcoef' here"),
        ("f1", None, "overall", "over all labels use 'f1_micro', 'f1_macro'"),
        ("f1_macro", "multiclass", "label", "a label has 'f1'"),
        ("matthews_corrcoef", "multilabel", "overall", "use 'matthews_corrcoef_macro'"),
        ("balanced_accuracy_macro", "multiclass", "overall", "use 'balanced_accuracy'"),
        ("recall_samples", "multiclass", "overall", "'recall_macro' or"),
        ("reported_average_recall", "multilabel", "overall", "object detection only"),
        ("accuracy", "detection", "overall", "use one of precision_micro"),
        ("qqq", "multiclass", "label", "`rekmetrics explain --metrics` lists all"),
        ("qqq", None, "overall", "one of your own is registered in conftest.py"),
    ],
)
def test_says_why_a_name_cannot_be_used(name, task, scope, reason):
    """The reason ends with the name to use instead."""
    assert reason in registry.why_not(name, task, scope)


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "detection"])
def test_objects_to_no_metric_of_the_task(task):
    """All names listed for a task can be used for it, and without knowing it."""
    for scope in ("overall", "label"):
        for name in registry.known_names(task, scope):
            assert registry.why_not(name, task, scope) is None
            assert registry.why_not(name, None, scope) is None


def test_computes_a_registered_metric(register):
    """A team's function gets the evaluation, and its number is among the others."""
    register("n_wrong", lambda e: 1, greater_is_better=False, highest=1e9)
    numbers = compute_metrics(EVALUATION, make_summary())
    assert numbers.overall["n_wrong"].value == 1.0
    assert registry.find("n_wrong").greater_is_better is False
    assert registry.find("n_wrong").has_interval is False


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_leaves_a_registered_metric_undefined(register, nothing):
    """None and NaN say that there is no evidence; they are no numbers."""
    register("mood", lambda e: nothing, greater_is_better=True)
    numbers = compute_metrics(EVALUATION, make_summary())
    assert numbers.overall["mood"].value is None


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda e: 1 / 0, "metric 'mood' .* raised ZeroDivisionError"),
        (lambda e: "high", "metric 'mood' .* returned .*a number is wanted"),
        (lambda e: 95, r"metric 'mood' .* returned 95.0, which is outside 0 to 1"),
        (lambda e: float("inf"), "metric 'mood' .* outside 0 to 1"),
    ],
)
def test_names_the_registered_metric_that_fails(register, function, text):
    """A metric that cannot be computed stops the run; it never passes."""
    register("mood", function, greater_is_better=True)
    with pytest.raises(RequestError, match=text):
        compute_metrics(EVALUATION, make_summary())


@pytest.mark.parametrize(
    ("name", "choices", "text"),
    [
        ("accuracy", {}, "exists already"),
        ("95%", {}, "cannot be a metric's name"),
        ("mood", {"lowest": 1.0, "highest": 0.0}, "lowest must be less"),
        ("mood", {"lowest": float("nan")}, "lowest must be less"),
    ],
)
def test_refuses_to_register(register, name, choices, text):
    """A name that is taken, no name, an empty range."""
    with pytest.raises(RequestError, match=text):
        register(name, lambda e: 0.5, greater_is_better=True, **choices)


def test_refuses_a_name_registered_before(register):
    """The second metric of a name would silently replace the first."""
    register("mood", lambda e: 0.5, greater_is_better=True)
    with pytest.raises(RequestError, match="exists already"):
        registry.register("mood", lambda e: 0.9, greater_is_better=True)


def test_never_forgets_a_metric_of_ours():
    """Only what was registered can be removed."""
    registry.unregister("accuracy")
    assert registry.find("accuracy")
