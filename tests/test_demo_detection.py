"""The second built-in example: detectors of digits, one that may go out, one not."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from rekmetrics.arns import parse_version_arn
from rekmetrics.demo.detection import build_example
from rekmetrics.demo.example import DIGIT_LABELS
from rekmetrics.evaluation import build_evaluation
from rekmetrics.manifest import parse_manifest
from rekmetrics.metrics.numbers import measure
from rekmetrics.summary import parse_summary

pytestmark = pytest.mark.slow

PREFIX = "rekognition-custom-labels"


@pytest.fixture(scope="module")
def example():
    return build_example()


@pytest.fixture(params=["good", "weak"])
def version(request, example):
    return example[request.param == "weak"]


def lines(version):
    return [json.loads(text) for text in version.manifest.splitlines()]


def annotations(line, part):
    """Rows of label and box, with the object of each."""
    body, metadata = line[f"{PREFIX}-{part}"], line[f"{PREFIX}-{part}-metadata"]
    for annotation, about in zip(body["annotations"], metadata["objects"], strict=True):
        yield metadata["class-map"][str(annotation["class_id"])], annotation, about


def kinds(version):
    counts = Counter()
    for line in lines(version):
        for _, _, about in annotations(line, "evaluation"):
            details = about[f"{PREFIX}-evaluation-details"]
            counts.update(key for key, value in details.items() if value is True)
        counts["truths"] += len(list(annotations(line, "training-0")))
    return counts


def numbers(version):
    summary = parse_summary(version.summary)
    evaluation = build_evaluation(parse_manifest([version.manifest]), summary)
    return summary, measure(evaluation)


def test_has_a_good_version_and_a_weak_one(example):
    """The two stand far enough apart that no other release of numpy swaps them."""
    good, weak = (parse_summary(version.summary) for version in example)
    assert good.f1 == pytest.approx(0.89, abs=0.04)
    assert weak.f1 == pytest.approx(0.67, abs=0.06)
    assert good.average_precision > weak.average_precision + 0.1


def test_has_all_kinds_of_entries(version):
    """Boxes are found, made up, found too late; some true ones have no entry at all."""
    counts = kinds(version)
    hits, misses = counts["is-true-positive"], counts["is-false-negative"]
    assert hits > 150
    assert counts["is-false-positive"] > 10
    assert misses > 10
    assert hits + misses < counts["truths"]


def test_leaves_out_what_is_below_the_threshold(version):
    """Predictions reach the threshold of their label, misses do not."""
    reports = parse_summary(version.summary).label_reports
    for line in lines(version):
        for label, _, about in annotations(line, "evaluation"):
            details = about[f"{PREFIX}-evaluation-details"]
            is_reached = about["confidence"] >= reports[label].threshold
            assert is_reached is not details["is-false-negative"]


def test_keeps_boxes_inside_their_images(version):
    """All boxes have a size, whole numbers, and lie on the image."""
    for line in lines(version):
        for part in ("training-0", "evaluation"):
            (size,) = line[f"{PREFIX}-{part}"]["image_size"]
            for _, box, _ in annotations(line, part):
                assert {type(box[side]) for side in box} == {int}
                assert min(box["left"], box["top"]) >= 0
                assert min(box["width"], box["height"]) >= 1
                assert box["left"] + box["width"] <= size["width"]
                assert box["top"] + box["height"] <= size["height"]


def test_tests_both_versions_on_the_same_images(example):
    """The same images with the same boxes in the same order, each with its picture."""
    truths = [
        [(line["source-ref"], line[f"{PREFIX}-training-0"]) for line in lines(version)]
        for version in example
    ]
    assert [ref for ref, _ in truths[0]] == [ref for ref, _ in truths[1]]
    assert [len(body["annotations"]) for _, body in truths[0]] == [
        len(body["annotations"]) for _, body in truths[1]
    ]
    assert {ref for ref, _ in truths[0]} == set(example[0].images)
    assert all(png.startswith(b"\x89PNG") for png in example[0].images.values())


def test_names_its_versions_as_aws_does(version):
    """Version ARNs are well formed and stand in the summary."""
    arn = parse_version_arn(version.version_arn)
    details = json.loads(version.summary)["EvaluationDetails"]
    assert arn.version_name == version.version_name
    assert details["ProjectVersionArn"] == version.version_arn
    assert details["Labels"] == list(DIGIT_LABELS)


def test_is_read_and_judged_like_any_other(version):
    """Its flags and its boxes tell the same story: all were matched at 0.5."""
    summary, computed = numbers(version)
    overall = computed.overall
    assert overall["recall_macro"].value == pytest.approx(summary.recall)
    assert overall["precision_macro"].value == pytest.approx(summary.precision)
    assert overall["average_recall"].value == pytest.approx(summary.recall)
    assert overall["recall_micro"].n_total == kinds(version)["truths"]


def test_shows_that_average_precision_is_cut_off(version):
    """The manifest's average precision lies below the one of all boxes."""
    summary, computed = numbers(version)
    cut_off = computed.overall["average_precision"].value
    assert summary.average_precision - 0.2 < cut_off < summary.average_precision


def test_has_boxes_of_two_sizes(version):
    """Small and medium digits were pasted, so that classes of size can be seen."""
    _, computed = numbers(version)
    assert computed.overall["average_precision_small"].support > 50
    assert computed.overall["average_precision_medium"].support > 50
    assert computed.overall["average_precision_large"].value is None


def test_is_the_same_every_time(example):
    """Two builds give the same bytes."""
    assert build_example() == example
