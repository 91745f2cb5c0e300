"""Small synthetic evaluations, in the shapes that Rekognition writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rekmetrics.evaluation import build_evaluation
from rekmetrics.fake_aws.files import (
    Entry,
    LabelledImage,
    write_manifest,
    write_summary,
)
from rekmetrics.manifest import parse_manifest
from rekmetrics.summary import parse_summary

DATA = Path(__file__).parent / "data"
PREFIX = "rekognition-custom-labels"
LABELS = ("cat", "ant", "bee")

# Three labels, six images: each row of the table of what can stand on a line.
SIX = (
    LabelledImage("s3://zoo/0.jpg", ("ant",), (Entry("ant", 0.9, "TP"),)),
    LabelledImage(
        "s3://zoo/1.jpg", ("ant",), (Entry("bee", 0.8, "FP"), Entry("ant", 0.1, "FN"))
    ),
    LabelledImage("s3://zoo/2.jpg", ("bee",), (Entry("bee", 0.3, "FN"),)),
    LabelledImage(
        "s3://zoo/3.jpg", ("bee",), (Entry("bee", 0.6, "TP"), Entry("cat", 0.7, "FP"))
    ),
    LabelledImage("s3://zoo/4.jpg", ("cat",), ()),
    LabelledImage("s3://zoo/5.jpg", ("cat",), (Entry("cat", 0.95, "TP"),)),
)
PAIRS = (
    LabelledImage(
        "s3://zoo/0.jpg",
        ("ant", "bee"),
        (Entry("ant", 0.9, "TP"), Entry("bee", 0.2, "FN"), Entry("cat", 0.8, "FP")),
    ),
    LabelledImage("s3://zoo/1.jpg", ("cat",), (Entry("cat", 0.7, "TP"),)),
    LabelledImage("s3://zoo/2.jpg", ("bee", "cat"), (Entry("bee", 0.6, "TP"),)),
)


def parse(data: bytes, size: int = 1 << 20):
    """The manifest of these bytes, handed over in pieces of a size."""
    return parse_manifest(data[at : at + size] for at in range(0, len(data), size))


def summarise(images, labels=LABELS, **choices):
    """The parsed summary that belongs to the images."""
    thresholds = choices.pop("thresholds", dict.fromkeys(labels, 0.5))
    data = write_summary(images, labels=labels, thresholds=thresholds, **choices)
    return parse_summary(data)


def evaluate(images, labels=LABELS, *, task="auto", **choices):
    """The evaluation of images, by way of both files."""
    manifest = parse(write_manifest(images))
    return build_evaluation(manifest, summarise(images, labels, **choices), task=task)


def write_folder(folder: Path, *, summary: bytes, manifest: bytes) -> Path:
    """A folder for `--evaluation-dir`, with both documents; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_bytes(summary)
    (folder / "manifest.jsonl").write_bytes(manifest)
    return folder


def with_rare_keys(manifest: bytes) -> bytes:
    """The manifest with keys that real ones hold now and then and nobody may read."""
    lines = [json.loads(line) for line in manifest.splitlines()]
    for index, line in enumerate(lines):
        line.update({f"{PREFIX}-object-id": f"{index:032x}", "line-idx": index})
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def columns(manifest) -> tuple[Any, ...]:
    """All that a manifest holds, for comparisons."""
    found = {name: getattr(manifest, name) for name in COLUMNS}
    for name in ("truth_labels", "entry_labels"):
        found[name] = [manifest.labels[code] for code in found[name]]
    return (*found.values(), list(manifest.sources))


COLUMNS = (
    "is_detection",
    "truth_starts",
    "truth_labels",
    "entry_starts",
    "entry_labels",
    "entry_kinds",
    "entry_confidences",
    "truth_boxes",
    "entry_boxes",
    "image_sizes",
)


def truth(label: str = "ant", index: int = 0, **changes: Any) -> dict[str, Any]:
    """The two members of a ground-truth label."""
    key = f"{PREFIX}-training-{index}"
    metadata = {
        "confidence": 1.0,
        "class-name": label,
        "type": "groundtruth/image-classification",
    }
    return {key: 1, f"{key}-metadata": without_none({**metadata, **changes})}


def entry(
    label: str = "ant",
    index: int = 0,
    *,
    kind: str = "true-positive",
    confidence: Any = 0.9,
    **changes: Any,
) -> dict[str, Any]:
    """The two members of an evaluation entry."""
    key = f"{PREFIX}-evaluation-{index}"
    metadata = {
        "confidence": confidence,
        "class-name": label,
        "type": "groundtruth/image-classification",
        f"{PREFIX}-evaluation-details": flags(kind),
    }
    return {key: 1, f"{key}-metadata": without_none({**metadata, **changes})}


def flags(*kinds: str) -> dict[str, Any]:
    """The evaluation details in which these flags are true."""
    names = ("true-positive", "true-negative", "false-positive", "false-negative")
    return {"version": 1, **{f"is-{name}": name in kinds for name in names}}


def boxes(
    side: str = "training-0",
    at: tuple[tuple[float, float, float, float], ...] = ((10, 10, 20, 20),),
    **changes: Any,
) -> dict[str, Any]:
    """The two members of one side of a detection line: boxes of cap, and objects."""
    key = f"{PREFIX}-{side}"
    names = ("left", "top", "width", "height")
    details = {f"{PREFIX}-evaluation-details": flags("true-positive")}
    value = {
        "annotations": [
            {"class_id": 0, **dict(zip(names, box, strict=True))} for box in at
        ],
        "image_size": [{"width": 100, "height": 80, "depth": 3}],
    }
    metadata = {
        "class-map": {"0": "cap"},
        "objects": [{"confidence": 0.9, **details} for _ in at],
        "type": "groundtruth/object-detection",
    }
    for name, change in changes.items():
        (value if name in value else metadata)[
            name.replace("class_map", "class-map")
        ] = change
    return {key: without_none(value), f"{key}-metadata": without_none(metadata)}


def without_none(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}


def line(*parts: dict[str, Any], number: int = 0, **more: Any) -> bytes:
    """A line of members, with its newline."""
    members: dict[str, Any] = {"source-ref": f"s3://zoo/{number}.jpg"}
    for part in parts:
        members |= part
    return json.dumps(without_none({**members, **more})).encode() + b"\n"
