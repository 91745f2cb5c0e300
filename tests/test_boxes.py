"""Boxes: held to pycocotools and hotcoco, to plain loops, and to numbers by hand."""

from __future__ import annotations

import contextlib
import io
import time
from dataclasses import dataclass
from itertools import product

import hotcoco
import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from rekmetrics.metrics import boxes
from rekmetrics.metrics.boxes import (
    ALL_SIZES,
    COCO_IOUS,
    SIZES,
    LabelledBoxes,
    confused_boxes,
    find_pairs,
    match_pairs,
)
from rekmetrics.metrics.detection import (
    Average,
    average_precision,
    resampled_averages,
)

RANGES = (ALL_SIZES, *SIZES.values())


@dataclass
class Scene:
    """True and predicted boxes of some images."""

    truths: LabelledBoxes
    predictions: LabelledBoxes
    n_images: int
    n_labels: int


def labelled(rows, confidences=()):
    """Boxes from rows of image, label, left, top, width, height."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    images, labels = table[:, :2].astype(np.int64).T
    return LabelledBoxes(
        images, labels, table[:, 2:], np.array(confidences, dtype=np.float64)
    )


def scene(truths, predictions, n_images=1, n_labels=1):
    """A scene from rows; those of predictions have their confidence at the end."""
    return Scene(
        labelled(truths),
        labelled([row[:6] for row in predictions], [row[6] for row in predictions]),
        n_images,
        n_labels,
    )


def random_scene(seed):
    """Many kinds of scenes: crowded, empty, on a grid, tied, tiny, large."""
    random = np.random.default_rng(seed)
    n_images, n_labels = random.integers(1, 7), random.integers(1, 5)
    scale = random.choice([8, 60, 300])
    truths = random_boxes(random, random.integers(0, 12) * n_images, scale)
    predictions = random_boxes(random, random.integers(0, 25) * n_images, scale)
    truth_images = np.sort(random.integers(0, n_images, len(truths)))
    images = np.sort(random.integers(0, n_images, len(predictions)))
    truth_labels = random.integers(0, n_labels, len(truths))
    labels = random.integers(0, n_labels, len(predictions))
    for place, image in enumerate(images):
        there = np.flatnonzero(truth_images == image)
        if len(there) and random.random() < 0.8:
            found = random.choice(there)
            noise = random.normal(0, scale / 30, 4) * (random.random() < 0.8)
            predictions[place] = np.maximum(truths[found] + noise, 0.5)
            if random.random() < 0.9:
                labels[place] = truth_labels[found]
    confidences = random.random(len(predictions))
    if seed % 2:
        confidences = np.round(confidences * 5) / 5
    if seed % 3 == 0:
        truths, predictions = np.round(truths / 4) * 4, np.round(predictions / 4) * 4
    return Scene(
        LabelledBoxes(truth_images, truth_labels, truths, np.zeros(0)),
        LabelledBoxes(images, labels, predictions, confidences),
        int(n_images),
        int(n_labels),
    )


def random_boxes(random, n_boxes, scale):
    corners = random.uniform(0, scale, (n_boxes, 2))
    return np.column_stack([corners, random.uniform(1, scale, (n_boxes, 2))])


def annotations(labelled_boxes):
    return [
        {
            "id": index + 1,
            "image_id": int(image),
            "category_id": int(label),
            "bbox": box.tolist(),
            "area": float(area),
            "iscrowd": 0,
        }
        for index, (image, label, box, area) in enumerate(
            zip(
                labelled_boxes.images,
                labelled_boxes.labels,
                labelled_boxes.boxes,
                labelled_boxes.boxes[:, 2:].prod(axis=1),
                strict=True,
            )
        )
    ]


def documents(scene):
    """COCO's two documents: ground truth and results."""
    truth = {
        "images": [
            {"id": image, "width": 999, "height": 999}
            for image in range(scene.n_images)
        ],
        "categories": [
            {"id": label, "name": str(label)} for label in range(scene.n_labels)
        ],
        "annotations": annotations(scene.truths),
    }
    results = annotations(scene.predictions)
    for result, confidence in zip(results, scene.predictions.confidences, strict=True):
        result["score"] = float(confidence)
    return truth, results


def by_pycocotools(scene):
    """Average precision and recall, shape (n_ious, n_labels, n_sizes)."""
    truth, results = documents(scene)
    with contextlib.redirect_stdout(io.StringIO()):
        evaluator = COCOeval(*map(indexed, (truth, {**truth, "annotations": results})))
        evaluator.params.iouType = "bbox"
        evaluator.evaluate()
        evaluator.accumulate()
    return summed_up(evaluator.eval)


def indexed(document):
    coco = COCO()
    coco.dataset = document
    coco.createIndex()
    return coco


def by_hotcoco(scene):
    evaluator = hotcoco_evaluator(scene)
    evaluator.evaluate()
    evaluator.accumulate()
    return summed_up(evaluator.eval)


def hotcoco_evaluator(scene):
    truth, results = documents(scene)
    ground_truth = hotcoco.COCO(truth)
    found = hotcoco.COCO({**truth, "annotations": results})
    return hotcoco.COCOeval(ground_truth, found, "bbox")


def summed_up(arrays):
    """The mean over COCO's recalls, at 100 boxes an image and label."""
    return arrays["precision"][..., 2].mean(axis=1), arrays["recall"][..., 2]


def averaged(matching, image_weights):
    if image_weights is None:
        return average_precision(matching)
    average = resampled_averages(matching, np.stack([image_weights * 0, image_weights]))
    assert np.isnan(average.precision[0]).all()
    return Average(average.precision[1], average.recall[1])


def by_us(scene, *, ious=COCO_IOUS, ranges=RANGES, image_weights=None):
    pairs = find_pairs(scene.truths, scene.predictions, minimum_iou=min(ious))
    averages = [
        averaged(
            match_pairs(
                pairs, ious=ious, n_labels=scene.n_labels, area_range=area_range
            ),
            image_weights,
        )
        for area_range in ranges
    ]
    return tuple(
        np.nan_to_num(np.stack(parts, axis=-1), nan=-1)
        for parts in (
            [average.precision for average in averages],
            [average.recall for average in averages],
        )
    )


def confusion_matrix(truths, predictions, *, n_labels, iou=0.5):
    """Which label was taken for which, background behind the labels."""
    cells, _ = confused_boxes(truths, predictions, n_labels=n_labels, iou=iou)
    size = n_labels + 1
    return np.bincount(cells, minlength=size * size).reshape(size, size)


def crowd(n_boxes):
    """More boxes of one label on an image than COCO counts, the right one last."""
    rows = [(0, 0, 200 + index, 0, 10, 10, 0.9) for index in range(n_boxes - 1)]
    return [*rows, (0, 0, 0, 0, 10, 10, 0.1)]


ONE_TRUTH = [(0, 0, 0, 0, 10, 10)]
DEGENERATE = {
    "nothing at all": scene([], []),
    "no predictions": scene(ONE_TRUTH, []),
    "no truths": scene([], [(0, 0, 0, 0, 10, 10, 0.5)]),
    "another label": scene(ONE_TRUTH, [(0, 1, 0, 0, 10, 10, 0.5)], n_labels=2),
    "another image": scene(ONE_TRUTH, [(1, 0, 0, 0, 10, 10, 0.5)], n_images=2),
    "one truth found twice": scene(ONE_TRUTH, [(0, 0, 0, 0, 10, 10, 0.5)] * 2),
    "identical everything": scene(ONE_TRUTH * 3, [(0, 0, 0, 0, 10, 10, 0.5)] * 4),
    "zero size": scene([(0, 0, 5, 5, 0, 0)], [(0, 0, 5, 5, 0, 0, 0.5)]),
    "zero width": scene(ONE_TRUTH, [(0, 0, 0, 0, 0, 10, 0.5)]),
    "touching": scene(ONE_TRUTH, [(0, 0, 10, 0, 10, 10, 0.5)]),
    "tiny": scene([(0, 0, 1e-3, 0, 1e-4, 1e-4)], [(0, 0, 1e-3, 0, 1e-4, 9e-5, 0.5)]),
    "larger than large": scene([(0, 0, 0, 0, 2e5, 2e5)], [(0, 0, 0, 0, 2e5, 2e5, 0.5)]),
    "on the border of sizes": scene(
        [(0, 0, 0, 0, 32, 32), (0, 0, 200, 0, 96, 96)],
        [(0, 0, 0, 0, 32, 32, 0.5), (0, 0, 200, 0, 96, 96, 0.5)],
    ),
    "a hundred and one": scene(ONE_TRUTH, crowd(101)),
    "exactly a hundred": scene(ONE_TRUTH, crowd(100)),
    "confidence zero": scene(ONE_TRUTH, [(0, 0, 0, 0, 10, 10, 0.0)]),
    "iou of exactly one half": scene(ONE_TRUTH, [(0, 0, 0, 0, 10, 5, 0.5)]),
}
SCENES = {**DEGENERATE, **{f"random {seed}": seed for seed in range(40)}}


@pytest.fixture(params=SCENES, ids=lambda name: name.replace(" ", "-"))
def any_scene(request):
    chosen = SCENES[request.param]
    return chosen if isinstance(chosen, Scene) else random_scene(chosen)


def test_equals_pycocotools(any_scene):
    """It has pycocotools' AP and recall at ten overlaps, all labels, all sizes."""
    for ours, theirs in zip(by_us(any_scene), by_pycocotools(any_scene), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_equals_hotcoco(any_scene):
    """It has hotcoco's AP and recall at ten overlaps, all labels, all sizes."""
    for ours, theirs in zip(by_us(any_scene), by_hotcoco(any_scene), strict=True):
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_compares_scenes_worth_comparing():
    """It sees averages strictly between nothing and all in most random scenes."""
    averages = [by_us(random_scene(seed))[0] for seed in range(40)]
    assert sum(((a > 0) & (a < 1)).any() for a in averages) >= 30


def test_has_the_published_number():
    """
    It gives what torchmetrics' documentation prints for its example.

    https://lightning.ai/docs/torchmetrics/stable/detection/mean_average_precision.html
    has map 0.6, map_50 1, map_75 1, map_large 0.6, mar_100 0.6; small and medium -1.
    """
    example = scene([(0, 0, 214, 41, 348, 244)], [(0, 0, 258, 41, 348, 244, 0.536)])
    precision, recall = by_us(example)
    assert precision.mean(axis=0)[0] == pytest.approx([0.6, -1, -1, 0.6])
    assert precision[[0, 5], 0, 0] == pytest.approx([1, 1])
    assert recall.mean(axis=0)[0, 0] == pytest.approx(0.6)


def test_reads_precision_at_101_recalls():
    """
    It averages by hand's rule: right, wrong, right, of two true boxes.

    Recalls 0.00 to 0.50 (51 of them) are reached with precision 1, the other 50 with
    2 of 3.
    """
    example = scene(
        [(0, 0, 0, 0, 10, 10), (0, 0, 50, 0, 10, 10)],
        [
            (0, 0, 0, 0, 10, 10, 0.9),
            (0, 0, 90, 0, 10, 10, 0.8),
            (0, 0, 50, 0, 10, 10, 0.7),
        ],
    )
    precision, recall = by_us(example, ious=[0.5], ranges=[ALL_SIZES])
    assert precision.item() == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert recall.item() == 1


def test_stops_where_recall_ends():
    """It gives no precision beyond the recall reached: one of two found, 51 of 101."""
    example = scene(
        [(0, 0, 0, 0, 10, 10), (0, 0, 50, 0, 10, 10)], [(0, 0, 0, 0, 10, 10, 0.9)]
    )
    precision, recall = by_us(example, ious=[0.5], ranges=[ALL_SIZES])
    assert precision.item() == pytest.approx(51 / 101)
    assert recall.item() == 0.5


@pytest.mark.parametrize(("iou", "expected"), [(0.5, 1), (0.51, 0), (0.1, 1), (1, 0)])
def test_takes_any_iou(iou, expected):
    """It counts an overlap of exactly one half at 0.5, and not at 0.51."""
    example = DEGENERATE["iou of exactly one half"]
    assert by_us(example, ious=[iou])[0][0, 0, 0] == expected


def test_finds_identical_boxes_at_iou_one():
    """It lets identical boxes match at an overlap of 1, whatever rounding does."""
    example = scene([(0, 0, 3.3, 3.3, 0.3, 0.3)], [(0, 0, 3.3, 3.3, 0.3, 0.3, 0.5)])
    assert by_us(example, ious=[1.0])[0][0, 0, 0] == 1


def test_has_coco_s_overlaps():
    """It uses the very numbers of pycocotools, not ones that differ in the last bit."""
    assert COCO_IOUS.tolist() == COCOeval(iouType="bbox").params.iouThrs.tolist()


def test_needs_little_memory_at_once(monkeypatch):
    """It finds the same pairs when it looks at three at a time."""
    example = random_scene(4)
    whole = find_pairs(example.truths, example.predictions, minimum_iou=0.5)
    monkeypatch.setattr(boxes, "_PAIRS_AT_ONCE", 3)
    pieces = find_pairs(example.truths, example.predictions, minimum_iou=0.5)
    assert len(whole.ious) > 3
    for name in ("predictions", "truths", "ious"):
        assert getattr(pieces, name).tolist() == getattr(whole, name).tolist()


def test_does_not_go_image_by_image():
    """
    It takes 2,500 images of 8 boxes in far less than a second of CPU.

    It needs 0.04 s, a loop over images and labels 10 s: the bound is far from both.
    """
    random = np.random.default_rng(0)
    images, labels = np.repeat(np.arange(2500), 8), random.integers(0, 30, 20_000)
    truths = random_boxes(random, 20_000, 300)
    example = Scene(
        LabelledBoxes(images, labels, truths, np.zeros(0)),
        LabelledBoxes(images, labels, truths + 1, random.random(20_000)),
        2500,
        30,
    )
    start = time.process_time()
    precision, _ = by_us(example, ranges=[ALL_SIZES])
    assert time.process_time() - start < 1
    assert 0.5 < precision.mean() < 1


@pytest.mark.parametrize("seed", range(0, 20, 2))
def test_does_not_mind_the_order_of_images(seed):
    """It gives the same averages for images in reverse, where confidences differ."""
    example = random_scene(seed)
    reverse = Scene(
        *(in_reverse(part, example.n_images) for part in parts(example)),
        example.n_images,
        example.n_labels,
    )
    for ours, other in zip(by_us(example), by_us(reverse), strict=True):
        assert ours == pytest.approx(other, abs=1e-12)


def parts(example):
    return example.truths, example.predictions


def in_reverse(part, n_images):
    images = n_images - 1 - part.images
    return taken(part, np.argsort(images, kind="stable"), images)


def taken(part, order, images):
    return LabelledBoxes(
        images[order],
        part.labels[order],
        part.boxes[order],
        part.confidences[order] if len(part.confidences) else part.confidences,
    )


@pytest.mark.parametrize("seed", range(0, 20, 2))
def test_weighs_images(seed):
    """It counts an image of weight two like two such images, weight 0 like none."""
    example = random_scene(seed)
    random = np.random.default_rng(seed)
    weights = random.integers(0, 3, example.n_images)
    copied = np.repeat(np.arange(example.n_images), weights)
    written_out = Scene(
        *(
            LabelledBoxes(*(np.concatenate(column) for column in columns))
            if (columns := list(zip(*copies(part, copied), strict=True)))
            else part
            for part in parts(example)
        ),
        len(copied),
        example.n_labels,
    )
    if len(copied):
        for ours, other in zip(
            by_us(example, image_weights=weights), by_us(written_out), strict=True
        ):
            assert ours == pytest.approx(other, abs=1e-12)


def copies(part, copied):
    for new, old in enumerate(copied):
        order = np.flatnonzero(part.images == old)
        piece = taken(part, order, np.full(len(part), new))
        yield piece.images, piece.labels, piece.boxes, piece.confidences


def test_counts_mistaken_labels_by_hand():
    """
    It fills four cells: a hit, a label taken for another, a miss, a ghost.

    Rows are the truth, columns the prediction, background last.
    """
    example = scene(
        [(0, 0, 0, 0, 10, 10), (0, 0, 50, 0, 10, 10), (0, 1, 0, 50, 10, 10)],
        [
            (0, 0, 0, 0, 10, 10, 0.9),
            (0, 1, 50, 0, 10, 10, 0.8),
            (0, 1, 90, 90, 10, 10, 0.7),
        ],
        n_labels=2,
    )
    matrix = confusion_matrix(example.truths, example.predictions, n_labels=2)
    assert matrix.tolist() == [[1, 1, 0], [0, 0, 1], [0, 1, 0]]


def test_prefers_the_own_label_among_equals():
    """It gives two boxes on one spot to the predictions of their own labels."""
    example = scene(
        [(0, 0, 0, 0, 10, 10), (0, 1, 0, 0, 10, 10)],
        [(0, 1, 0, 0, 10, 10, 0.9), (0, 0, 0, 0, 10, 10, 0.8)],
        n_labels=2,
    )
    matrix = confusion_matrix(example.truths, example.predictions, n_labels=2)
    assert matrix.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]


def test_lets_the_most_confident_choose_first():
    """It leaves the surer prediction the box, though another overlaps it more."""
    example = scene(
        [(0, 0, 0, 0, 10, 10)],
        [(0, 0, 0, 0, 10, 10, 0.6), (0, 1, 0, 0, 10, 8, 0.7)],
        n_labels=2,
    )
    matrix = confusion_matrix(example.truths, example.predictions, n_labels=2)
    assert matrix.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


@pytest.mark.parametrize(("seed", "iou"), [*product(range(30), (0.5, 0.75))])
def test_confuses_labels_as_plain_loops_do(seed, iou):
    """It equals box by box loops of the same protocol."""
    example = random_scene(seed)
    ours = confusion_matrix(*parts(example), n_labels=example.n_labels, iou=iou)
    assert ours.tolist() == confusion_by_loops(example, iou).tolist()


def confusion_by_loops(example, iou):
    truths, predictions = parts(example)
    matrix = np.zeros((example.n_labels + 1,) * 2, dtype=int)
    free = set(range(len(truths)))
    for one in np.argsort(-predictions.confidences, kind="stable"):
        label = predictions.labels[one]
        choices = [
            (overlap, truths.labels[other] == label, -other)
            for other in free
            if truths.images[other] == predictions.images[one]
            and (overlap := iou_of(predictions.boxes[one], truths.boxes[other])) >= iou
        ]
        if choices:
            other = -max(choices)[2]
            free.remove(other)
            matrix[truths.labels[other], label] += 1
        else:
            matrix[-1, label] += 1
    for other in free:
        matrix[truths.labels[other], -1] += 1
    return matrix


def iou_of(one, other):
    shared_width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    shared_height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if shared_width <= 0 or shared_height <= 0:
        return 0.0
    shared = shared_width * shared_height
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


@pytest.mark.parametrize("seed", [seed for seed in range(60) if seed % 6 in (2, 4)])
def test_confuses_labels_as_hotcoco_does(seed):
    """It has hotcoco's matrix where neither confidences nor overlaps tie."""
    example = random_scene(seed)
    ours = confusion_matrix(*parts(example), n_labels=example.n_labels)
    theirs = hotcoco_evaluator(example).confusion_matrix(iou_thr=0.5)["matrix"]
    assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("seed", range(10))
def test_loses_no_box_in_the_confusion_matrix(seed):
    """It puts every true box into one cell of its row, every predicted one likewise."""
    example = random_scene(seed)
    matrix = confusion_matrix(*parts(example), n_labels=example.n_labels)
    for part, sums in zip(parts(example), (matrix.sum(1), matrix.sum(0)), strict=True):
        counts = np.bincount(part.labels, minlength=example.n_labels)
        assert sums[:-1].tolist() == counts.tolist()
    assert matrix[-1, -1] == 0
