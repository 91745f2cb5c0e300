"""The numbers of an evaluation, worked out by hand on six images."""

from __future__ import annotations

import numpy as np
import pytest
from support.evaluations import make_evaluation, make_summary

from rekmetrics.evaluation import NO_PREDICTION
from rekmetrics.metrics import classification_report, compute_metrics, registry
from rekmetrics.metrics.confusions import confusion_rates
from rekmetrics.metrics.scikit_learn import values_of_record
from rekmetrics.summary import LabelReport, Summary

LABELS = ("owl", "cat", "dog", "emu")  # not sorted; no emu anywhere
SIX = make_evaluation(
    [{0}, {0}, {1}, {1}, {2}, {2}],
    [{0}, {1}, {1}, {1}, {2}, set()],
    labels=LABELS,
)
SEVERAL = make_evaluation(
    [{0, 1}, {0}, {1}, {1, 2}, {2}, {2}],
    [{0, 1}, {1}, {1}, {1}, {2}, set()],
    labels=LABELS,
    task="multilabel",
)


def overall(evaluation, **figures):
    return compute_metrics(evaluation, make_summary(**figures)).overall


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 4 / 6),
        ("balanced_accuracy", (1 / 2 + 1 + 1 / 2) / 3),
        ("precision_micro", 4 / 5),
        ("precision_macro", (1 + 2 / 3 + 1) / 3),
        ("recall_micro", 4 / 6),
        ("recall_weighted", 4 / 6),
        ("f1_micro", 8 / 11),
        ("f1_macro", (2 / 3 + 4 / 5 + 2 / 3) / 3),
        ("jaccard_micro", 4 / 7),
        ("jaccard_macro", (1 / 2 + 2 / 3 + 1 / 2) / 3),
        ("hamming_loss", 2 / 6),
        ("no_prediction_rate", 1 / 6),
        ("extra_predictions_rate", 0),
        # 6 * 4 - (2*1 + 2*3 + 2*1) = 14; sqrt((36 - 12) * (36 - 1 - 9 - 1 - 1)) = 24
        ("matthews_corrcoef", 14 / 24),
        # observed 24 / 36, by chance 10 / 36
        ("cohen_kappa", 14 / 26),
    ],
)
def test_computes_single_label_metrics(name, value):
    """An image without prediction is wrong, and no label's false positive."""
    assert overall(SIX)[name].value == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 3 / 6),
        ("hamming_loss", 4 / 24),
        ("precision_micro", 5 / 6),
        ("recall_micro", 5 / 8),
        ("recall_macro", (1 / 2 + 1 + 1 / 3) / 3),
        ("precision_samples", 4 / 6),
        ("recall_samples", (1 + 0 + 1 + 1 / 2 + 1 + 0) / 6),
        ("balanced_accuracy_macro", ((1 / 2 + 1) + (1 + 2 / 3) + (1 / 3 + 1)) / 6),
        ("no_prediction_rate", 1 / 6),
    ],
)
def test_computes_several_label_metrics(name, value):
    """Every label of every image counts on its own; accuracy wants all of them."""
    assert overall(SEVERAL)[name].value == pytest.approx(value, abs=1e-12)


def test_computes_the_numbers_of_a_label():
    """By label, then name; rates say what they count."""
    cat = compute_metrics(SIX, make_summary()).labels["cat"]
    assert cat["precision"].value == 2 / 3
    assert (cat["precision"].n_hits, cat["precision"].n_total) == (2, 3)
    assert (cat["recall"].n_hits, cat["recall"].n_total) == (2, 2)
    assert cat["f1"].value == pytest.approx(4 / 5)
    assert cat["false_positive_rate"].value == 1 / 4
    assert cat["support"].value == 2.0


def test_leaves_undefined_what_has_no_evidence():
    """A label neither tested nor predicted has no precision, recall, F1 or Jaccard."""
    emu = compute_metrics(SIX, make_summary()).labels["emu"]
    for name in ("precision", "recall", "f1", "jaccard"):
        assert emu[name].value is None
    assert emu["support"].value == 0.0


def test_gives_an_f1_of_zero_to_a_label_that_was_only_missed():
    """F1 is undefined only without any case: a miss is evidence."""
    missed = make_evaluation([{0}, {1}], [{0}, set()])
    dog = compute_metrics(missed, make_summary()).labels["dog"]
    assert dog["f1"].value == 0.0
    assert dog["precision"].value is None


def test_leaves_labels_undefined_where_scikit_learn_says_zero():
    """Before any rate is made: no prediction, no precision; no case at all, no F1."""
    evaluation = make_evaluation([{0}, {1}], [{0}, set()])
    values = values_of_record(evaluation, "label")
    undefined = {name for name, column in values.items() if np.isnan(column[1])}
    assert undefined == {"precision"}
    undefined = {name for name, column in values.items() if np.isnan(column[2])}
    assert undefined == {"precision", "recall", "f1", "jaccard"}


@pytest.mark.parametrize(
    ("truths", "predictions", "undefined"),
    [
        ([{0}, {0}], [{0}, {0}], {"matthews_corrcoef", "cohen_kappa"}),
        ([{0}, {0}], [{1}, {0}], {"matthews_corrcoef"}),
        ([{0}, {1}], [{1}, {1}], {"matthews_corrcoef"}),
        ([{0}, {1}], [set(), set()], {"matthews_corrcoef", "precision_micro"}),
        ([{0}, {1}], [{0}, {1}], set()),
    ],
)
def test_leaves_undefined_what_would_divide_by_nothing(truths, predictions, undefined):
    """Never 0 or 1 where there is nothing to divide by."""
    numbers = overall(make_evaluation(truths, predictions))
    given = {n for n, e in numbers.items() if not n.startswith("reported_")}
    assert {n for n in given if numbers[n].value is None} == undefined


def test_makes_a_rate_one_division():
    """7 of 10 wrong meets a bound of 0.7 exactly, where 1 - 0.3 need not."""
    for n_wrong in range(11):
        right = make_evaluation([{0}] * 10, [{1}] * n_wrong + [{0}] * (10 - n_wrong))
        numbers = overall(right)
        assert numbers["zero_one_loss"].value == n_wrong / 10
        assert numbers["accuracy"].value == (10 - n_wrong) / 10


def test_passes_on_what_rekognition_reports():
    """AWS's own figures stand beside ours; what it leaves out is undefined."""
    report = LabelReport("owl", n_testing_images=2, precision=0.5, recall=None, f1=0.6)
    summary = Summary(
        ("owl",), 6, None, None, None, 0.7, 0.8, None, None, None, {"owl": report}
    )
    numbers = compute_metrics(SIX, summary)
    assert numbers.overall["reported_precision"].value == 0.7
    assert numbers.overall["reported_f1"].value is None
    assert numbers.labels["owl"]["reported_f1"].value == 0.6
    assert numbers.labels["owl"]["reported_recall"].value is None
    assert numbers.labels["cat"]["reported_f1"].value is None


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "detection"])
def test_computes_exactly_what_the_registry_lists(task):
    """No name without a number, no number without a name, in the registry's order."""
    evaluation = make_evaluation([{0}, {1}], [{0}, {1}], task=task)
    numbers = compute_metrics(evaluation, make_summary())
    assert list(numbers.overall) == registry.known_names(task)
    for own in numbers.labels.values():
        assert list(own) == registry.known_names(task, "label")


def test_writes_the_report_in_the_order_of_the_labels():
    """Rows bear the right names though labels are not sorted; supports are whole."""
    lines = classification_report(SIX).splitlines()
    assert lines[2].split() == ["owl", "1.000", "0.500", "0.667", "2"]
    assert lines[3].split() == ["cat", "0.667", "1.000", "0.800", "2"]
    assert lines[4].split() == ["dog", "1.000", "0.500", "0.667", "2"]
    assert lines[-1] == "Neither in the test images nor predicted: emu"


def test_writes_the_same_averages_into_the_report():
    """Several labels an image: micro and macro are those of the metrics."""
    text = classification_report(SEVERAL)
    numbers = overall(SEVERAL)
    for average in ("micro", "macro", "weighted"):
        row = next(line for line in text.splitlines() if f"{average} avg" in line)
        wanted = [
            f"{numbers[f'{ratio}_{average}'].value:.3f}"
            for ratio in ("precision", "recall", "f1")
        ]
        assert row.split()[2:] == [*wanted, "8"]


def test_keeps_a_hostile_label_on_its_row():
    """A label cannot start a new line or move the cursor."""
    evaluation = make_evaluation([{0}, {1}], [{0}, {1}], labels=("a\n7.0\x1b[2J", "b"))
    lines = classification_report(evaluation).splitlines()
    assert lines[2].split()[0] == "a\\n7.0\\x1b[2J"


def test_counts_single_confusions():
    """As a share of the true label's images; no prediction is one of the answers."""
    pairs = [("owl", "cat"), ("dog", NO_PREDICTION), ("cat", "owl"), ("emu", "cat")]
    rates = confusion_rates(SIX, pairs)
    assert [rates[pair].value for pair in pairs] == [1 / 2, 1 / 2, 0.0, None]
    assert (rates[pairs[0]].n_hits, rates[pairs[0]].n_total) == (1, 2)


@pytest.mark.parametrize("task", ["multilabel", "detection"])
def test_counts_confusions_of_several_labels(task):
    """A label that an image lacks, and another that it was falsely given instead."""
    if task == "multilabel":
        pairs = [("owl", "cat"), ("dog", NO_PREDICTION), ("dog", "cat")]
        rates = confusion_rates(SEVERAL, pairs)
        assert [rates[pair].value for pair in pairs] == [1 / 2, 2 / 3, 0.0]
    else:
        boxes = make_evaluation([{0}, {0}], [{0}, set()], task="detection")
        assert confusion_rates(boxes, [("cat", NO_PREDICTION)])[
            "cat", NO_PREDICTION
        ].value == pytest.approx(1 / 2)
