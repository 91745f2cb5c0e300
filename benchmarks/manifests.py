"""
Synthetic evaluations of any size, in the shape that Rekognition writes.

    python benchmarks/manifests.py FOLDER --images 250000 --labels 30 --kind multiclass

writes `manifest.jsonl` and the `summary.json` that goes with it: counts and ratios
agree, as `rekmetrics.evidence` wants them. Nothing in them comes from a real model;
equal arguments give equal bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["multiclass", "multilabel", "detection"]

VERSION_ARN = (
    "arn:aws:rekognition:us-east-1:123456789012:"
    "project/benchmark/version/benchmark.1/1700000000000"
)
CREATED = "2026-03-01T10:00:00.000000"
PREFIX = "rekognition-custom-labels"
TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE = range(3)
BOXES_PER_IMAGE = 8


@dataclass
class Tally:
    """Counts per label, from which the summary's ratios follow."""

    n_labels: int
    hits: list[int] = field(init=False)
    false_alarms: list[int] = field(init=False)
    support: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.hits = [0] * self.n_labels
        self.false_alarms = [0] * self.n_labels
        self.support = [0] * self.n_labels

    def add(self, truths: list[int], entries: list[tuple[int, int, float]]) -> None:
        for label in truths:
            self.support[label] += 1
        for label, kind, _ in entries:
            self.hits[label] += kind == TRUE_POSITIVE
            self.false_alarms[label] += kind == FALSE_POSITIVE


def label_names(n_labels: int) -> list[str]:
    return [f"label {index:03d}" for index in range(n_labels)]


def _details(kind: int) -> str:
    flags = ["false", "false", "false"]
    flags[kind] = "true"
    return (
        f'"{PREFIX}-evaluation-details": {{"version": 1, '
        f'"ground-truth-labelling-jobs": ["{PREFIX}-training-job"], '
        f'"is-true-positive": {flags[0]}, "is-true-negative": false, '
        f'"is-false-positive": {flags[1]}, "is-false-negative": {flags[2]}, '
        f'"is-present-in-ground-truth": {"false" if kind == FALSE_POSITIVE else "true"}'
        "}"
    )


DETAILS = [_details(kind) for kind in range(3)]


def _truth(index: int, name: str) -> str:
    key = f"{PREFIX}-training-{index}"
    return (
        f'"{key}": 1, "{key}-metadata": {{"confidence": 1.0, '
        f'"job-name": "{PREFIX}-training-job", "class-name": "{name}", '
        f'"human-annotated": "yes", "creation-date": "{CREATED}", '
        '"type": "groundtruth/image-classification"}'
    )


def _entry(index: int, name: str, kind: int, confidence: float) -> str:
    key = f"{PREFIX}-evaluation-{index}"
    return (
        f'"{key}": 1, "{key}-metadata": {{"confidence": {confidence}, '
        f'"job-name": "{PREFIX}-evaluation-job", "class-name": "{name}", '
        f'"human-annotated": "no", "creation-date": "{CREATED}", '
        f'"type": "groundtruth/image-classification", {DETAILS[kind]}}}'
    )


def _multiclass_image(
    dice: random.Random, n_labels: int
) -> tuple[list[int], list[tuple[int, int, float]]]:
    """One truth; found, confused, missed, or found beside a wrong label."""
    truth = int(dice.random() * n_labels)
    wrong = (truth + 1 + int(dice.random() * (n_labels - 1))) % n_labels
    sure, unsure = dice.uniform(0.5, 1), dice.uniform(0, 0.5)
    draw = dice.random()
    if draw < 0.26:
        return [truth], [(truth, TRUE_POSITIVE, sure)]
    if draw < 0.86:
        return [truth], [(truth, TRUE_POSITIVE, sure), (wrong, FALSE_POSITIVE, 0.5)]
    if draw < 0.97:
        return [truth], [
            (wrong, FALSE_POSITIVE, sure),
            (truth, FALSE_NEGATIVE, unsure),
        ]
    return [truth], [(truth, FALSE_NEGATIVE, unsure)]


def _multilabel_image(
    dice: random.Random, n_labels: int
) -> tuple[list[int], list[tuple[int, int, float]]]:
    """One to four truths, nine in ten found; one label in three images made up."""
    truths = dice.sample(range(n_labels), min(dice.randint(1, 4), n_labels - 1))
    entries = [
        (label, TRUE_POSITIVE, dice.uniform(0.5, 1))
        if dice.random() < 0.9
        else (label, FALSE_NEGATIVE, dice.uniform(0, 0.5))
        for label in truths
    ]
    wrong = int(dice.random() * n_labels)
    if wrong not in truths and dice.random() < 0.33:
        entries.append((wrong, FALSE_POSITIVE, dice.uniform(0.5, 1)))
    return truths, entries


def _classification_line(
    number: int,
    truths: list[int],
    entries: list[tuple[int, int, float]],
    names: list[str],
) -> str:
    parts = [f'"source-ref": "{source(number)}"']
    parts += [_truth(index, names[label]) for index, label in enumerate(truths)]
    parts += [
        _entry(index, names[label], kind, confidence)
        for index, (label, kind, confidence) in enumerate(entries)
    ]
    return "{" + ", ".join(parts) + "}\n"


def source(number: int) -> str:
    return f"s3://rekmetrics-benchmark/dataset/test/image-{number:06d}.jpg"


def _box(label: int, left: int, top: int) -> str:
    return (
        f'{{"class_id": {label}, "width": 64, "top": {top}, '
        f'"height": 64, "left": {left}}}'
    )


def _boxes_part(
    key: str, metadata_key: str, boxes: list[str], objects: list[str], classes: str
) -> str:
    return (
        f'"{key}": {{"annotations": [{", ".join(boxes)}], '
        '"image_size": [{"width": 1024, "depth": 3, "height": 768}]}, '
        f'"{metadata_key}": {{"job-name": "{PREFIX}-job", "class-map": {classes}, '
        f'"human-annotated": "yes", "objects": [{", ".join(objects)}], '
        f'"creation-date": "{CREATED}", "type": "groundtruth/object-detection"}}'
    )


def _detection_line(
    number: int, dice: random.Random, names: list[str], tally: Tally
) -> str:
    """
    Eight true boxes; nine in ten found within some pixels, one image in two with
    a box on nothing.
    """
    labels = [int(dice.random() * len(names)) for _ in range(BOXES_PER_IMAGE)]
    places = [
        (dice.randrange(100, 800), dice.randrange(100, 600))
        for _ in range(BOXES_PER_IMAGE)
    ]
    truths = [_box(label, *place) for label, place in zip(labels, places, strict=True)]
    boxes, objects, entries = [], [], []
    for label, (left, top) in zip(labels, places, strict=True):
        kind = TRUE_POSITIVE if dice.random() < 0.9 else FALSE_NEGATIVE
        low = 0.5 if kind == TRUE_POSITIVE else 0.0
        boxes.append(_box(label, left + dice.randint(-9, 9), top + dice.randint(-9, 9)))
        entries.append((label, kind, dice.uniform(low, low + 0.5)))
    if dice.random() < 0.5:
        label = int(dice.random() * len(names))
        boxes.append(_box(label, 0, 0))
        entries.append((label, FALSE_POSITIVE, dice.uniform(0.5, 1)))
    objects = [
        f'{{"confidence": {confidence}, {DETAILS[kind]}}}'
        for _, kind, confidence in entries
    ]
    tally.add(labels, entries)
    used = sorted({*labels, *(label for label, _, _ in entries)})
    classes = json.dumps({str(label): names[label] for label in used})
    truth_key, entry_key = f"{PREFIX}-training-0", f"{PREFIX}-evaluation"
    return (
        f'{{"source-ref": "{source(number)}", '
        + _boxes_part(
            truth_key,
            f"{truth_key}-metadata",
            truths,
            ['{"confidence": 1.0}'] * BOXES_PER_IMAGE,
            classes,
        )
        + ", "
        + _boxes_part(entry_key, f"{entry_key}-metadata", boxes, objects, classes)
        + "}\n"
    )


def lines(
    kind: Kind, *, n_images: int, n_labels: int, tally: Tally, seed: int = 0
) -> Iterator[str]:
    """The manifest, line by line; `tally` is filled on the way."""
    dice = random.Random(seed)
    names = label_names(n_labels)
    draw: Callable[
        [random.Random, int], tuple[list[int], list[tuple[int, int, float]]]
    ] = _multiclass_image if kind == "multiclass" else _multilabel_image
    for number in range(n_images):
        if kind == "detection":
            yield _detection_line(number, dice, names, tally)
            continue
        truths, entries = draw(dice, n_labels)
        tally.add(truths, entries)
        yield _classification_line(number, truths, entries, names)


def summary(kind: Kind, *, n_images: int, tally: Tally) -> dict[str, object]:
    """The summary that agrees with the lines counted in `tally`."""
    names = label_names(tally.n_labels)
    results, sums = [], [0.0, 0.0, 0.0]
    for label, name in enumerate(names):
        hits = tally.hits[label]
        n_predicted = hits + tally.false_alarms[label]
        precision = hits / n_predicted if n_predicted else 0.0
        recall = hits / tally.support[label] if tally.support[label] else 0.0
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        sums = [
            total + value
            for total, value in zip(sums, (precision, recall, f1), strict=True)
        ]
        numbers = {"F1Score": f1, "Precision": precision, "Recall": recall}
        results.append(
            {
                "Label": name,
                "Metrics": {**numbers, "Threshold": 0.5},
                "NumberOfTestingImages": tally.support[label],
            }
        )
    means = [total / tally.n_labels for total in sums]
    aggregated = {"Precision": means[0], "Recall": means[1], "F1Score": means[2]}
    if kind == "detection":
        aggregated |= {"AveragePrecision": 0.6, "AverageRecall": 0.7}
    return {
        "Version": 1,
        "AggregatedEvaluationResults": aggregated,
        "EvaluationDetails": {
            "EvaluationEndTimestamp": CREATED,
            "Labels": names,
            "NumberOfTestingImages": n_images,
            "NumberOfTrainingImages": 4 * n_images,
            "ProjectVersionArn": VERSION_ARN,
        },
        "LabelEvaluationResults": results,
    }


def write_documents(
    folder: Path, kind: Kind, *, n_images: int, n_labels: int, seed: int = 0
) -> None:
    """Write `manifest.jsonl` and `summary.json` into the folder."""
    tally = Tally(n_labels)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "manifest.jsonl").open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(
            lines(kind, n_images=n_images, n_labels=n_labels, tally=tally, seed=seed)
        )
    document = summary(kind, n_images=n_images, tally=tally)
    (folder / "summary.json").write_text(json.dumps(document, indent=1), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=250_000)
    parser.add_argument("--labels", type=int, default=30)
    parser.add_argument("--kind", default="multiclass")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write_documents(
        options.folder,
        options.kind,
        n_images=options.images,
        n_labels=options.labels,
        seed=options.seed,
    )


if __name__ == "__main__":
    main()
