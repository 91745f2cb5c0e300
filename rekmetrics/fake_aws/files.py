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
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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


def write_manifest(images: Iterable[LabelledImage]) -> bytes:
    """A test manifest: one line an image, with a newline after the last."""
    class_ids: dict[str, int] = {}
    return b"".join(
        _json(
            {
                "source-ref": image.source_ref,
                **(
                    _classification(image)
                    if image.boxes is None
                    else _detection(image, class_ids)
                ),
                "synthetic": SYNTHETIC,
            }
        )
        + b"\n"
        for image in images
    )


def write_summary(
    images: Iterable[LabelledImage],
    *,
    labels: Sequence[str],
    thresholds: Mapping[str, float] | None = None,
    version_arn: str = VERSION_ARN,
    n_training_images: int = 1000,
    ended: str = CREATED,
    averages: Mapping[str, float] | None = None,
) -> bytes:
    """
    The evaluation summary that belongs to these images.

    Args:
        labels: in the order that the summary lists them, which is not alphabetical.
        thresholds: the assumed ones; where none is given, the lowest confidence with
            which the label was predicted (0.5 without any).
        averages: further figures of a detection model, by AWS's names.
    """
    images = list(images)
    results = _label_results(images, labels, thresholds or {})
    details = {
        "EvaluationEndTimestamp": ended,
        "Labels": list(labels),
        "NumberOfTestingImages": len(images),
        "NumberOfTrainingImages": n_training_images,
        "ProjectVersionArn": version_arn,
    }
    return _json(
        {
            "Version": 1,
            "AggregatedEvaluationResults": {
                **_aggregate(images, results),
                **(averages or {}),
            },
            "EvaluationDetails": details,
            "LabelEvaluationResults": results,
            "Synthetic": SYNTHETIC,
        }
    )


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


def _metadata(job: str, kind: str) -> dict[str, Any]:
    return {
        "job-name": f"{PREFIX}-{job}-job",
        "human-annotated": "yes" if job == "training" else "no",
        "creation-date": CREATED,
        "type": f"groundtruth/{kind}",
    }


def _details(kind: Kind) -> dict[str, Any]:
    details = {
        "version": 1,
        "ground-truth-labelling-jobs": [f"{PREFIX}-training-job"],
        "is-true-positive": kind == "TP",
        "is-true-negative": False,
        "is-false-positive": kind == "FP",
        "is-false-negative": kind == "FN",
        "is-present-in-ground-truth": kind != "FP",
    }
    return {f"{PREFIX}-evaluation-details": details}


def _classification(image: LabelledImage) -> dict[str, Any]:
    line: dict[str, Any] = {}

    def add(job: str, index: int, label: str, confidence: float, **more: Any) -> None:
        key = f"{PREFIX}-{job}-{index}"
        line[key] = 1
        line[f"{key}-metadata"] = {
            "confidence": confidence,
            "class-name": label,
            **_metadata(job, "image-classification"),
            **more,
        }

    for index, label in enumerate(image.truths):
        add("training", index, label, 1.0)
    for index, entry in enumerate(image.entries):
        details = _details(entry.kind)
        add("evaluation", index, entry.label, entry.confidence, **details)
    return line


def _detection(image: LabelledImage, class_ids: dict[str, int]) -> dict[str, Any]:
    line: dict[str, Any] = {}
    (width, height), boxes = image.size, image.boxes or ()

    def add(
        key: str, job: str, rows: Sequence[tuple[str, Box | None, dict[str, Any]]]
    ) -> None:
        ids = {
            label: class_ids.setdefault(label, len(class_ids)) for label, _, _ in rows
        }
        line[key] = {
            "annotations": [
                {"class_id": ids[label], **(box or Box(0, 0, 1, 1))._asdict()}
                for label, box, _ in rows
            ],
            "image_size": [{"width": width, "depth": 3, "height": height}],
        }
        line[f"{key}-metadata"] = {
            "class-map": {str(number): label for label, number in ids.items()},
            "objects": [about for _, _, about in rows],
            **_metadata(job, "object-detection"),
        }

    sure = {"confidence": 1.0}
    truths = [(*row, sure) for row in zip(image.truths, boxes, strict=True)]
    add(f"{PREFIX}-training-0", "training", truths)
    seen = [
        (e.label, e.box, {"confidence": e.confidence, **_details(e.kind)})
        for e in image.entries
    ]
    add(f"{PREFIX}-evaluation", "evaluation", seen)
    return line


def _label_results(
    images: Iterable[LabelledImage],
    labels: Iterable[str],
    thresholds: Mapping[str, float],
) -> list[dict[str, Any]]:
    """What was counted of each label, the best F1 first."""
    counts: Counter[tuple[str, str]] = Counter()
    lowest: dict[str, float] = {}
    for image in images:
        counts.update((label, "images") for label in set(image.truths))
        counts.update((label, "truths") for label in image.truths)
        for label, confidence, kind, _ in image.entries:
            counts[label, kind] += 1
            if kind != "FN":
                lowest[label] = min(lowest.get(label, confidence), confidence)
    results = []
    for label in labels:
        n_right, n_true = counts[label, "TP"], counts[label, "truths"]
        n_predicted = n_right + counts[label, "FP"]
        metrics = {
            "F1Score": _share(2 * n_right, n_predicted + n_true),
            "Precision": _share(n_right, n_predicted),
            "Recall": _share(n_right, n_true),
            "Threshold": thresholds.get(label, lowest.get(label, 0.5)),
        }
        n_images = counts[label, "images"]
        results.append(
            {"Label": label, "Metrics": metrics, "NumberOfTestingImages": n_images}
        )
    return sorted(results, key=lambda result: -result["Metrics"]["F1Score"])


def _share(part: float, whole: float) -> float:
    """What AWS writes where there is nothing to divide by is 0."""
    return part / whole if whole else 0.0


def _aggregate(
    images: Sequence[LabelledImage], results: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Means over labels, and the confusion matrix where images have labels alone."""
    aggregate: dict[str, Any] = {}
    if any(image.boxes is None for image in images):
        aggregate["ConfusionMatrix"] = _confusion_matrix(images)
    for name in ("F1Score", "Precision", "Recall"):
        total = sum(result["Metrics"][name] for result in results)
        aggregate[name] = _share(total, len(results))
    return aggregate


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
