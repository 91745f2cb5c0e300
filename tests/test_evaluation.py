"""The arrays of an evaluation, worked out by hand on six images and three labels."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluation_files import (
    DATA,
    LABELS,
    PAIRS,
    SIX,
    boxes,
    entry,
    evaluate,
    line,
    parse,
    summarise,
    truth,
)

from rekmetrics.errors import EvaluationError, ManifestError, RequestError
from rekmetrics.evaluation import Evaluation, build_evaluation
from rekmetrics.fake_aws.files import Box, Entry, LabelledImage, write_manifest
from rekmetrics.metrics import compute_metrics
from rekmetrics.summary import parse_summary

CAT, ANT, BEE, NONE = range(4)
BOXED = (
    # Two caps, of which one is found twice; a hat on nothing.
    LabelledImage(
        "s3://zoo/0.jpg",
        ("cap", "cap"),
        (
            Entry("cap", 0.9, "TP", Box(0, 0, 9, 9)),
            Entry("cap", 0.8, "TP", Box(1, 0, 9, 9)),
            Entry("cap", 0.7, "TP", Box(2, 0, 9, 9)),
            Entry("hat", 0.6, "FP", Box(50, 0, 9, 9)),
        ),
        (Box(0, 0, 9, 9), Box(1, 1, 9, 9)),
    ),
    # A hat without an entry, a cap below its threshold.
    LabelledImage(
        "s3://zoo/1.jpg",
        ("hat", "cap"),
        (Entry("cap", 0.1, "FN", Box(0, 0, 9, 9)),),
        (Box(30, 30, 9, 9), Box(0, 0, 9, 9)),
    ),
)


def evaluate_lines(*lines, task="auto", labels=LABELS):
    """The evaluation of lines written by hand, under the summary of the six images."""
    return build_evaluation(parse(b"".join(lines)), summarise(SIX, labels), task=task)


def test_takes_the_summarys_order_of_labels():
    """It lists the summary's labels first, in its order, then the manifest's others."""
    evaluation = evaluate_lines(
        line(truth("dog"), entry("dog"), entry("bee", 1, kind="false-positive"))
    )
    assert evaluation.labels == ("cat", "ant", "bee", "dog")
    assert [evaluation.labels[code] for code in evaluation.entry_labels] == [
        "dog",
        "bee",
    ]
    assert np.isnan(evaluation.assumed_thresholds[3])
    assert evaluation.assumed_thresholds[:3].tolist() == [0.5, 0.5, 0.5]


def test_predicts_the_most_confident_label_that_reached_its_threshold():
    """It gets one prediction or none of each kind of line; misses predict nothing."""
    evaluation = evaluate(SIX)
    assert evaluation.task == "multiclass"
    assert evaluation.y_true.tolist() == [ANT, ANT, BEE, BEE, CAT, CAT]
    assert evaluation.y_pred.tolist() == [ANT, BEE, NONE, CAT, NONE, CAT]
    assert evaluation.confusion.tolist() == [
        [1, 0, 0, 1],
        [0, 1, 1, 0],
        [1, 0, 0, 1],
    ]
    assert evaluation.confusion.dtype == np.int64


def test_counts_multiclass_labels_from_the_one_prediction():
    """It counts by label what the confusion matrix says."""
    evaluation = evaluate(SIX)
    assert evaluation.support.tolist() == [2, 2, 2]
    assert evaluation.n_true_positives.tolist() == [1, 1, 0]
    assert evaluation.n_false_positives.tolist() == [1, 0, 1]
    assert evaluation.n_false_negatives.tolist() == [1, 1, 2]


def test_lists_predictions_without_false_negatives():
    """It has TP and FP entries as predictions, image by image."""
    evaluation = evaluate(SIX)
    assert evaluation.prediction_starts.tolist() == [0, 1, 2, 2, 4, 4, 5]
    assert evaluation.prediction_labels.tolist() == [ANT, BEE, BEE, CAT, CAT]
    assert evaluation.prediction_confidences.tolist() == pytest.approx(
        [0.9, 0.8, 0.6, 0.7, 0.95], abs=1e-7
    )
    assert evaluation.truths_of(3) == ["bee"]
    assert [label for label, _ in evaluation.predictions_of(3)] == ["cat", "bee"]
    assert evaluation.predictions_of(4) == []


@pytest.mark.parametrize(
    ("entries", "predicted"),
    [
        ([("ant", "TP", 0.7), ("bee", "FP", 0.7)], BEE),
        ([("bee", "FP", 0.7), ("ant", "TP", 0.7)], BEE),
        ([("bee", "FP", 0.7), ("cat", "FP", 0.7), ("ant", "TP", 0.6)], CAT),
        ([("ant", "TP", 0.71), ("bee", "FP", 0.7), ("cat", "FP", 0.7)], ANT),
        ([("ant", "FN", 0.99), ("bee", "FP", 0.1)], BEE),
        ([("ant", "FN", 0.99)], NONE),
    ],
)
def test_decides_ties_against_the_model(entries, predicted):
    """It lets the wrong label win a tie, among wrong ones the one listed first."""
    image = LabelledImage(
        "s3://x",
        ("ant",),
        tuple(Entry(label, score, kind) for label, kind, score in entries),
    )
    evaluation = evaluate([SIX[0], image, SIX[5]])
    assert evaluation.y_pred.tolist() == [ANT, predicted, CAT]


def test_reads_a_multilabel_model():
    """It has indicator matrices and counts by label of the flags."""
    evaluation = evaluate(PAIRS)
    assert evaluation.task == "multilabel"
    assert evaluation.y_true_indicator.toarray().tolist() == [
        [0, 1, 1],
        [1, 0, 0],
        [1, 0, 1],
    ]
    assert evaluation.y_pred_indicator.toarray().tolist() == [
        [1, 1, 0],
        [1, 0, 0],
        [0, 0, 1],
    ]
    assert evaluation.support.tolist() == [2, 1, 2]
    assert evaluation.n_true_positives.tolist() == [1, 1, 1]
    assert evaluation.n_false_positives.tolist() == [1, 0, 0]
    assert evaluation.n_false_negatives.tolist() == [1, 0, 1]


def test_reads_a_single_label_model_as_multilabel():
    """It counts each label at its threshold, and so gets AWS's precision and recall."""
    evaluation = evaluate(SIX, task="multilabel")
    hits = evaluation.n_true_positives
    precision = hits / (hits + evaluation.n_false_positives)
    reports = summarise(SIX).label_reports
    assert hits.tolist() == [1, 1, 1]
    assert precision.tolist() == [reports[label].precision for label in LABELS]
    recall = hits / evaluation.support
    assert recall.tolist() == [reports[label].recall for label in LABELS]


def test_counts_boxes():
    """It counts boxes; what no true positive answers is a miss, a surplus one false."""
    evaluation = evaluate(BOXED, ("hat", "cap"))
    assert evaluation.task == "detection"
    assert evaluation.support.tolist() == [1, 3]
    assert evaluation.n_true_positives.tolist() == [0, 2]
    assert evaluation.n_false_positives.tolist() == [1, 1]
    assert evaluation.n_false_negatives.tolist() == [1, 1]
    assert evaluation.boxes.truth.tolist() == [
        [0, 0, 9, 9], [1, 1, 9, 9], [30, 30, 9, 9], [0, 0, 9, 9],
    ]  # fmt: skip
    assert evaluation.boxes.entries.shape == (5, 4)
    assert evaluation.boxes.image_sizes.tolist() == [[640, 480]] * 2


@pytest.mark.parametrize(
    ("images", "labels", "task"),
    [
        (SIX, LABELS, "multiclass"),
        (SIX, LABELS, "multilabel"),
        (PAIRS * 1, LABELS, "multilabel"),
        (BOXED, ("hat", "cap"), "detection"),
    ],
)
def test_has_patterns_that_sum_to_the_counts(images, labels, task):
    """It groups images of equal outcome; weighted by number, they give the counts."""
    copies = [
        replace(image, source_ref=f"{image.source_ref}-{copy}")
        for copy in range(3)
        for image in images
    ]
    evaluation = evaluate(copies, labels, task=task)
    patterns = evaluation.patterns
    assert patterns.counts.sum() == len(copies)
    assert (patterns.counts % 3 == 0).all()
    for table, counts in (
        (patterns.true_positives, evaluation.n_true_positives),
        (patterns.false_positives, evaluation.n_false_positives),
        (patterns.false_negatives, evaluation.n_false_negatives),
    ):
        assert table.shape == (len(patterns.counts), len(labels))
        assert (patterns.counts @ table).tolist() == counts.tolist()
    of_image = patterns.pattern_of_image
    assert np.bincount(of_image).tolist() == patterns.counts.tolist()
    assert (of_image.reshape(3, -1) == of_image[: len(images)]).all()


def test_tells_every_outcome_apart():
    """It has as many patterns as there are different outcomes."""
    assert evaluate(SIX).patterns.counts.tolist() == [1] * 6
    assert evaluate(SIX, task="multilabel").patterns.counts.tolist() == [1] * 6
    row = evaluate(SIX).patterns.pattern_of_image[1]
    patterns = evaluate(SIX).patterns
    assert patterns.true_positives[[row]].toarray().tolist() == [[0, 0, 0]]
    assert patterns.false_positives[[row]].toarray().tolist() == [[0, 0, 1]]
    assert patterns.false_negatives[[row]].toarray().tolist() == [[0, 1, 0]]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.randoms(use_true_random=False), st.sampled_from(["multiclass", "multilabel"]))
def test_does_not_depend_on_the_order_of_lines(dice: random.Random, task):
    """It counts the same whatever the order of the images."""
    shuffled = list(SIX)
    dice.shuffle(shuffled)
    first, second = evaluate(SIX, task=task), evaluate(shuffled, task=task)
    assert first.labels == second.labels
    for name in (
        "support",
        "n_true_positives",
        "n_false_positives",
        "n_false_negatives",
    ):
        assert getattr(first, name).tolist() == getattr(second, name).tolist()
    one, other = first.patterns, second.patterns
    assert one.counts.tolist() == other.counts.tolist()
    assert (one.false_positives != other.false_positives).nnz == 0


REFUSED = [
    (SIX, "detection", "holds no boxes"),
    (BOXED, "multiclass", "holds boxes"),
    (BOXED, "multilabel", "holds boxes"),
    ((PAIRS[1], *PAIRS), "multiclass", "manifest line 2 has 2 ground-truth labels"),
]


@pytest.mark.parametrize(("images", "task", "words"), REFUSED)
def test_refuses_an_impossible_task(images, task, words):
    """It says why a manifest cannot be read as the task that was asked for."""
    images = [replace(image, source_ref=str(n)) for n, image in enumerate(images)]
    labels = ("hat", "cap") if images[0].boxes else LABELS
    with pytest.raises(RequestError, match=words):
        evaluate(images, labels, task=task)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (line(truth("bee"), entry("ant")), "'ant' is marked as true positive"),
        (line(truth("bee"), entry("ant")), "but the ground truth is 'bee'"),
        (line(truth(), entry(kind="false-positive")), "marked as false positive"),
        (line(truth("bee"), entry(kind="false-negative")), "marked as false negative"),
        (line(truth(), entry(), entry("ant", 1)), "'ant' has two entries"),
    ],
)  # fmt: skip
def test_names_the_line_that_contradicts_itself(bad, words):
    """It believes no flag that the line's own ground truth denies."""
    good = [line(truth(), entry(), number=number) for number in (1, 2)]
    with pytest.raises(ManifestError, match=words) as caught:
        evaluate_lines(*good, bad, line(truth(), entry(), number=4), task="multilabel")
    assert caught.value.line == 3
    with pytest.raises(ManifestError, match=words) as caught:
        evaluate_lines(b"\n", *good, b"\n", bad, task="multilabel")
    assert caught.value.line == 5


def test_forgives_boxes_a_pixel_of_rounding():
    """It takes a box that sticks out of its image by one pixel."""
    at = ((-1, -1, 102, 82),)
    evaluation = evaluate_lines(line(boxes(at=at), boxes("evaluation", at=at)))
    assert evaluation.n_true_positives.sum() == 1


def test_replays_higher_thresholds():
    """It drops predictions below; a true positive that is dropped becomes a miss."""
    raised = evaluate(SIX).at_confidence(0.8)
    assert raised.y_pred.tolist() == [ANT, BEE, NONE, NONE, NONE, CAT]
    assert raised.entry_kinds.tolist() == [1, 2, 3, 3, 3, 1]
    assert raised.assumed_thresholds.tolist() == [0.8] * 3
    by_label = evaluate(SIX).at_confidence({"bee": 0.9})
    assert by_label.y_pred.tolist() == [ANT, NONE, NONE, CAT, NONE, CAT]
    assert by_label.assumed_thresholds.tolist() == [0.5, 0.5, 0.9]
    assert evaluate(SIX).y_pred.tolist()[1] == BEE, "the original is as it was"


def test_keeps_a_prediction_as_confident_as_the_new_threshold():
    """It compares as 32-bit floats, in which 0.9 is a little less than 0.9."""
    assert float(np.float32(0.9)) < 0.9
    assert evaluate(SIX).at_confidence(0.9).y_pred.tolist()[0] == ANT


def test_keeps_boxes_beside_their_entries_when_it_replays():
    """It drops the box of a dropped entry, and no other."""
    raised = evaluate(BOXED, ("hat", "cap")).at_confidence(0.75)
    assert raised.entry_labels.tolist() == [1, 1, 1, 1]
    assert raised.boxes.entries[:, 0].tolist() == [0, 1, 2, 0]
    assert raised.n_false_positives.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("minimum", "words"),
    [
        (0.4, "wanted at least the assumed threshold 0.5"),
        ({"ant": 0.4}, "'ant'"),
        ({"ent": 0.9}, "unknown label 'ent'; did you mean 'ant'"),
        (float("nan"), "a fraction from 0 to 1"),
        (95, "a fraction from 0 to 1"),
        ({"ant": -1}, "a fraction from 0 to 1"),
    ],
)
def test_refuses_to_replay_what_was_never_written(minimum, words):
    """It knows nothing of predictions below the assumed thresholds."""
    with pytest.raises(RequestError, match=words):
        evaluate(SIX).at_confidence(minimum)


@pytest.mark.parametrize("threshold", [0.2584963, 0.2585049])
def test_replays_thresholds_at_the_precision_of_confidences(threshold):
    """It keeps 0.2585, which reached its threshold before both were written down."""
    images = [LabelledImage("s3://zoo/0.jpg", ("ant",), (Entry("ant", 0.2585, "TP"),))]
    thresholds = dict.fromkeys(LABELS, threshold)
    evaluation = evaluate(images, thresholds=thresholds)
    for minimum in (threshold, 0.2585):
        raised = evaluation.at_confidence({"ant": minimum})
        assert raised.n_true_positives.tolist() == [0, 1, 0]
    assert evaluation.at_confidence(0.25851).n_true_positives.tolist() == [0, 0, 0]


def test_refuses_to_replay_a_label_of_unknown_threshold():
    """It cannot tell which predictions are missing where no threshold is given."""
    evaluation = evaluate_lines(line(truth("dog"), entry("dog")))
    with pytest.raises(RequestError, match="'dog': the summary gives no assumed"):
        evaluation.at_confidence(0.9)


@pytest.mark.parametrize(
    ("images", "labels"), [(SIX, LABELS), (PAIRS, LABELS), (BOXED, ("hat", "cap"))]
)
def test_travels_as_bytes(images, labels):
    """It is the same after to_bytes and from_bytes."""
    evaluation = evaluate(images, labels)
    copy = Evaluation.from_bytes(evaluation.to_bytes())
    assert (copy.task, copy.labels) == (evaluation.task, evaluation.labels)
    assert list(copy.sources) == list(evaluation.sources)
    for name in (
        "truth_starts", "truth_labels", "entry_starts", "entry_labels", "entry_kinds",
        "entry_confidences", "assumed_thresholds",
    ):  # fmt: skip
        assert getattr(copy, name).tolist() == getattr(evaluation, name).tolist()
        assert getattr(copy, name).dtype == getattr(evaluation, name).dtype
    if evaluation.boxes is not None:
        assert copy.boxes.entries.tolist() == evaluation.boxes.entries.tolist()
        assert copy.boxes.image_sizes.tolist() == evaluation.boxes.image_sizes.tolist()


@pytest.mark.parametrize("data", [b"", b"\x80", b"nonsense", b"\x93\x01\x02\x03"])
def test_refuses_other_bytes(data):
    """It says so when bytes are not a packed evaluation."""
    with pytest.raises(EvaluationError, match="not a packed evaluation"):
        Evaluation.from_bytes(data)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_survives_broken_bytes(at, noise):
    """It ends with an evaluation or its own error, whatever bytes get into it."""
    data = evaluate(SIX).to_bytes()
    at %= len(data)
    try:
        copy = Evaluation.from_bytes(data[:at] + noise + data[at + len(noise) :])
    except EvaluationError:
        return
    assert copy.n_images == 6


NAN_CONFIDENCE = {"entry_confidences": np.array([np.nan] * 7, dtype=np.float32)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": ("cat", "ant", "cat")}, "listed twice"),
        ({"labels": ("cat", "ant")}, "thresholds missing"),
        ({"labels": ()}, "no labels"),
        ({"truth_labels": np.array([0, 1, 2, 3, 0, 1])}, "out of range"),
        ({"truth_starts": np.array([0])}, "no images"),
        ({"truth_starts": np.array([0, 1, 2, 3, 4, 5, 9])}, "do not fit"),
        ({"entry_starts": np.array([0, 3, 1, 4, 6, 6, 7])}, "do not fit"),
        ({"entry_kinds": np.array([0, 1, 2, 3, 1, 2, 3])}, "no known kind"),
        ({"entry_kinds": np.array([1, 2])}, "columns of entries differ"),
        (NAN_CONFIDENCE, "confidence is not between 0 and 1"),
        ({"task": "detection"}, "no boxes"),
    ],
)
def test_checks_its_invariants(changes, words):
    """It is never built from arrays that do not fit together."""
    with pytest.raises(EvaluationError, match=words):
        replace(evaluate(SIX), **changes)


def test_has_no_one_prediction_where_several_are_meant():
    """It refuses y_true and y_pred of models with several labels an image."""
    for name in ("y_true", "y_pred", "confusion"):
        with pytest.raises(EvaluationError, match="for multiclass"):
            getattr(evaluate(PAIRS), name)


def test_refuses_a_confusion_matrix_that_does_not_fit():
    """It ends with its own error before the memory does."""
    names = tuple(str(number) for number in range(6_000))
    images = [LabelledImage("s3://x", ("0",), (Entry("0", 0.9, "TP"),))]
    with pytest.raises(EvaluationError, match="6000 labels does not fit"):
        _ = evaluate(images, names).confusion


def test_reads_the_documents_in_the_data_folder():
    """It reads a summary that was written by hand, too."""
    summary = parse_summary((DATA / "summary.json").read_bytes())
    evaluation = build_evaluation(parse(write_manifest(SIX)), summary)
    assert evaluation.labels == LABELS


def test_counts_labels_behind_the_most_confident_one():
    """It knows of bee, which reached its threshold on the image that counts as cat."""
    evaluation = evaluate(SIX)
    assert evaluation.n_with_extra_predictions == 1
    # cat, ant, bee: once right and once wrong; right; once right and once wrong
    assert evaluation.flagged_precision.tolist() == [0.5, 1, 0.5]
    numbers = compute_metrics(evaluation, summarise(SIX))
    rate = numbers.overall["extra_predictions_rate"]
    assert (rate.n_hits, rate.n_total) == (1, 6)
    assert numbers.labels["bee"]["precision"].value == 0
    both = compute_metrics(evaluate(SIX, task="multilabel"), summarise(SIX))
    assert both.labels["bee"]["precision"].value == 0.5
    assert "extra_predictions_rate" not in both.overall
