"""The writer of AWS-shaped documents: shapes by the samples, numbers by hand."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest

from rekmetrics.fake_aws.files import (
    SYNTHETIC,
    Box,
    Entry,
    LabelledImage,
    entries_from_scores,
    write_manifest,
    write_png,
    write_summary,
)

IMAGES = (
    LabelledImage("s3://b/1.png", ("cap",), (Entry("cap", 0.9, "TP"),)),
    LabelledImage(
        "s3://b/2.png", ("cap",), (Entry("hat", 0.7, "FP"), Entry("cap", 0.1, "FN"))
    ),
    LabelledImage("s3://b/3.png", ("hat",), (Entry("hat", 0.6, "TP"),)),
    LabelledImage("s3://b/4.png", ("hat",)),
)
"""cap: 1 TP, 0 FP, 2 true. hat: 1 TP, 1 FP, 2 true."""


def lines(manifest: bytes) -> list[dict]:
    assert manifest.endswith(b"\n")
    return [json.loads(line) for line in manifest.splitlines()]


def test_thresholds_every_label_on_its_own():
    """A true label is a TP or an FN, another one an FP or not written."""
    scores = {"cap": 0.2, "hat": 0.5, "sock": 0.49}
    thresholds = {"cap": 0.3, "hat": 0.5, "sock": 0.5}
    assert entries_from_scores("cap", scores, thresholds) == (
        Entry("cap", 0.2, "FN"),
        Entry("hat", 0.5, "FP"),
    )
    assert entries_from_scores(["hat", "cap"], scores, thresholds) == (
        Entry("cap", 0.2, "FN"),
        Entry("hat", 0.5, "TP"),
    )


def test_writes_classification_keys_as_the_sample_has_them():
    """Keys and nesting are those of AWS's documented line."""
    line = lines(write_manifest(IMAGES))[1]
    assert list(line) == [
        "source-ref",
        "rekognition-custom-labels-training-0",
        "rekognition-custom-labels-training-0-metadata",
        "rekognition-custom-labels-evaluation-0",
        "rekognition-custom-labels-evaluation-0-metadata",
        "rekognition-custom-labels-evaluation-1",
        "rekognition-custom-labels-evaluation-1-metadata",
        "synthetic",
    ]
    assert line["synthetic"] == SYNTHETIC
    wrong = line["rekognition-custom-labels-evaluation-0-metadata"]
    assert wrong["class-name"] == "hat"
    assert wrong["confidence"] == 0.7
    assert wrong["type"] == "groundtruth/image-classification"
    assert wrong["rekognition-custom-labels-evaluation-details"] == {
        "version": 1,
        "ground-truth-labelling-jobs": ["rekognition-custom-labels-training-job"],
        "is-true-positive": False,
        "is-true-negative": False,
        "is-false-positive": True,
        "is-false-negative": False,
        "is-present-in-ground-truth": False,
    }


def test_leaves_the_evaluation_out_where_there_are_no_entries():
    """An image without entries has its truth alone."""
    assert not any("evaluation" in key for key in lines(write_manifest(IMAGES))[3])


def test_writes_boxes_with_class_maps():
    """Detection has one evaluation key without an index, and paired lists."""
    image = LabelledImage(
        "s3://b/1.png",
        ("cap",),
        (
            Entry("cap", 0.9, "TP", Box(1, 2, 3, 4)),
            Entry("hat", 0.8, "FP", Box(5, 6, 7, 8)),
        ),
        boxes=(Box(1, 2, 3, 5),),
        size=(100, 50),
    )
    (line,) = lines(write_manifest([image]))
    truth = line["rekognition-custom-labels-training-0"]
    assert truth == {
        "annotations": [{"class_id": 0, "left": 1, "top": 2, "width": 3, "height": 5}],
        "image_size": [{"width": 100, "depth": 3, "height": 50}],
    }
    metadata = line["rekognition-custom-labels-evaluation-metadata"]
    assert metadata["class-map"] == {"0": "cap", "1": "hat"}
    assert [o["confidence"] for o in metadata["objects"]] == [0.9, 0.8]
    annotations = line["rekognition-custom-labels-evaluation"]["annotations"]
    assert [a["class_id"] for a in annotations] == [0, 1]


def test_computes_the_summary_from_the_same_images():
    """Label figures are count ratios; aggregates are plain means over labels."""
    summary = json.loads(
        write_summary(IMAGES, labels=["hat", "cap"], thresholds={"cap": 0.5})
    )
    assert summary["EvaluationDetails"]["Labels"] == ["hat", "cap"]
    assert summary["EvaluationDetails"]["NumberOfTestingImages"] == 4
    cap, hat = summary["LabelEvaluationResults"]
    assert cap == {
        "Label": "cap",
        "Metrics": {
            "F1Score": pytest.approx(2 / 3),
            "Precision": 1.0,
            "Recall": 0.5,
            "Threshold": 0.5,
        },
        "NumberOfTestingImages": 2,
    }
    assert hat["Metrics"] == {
        "F1Score": 0.5,
        "Precision": 0.5,
        "Recall": 0.5,
        "Threshold": 0.6,
    }
    aggregate = summary["AggregatedEvaluationResults"]
    assert aggregate["Precision"] == 0.75
    assert aggregate["F1Score"] == pytest.approx((2 / 3 + 0.5) / 2)
    assert {
        "GroundTruthLabel": "cap",
        "PredictedLabel": "hat",
        "Value": 0.5,
    } in aggregate["ConfusionMatrix"]


def test_writes_what_is_undefined_as_nought():
    """A label without images or predictions has no precision and no recall."""
    written = write_summary(IMAGES, labels=["hat", "cap", "sock"])
    sock = json.loads(written)["LabelEvaluationResults"][-1]
    nothing = dict.fromkeys(("F1Score", "Precision", "Recall"), 0.0)
    assert sock["Metrics"] == {**nothing, "Threshold": 0.5}


def test_writes_png_pictures():
    """The chunks carry size, colour type and the pixels behind a filter byte."""
    grey = np.array([[0, 128, 255], [1, 2, 3]], dtype=np.uint8)
    png = write_png(grey)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png[16:26] == bytes([0, 0, 0, 3, 0, 0, 0, 2, 8, 0])
    data = png[png.index(b"IDAT") + 4 :]
    assert zlib.decompressobj().decompress(data) == bytes([0, 0, 128, 255, 0, 1, 2, 3])
    assert write_png(np.zeros((2, 2, 3), np.uint8))[25] == 2
