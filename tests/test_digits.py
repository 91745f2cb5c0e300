"""The built-in example: one version that may go out, one that may not."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest

from rekmetrics.arns import parse_version_arn
from rekmetrics.demo.digits import build_example
from rekmetrics.demo.example import DIGIT_LABELS, best_threshold


@pytest.fixture(scope="module")
def example():
    return build_example()


def outcomes(version):
    """How often the most confident prediction was right, wrong, or not there."""
    counts = Counter()
    for text in version.manifest.splitlines():
        line = json.loads(text)
        entries = [value for key, value in line.items() if "evaluation" in key]
        entries = [entry for entry in entries if isinstance(entry, dict)]
        made = [
            (entry["confidence"], details["is-true-positive"])
            for entry in entries
            if not (details := entry["rekognition-custom-labels-evaluation-details"])[
                "is-false-negative"
            ]
        ]
        counts[max(made)[1] if made else None] += 1
    return counts


def test_has_a_good_version_a_weak_one_and_a_middling_one(example):
    """They stand far enough apart that no scikit-learn release swaps them."""
    good, weak, middling = (outcomes(version)[True] / 599 for version in example)
    assert good == pytest.approx(0.97, abs=0.015)
    assert weak == pytest.approx(0.82, abs=0.03)
    assert middling == pytest.approx(0.935, abs=0.015)


def test_leaves_some_images_without_prediction(example):
    """Good and weak have images where no label reached its threshold."""
    good, weak, _ = (outcomes(version) for version in example)
    assert 1 <= good[None] <= 15
    assert 10 <= weak[None] <= 60


def test_lists_what_each_version_was_trained_on(example):
    """As many images as its summary counts, each once, and none of the test images."""
    for version in example:
        trained = [json.loads(line)["source-ref"] for line in version.training.split()]
        counted = json.loads(version.summary)["EvaluationDetails"]
        assert len({*trained}) == len(trained) == counted["NumberOfTrainingImages"]
        assert not {*trained} & {*version.images}


def test_tests_all_versions_on_the_same_images(example):
    """The same images in the same order, each with its picture."""
    refs = [
        [json.loads(line)["source-ref"] for line in version.manifest.splitlines()]
        for version in example
    ]
    assert refs[0] == refs[1] == refs[2]
    assert set(refs[0]) == set(example[0].images)
    assert all(png.startswith(b"\x89PNG") for png in example[0].images.values())


def test_names_its_versions_as_aws_does(example):
    """Version ARNs are well formed and stand in the summary."""
    for version in example:
        arn = parse_version_arn(version.version_arn)
        details = json.loads(version.summary)["EvaluationDetails"]
        assert arn.version_name == version.version_name
        assert details["ProjectVersionArn"] == version.version_arn
        assert details["Labels"] == list(DIGIT_LABELS) != sorted(DIGIT_LABELS)


def test_picks_the_threshold_with_the_best_f1():
    """By hand: 3 of the top 4 are right, and the tie at 0.5 is not torn apart."""
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5], dtype=np.float32)
    is_true = np.array([True, False, True, True, False, False])
    assert best_threshold(scores, is_true, 3) == pytest.approx(0.6)
    scores = np.array([0.9, 0.5, 0.5, 0.5, 0.5], dtype=np.float32)
    is_true = np.array([True, True, False, False, False])
    assert best_threshold(scores, is_true, 2) == pytest.approx(0.9)
