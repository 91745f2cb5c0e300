"""
Evaluation documents as Rekognition Custom Labels writes them, from plain values.

What is written here is synthetic and says so (`SYNTHETIC`): every summary has a key
"Synthetic", and every line of a manifest "synthetic". The built-in example and the
project's own tests are made of these documents; summary and manifest come from the
same images, so that they agree with each other.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "SYNTHETIC",
    "Box",
    "Entry",
    "LabelledImage",
    "entries_from_scores",
    "write_folder",
    "write_manifest",
    "write_png",
    "write_summary",
]

SYNTHETIC = "written by rekmetrics, not by AWS"
VERSION_ARN = (
    "arn:aws:rekognition:us-east-1:123456789012:"
    "project/digits/version/digits.2026-03-01T10.00.00/1772359200000"
)
CREATED = "2026-03-01T10:00:00.000000"
PREFIX = "rekognition-custom-labels"

Kind = Literal["TP", "FP", "FN"]


class Box(NamedTuple):
    """A rectangle in pixels."""

    left: float
    top: float
    width: float
    height: float


class Entry(NamedTuple):
    """What the evaluation says of one label of one image, in detection of one box."""

    label: str
    confidence: float
    kind: Kind
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class LabelledImage:
    """
    One line of a manifest.

    With `boxes` (one for each of `truths`) it is a line of a detection model. An image
    without entries gets no evaluation key in classification, empty lists in detection.
    """

    source_ref: str
    truths: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    boxes: tuple[Box, ...] | None = None
    size: tuple[int, int] = (640, 480)


def entries_from_scores(
    truths: str | Collection[str],
    scores: Mapping[str, float],
    thresholds: Mapping[str, float],
) -> tuple[Entry, ...]:
    """
    What Rekognition writes for one image, given a score for each label.

    Every label is thresholded on its own: a true label is a TP or an FN, another label
    that reaches its threshold is an FP, and the rest (true negatives) is not written.
    """
    wanted = {truths} if isinstance(truths, str) else set(truths)
    entries = []
    for label, score in scores.items():
        is_reached = score >= thresholds[label]
        if label in wanted:
            entries.append(Entry(label, score, "TP" if is_reached else "FN"))
        elif is_reached:
            entries.append(Entry(label, score, "FP"))
    return tuple(entries)


def write_manifest(
    images: Iterable[LabelledImage],
    *,
    with_object_ids: bool = False,
    with_line_index: bool = False,
) -> bytes:
    """
    A test manifest: one line an image, with a newline after the last.

    The two options add keys that real manifests hold now and then and nobody may read.
    """
    images = list(images)
    class_ids = _class_ids(images)
    lines = []
    for index, image in enumerate(images):
        line: dict[str, Any] = {"source-ref": image.source_ref}
        if image.boxes is None:
            line |= _classification(image)
        else:
            line |= _detection(image, class_ids)
        if with_object_ids:
            line[f"{PREFIX}-object-id"] = f"{index:032x}"
        if with_line_index:
            line["line-idx"] = index
        line["synthetic"] = SYNTHETIC
        lines.append(_json(line) + b"\n")
    return b"".join(lines)


def write_summary(
    images: Iterable[LabelledImage],
    *,
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
    version_arn: str = VERSION_ARN,
    n_training_images: int = 1000,
    ended: str = CREATED,
    undefined: float | None = 0.0,
    average_precision: float | None = None,
    average_recall: float | None = None,
) -> bytes:
    """
    The evaluation summary that belongs to these images.

    Args:
        labels: in the order that the summary lists them, which is not alphabetical.
        thresholds: the assumed ones; where none is given, the lowest confidence with
            which the label was predicted (0.5 without any).
        undefined: stands for a precision or recall without a denominator; it counts
            in the means as 0 where it is None.
    """
    images = list(images)
    counts = _count(images)
    results = [
        _label_result(label, counts, thresholds or {}, undefined) for label in labels
    ]
    aggregate = _aggregate(images, results, undefined)
    if average_precision is not None:
        aggregate["AveragePrecision"] = average_precision
    if average_recall is not None:
        aggregate["AverageRecall"] = average_recall
    results.sort(key=lambda result: -(result["Metrics"]["F1Score"] or 0.0))
    return _json(
        {
            "Version": 1,
            "AggregatedEvaluationResults": aggregate,
            "EvaluationDetails": {
                "EvaluationEndTimestamp": ended,
                "Labels": list(labels),
                "NumberOfTestingImages": len(images),
                "NumberOfTrainingImages": n_training_images,
                "ProjectVersionArn": version_arn,
            },
            "LabelEvaluationResults": results,
            "Synthetic": SYNTHETIC,
        }
    )


def _aggregate(
    images: Sequence[LabelledImage],
    results: Sequence[dict[str, Any]],
    undefined: float | None,
) -> dict[str, Any]:
    """Means over labels, and the confusion matrix where images have labels alone."""
    aggregate: dict[str, Any] = {}
    if any(image.boxes is None for image in images):
        aggregate["ConfusionMatrix"] = _confusion_matrix(images)
    for name in ("F1Score", "Precision", "Recall"):
        values = [result["Metrics"][name] or 0.0 for result in results]
        aggregate[name] = sum(values) / len(values) if values else undefined
    return aggregate


def write_folder(folder: Path, *, summary: bytes, manifest: bytes) -> Path:
    """A folder for `--evaluation-dir`, with both documents; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_bytes(summary)
    (folder / "manifest.jsonl").write_bytes(manifest)
    return folder


def write_png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of shape `(height, width)` in grey or `(height, width, 3)` in colour."""
    height, width = pixels.shape[:2]
    colour_type = 2 if pixels.ndim == 3 else 0
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _details(kind: Kind) -> dict[str, Any]:
    return {
        "version": 1,
        "ground-truth-labelling-jobs": [f"{PREFIX}-training-job"],
        "is-true-positive": kind == "TP",
        "is-true-negative": False,
        "is-false-positive": kind == "FP",
        "is-false-negative": kind == "FN",
        "is-present-in-ground-truth": kind != "FP",
    }


def _classification(image: LabelledImage) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for index, label in enumerate(image.truths):
        key = f"{PREFIX}-training-{index}"
        line[key] = 1
        line[f"{key}-metadata"] = _label_metadata(label, 1.0, "training")
    for index, entry in enumerate(image.entries):
        key = f"{PREFIX}-evaluation-{index}"
        line[key] = 1
        line[f"{key}-metadata"] = {
            **_label_metadata(entry.label, entry.confidence, "evaluation"),
            f"{PREFIX}-evaluation-details": _details(entry.kind),
        }
    return line


def _label_metadata(label: str, confidence: float, job: str) -> dict[str, Any]:
    return {
        "confidence": confidence,
        "job-name": f"{PREFIX}-{job}-job",
        "class-name": label,
        "human-annotated": "yes" if job == "training" else "no",
        "creation-date": CREATED,
        "type": "groundtruth/image-classification",
    }


def _detection(image: LabelledImage, class_ids: Mapping[str, int]) -> dict[str, Any]:
    truths = [
        Entry(label, 1.0, "TP", box)
        for label, box in zip(image.truths, image.boxes or (), strict=True)
    ]
    objects = [
        {
            "confidence": entry.confidence,
            f"{PREFIX}-evaluation-details": _details(entry.kind),
        }
        for entry in image.entries
    ]
    return {
        f"{PREFIX}-training-0": _annotations(truths, image, class_ids),
        f"{PREFIX}-training-0-metadata": _box_metadata(
            truths, [{"confidence": 1.0} for _ in truths], "training", class_ids
        ),
        f"{PREFIX}-evaluation": _annotations(image.entries, image, class_ids),
        f"{PREFIX}-evaluation-metadata": _box_metadata(
            image.entries, objects, "evaluation", class_ids
        ),
    }


def _annotations(
    entries: Sequence[Entry], image: LabelledImage, class_ids: Mapping[str, int]
) -> dict[str, Any]:
    width, height = image.size
    return {
        "annotations": [
            {
                "class_id": class_ids[entry.label],
                **(entry.box or Box(0, 0, 1, 1))._asdict(),
            }
            for entry in entries
        ],
        "image_size": [{"width": width, "depth": 3, "height": height}],
    }


def _box_metadata(
    entries: Sequence[Entry],
    objects: Sequence[Mapping[str, Any]],
    job: str,
    class_ids: Mapping[str, int],
) -> dict[str, Any]:
    labels = dict.fromkeys(entry.label for entry in entries)
    return {
        "job-name": f"{PREFIX}-{job}-job",
        "class-map": {str(class_ids[label]): label for label in labels},
        "human-annotated": "yes" if job == "training" else "no",
        "objects": list(objects),
        "creation-date": CREATED,
        "type": "groundtruth/object-detection",
    }


def _class_ids(images: Iterable[LabelledImage]) -> dict[str, int]:
    labels: dict[str, None] = {}
    for image in images:
        labels |= dict.fromkeys(image.truths)
        labels |= dict.fromkeys(entry.label for entry in image.entries)
    return {label: class_id for class_id, label in enumerate(labels)}


@dataclass(frozen=True, slots=True)
class _Counts:
    """Per label: images that show it, times it is true, and what was said of it."""

    images: Counter[str]
    truths: Counter[str]
    true_positives: Counter[str]
    false_positives: Counter[str]
    lowest: dict[str, float]


def _count(images: Iterable[LabelledImage]) -> _Counts:
    counts = _Counts(Counter(), Counter(), Counter(), Counter(), {})
    for image in images:
        counts.images.update(set(image.truths))
        counts.truths.update(image.truths)
        for label, confidence, kind, _ in image.entries:
            if kind != "FN":
                lowest = counts.lowest.get(label, confidence)
                counts.lowest[label] = min(lowest, confidence)
                is_right = kind == "TP"
                column = counts.true_positives if is_right else counts.false_positives
                column[label] += 1
    return counts


def _label_result(
    label: str,
    counts: _Counts,
    thresholds: Mapping[str, float],
    undefined: float | None,
) -> dict[str, Any]:
    n_right = counts.true_positives[label]
    n_predicted = n_right + counts.false_positives[label]
    n_true = counts.truths[label]
    f1 = 2 * n_right / (n_predicted + n_true) if n_predicted + n_true else undefined
    return {
        "Label": label,
        "Metrics": {
            "F1Score": f1,
            "Precision": n_right / n_predicted if n_predicted else undefined,
            "Recall": n_right / n_true if n_true else undefined,
            "Threshold": thresholds.get(label, counts.lowest.get(label, 0.5)),
        },
        "NumberOfTestingImages": counts.images[label],
    }


def _confusion_matrix(images: Iterable[LabelledImage]) -> list[dict[str, Any]]:
    """Shares of each true label's images, at the highest confidence, none left out."""
    cells: Counter[tuple[str, str]] = Counter()
    rows: Counter[str] = Counter()
    for image in images:
        seen = max(image.entries, key=lambda entry: entry.confidence, default=None)
        for truth in image.truths:
            rows[truth] += 1
            if seen is not None:
                cells[truth, seen.label] += 1
    return [
        {
            "GroundTruthLabel": truth,
            "PredictedLabel": predicted,
            "Value": count / rows[truth],
        }
        for (truth, predicted), count in cells.items()
    ]
