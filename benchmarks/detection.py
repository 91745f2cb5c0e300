"""
How much CPU and memory object detection costs, beside the usual evaluators.

    python benchmarks/detection.py                        25,000 images, 8 boxes each
    python benchmarks/detection.py --images 2500 --beside pycocotools hotcoco

Each evaluator gets a process of its own and one thread, and is handed the same scene;
reading files is not counted. "everything" is all numbers of a detection model: counts,
averages at ten overlaps, classes of size. Ends with 1 if rekmetrics takes more than
`--limit` seconds of CPU for the averages, or if an evaluator disagrees by over 1e-9.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import subprocess
import sys
import time
from array import array

import numpy as np

EVALUATORS = ("pycocotools", "hotcoco")
WIDTH, HEIGHT = 1024, 768


def make_scene(n_images, n_labels, n_boxes, seed=0):
    """Truths and predictions; most boxes are found, some mislabelled, some ghosts."""
    from rekmetrics.metrics.boxes import LabelledBoxes

    random = np.random.default_rng(seed)
    n_truths = n_images * n_boxes
    images = np.sort(random.integers(0, n_images, n_truths))
    labels = random.integers(0, n_labels, n_truths)
    boxes = make_boxes(random, n_truths)
    truths = LabelledBoxes(images, labels, boxes, np.zeros(0))
    found = np.flatnonzero(random.random(n_truths) < 0.8)
    ghosts = n_truths // 6
    spread = random.exponential(0.06, (len(found), 1))
    sides = np.tile(boxes[found, 2:], 2)
    moved = boxes[found] + spread * sides * random.normal(0, 1, sides.shape)
    mistaken = random.random(len(found)) < 0.1
    seen = np.where(mistaken, random.integers(0, n_labels, len(found)), labels[found])
    images = np.append(images[found], random.integers(0, n_images, ghosts))
    order = np.argsort(images, kind="stable")
    predictions = LabelledBoxes(
        images[order],
        np.append(seen, random.integers(0, n_labels, ghosts))[order],
        inside(np.concatenate([moved, make_boxes(random, ghosts)])[order]),
        random.random(len(images)),
    )
    return truths, predictions


def make_boxes(random, n_boxes):
    sides = np.minimum(random.lognormal(4, 0.8, (n_boxes, 2)), 400) + 4
    return np.column_stack([random.uniform(0, 360, (n_boxes, 2)), sides])


def inside(boxes):
    """The boxes cut at the borders of the image, at least one pixel large."""
    starts = boxes[:, :2].clip(0, (WIDTH - 1, HEIGHT - 1))
    ends = (boxes[:, :2] + boxes[:, 2:]).clip(starts + 1, (WIDTH, HEIGHT))
    return np.column_stack([starts, ends - starts])


def average_by_rekmetrics(truths, predictions, n_labels, n_images):
    from rekmetrics.metrics.boxes import (
        COCO_IOUS,
        find_pairs,
        match_pairs,
    )
    from rekmetrics.metrics.detection import average_precision

    pairs = find_pairs(truths, predictions, minimum_iou=0.5)
    matching = match_pairs(pairs, ious=COCO_IOUS, n_labels=n_labels)
    return float(np.nanmean(average_precision(matching).precision))


def compute_everything(truths, predictions, n_labels, n_images):
    from rekmetrics.metrics.numbers import measure

    evaluation = as_evaluation(truths, predictions, n_labels, n_images)
    start = time.process_time()
    numbers = measure(evaluation)
    spent = time.process_time() - start
    return numbers.overall["average_precision_50_95"].value, spent


def confuse(truths, predictions, n_labels, n_images):
    from rekmetrics.metrics.boxes import confused_boxes

    cells, _ = confused_boxes(truths, predictions, n_labels=n_labels, iou=0.5)
    return float((cells % (n_labels + 2) == 0).sum() / len(truths))


def as_evaluation(truths, predictions, n_labels, n_images):
    """The scene as it comes out of a manifest; flags at an overlap of one half."""
    from rekmetrics.evaluation import Boxes, Evaluation
    from rekmetrics.manifest import EntryKind, Texts
    from rekmetrics.metrics.boxes import find_pairs, match_pairs

    pairs = find_pairs(truths, predictions, minimum_iou=0.5)
    matching = match_pairs(pairs, ious=[0.5], n_labels=n_labels)
    kinds = np.full(len(predictions), EntryKind.FALSE_POSITIVE, np.uint8)
    kinds[matching.rows[matching.is_hit[0]]] = EntryKind.TRUE_POSITIVE
    places = np.arange(n_images + 1)
    return Evaluation(
        task="detection",
        labels=tuple(f"label {code}" for code in range(n_labels)),
        sources=Texts(b"x" * n_images, array("Q", range(1, n_images + 1))),
        truth_starts=np.searchsorted(truths.images, places).astype(np.uint32),
        truth_labels=truths.labels.astype(np.uint16),
        entry_starts=np.searchsorted(predictions.images, places).astype(np.uint32),
        entry_labels=predictions.labels.astype(np.uint16),
        entry_kinds=kinds,
        entry_confidences=predictions.confidences.astype(np.float32),
        assumed_thresholds=np.full(n_labels, 0.5),
        boxes=Boxes(
            truths.boxes.astype(np.float32),
            predictions.boxes.astype(np.float32),
            np.tile(np.array([WIDTH, HEIGHT], np.uint32), (n_images, 1)),
        ),
    )


def average_by_evaluator(module, truths, predictions, n_labels, n_images):
    """With the documents made beforehand, only the evaluation counts."""
    categories = [{"id": label, "name": str(label)} for label in range(n_labels)]
    images = [
        {"id": image, "width": WIDTH, "height": HEIGHT} for image in range(n_images)
    ]
    truth = {
        "images": images,
        "categories": categories,
        "annotations": annotations(truths),
    }
    results = {**truth, "annotations": annotations(predictions)}
    if module == "pycocotools":
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval

        documents = [COCO(), COCO()]
        for coco, document in zip(documents, (truth, results), strict=True):
            coco.dataset = document
    else:
        from hotcoco import COCO, COCOeval

        documents = [COCO(truth), COCO(results)]
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        if module == "pycocotools":
            for coco in documents:
                coco.createIndex()
        evaluator = COCOeval(*documents, "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
    precision = evaluator.eval["precision"][:, :, :, 0, 2]
    return float(precision[precision > -1].mean()), time.process_time() - start


def annotations(labelled):
    confidences = labelled.confidences.tolist() or [0.0] * len(labelled)
    return [
        {
            "id": index,
            "image_id": image,
            "category_id": label,
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "score": confidence,
        }
        for index, (image, label, box, confidence) in enumerate(
            zip(
                labelled.images.tolist(),
                labelled.labels.tolist(),
                labelled.boxes.tolist(),
                confidences,
                strict=True,
            ),
            start=1,
        )
    ]


def measure(name, arguments):
    """One evaluator's result, seconds of CPU and megabytes on top of the scene's."""
    scene = make_scene(arguments.images, arguments.labels, arguments.boxes)
    sizes = (arguments.labels, arguments.images)
    import rekmetrics.metrics.detection  # noqa: F401  (loading is not measured)

    before = peak()
    start = time.process_time()
    if name in EVALUATORS:
        result, spent = average_by_evaluator(name, *scene, *sizes)
    elif name == "everything":
        result, spent = compute_everything(*scene, *sizes)
    else:
        work = {"averages": average_by_rekmetrics, "confusion": confuse}[name]
        result = work(*scene, *sizes)
        spent = time.process_time() - start
    return {"result": result, "seconds": spent, "megabytes": peak() - before}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_apart(name, arguments):
    """The fastest of several tries, each in a process of its own."""
    command = [sys.executable, __file__, "--only", name]
    for option in ("images", "labels", "boxes"):
        command += [f"--{option}", str(getattr(arguments, option))]
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    threads["RAYON_NUM_THREADS"] = "1"
    tries = 1 if name == "pycocotools" else arguments.tries
    outputs = [
        json.loads(
            subprocess.run(
                command,
                check=True,
                capture_output=True,
                text=True,
                env={**os.environ, **threads},
            ).stdout
        )
        for _ in range(tries)
    ]
    return min(outputs, key=lambda output: output["seconds"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--images", type=int, default=25_000)
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument("--boxes", type=int, default=8)
    parser.add_argument("--beside", nargs="*", choices=EVALUATORS, default=[])
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1.0)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.only:
        print(json.dumps(measure(arguments.only, arguments)))
        return 0
    names = ("averages", "confusion", "everything", *arguments.beside)
    measured = {name: measure_apart(name, arguments) for name in names}
    ours = measured["averages"]
    print(f"{'':12}{'CPU s':>8}{'times':>8}{'MB':>7}  result")
    for name, row in measured.items():
        times = row["seconds"] / ours["seconds"]
        print(
            f"{name:12}{row['seconds']:8.3f}{times:8.1f}{row['megabytes']:7.0f}"
            f"  {row['result']:.9f}"
        )
    agrees = all(
        abs(measured[name]["result"] - ours["result"]) <= 1e-9
        for name in arguments.beside
    )
    if not agrees:
        print("The evaluators disagree.", file=sys.stderr)
    is_fast = ours["seconds"] <= arguments.limit
    if not is_fast:
        print(f"The averages took more than {arguments.limit} s.", file=sys.stderr)
    return 0 if agrees and is_fast else 1


if __name__ == "__main__":
    sys.exit(main())
