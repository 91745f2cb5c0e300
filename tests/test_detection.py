"""The numbers of object detection, worked out by hand on three images."""

from __future__ import annotations

from array import array
from dataclasses import replace

import numpy as np
import pytest
from pycocotools.cocoeval import COCOeval

from rekmetrics.errors import EvaluationError, RequestError
from rekmetrics.evaluation import Boxes, Evaluation
from rekmetrics.fake_aws.files import Box, Entry, LabelledImage
from rekmetrics.manifest import EntryKind, Texts
from rekmetrics.metrics import Estimate, detection, registry
from rekmetrics.metrics.box_averages import BOX_AVERAGES, parse_iou
from rekmetrics.metrics.confusions import count_confusions
from rekmetrics.metrics.detection import resampled_averages
from rekmetrics.metrics.numbers import measure

KINDS = {
    "TP": EntryKind.TRUE_POSITIVE,
    "FP": EntryKind.FALSE_POSITIVE,
    "FN": EntryKind.FALSE_NEGATIVE,
}
CAPS_AND_HATS = (
    # One cap found, one seen where nothing is, one hat below its threshold.
    LabelledImage(
        "s3://made-up/0.png",
        ("cap", "hat"),
        (
            Entry("cap", 0.9, "TP", Box(0, 0, 10, 10)),
            Entry("cap", 0.8, "FP", Box(200, 0, 10, 10)),
            Entry("hat", 0.2, "FN", Box(50, 0, 10, 10)),
        ),
        (Box(0, 0, 10, 10), Box(50, 0, 10, 10)),
    ),
    # A medium cap found; a large one without any entry.
    LabelledImage(
        "s3://made-up/1.png",
        ("cap", "cap"),
        (Entry("cap", 0.7, "TP", Box(0, 0, 40, 40)),),
        (Box(0, 0, 40, 40), Box(100, 100, 100, 100)),
    ),
    # A hat taken for a cap.
    LabelledImage(
        "s3://made-up/2.png",
        ("hat",),
        (
            Entry("cap", 0.6, "FP", Box(50, 50, 10, 10)),
            Entry("hat", 0.1, "FN", Box(50, 50, 10, 10)),
        ),
        (Box(50, 50, 10, 10),),
    ),
)


def evaluate(images, labels=("cap", "hat")):
    """An evaluation of these images, without a file in between."""
    codes = {label: code for code, label in enumerate(labels)}
    sources = [image.source_ref.encode() for image in images]
    entries = [entry for image in images for entry in image.entries]
    return Evaluation(
        task="detection",
        labels=labels,
        sources=Texts(
            b"".join(sources), array("Q", np.cumsum([len(s) for s in sources]).tolist())
        ),
        truth_starts=starts(image.truths for image in images),
        truth_labels=np.array(
            [codes[label] for image in images for label in image.truths], np.uint16
        ),
        entry_starts=starts(image.entries for image in images),
        entry_labels=np.array([codes[entry.label] for entry in entries], np.uint16),
        entry_kinds=np.array([KINDS[entry.kind] for entry in entries], np.uint8),
        entry_confidences=np.array([e.confidence for e in entries], np.float32),
        assumed_thresholds=np.full(len(labels), 0.5),
        boxes=Boxes(
            rows([box for image in images for box in image.boxes], np.float32, 4),
            rows([entry.box for entry in entries], np.float32, 4),
            rows([image.size for image in images], np.uint32, 2),
        ),
    )


def starts(parts):
    return np.cumsum([0, *(len(part) for part in parts)], dtype=np.uint32)


def rows(values, kind, width):
    return np.array(values, dtype=kind).reshape(-1, width)


ONE_CAP = (("cap", Box(0, 0, 10, 10)),)


def one_image(*entries, truths=ONE_CAP):
    return evaluate(
        [
            LabelledImage(
                "s3://made-up/0.png",
                tuple(label for label, _ in truths),
                entries,
                tuple(box for _, box in truths),
            )
        ]
    )


@pytest.fixture(scope="module")
def numbers():
    return measure(evaluate(CAPS_AND_HATS))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("precision_micro", 2 / 4),
        ("recall_micro", 2 / 5),
        ("f1_micro", 4 / 9),
        ("precision_macro", 1 / 4),
        ("recall_macro", 1 / 3),
        ("f1_macro", 2 / 7),
        ("precision_weighted", 0.3),
        ("recall_weighted", 0.4),
        ("f1_weighted", 12 / 35),
        # Caps: 34 recalls up to 1/3 with precision 1, 33 up to 2/3 with 2/3. Hats: 0.
        ("average_precision", 28 / 101),
        ("average_precision_50", 28 / 101),
        ("average_precision_75", 28 / 101),
        ("average_precision_50_95", 28 / 101),
        ("average_recall", 1 / 3),
        ("average_recall_50_95", 1 / 3),
        ("average_precision_small", 1 / 2),
        ("average_recall_small", 1 / 2),
        ("average_precision_medium", 1),
        ("average_recall_medium", 1),
        ("average_precision_large", 0),
        ("average_recall_large", 0),
    ],
)
def test_computes_overall_numbers(numbers, name, expected):
    """It gives the numbers worked out by hand for three images."""
    assert numbers.overall[name].value == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("label", "name", "expected"),
    [
        ("cap", "precision", 1 / 2),
        ("cap", "recall", 2 / 3),
        ("cap", "f1", 4 / 7),
        ("cap", "average_precision", 56 / 101),
        ("cap", "average_recall", 2 / 3),
        ("cap", "support", 3),
        ("hat", "precision", None),
        ("hat", "recall", 0),
        ("hat", "f1", 0),
        ("hat", "average_precision", 0),
        ("hat", "average_recall", 0),
        ("hat", "support", 2),
    ],
)
def test_computes_the_numbers_of_labels(numbers, label, name, expected):
    """It gives a label's numbers, and none for the precision of one never seen."""
    value = numbers.labels[label][name].value
    assert value is expected if expected is None else value == pytest.approx(expected)


def test_says_what_rates_count(numbers):
    """It tells hits and totals of rates, in boxes."""
    assert numbers.overall["precision_micro"] == rate(2, 4, support=5)
    assert numbers.overall["recall_micro"] == rate(2, 5, support=5)
    assert numbers.labels["cap"]["precision"] == rate(2, 4, support=3)
    assert numbers.labels["cap"]["recall"] == rate(2, 3, support=3)


def rate(n_hits, n_total, *, support):
    return Estimate(n_hits / n_total, n_hits, n_total, support)


def test_has_no_numbers_without_evidence():
    """It leaves every number of an untested label undefined, whatever was predicted."""
    images = [CAPS_AND_HATS[1]]
    numbers = measure(evaluate(images, labels=("cap", "hat")))
    assert {n: e.value for n, e in numbers.labels["hat"].items()} == {
        "precision": None,
        "recall": None,
        "f1": None,
        "average_precision": None,
        "average_recall": None,
        "support": 0,
    }
    assert numbers.overall["average_precision_small"].value is None
    assert numbers.overall["average_precision"].value == pytest.approx(51 / 101)


def test_does_not_take_misses_for_predictions():
    """It gives no credit for a box below the threshold, however confident it is."""
    evaluation = one_image(Entry("cap", 0.99, "FN", Box(0, 0, 10, 10)))
    numbers = measure(evaluation)
    assert numbers.overall["average_precision"].value == 0
    assert numbers.overall["recall_micro"].value == 0
    assert numbers.overall["precision_micro"].value is None


def test_trusts_flags_and_boxes_apart():
    """It counts a flagged TP as found, though its box misses at the IoU asked for."""
    evaluation = one_image(Entry("cap", 0.9, "TP", Box(0, 0, 10, 7.2)))
    numbers = measure(evaluation, iou=0.75).overall
    assert numbers["recall_micro"].value == 1
    assert numbers["average_precision"].value == 0
    assert numbers["average_recall"].value == 0
    assert numbers["average_precision_50"].value == 1
    assert numbers["average_precision_75"].value == 0
    # An overlap of 0.72 suffices from 0.50 to 0.70, at five of COCO's ten.
    assert numbers["average_precision_50_95"].value == pytest.approx(0.5)
    assert numbers["average_recall_50_95"].value == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("iou", "expected"), [(None, 1), (0.3, 1), (0.62, 0), ("0.50:0.95", 0.3)]
)
def test_takes_the_iou_that_is_asked_for(iou, expected):
    """It matches boxes that overlap by 0.6199… at any lower IoU."""
    evaluation = one_image(Entry("cap", 0.9, "TP", Box(0, 0, 10, 6.1999)))
    numbers = measure(evaluation, iou=iou)
    assert numbers.overall["average_precision"].value == pytest.approx(expected)
    assert numbers.overall["average_recall_small"].value == pytest.approx(expected)
    assert numbers.labels["cap"]["average_precision"].value == pytest.approx(expected)


@pytest.mark.parametrize("iou", [0, -0.5, 1.5, float("nan"), True, "half", "0.5:0.9"])
def test_refuses_an_impossible_iou(iou):
    """It names the value and what would do."""
    with pytest.raises(RequestError, match=r"iou: .* above 0 and up to 1"):
        parse_iou(iou)


@pytest.mark.parametrize("iou", ["0.50:0.95", "0.5:0.95", ".5:.95", "0.5:0.05:0.95"])
def test_knows_cocos_range(iou):
    """It reads COCO's range in its usual spellings, to the last bit of pycocotools."""
    params = COCOeval(iouType="bbox").params
    assert list(parse_iou(iou)) == params.iouThrs.tolist()


def test_classes_boxes_by_size():
    """It counts true and predicted boxes of each size, and how many are found."""
    evaluation = evaluate(CAPS_AND_HATS)
    counts = detection.count_by_size(evaluation)
    assert counts == {"small": [3, 3], "medium": [1, 1], "large": [1, 0]}
    found = measure(evaluation).overall
    for size, expected in (("small", 0.5), ("medium", 1.0), ("large", 0.0)):
        assert found[f"average_precision_{size}"].value == expected
        assert found[f"average_recall_{size}"].value == expected


def test_confuses_labels_by_boxes():
    """It has a hat taken for a cap, a ghost, and two boxes that nobody saw."""
    matrix = count_confusions(evaluate(CAPS_AND_HATS)).counts
    assert matrix.tolist() == [[2, 0, 1], [1, 0, 1], [1, 0, 0]]


def test_confuses_labels_at_any_iou():
    """It misses at 0.75 what overlaps by 0.62; of COCO's range it takes the lowest."""
    evaluation = one_image(Entry("cap", 0.9, "TP", Box(0, 0, 10, 6.2)))
    for iou, expected in ((0.75, [0, 0, 1]), ("0.50:0.95", [1, 0, 0])):
        assert count_confusions(evaluation, iou=iou).counts[0].tolist() == expected


def test_shows_the_worst_images():
    """It puts most errors first, of equals the earlier, and leaves out right ones."""
    right = LabelledImage("s3://made-up/3.png", (), (), ())
    worst = detection.worst_images(evaluate([right, *CAPS_AND_HATS]), 3)
    names = ["s3://made-up/0.png", "s3://made-up/2.png", "s3://made-up/1.png"]
    assert [image.source for image in worst] == names
    assert len(detection.worst_images(evaluate([right, *CAPS_AND_HATS]))) == 3
    assert len(detection.worst_images(evaluate(CAPS_AND_HATS), 2)) == 2
    assert (worst[0].width, worst[0].height) == (640, 480)


def test_shows_boxes_as_plain_values():
    """It hands out every box of the image with kind, label and confidence."""
    (worst,) = detection.worst_images(evaluate(CAPS_AND_HATS), 1)
    assert [(b.kind, b.label, b.left, b.confidence) for b in worst.boxes] == [
        ("truth", "cap", 0.0, None),
        ("truth", "hat", 50.0, None),
        ("TP", "cap", 0.0, pytest.approx(0.9)),
        ("FP", "cap", 200.0, pytest.approx(0.8)),
        ("FN", "hat", 50.0, pytest.approx(0.2)),
    ]
    assert {type(box.left) for box in worst.boxes} == {float}


def test_lets_images_be_resampled():
    """It gives the averages of images that count twice, or not, without rematching."""
    whole = detection.match(evaluate(CAPS_AND_HATS), iou=0.5)
    average = resampled_averages(whole, np.array([[2, 0, 1]]))
    twice = [CAPS_AND_HATS[0], CAPS_AND_HATS[0], CAPS_AND_HATS[2]]
    expected = measure(evaluate(twice)).overall["average_precision"].value
    assert average.precision.mean() == pytest.approx(expected)
    assert expected > 0


def test_does_not_mind_the_order_of_images():
    """It computes the same from the images in reverse."""
    forwards = measure(evaluate(CAPS_AND_HATS))
    assert measure(evaluate(CAPS_AND_HATS[::-1])) == forwards


def test_does_not_mind_the_order_of_labels():
    """It computes the same when the summary lists the labels the other way round."""
    forwards = measure(evaluate(CAPS_AND_HATS))
    assert measure(evaluate(CAPS_AND_HATS, ("hat", "cap"))) == forwards


def test_gives_a_perfect_model_the_best_values():
    """It gives 1 wherever there is evidence."""
    numbers = measure(
        one_image(
            Entry("cap", 0.9, "TP", Box(0, 0, 10, 10)),
            Entry("hat", 0.9, "TP", Box(0, 0, 50, 50)),
            truths=(("cap", Box(0, 0, 10, 10)), ("hat", Box(0, 0, 50, 50))),
        )
    )
    undefined = {"average_precision_large", "average_recall_large"}
    for name, estimate in numbers.overall.items():
        expected = None if name in undefined else pytest.approx(1)
        assert estimate.value == expected, name


def test_refuses_other_tasks():
    """It says that boxes are for detection where an evaluation has none."""
    boxes_of_one = one_image(Entry("cap", 0.9, "TP", Box(0, 0, 10, 10)))
    evaluation = replace(boxes_of_one, task="multilabel", boxes=None)
    with pytest.raises(EvaluationError, match="this evaluation is multilabel"):
        detection.averages(evaluation)


def test_computes_what_the_registry_promises(numbers):
    """It has every detection metric of the registry, reported ones aside, no more."""
    for scope, given in (
        ("overall", numbers.overall),
        ("label", numbers.labels["cap"]),
    ):
        known = registry.known_names("detection", scope)
        ours = {name for name in known if not name.startswith("reported_")}
        assert set(given) == ours


def test_defines_every_metric_once():
    """It says of each box metric which way is better, and that the evidence is cut."""
    keys = [(metric.scope, metric.name) for metric in BOX_AVERAGES]
    assert len(keys) == len(set(keys))
    for metric in BOX_AVERAGES:
        assert metric.greater_is_better
        assert ("Cut off" in metric.definition) == ("precision" in metric.name)
