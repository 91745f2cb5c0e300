"""AWS's own numbers against the manifest, and against the version's description."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.evaluation_files import LABELS, PAIRS, SIX, evaluate, parse, summarise

from rekmetrics.evaluation import build_evaluation
from rekmetrics.evidence import check_evidence
from rekmetrics.fake_aws.files import Box, Entry, LabelledImage, write_manifest
from rekmetrics.model import Model

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/zoo/version/v1/1772359200000"
OTHER = ARN.replace("v1", "v0")
CAPS = (
    LabelledImage(
        "s3://zoo/0.jpg",
        ("cap",),
        (
            Entry("cap", 0.9, "TP", Box(0, 0, 9, 9)),
            Entry("cap", 0.8, "FP", Box(50, 0, 9, 9)),
        ),
        (Box(0, 0, 9, 9),),
    ),
)


def description(arn=ARN, source=None, f1=5 / 9):
    """What Rekognition says of the version, with its F1 as a 32-bit float."""
    number = None if f1 is None else float(np.float32(f1))
    return Model(version_arn=arn, source_version_arn=source, f1=number)


def check(images=SIX, labels=LABELS, *, described=None, summary=None, task="auto"):
    """The findings by name."""
    summary = summary or summarise(images, labels, version_arn=ARN)
    evaluation = evaluate(images, labels, task=task)
    findings = check_evidence(evaluation, summary, description=described)
    assert len({finding.name for finding in findings}) == len(findings)
    return {finding.name: finding for finding in findings}


def change_report(summary, label, **changes):
    """The summary with another report of one label."""
    reports = dict(summary.label_reports)
    reports[label] = replace(reports[label], **changes)
    return replace(summary, label_reports=reports)


def test_refuses_a_summary_that_nothing_ties_to_the_manifest():
    """Equal supports are no tie: another version is tested on the same images."""
    summary = summarise(SIX, version_arn=ARN)
    for label in LABELS:
        assert check(summary=summary)["link"].level == "info"
        summary = change_report(summary, label, precision=None, recall=None)
    found = check(summary=summary)
    assert found["label support"].level == "info"
    assert found["link"].level == "error"
    assert "nothing shows that the manifest is of the same version" in (
        found["link"].message
    )


@pytest.mark.parametrize("images", [SIX, PAIRS])
def test_says_what_agrees(images):
    """It has a finding for each comparison that was made, and no complaint."""
    summary = summarise(images, version_arn=ARN)
    found = check(images, described=description(f1=summary.f1), summary=summary)
    assert {finding.level for finding in found.values()} == {"info"}
    assert set(found) == {
        "images", "version", "described F1", "labels", "link", "label support",
        "label precision", "label recall", "label F1", "aggregate precision",
        "aggregate recall", "aggregate F1", "reported numbers",
    }  # fmt: skip
    assert (found["images"].expected, found["images"].found) == (str(len(images)),) * 2


def test_counts_every_label_at_its_threshold():
    """It compares the flags, not the one prediction that a reading chooses."""
    for task in ("multiclass", "multilabel"):
        assert check(task=task)["label precision"].level == "info"


@pytest.mark.parametrize(
    ("name", "level", "spoil"),
    [
        ("images", "error", lambda s: replace(s, n_testing_images=7)),
        (
            "label support",
            "error",
            lambda s: change_report(s, "bee", n_testing_images=3),
        ),
        ("label precision", "error", lambda s: change_report(s, "bee", precision=0.51)),
        ("label recall", "error", lambda s: change_report(s, "ant", recall=0.50001)),
        ("label F1", "warning", lambda s: change_report(s, "ant", f1=0.6)),
        ("aggregate precision", "warning", lambda s: replace(s, precision=0.7)),
        ("aggregate recall", "warning", lambda s: replace(s, recall=0.6)),
        ("aggregate F1", "warning", lambda s: replace(s, f1=0.5)),
        ("aggregate F1", "warning", lambda s: replace(s, f1=None)),
        (
            "reported numbers",
            "warning",
            lambda s: change_report(s, "ant", threshold=None),
        ),
        ("reported numbers", "warning", lambda s: change_report(s, "ant", recall=None)),
    ],
)
def test_names_a_contradiction(name, level, spoil):
    """It finds each number that does not follow from the others."""
    found = check(summary=spoil(summarise(SIX, version_arn=ARN)))
    assert found[name].level == level
    assert found[name].message


def test_names_the_labels_that_contradict():
    """It says of which labels the number differs, and both numbers."""
    summary = change_report(summarise(SIX), "bee", precision=0.75)
    message = check(summary=summary)["label precision"].message
    assert "1 of 3 labels: 'bee' (0.75 reported, 0.5 counted)" in message


def test_speaks_of_numbers_of_images_in_the_singular():
    """It says "number … does not", not "images … does not"."""
    summary = change_report(summarise(SIX), "bee", n_testing_images=9)
    message = check(summary=summary)["label support"].message
    assert message.startswith("The number of test images reported does not follow")


def test_allows_what_32_bits_cannot_say():
    """It takes the description's 32-bit F1 for equal."""
    assert math.fsum([5 / 9, -description().f1]) != 0
    assert check(described=description())["described F1"].level == "info"
    found = check(described=description(f1=0.55556))
    assert found["described F1"].level == "error"


def test_wants_the_summary_of_the_version_asked_for():
    """It takes a summary of another version only where this one was copied from it."""
    summary = summarise(SIX, version_arn=OTHER)
    found = check(described=description(), summary=summary)["version"]
    assert (found.level, found.expected, found.found) == ("error", ARN, OTHER)
    copied = check(described=description(source=OTHER), summary=summary)["version"]
    assert copied.level == "info"
    third = description(source=ARN.replace("v1", "v9"))
    assert check(described=third, summary=summary)["version"].level == "error"
    nameless = replace(summary, version_arn=None)
    found = check(described=description(), summary=nameless)["version"]
    assert found.level == "warning"


def test_warns_of_labels_that_the_summary_lacks():
    """It names them, since nobody knows their thresholds."""
    images = [
        *SIX,
        LabelledImage("s3://zoo/6.jpg", ("dog",), (Entry("dog", 0.9, "TP"),)),
    ]
    summary = replace(summarise(SIX), n_testing_images=7)
    evaluation = evaluate(images)
    found = {f.name: f for f in check_evidence(evaluation, summary)}
    assert found["labels"].level == "warning"
    assert "'dog'" in found["labels"].message
    assert found["label support"].level == "info"


def test_does_not_wonder_at_labels_without_test_images():
    """It takes null or 0 for the ratios of a label that was neither borne nor seen."""
    labels = (*LABELS, "dog")
    for undefined in (0.0, None):
        summary = summarise(SIX, labels, undefined=undefined)
        found = check(SIX, labels, summary=summary)
        assert {finding.level for finding in found.values()} == {"info"}
    boast = change_report(summary, "dog", recall=1.0)
    assert check(SIX, labels, summary=boast)["label recall"].level == "error"


def test_informs_only_where_boxes_are_counted_by_other_rules():
    """It does not hold AWS's numbers against the boxes of the manifest."""
    summary = summarise(CAPS, ("cap",), version_arn=ARN)
    summary = change_report(summary, "cap", precision=0.7, recall=0.6)
    found = check(CAPS, ("cap",), summary=summary)
    assert found["label precision"].level == found["label recall"].level == "info"
    assert "different rules" in found["label precision"].message
    fewer = replace(summary, n_testing_images=2)
    assert check(CAPS, ("cap",), summary=fewer)["images"].level == "error"


def test_warns_of_boxes_found_more_often_than_they_are_there():
    """It says that true positives beyond the ground truth count as false."""
    image = replace(
        CAPS[0],
        entries=(CAPS[0].entries[0], Entry("cap", 0.8, "TP", Box(1, 1, 9, 9))),
    )
    summary = summarise(CAPS, ("cap",))
    evaluation = build_evaluation(parse(write_manifest([image])), summary)
    found = check_evidence(evaluation, summary)[-1]
    assert (found.level, found.expected, found.found) == ("warning", "1", "2")
    assert check(CAPS, ("cap",))["true positives"].level == "info"
