"""
Evaluations written without our writer, as AWS's pages describe them: odd, and good.

Whoever wrote these knew the documentation and no line of rekmetrics. Each is read with
the numbers that its own table gives, and refused once somebody has meddled with it.
Nothing in them is from a real model.
"""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from rekmetrics.errors import EvaluationError, ManifestError
from rekmetrics.loading import load_from_folder
from rekmetrics.metrics import compute_metrics

P = "rekognition-custom-labels"
DETAILS = f"{P}-evaluation-details"
TP, FP, FN, TN = (f"is-{sign}" for sign in (
    "true-positive", "false-positive", "false-negative", "true-negative"
))  # fmt: skip
HEAD = "arn:aws:rekognition:us-east-1"
ARN = f"{HEAD}:123456789012:project/odd/version/odd.1/1714953600000"


class Files(NamedTuple):
    """Both documents, and how they lie in the folder."""

    lines: list[Any]
    summary: dict[str, Any]
    n_right: int
    n_all: int
    names: tuple[str, str] = ("summary.json", "manifest.jsonl")
    end: str = "\n"
    mark: str = ""


def signs(kind: str) -> dict[str, Any]:
    return {"version": 1, **{sign: sign == kind for sign in (TP, TN, FP, FN)}}


def about(label: str, **more: Any) -> dict[str, Any]:
    kind = "groundtruth/image-classification"
    return {"class-name": label, "job-name": f"{P}-job", "type": kind, **more}


def classified(source: str, truths: list[str], entries: list[tuple]) -> dict[str, Any]:
    """A line of an image: entries are label, sign and confidence."""
    line: dict[str, Any] = {"source-ref": source}
    for index, label in enumerate(truths):
        line[f"{P}-training-{index}"] = 1
        line[f"{P}-training-{index}-metadata"] = about(label, confidence=1.0)
    for index, (label, kind, confidence) in enumerate(entries):
        told = {} if confidence is None else {"confidence": confidence}
        key = f"{P}-evaluation-{7 * index}"
        line[key] = 1
        line[f"{key}-metadata"] = about(label, **told, **{DETAILS: signs(kind)})
    return line


def summarise(rows, labels, n_images, thresholds=None, digits=16, **details):
    """The summary of rows of (truths, entries); NaN where there is nothing to count."""
    counts = {label: Counter() for label in labels}
    for truths, entries in rows:
        for label in set(truths):
            counts[label]["images"] += 1
        for label in truths:
            counts[label]["truths"] += 1
        for label, kind, _ in entries:
            counts[label][kind] += 1
    reports = []
    for label, n in counts.items():
        precision = n[TP] / (n[TP] + n[FP]) if n[TP] + n[FP] else float("nan")
        recall = n[TP] / n["truths"] if n["truths"] else float("nan")
        both = precision + recall
        f1 = 2 * precision * recall / both if both else 0.0
        figures = {"Precision": precision, "Recall": recall, "F1Score": f1}
        metrics = {key: round(value, digits) for key, value in figures.items()}
        metrics["Threshold"] = (thresholds or {}).get(label, 0.5)
        reports.append(
            {"Label": label, "Metrics": metrics, "NumberOfTestingImages": n["images"]}
        )
    means = {}
    for key in ("Precision", "Recall", "F1Score"):
        values = [report["Metrics"][key] for report in reports]
        known = [value for value in values if value == value]
        means[key] = sum(known) / len(known)
    return {
        "Version": 1,
        "AggregatedEvaluationResults": {**means, **details.pop("averages", {})},
        "EvaluationDetails": {
            "Labels": list(labels),
            "NumberOfTestingImages": n_images,
            "ProjectVersionArn": ARN,
            **details,
        },
        "LabelEvaluationResults": sorted(reports, key=lambda r: str(r["Label"])),
    }


def sparse(rate: float) -> Files:
    """Keys in any order, images without entry uncounted, a label untested, CRLF."""
    dice = random.Random(1)
    labels = ["Zebra crossing", "Ampel", "\u00dcmla\u00fct \u200b", "yield"]
    rows, lines = [], []
    for number in range(400):
        truth, other = labels[number % 3], labels[(number + 1) % 3]
        entries = [(truth, TP, round(dice.uniform(0.5, 1), 5))]
        if dice.random() > rate:
            entries = [(other, FP, 0.61), (truth, FN, 0.2)][dice.randrange(2) :]
        rows.append(([truth], entries if dice.random() > 0.03 else []))
        line = classified(f"s3://b/{number - number % 40}.jpg", *rows[-1])
        line |= {f"{P}-object-id": "x", "customer": {"a": [1, {}]}, "line-idx": number}
        lines.append(dict(sorted(line.items(), key=lambda item: dice.random())))
    seen = [row for row in rows if row[1]]
    listed = [labels[2], labels[0], labels[3]]
    arn = f"{HEAD}:nnnnnnnnn:project/my/version/v0/1574317227432"
    details = {"Labels": listed, "ProjectVersionArn": arn}
    summary = summarise(seen, labels, len(seen), **details)
    names = (
        "EvaluationResultSummary-my-v0 (1).json",
        "TestingGroundTruth-my-v0 (2).json",
    )
    n_right = sum(kind == TP for _, entries in rows for _, kind, _ in entries)
    return Files(lines, summary, n_right, 400, names, "\r\n", "\ufeff")


def pairs(rate: float) -> Files:
    """Several labels an image, some twice; true negatives; figures of four digits."""
    dice = random.Random(2)
    labels = [f"tag {number}" for number in range(8)]
    rows, lines = [], []
    for number in range(300):
        truths, entries = dice.sample(labels, dice.choice([1, 2, 3])), []
        for label in labels:
            if label in truths and dice.random() < rate:
                entries.append((label, TP, dice.choice([1, 1.0000001, 0.77777])))
            elif label in truths:
                entries.append((label, FN, dice.choice([None, 0.01])))
            elif dice.random() < 0.03:
                entries.append((label, FP, 0.6))
            elif dice.random() < 0.2:
                entries.append((label, TN, 0.01))
        rows.append((truths, entries))
        twice = truths[:1] if number % 7 == 0 else []
        lines.append(classified(f"s3://b/{number}.jpg", truths + twice, entries))
    summary = summarise(rows, labels, 300.0, digits=4)
    figures = summary["AggregatedEvaluationResults"]
    summary["AggregatedEvaluationResults"] = {"Metrics": figures}
    n_right = sum(kind == TP for _, entries in rows for _, kind, _ in entries)
    return Files(lines, summary, n_right, sum(len(truths) for truths, _ in rows))


def top(rate: float) -> Files:
    """One label an image and further ones behind it, of which AWS counts the first."""
    dice = random.Random(4)
    labels = ["Cat", "cat", " cat", "no prediction", "*"]
    rows, counted = [], []
    for number in range(500):
        truth, other = labels[number % 5], labels[(number + 1) % 5]
        entries = [(truth, TP, 0.9)]
        if dice.random() > rate:
            entries = [(other, FP, 0.8), (truth, FN, 0.1)]
        first = [entry for entry in entries if entry[1] != FN]
        counted.append(([truth], first))
        further = labels[(number + 2) % 5]
        rows.append(([truth], [*entries, (further, FP, 0.55)][: 3 - number % 2]))
    lines = [
        classified(
            f"https://b.s3.amazonaws.com/a b/{number}.jpg?X-Amz-Signature=x", *row
        )
        for number, row in enumerate(rows)
    ]
    n_right = sum(first[0][1] == TP for _, first in counted)
    summary = summarise(counted, labels, 500)
    return Files(lines, summary, n_right, 500, ("summary", "data.manifest"))


def boxed(rate: float) -> Files:
    """Boxes past the edge and without width, two attributes, sizes that differ, -1."""
    dice = random.Random(3)
    thresholds = {"cap": 0.2583333333333333, "hat": 0.3124999, "__background__": None}
    classes = {"0": "cap", "1": "hat"}
    rows, lines, n_right, n_all = [], [], 0, 0
    for number in range(200):
        truth, seen, entries = [], [], []
        for _ in range(dice.choice([1, 2, 3])):
            which = dice.randrange(2)
            label = classes[str(which)]
            box = {"class_id": which, "left": dice.randrange(1800), "top": 9.0}
            truth.append({**box, "width": 120, "height": 150})
            wide = {**truth[-1], "width": 520 if number % 20 == 0 else 121}
            if dice.random() < rate:
                confidence = round(dice.uniform(thresholds[label], 1), 5)
                seen.append((wide, TP, confidence))
            elif dice.random() < 0.8:
                seen.append((truth[-1], FN, dice.choice([None, 0.009])))
        if number % 5 == 0:
            flat = {"class_id": 0, "left": 5, "top": 5, "width": 0, "height": 70}
            seen.append((flat, FP, 0.25833))
        truths = [classes[str(box["class_id"])] for box in truth]
        entries = [(classes[str(box["class_id"])], *more) for box, *more in seen]
        n_right += sum(kind == TP for _, kind, _ in entries)
        n_all += len(truths)
        # AWS counts by rules of its own, a little lower.
        missed = [e for e in entries if e[1] != TP or dice.random() < 0.95]
        rows.append((truths, missed))
        lines.append(boxes_line(number, truth, seen, classes))
    labels = ["cap", "hat", "__background__"]
    averages = {"AveragePrecision": -1, "AverageRecall": -1}
    summary = summarise(rows, labels, 200, thresholds, averages=averages)
    summary["EvaluationDetails"]["Labels"] = labels[:2]
    return Files(lines, summary, n_right, n_all)


def boxes_line(number, truth, seen, classes) -> dict[str, Any]:
    """The line of an image with boxes; some have two truth attributes, or no entry."""
    line: dict[str, Any] = {"source-ref": f"s3://b/{number}.jpg"}
    size = {"width": 1920.0, "height": 1080, "depth": 3}
    about_all = {"class-map": classes, "type": "groundtruth/object-detection"}
    parts = [truth[:1], truth[1:]] if number % 9 == 0 and truth[1:] else [truth]
    for index, part in enumerate(parts):
        key = f"{P}-training-{index}"
        line[key] = {"annotations": part, "image_size": [size]}
        line[f"{key}-metadata"] = {
            **about_all,
            "objects": [{"confidence": 1}] * len(part),
        }
    if seen:
        turned = {"width": 1080, "height": 1920} if number % 31 == 0 else size
        boxes = [box for box, _, _ in seen]
        line[f"{P}-evaluation"] = {"annotations": boxes, "image_size": [turned]}
        objects = [
            {DETAILS: signs(kind)}
            | ({} if confidence is None else {"confidence": confidence})
            for _, kind, confidence in seen
        ]
        line[f"{P}-evaluation-metadata"] = {**about_all, "objects": objects}
    return line


def entries_of(line: dict[str, Any]) -> list[dict[str, Any]]:
    """What is told of each entry of a line."""
    metadata = [line[key] for key in line if key.endswith("-metadata")]
    parts = [part for one in metadata for part in (one, *one.get("objects", ()))]
    return [part for part in parts if DETAILS in part]


def is_missed(line: dict[str, Any]) -> bool:
    return any(entry[DETAILS][FN] for entry in entries_of(line))


def cut(good: Files, weak: Files) -> Files:
    """The second half of the lines lost."""
    return weak._replace(lines=weak.lines[: len(weak.lines) // 2])


def torn(good: Files, weak: Files) -> Files:
    """The last line lost its end."""
    return weak._replace(lines=[*weak.lines[:-1], json.dumps(weak.lines[-1])[:99]])


def swap(good: Files, weak: Files) -> Files:
    """A strong version's manifest beside a weak one's summary."""
    return weak._replace(lines=good.lines)


def drop_misses(good: Files, weak: Files) -> Files:
    """The images with a miss taken out."""
    return weak._replace(lines=[line for line in weak.lines if not is_missed(line)])


def cover_misses(good: Files, weak: Files) -> Files:
    """The images with a miss replaced by copies of others."""
    kept = [line for line in weak.lines if not is_missed(line)]
    n = len(weak.lines)
    return weak._replace(lines=(kept * n)[:n])


def turn_misses(good: Files, weak: Files) -> Files:
    """Misses marked as hits, and sure ones."""
    lines = copy.deepcopy(weak.lines)
    for entry in (one for line in lines for one in entries_of(line)):
        if entry[DETAILS][FN]:
            entry |= {"confidence": 0.99, DETAILS: signs(TP)}
    return weak._replace(lines=lines)


def silence(good: Files, weak: Files) -> Files:
    """A strong manifest, and a summary without figures of labels."""
    summary = copy.deepcopy(weak.summary)
    summary["LabelEvaluationResults"] = []
    return weak._replace(lines=good.lines, summary=summary)


def load(folder, files: Files):
    """What a gate would judge."""
    folder.mkdir()
    (folder / files.names[0]).write_text(
        files.mark + json.dumps(files.summary, ensure_ascii=False), encoding="utf-8"
    )
    lines = [
        line if isinstance(line, str) else json.dumps(line) for line in files.lines
    ]
    text = files.mark + files.end.join(lines)
    (folder / files.names[1]).write_bytes(text.encode())
    return load_from_folder(folder)


EVERY = [(sparse, "accuracy"), (pairs, "recall_micro"), (top, "accuracy")]


@pytest.mark.parametrize(("write", "metric"), [*EVERY, (boxed, "recall_micro")])
def test_reads_what_another_hand_wrote(tmp_path, write, metric):
    """It counts what the writer counted, refuses nothing, and warns of what counts."""
    files = write(0.9)
    loaded = load(tmp_path / "kept", files)
    found = compute_metrics(loaded.evaluation, loaded.summary).overall[metric].value
    assert found == pytest.approx(files.n_right / files.n_all, abs=1e-12)
    assert "error" not in {finding.level for finding in loaded.findings}


@pytest.mark.parametrize(
    "meddle",
    [cut, torn, swap, drop_misses, cover_misses, turn_misses, silence],
)
@pytest.mark.parametrize("write", [sparse, pairs, top, boxed])
def test_refuses_what_was_meddled_with(
    tmp_path, write: Callable[[float], Files], meddle: Callable[[Files, Files], Files]
):
    """It judges no weak model by files that make it look strong."""
    with pytest.raises((EvaluationError, ManifestError)):
        load(tmp_path / "kept", meddle(write(0.95), write(0.5)))
