"""A version beside its baseline: pairing, changed images, tests of losses."""

from __future__ import annotations

import numpy as np
import pytest
from support.evaluations import make_evaluation

from rekmetrics.errors import RequestError
from rekmetrics.metrics import Numbers
from rekmetrics.statistics import IntervalRequest, compare, mcnemar_p_value
from rekmetrics.statistics.rates import difference_interval

NUMBERS = Numbers({})
LABELS = ("cat", "dog", "owl")


def compare_all(one, other, *tests, **choices):
    return compare(one, other, tests, baseline_numbers=NUMBERS, **choices)


def make(predictions, truths=None, **choices):
    """Six images, two of each label."""
    return make_evaluation(
        truths or [{0}, {0}, {1}, {1}, {2}, {2}], predictions, **choices
    )


RIGHT = make([{0}, {0}, {1}, {1}, {2}, {2}])


def test_lists_what_broke_and_what_was_mended():
    """Images 1 and 4 broke, image 2 was mended; both wrong on 5."""
    now = make([{0}, {1}, {1}, {1}, set(), {0}])
    before = make([{0}, {0}, {2}, {1}, {2}, set()])
    found = compare_all(now, before)
    assert found.is_paired
    assert found.reason == ""
    assert found.newly_broken.tolist() == [1, 4]
    assert found.newly_right.tolist() == [2]
    assert (found.n_newly_broken, found.n_newly_right) == (2, 1)
    assert found.baseline is NUMBERS


@pytest.mark.parametrize("task", ["multilabel", "detection"])
def test_calls_an_image_right_if_all_of_it_is(task):
    """One label (box) missed or too many breaks an image of several."""
    truths = [{0, 1}, {0, 1}, {2}]
    now = make_evaluation(truths, [{0}, {0, 1}, {1, 2}], task=task)
    before = make_evaluation(truths, [{0, 1}, {1}, {2}], task=task)
    found = compare_all(now, before)
    assert found.newly_broken.tolist() == [0, 2]
    assert found.newly_right.tolist() == [1]


def test_counts_changes_of_each_label():
    """
    Image 0: dog instead of cat breaks both. Image 1: right in cat, now wrong in owl.

    Image 2 was mended in dog and stays wrong in owl. The order of labels is another.
    """
    truths = [{0}, {0}, {1}]
    now = make_evaluation(truths, [{1}, {0, 2}, {1, 2}], task="multilabel")
    before = make_evaluation(
        [{1}, {1}, {2}],
        [{1}, {1}, {0}],
        labels=("owl", "cat", "dog"),
        task="multilabel",
    )
    found = compare_all(now, before)
    assert found.newly_broken_by_label == {"cat": 1, "dog": 1, "owl": 1}
    assert found.newly_right_by_label == {"cat": 0, "dog": 1, "owl": 0}


def test_counts_changes_of_single_labels():
    """A dog taken for an owl is an error of both, and of no cat."""
    found = compare_all(make([{0}, {0}, {2}, {1}, {2}, set()]), RIGHT)
    assert found.newly_broken_by_label == {"cat": 0, "dog": 1, "owl": 2}
    assert set(found.newly_right_by_label.values()) == {0}


def test_pairs_by_source_whatever_the_order():
    """Lines and labels in another order in the baseline's files."""
    now = make_evaluation(
        [{0}, {1}, {2}], [{0}, {0}, {2}], sources=("a.png", "b.png", "c.png")
    )
    before = make_evaluation(
        [{0}, {1}, {2}],
        [{0}, {1}, {2}],
        labels=("owl", "cat", "dog"),
        sources=("c.png", "a.png", "b.png"),
    )
    found = compare_all(now, before)
    assert found.is_paired
    assert found.newly_broken.tolist() == [1]


def test_says_which_test_images_differ():
    """Images only here, only there, and with another truth: no pairing, with reason."""
    now = make_evaluation([{0}, {1}, {2}], [{0}, {0}, {2}], sources=["a", "b", "c"])
    before = make_evaluation(
        [{0}, {2}, {2}, {2}], [{0}, {2}, {2}, {2}], sources=["a", "b", "x", "y"]
    )
    found = compare_all(now, before, (None, "accuracy", "mcnemar"))
    assert not found.is_paired
    assert found.reason == (
        "1 image only in this version's test set, 2 images only in the baseline's, "
        "1 image with another ground truth"
    )
    assert found.n_newly_broken == 0
    assert found.tests == {(None, "accuracy"): "unpaired bootstrap"}
    assert 0 < found.p_values[None, "accuracy"] <= 1


def test_sees_a_moved_true_box():
    """The same labels at other places are another ground truth."""
    now = make_evaluation([{0}, {1}], [{0}, {1}], task="detection")
    before = make_evaluation([{0}, {1}], [{0}, {1}], task="detection")
    assert compare_all(now, before).is_paired
    before.boxes.truth[0, 0] += 1
    assert compare_all(now, before).pairing.n_truth_changed == 1


def test_pairs_images_listed_twice_in_order():
    """The second line of an image meets the second line of it."""
    sources = ["a", "a", "b"]
    now = make_evaluation([{0}, {1}, {2}], [{0}, {1}, {2}], sources=sources)
    before = make_evaluation([{2}, {0}, {1}], [{2}, {0}, {2}], sources=["b", "a", "a"])
    found = compare_all(now, before)
    assert found.is_paired
    assert found.newly_right.tolist() == [1]


def test_names_labels_that_only_one_has():
    """A label came, another went; tests of theirs have no answer."""
    now = make_evaluation([{0}, {1}], [{0}, {1}], labels=("cat", "emu"))
    before = make_evaluation([{0}, {1}], [{0}, {1}], labels=("cat", "dog"))
    found = compare_all(now, before, ("emu", "recall", "bootstrap"))
    assert found.labels_only_here == ("emu",)
    assert found.labels_only_there == ("dog",)
    assert not found.is_paired
    assert found.p_values["emu", "recall"] is None


def test_refuses_models_of_different_kinds():
    """One label an image cannot be compared with boxes."""
    boxes = make_evaluation([{0}], [{0}], task="detection")
    with pytest.raises(RequestError, match=r"baseline was read as a detection model"):
        compare_all(RIGHT, boxes)


def long_run(n_broken, n_mended, n_same=100, task="multiclass"):
    """Two versions on many images: so many broke, so many were mended."""
    n = n_broken + n_mended + n_same
    truths = [{index % 3} for index in range(n)]
    wrong = [{(index + 1) % 3} for index in range(n)]
    now = [*wrong[:n_broken], *truths[n_broken:]]
    before = [*truths[:n_broken], *wrong[n_broken : n_broken + n_mended]]
    before += truths[n_broken + n_mended :]
    return (
        make_evaluation(truths, now, task=task),
        make_evaluation(truths, before, task=task),
    )


def test_tests_accuracy_exactly():
    """McNemar's test on the images that changed, and on these alone."""
    found = compare_all(*long_run(9, 2), (None, "accuracy", "mcnemar"))
    assert found.p_values == {(None, "accuracy"): mcnemar_p_value(9, 2)}
    assert found.tests == {(None, "accuracy"): "mcnemar"}


@pytest.mark.parametrize("changes", [(9, 2), (6, 6), (12, 1), (3, 8)])
def test_agrees_with_the_exact_test_by_bootstrap(changes):
    """Accuracy by bootstrap comes near McNemar's p-value."""
    found = compare_all(*long_run(*changes), (None, "accuracy", "bootstrap"))
    assert found.tests == {(None, "accuracy"): "paired bootstrap"}
    assert found.p_values[None, "accuracy"] == pytest.approx(
        mcnemar_p_value(*changes), abs=0.07
    )


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "detection"])
def test_finds_a_loss_and_no_loss_in_a_gain(task):
    """20 broken of 120 is no noise; 20 mended are no loss, in any metric."""
    tests = [(None, "f1_macro", "bootstrap"), ("cat", "recall", "bootstrap")]
    if task == "multiclass":
        tests.append((None, "hamming_loss", "bootstrap"))  # lower is better
    worse = compare_all(*long_run(20, 0, task=task), *tests)
    better = compare_all(*long_run(0, 20, task=task), *tests)
    for label, name, _ in tests:
        assert worse.p_values[label, name] < 0.05, name
        assert better.p_values[label, name] > 0.9, name


def test_finds_no_loss_where_nothing_changed():
    """The same predictions: p is 1."""
    found = compare_all(RIGHT, RIGHT, (None, "f1_macro", "bootstrap"))
    assert found.p_values[None, "f1_macro"] == 1.0


def test_is_surer_on_the_same_images():
    """Paired, 8 broken and none mended are significant; between two test sets not."""
    truths = [{index % 3} for index in range(90)]
    wrong = [{(index + 1) % 3} for index in range(90)]
    now = make_evaluation(truths, wrong[:38] + truths[38:])
    before = make_evaluation(truths, wrong[:30] + truths[30:])
    other = make_evaluation(
        truths,
        wrong[:30] + truths[30:],
        sources=[f"other/{index}" for index in range(90)],
    )
    test = (None, "f1_macro", "bootstrap")
    paired, unpaired = compare_all(now, before, test), compare_all(now, other, test)
    assert unpaired.tests[None, "f1_macro"] == "unpaired bootstrap"
    assert paired.p_values[None, "f1_macro"] < 0.05
    assert unpaired.p_values[None, "f1_macro"] > 0.05
    assert unpaired.pairing.n_only_here == unpaired.pairing.n_only_there == 90


@pytest.mark.parametrize(
    ("label", "metric"),
    [
        (None, "reported_f1"),
        (None, "nonsense"),
        ("cat", "support"),
        (None, "matthews_corrcoef"),
    ],
)
def test_gives_no_p_value_without_evidence(label, metric):
    """What cannot be resampled, or is undefined: None, which excuses no loss."""
    one_label = make_evaluation([{0}, {0}], [{0}, {0}])
    found = compare_all(one_label, one_label, (label, metric, "bootstrap"))
    assert found.p_values == {(label, metric): None}


def test_repeats_itself():
    """Seeded: the same p-value in every run."""
    test = (None, "f1_macro", "bootstrap")
    first, again = (compare_all(*long_run(5, 3), test) for _ in range(2))
    assert first.p_values == again.p_values


def loss_of(now, before, label, metric, level=0.95, **choices):
    """The interval of one loss."""
    request = IntervalRequest(label, metric, level)
    found = compare(
        now,
        before,
        baseline_numbers=NUMBERS,
        intervals=[request],
        **choices,
    )
    return found.intervals[request]


def test_gives_the_loss_of_accuracy_an_interval():
    """By its formula, on images that both have."""
    found = loss_of(*long_run(9, 3, 88), None, "accuracy", 0.9)
    assert found == difference_interval(9, 3, 100, 0.9)


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "detection"])
@pytest.mark.parametrize(
    ("label", "metric"), [(None, "f1_macro"), ("cat", "recall"), ("dog", "precision")]
)
def test_gives_other_losses_an_interval_by_bootstrap(task, label, metric):
    """20 broken of 120 is beyond noise, 20 mended is a gain; a twin is no point."""
    low, high = loss_of(*long_run(20, 0, task=task), label, metric)
    assert 0 < low < high
    low, high = loss_of(*long_run(0, 20, task=task), label, metric)
    assert low < high < 0
    twin = long_run(0, 0, task=task)
    low, high = loss_of(*twin, label, metric)
    assert -0.1 < low < 0 < high < 0.1
    wide = loss_of(*twin, label, metric, 0.99)
    assert wide[1] > high


def test_reads_the_loss_the_other_way_where_less_is_better():
    """A Hamming loss that rises is lost."""
    low, high = loss_of(*long_run(20, 0), None, "hamming_loss")
    assert 0 < low < high


def test_gives_the_same_loss_whatever_the_order_of_labels():
    """Labels are matched by name, imagined images too."""
    now, before = long_run(9, 2)
    names = [LABELS[code] for code in before.y_true]
    turned = ("owl", "cat", "dog")
    other = make_evaluation(
        [{turned.index(name)} for name in names],
        [{turned.index(LABELS[code])} for code in before.y_pred],
        labels=turned,
    )
    for label, metric in ((None, "f1_macro"), ("cat", "recall")):
        assert loss_of(now, other, label, metric) == pytest.approx(
            loss_of(now, before, label, metric), abs=0.01
        )


def test_gives_a_wider_interval_on_other_images():
    """Two test sets say less than one."""
    truths = [{index % 3} for index in range(90)]
    wrong = [{(index + 1) % 3} for index in range(90)]
    now = make_evaluation(truths, wrong[:38] + truths[38:])
    old = wrong[:30] + truths[30:]
    before = make_evaluation(truths, old)
    sources = [f"other/{index}" for index in range(90)]
    other = make_evaluation(truths, old, sources=sources)
    for metric in ("accuracy", "f1_macro"):
        one = loss_of(now, before, None, metric)
        two = loss_of(now, other, None, metric)
        assert two[1] - two[0] > 1.2 * (one[1] - one[0])


@pytest.mark.parametrize(
    ("label", "metric"), [(None, "reported_f1"), ("emu", "recall"), ("cat", "support")]
)
def test_gives_no_interval_without_evidence(label, metric):
    """None, which passes nothing."""
    assert loss_of(RIGHT, RIGHT, label, metric) is None


def test_holds_the_true_loss_of_a_label_as_often_as_it_says():
    """60 images a label, 10 in 100 broken and 5 mended: nine in ten or more do."""
    random = np.random.default_rng(7)
    held = []
    for _ in range(80):
        kinds = random.choice(4, size=180, p=[0.1, 0.05, 0.75, 0.1])
        truths = [{index % 3} for index in range(180)]
        now, before = (
            [{(index % 3 + (kind in wrong)) % 3} for index, kind in enumerate(kinds)]
            for wrong in ((0, 3), (1, 3))
        )
        low, high = loss_of(
            make_evaluation(truths, now),
            make_evaluation(truths, before),
            "cat",
            "recall",
            n_resamples=400,
        )
        held.append(low <= 0.05 <= high)
    assert np.mean(held) > 0.9


def test_gives_small_p_values_where_many_tests_ask_for_them():
    """Of 2,000 resamples none may be as great; the exact test's order is kept."""
    test = (None, "accuracy", "bootstrap")
    for n_broken in (15, 20, 25):
        found = compare_all(*long_run(n_broken, 0), test).p_values[None, "accuracy"]
        exact = mcnemar_p_value(n_broken, 0)
        assert exact / 20 < found < exact * 20
        assert found < 1 / 2001
