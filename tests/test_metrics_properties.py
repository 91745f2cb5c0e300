"""What holds for all metrics of the registry, against scikit-learn image by image."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from support.evaluations import make_evaluation, make_summary

from rekmetrics.metrics import compute_metrics, registry
from rekmetrics.metrics.numbers import tally

LABELS = ("owl", "cat", "dog", "emu", "ant")  # not sorted
CODES = st.integers(0, len(LABELS) - 1)
SINGLE = st.lists(
    st.tuples(CODES.map(lambda c: {c}), st.sets(CODES, max_size=1)), min_size=1
)
SEVERAL = st.lists(
    st.tuples(st.sets(CODES, min_size=1), st.sets(CODES)), min_size=1, max_size=25
)
OURS = {"no_prediction_rate", "extra_predictions_rate"}
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def evaluate(images, task, labels=LABELS):
    truths, predictions = zip(*images, strict=True)
    return make_evaluation(truths, predictions, labels=labels, task=task)


def compute(images, task, labels=LABELS):
    return compute_metrics(evaluate(images, task, labels), make_summary())


def codes(sets):
    """One code an image; what follows the labels is "no prediction"."""
    return np.array([min(given, default=len(LABELS)) for given in sets])


def indicators(sets):
    return np.array([[code in given for code in range(len(LABELS))] for given in sets])


def references(images, task):
    """Every metric's own function of scikit-learn, one sample an image."""
    as_array = codes if task == "multiclass" else indicators
    samples = tuple(as_array(sets) for sets in zip(*images, strict=True))
    found = {code for truths, given in images for code in {*truths, *given}}
    choices = {"labels": sorted(found), "zero_division": 0}
    values = {
        "accuracy": sk.accuracy_score(*samples),
        "zero_one_loss": sk.zero_one_loss(*samples),
        "hamming_loss": sk.hamming_loss(*samples),
    }
    averages = ["micro", "macro", "weighted"]
    if task == "multiclass":
        values["balanced_accuracy"] = sk.balanced_accuracy_score(*samples)
        values["matthews_corrcoef"] = sk.matthews_corrcoef(*samples)
        values["cohen_kappa"] = sk.cohen_kappa_score(*samples)
    else:
        averages.append("samples")
        values |= means_of_labels(*samples)
    for name, function in RATIOS.items():
        for average in averages:
            own = function(*samples, average=average, **choices)
            values[f"{name}_{average}"] = own
    return values


def means_of_labels(y_true, y_pred):
    """scikit-learn's binary scores, over the labels that some images have, some not."""
    mixed = [k for k in range(len(LABELS)) if len(set(y_true[:, k])) == 2]
    return {
        f"{name}_macro": np.mean([score(y_true[:, k], y_pred[:, k]) for k in mixed])
        if mixed
        else np.nan
        for name, score in (
            ("balanced_accuracy", sk.balanced_accuracy_score),
            ("matthews_corrcoef", sk.matthews_corrcoef),
        )
    }


RATIOS = {
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
    "jaccard": sk.jaccard_score,
}


def agrees(images, task):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = references(images, task)
    numbers = compute(images, task).overall
    names = {n for n in registry.known_names(task) if not n.startswith("reported_")}
    assert set(expected) == names - OURS
    for name, value in expected.items():
        own = numbers[name].value
        if own is not None:
            assert own == pytest.approx(value, abs=1e-12), name
        else:
            # Undefined: scikit-learn warns, and says 0 or NaN.
            assert np.isnan(value) or value == 0, name


@FEW
@given(SINGLE)
def test_equals_scikit_learn_on_single_labels(images):
    """The weighted cells give what one sample an image gives."""
    agrees(images, "multiclass")


@FEW
@given(SEVERAL)
def test_equals_scikit_learn_on_several_labels(images):
    """The counts give what indicator matrices give."""
    agrees(images, "multilabel")


@FEW
@given(st.one_of(SINGLE, SEVERAL), st.booleans())
def test_equals_scikit_learn_on_each_label(images, is_multilabel):
    """One label against the rest, image by image; undefined only without evidence."""
    is_single = all(len(truth) == 1 and len(given) < 2 for truth, given in images)
    task = "multilabel" if is_multilabel or not is_single else "multiclass"
    labels = compute(images, task).labels
    for code, label in enumerate(LABELS):
        y_true = np.array([code in truth for truth, _ in images])
        y_pred = np.array([code in given for _, given in images])
        for name, function in RATIOS.items():
            own = labels[label][name].value
            if own is None:
                has_cases = {"precision": y_pred.any(), "recall": y_true.any()}
                assert not has_cases.get(name, y_true.any() or y_pred.any())
            else:
                value = function(y_true, y_pred, zero_division=0)
                assert own == pytest.approx(value, abs=1e-12), name
        assert labels[label]["support"].value == y_true.sum()


@FEW
@given(st.one_of(SINGLE, SEVERAL))
def test_gives_the_same_by_formula(images):
    """The bootstrap's formulas are the metrics: equal at the observed counts."""
    is_single = all(len(truth) == 1 and len(given) < 2 for truth, given in images)
    task = "multiclass" if is_single else "multilabel"
    counts = tally(evaluate(images, task))
    numbers = compute(images, task)
    for name, estimate in numbers.overall.items():
        if registry.find(name).can_be_tested:
            value = float(registry.find(name).values(counts))
            expected = np.nan if estimate.value is None else estimate.value
            assert value == pytest.approx(expected, abs=1e-12, nan_ok=True), name
    for name in registry.known_names(task, "label"):
        metric = registry.find(name, "label")
        if metric.can_be_tested:
            values = metric.values(counts)
            for code, label in enumerate(LABELS):
                own = numbers.labels[label][name].value
                expected = np.nan if own is None else own
                assert values[code] == pytest.approx(expected, abs=1e-12, nan_ok=True)


@FEW
@given(st.data(), st.sampled_from(["multiclass", "multilabel"]))
def test_does_not_depend_on_order_or_names(data, task):
    """Images in another order, labels under other names and codes: the same numbers."""
    images = data.draw(SINGLE if task == "multiclass" else SEVERAL)
    order = data.draw(st.permutations(range(len(LABELS))))
    shuffled = [
        ({order[code] for code in truth}, {order[code] for code in given})
        for truth, given in data.draw(st.permutations(images))
    ]
    names = [""] * len(LABELS)
    for code, place in enumerate(order):
        names[place] = LABELS[code]
    first, second = compute(images, task), compute(shuffled, task, names)
    for name, estimate in first.overall.items():
        assert same(estimate, second.overall[name]), name
    for label in LABELS:
        for name, estimate in first.labels[label].items():
            assert same(estimate, second.labels[label][name]), name


def same(one, other):
    if one.value is None or other.value is None:
        return one.value is other.value
    return other.value == pytest.approx(one.value, abs=1e-12)


@FEW
@given(st.data(), st.sampled_from(["multiclass", "multilabel"]))
def test_gives_a_perfect_model_the_best(data, task):
    """All right: each metric, where defined, has the best value there is."""
    images = data.draw(SINGLE if task == "multiclass" else SEVERAL)
    numbers = compute([(truth, truth) for truth, _ in images], task)
    for name, estimate in numbers.overall.items():
        if not name.startswith("reported_") and estimate.value is not None:
            assert estimate.value == pytest.approx(registry.find(name).best), name
    for own in numbers.labels.values():
        for name in (*RATIOS, "false_positive_rate"):
            if own[name].value is not None:
                assert own[name].value == registry.find(name, "label").best, name


@FEW
@given(st.data(), st.sampled_from(["multiclass", "multilabel"]))
def test_stays_in_its_range(data, task):
    """No value leaves the range that bounds are checked against."""
    numbers = compute(data.draw(SINGLE if task == "multiclass" else SEVERAL), task)
    for name, estimate in numbers.overall.items():
        metric = registry.find(name)
        if estimate.value is not None:
            assert metric.lowest - 1e-12 <= estimate.value <= metric.highest + 1e-12
