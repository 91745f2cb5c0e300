"""One evaluation in every combination of what AWS may write has the same numbers."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluation_files import LABELS, PREFIX, SIX, flags, parse

from rekmetrics.fake_aws.files import (
    Box,
    Entry,
    LabelledImage,
    write_manifest,
    write_summary,
)
from rekmetrics.loading.documents import build
from rekmetrics.metrics import compute_metrics
from rekmetrics.summary import parse_summary

SURE = LabelledImage("s3://zoo/6.jpg", ("ant",), (Entry("ant", 1.0, "TP"),))
ZOO = (*SIX, SURE)
EDGE = Box(600, 400, 40, 80)
CAPS = tuple(
    LabelledImage(
        f"s3://caps/{number}.jpg",
        ("cap", "hat"),
        (
            Entry("cap", 0.9, "TP", Box(10, 10, 20, 20)),
            Entry("hat", 0.8, "TP" if number else "FP", EDGE),
            Entry("hat", 0.1, "FN", EDGE),
        )[: 3 if number == 0 else 2],
        (Box(10, 10, 20, 21), EDGE if number else Box(500, 300, 40, 80)),
    )
    for number in range(4)
)

FILES = ("mark", "blank", "returns", "other_kind", "shuffled", "unknown")
LINES = ("true_negatives", "no_confidence", "beyond_one", "two_attributes", "indexes")
BOXES = ("true_negatives", "no_confidence", "two_attributes", "points", "past_edge")
SUMMARY = ("mark", "nested", "unlisted", "points", "rounded", "undefined", "uncounted")


def choices(*names):
    return st.fixed_dictionaries({name: st.booleans() for name in names})


def measure(manifest, summary):
    """All numbers of record, but for those that AWS reports."""
    found = parse_summary(summary)
    evaluation, _ = build(parse(manifest), found, task="auto", description=None)
    numbers = compute_metrics(evaluation, found)
    return [
        {name: own[name] for name in own if not name.startswith("reported_")}
        for own in (
            numbers.overall,
            *(numbers.labels[key] for key in sorted(numbers.labels)),
        )
    ]


def say_otherwise(manifest, change, other, dialect):
    """The lines changed one by one, and then the file."""
    lines = []
    for text in manifest.splitlines():
        line = json.loads(text)
        change(line, dialect)
        if dialect["unknown"]:
            line |= {f"{PREFIX}-object-id": "x", "customer": {"deep": [1]}}
        if dialect["shuffled"]:
            line = dict(sorted(line.items(), key=lambda item: item[0][::-1]))
        lines.append(json.dumps(line).encode())
    if dialect["other_kind"]:
        lines.insert(1, other.splitlines()[0])
    if dialect["blank"]:
        lines = [part for line in lines for part in (line, b"")]
    end = b"\r\n" if dialect["returns"] else b"\n"
    return b"\xef\xbb\xbf" * dialect["mark"] + b"".join(line + end for line in lines)


def change_labels(line, dialect):
    """A classification line, said otherwise."""
    for key in [key for key in line if key.endswith("-metadata")]:
        entry = line[key]
        details = entry.get(f"{PREFIX}-evaluation-details")
        is_miss = bool(details and details["is-false-negative"])
        if dialect["no_confidence"] and is_miss:
            del entry["confidence"]
        if dialect["beyond_one"] and entry.get("confidence") == 1.0:
            entry["confidence"] = 1.0000001
        if dialect["two_attributes"] and details is None:
            line[f"{PREFIX}-training-77"] = 1
            line[f"{PREFIX}-training-77-metadata"] = entry
    if dialect["indexes"]:
        for key in [key for key in line if f"{PREFIX}-evaluation-" in key]:
            line[key.replace("-evaluation-", "-evaluation-9", 1)] = line.pop(key)
    if dialect["true_negatives"]:
        borne = {m["class-name"] for k, m in line.items() if k.endswith("-metadata")}
        for label in sorted({*LABELS} - borne):
            key = f"{PREFIX}-evaluation-5{LABELS.index(label)}"
            line[key] = 1
            line[f"{key}-metadata"] = {
                "confidence": 0.01,
                "class-name": label,
                "type": "groundtruth/image-classification",
                f"{PREFIX}-evaluation-details": flags("true-negative"),
            }


def change_boxes(line, dialect):
    """A detection line, said otherwise."""
    entry, metadata = (line[f"{PREFIX}-evaluation{end}"] for end in ("", "-metadata"))
    for box, item in zip(entry["annotations"], metadata["objects"], strict=True):
        if dialect["past_edge"] and box["left"] + box["width"] == 640:
            box["width"] += 7
        if dialect["points"]:
            box["class_id"] = float(box["class_id"])
        details = item[f"{PREFIX}-evaluation-details"]
        if dialect["no_confidence"] and details["is-false-negative"]:
            item["confidence"] = None
    if dialect["points"]:
        size = entry["image_size"][0]
        size |= {name: float(size[name]) for name in ("width", "height")}
    if dialect["true_negatives"]:
        entry["annotations"].append(
            {"class_id": 0, "left": 1, "top": 1, "width": 1, "height": 1}
        )
        rightly = {f"{PREFIX}-evaluation-details": flags("true-negative")}
        metadata["objects"].append({"confidence": 0.01, **rightly})
    if dialect["two_attributes"]:
        _split_truth(line)


def _split_truth(line):
    """The last box into an attribute of its own."""
    key, other = f"{PREFIX}-training-0", f"{PREFIX}-training-1"
    truth, metadata = line[key], line[f"{key}-metadata"]
    line[other] = {**truth, "annotations": [truth["annotations"].pop()]}
    line[f"{other}-metadata"] = {**metadata, "objects": [metadata["objects"].pop()]}


def summarise(images, labels, dialect):
    """The summary, said otherwise."""
    if dialect["uncounted"]:
        images = [image for image in images if image.entries]
    summary = json.loads(
        write_summary(images, labels=labels, thresholds=dict.fromkeys(labels, 0.5))
    )
    details, aggregates = summary["EvaluationDetails"], "AggregatedEvaluationResults"
    if dialect["rounded"]:
        for report in summary["LabelEvaluationResults"]:
            report["Metrics"] = {k: round(v, 4) for k, v in report["Metrics"].items()}
    if dialect["undefined"]:
        summary[aggregates] |= {"AveragePrecision": -1, "AverageRecall": -1}
    if dialect["nested"]:
        summary[aggregates] = {"Metrics": summary[aggregates]}
    if dialect["unlisted"]:
        details["Labels"] = details["Labels"][:-1]
    if dialect["points"]:
        details["NumberOfTestingImages"] = float(details["NumberOfTestingImages"])
    return b"\xef\xbb\xbf" * dialect["mark"] + json.dumps(summary).encode()


PLAIN = dict.fromkeys(SUMMARY, False)
ZOO_LINES, CAP_LINES = write_manifest(ZOO), write_manifest(CAPS)
ZOO_NUMBERS = measure(ZOO_LINES, summarise(ZOO, LABELS, PLAIN))
CAP_NUMBERS = measure(CAP_LINES, summarise(CAPS, ("cap", "hat"), PLAIN))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(choices(*FILES, *LINES), choices(*SUMMARY))
def test_reads_labels_in_every_dialect(dialect, of_summary):
    """It has the numbers of the plain files, whatever AWS's readings are combined."""
    manifest = say_otherwise(ZOO_LINES, change_labels, CAP_LINES, dialect)
    assert measure(manifest, summarise(ZOO, LABELS, of_summary)) == ZOO_NUMBERS


@settings(max_examples=100, deadline=None, derandomize=True)
@given(choices(*FILES, *BOXES), choices(*SUMMARY))
def test_reads_boxes_in_every_dialect(dialect, of_summary):
    """It has the numbers of the plain files for boxes as well."""
    manifest = say_otherwise(CAP_LINES, change_boxes, ZOO_LINES, dialect)
    summary = summarise(CAPS, ("cap", "hat"), of_summary)
    assert measure(manifest, summary) == CAP_NUMBERS


def test_speaks_dialects_that_differ():
    """It changes bytes for each choice by itself, and numbers for another model."""
    for lines, change, names, other in (
        (ZOO_LINES, change_labels, (*FILES, *LINES), CAP_LINES),
        (CAP_LINES, change_boxes, (*FILES, *BOXES), ZOO_LINES),
    ):
        plain = dict.fromkeys(names, False)
        usual = say_otherwise(lines, change, other, plain)
        for name in names:
            assert say_otherwise(lines, change, other, plain | {name: True}) != usual
    for name in SUMMARY:
        assert summarise(ZOO, LABELS, PLAIN | {name: True}) != summarise(
            ZOO, LABELS, PLAIN
        )
    worse = (replace(ZOO[0], entries=(Entry("ant", 0.1, "FN"),)), *ZOO[1:])
    found = measure(write_manifest(worse), summarise(worse, LABELS, PLAIN))
    assert found != ZOO_NUMBERS
