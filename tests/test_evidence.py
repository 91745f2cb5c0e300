"""AWS's own numbers against the manifest, and against the version's description."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from support.evaluation_files import LABELS, PAIRS, SIX, evaluate, parse, summarise

from rekmetrics.errors import EvaluationError
from rekmetrics.evaluation import build_evaluation
from rekmetrics.evidence import check_evidence, settle
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


def description(arn=ARN, source=None, f1=5 / 9, status="RUNNING"):
    """What Rekognition says of the version, with its F1 as a 32-bit float."""
    number = None if f1 is None else float(np.float32(f1))
    return Model(version_arn=arn, source_version_arn=source, f1=number, status=status)


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
    assert found["support"].level == "info"
    assert found["link"].level == "error"
    assert "nothing shows that the manifest is of the same version" in (
        found["link"].message
    )


ONE_EACH = tuple(replace(image, entries=image.entries[:1]) for image in SIX)


@pytest.mark.parametrize("images", [ONE_EACH, PAIRS])
def test_says_what_agrees(images):
    """It has a finding for each comparison that was made, and no complaint."""
    summary = summarise(images, version_arn=ARN)
    found = check(images, described=description(f1=summary.f1), summary=summary)
    assert {finding.level for finding in found.values()} == {"info"}
    assert set(found) - {"extra predictions"} == {
        "images", "version", "described F1", "status", "labels", "link", "support",
        "precision", "recall", "label_f1", "aggregates", "reports", "thresholds",
    }  # fmt: skip
    assert (found["images"].expected, found["images"].found) == (str(len(images)),) * 2


def test_counts_every_label_at_its_threshold():
    """It compares the flags, not the one prediction that a reading chooses."""
    for task in ("multiclass", "multilabel"):
        assert check(task=task)["precision"].level == "info"


@pytest.mark.parametrize(
    ("name", "level", "spoil"),
    [
        ("images", "error", lambda s: replace(s, n_testing_images=7)),
        (
            "support",
            "error",
            lambda s: change_report(s, "bee", n_testing_images=3),
        ),
        ("precision", "error", lambda s: change_report(s, "bee", precision=0.51)),
        ("recall", "error", lambda s: change_report(s, "ant", recall=0.50001)),
        ("label_f1", "error", lambda s: change_report(s, "ant", f1=0.6)),
        ("aggregates", "error", lambda s: replace(s, precision=0.7)),
        ("aggregates", "error", lambda s: replace(s, recall=0.6)),
        ("aggregates", "error", lambda s: replace(s, f1=0.5)),
        ("aggregates", "warning", lambda s: replace(s, f1=None)),
        (
            "reports",
            "warning",
            lambda s: change_report(s, "ant", threshold=None),
        ),
        ("reports", "error", lambda s: change_report(s, "ant", recall=None)),
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
    message = check(summary=summary)["precision"].message
    assert "1 of 3 labels: 'bee' (0.75 reported, 0.5 counted)" in message


def test_speaks_of_numbers_of_images_in_the_singular():
    """It says "number … does not", not "images … does not"."""
    summary = change_report(summarise(SIX), "bee", n_testing_images=9)
    message = check(summary=summary)["support"].message
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
    found = check(described=third, summary=summary)["version"]
    assert found.level == "warning"
    assert OTHER in found.message
    assert ARN in found.message
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
    assert found["support"].level == "info"


def test_does_not_wonder_at_labels_without_test_images():
    """It takes null or 0 for the ratios of a label that was neither borne nor seen."""
    labels = (*LABELS, "dog")
    zeros = summarise(ONE_EACH, labels)
    nulls = change_report(zeros, "dog", precision=None, recall=None, f1=None)
    for summary in (zeros, nulls):
        found = check(ONE_EACH, labels, summary=summary)
        assert {finding.level for finding in found.values()} == {"info"}
    boast = change_report(summary, "dog", recall=1.0)
    assert check(ONE_EACH, labels, summary=boast)["recall"].level == "error"


def test_informs_only_where_boxes_are_counted_by_other_rules():
    """It does not hold AWS's numbers against the boxes of the manifest."""
    summary = summarise(CAPS, ("cap",), version_arn=ARN)
    summary = change_report(summary, "cap", precision=0.7, recall=0.6)
    found = check(CAPS, ("cap",), summary=summary)
    assert found["precision"].level == found["recall"].level == "info"
    assert "different rules" in found["precision"].message
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


def without_entries(images=ONE_EACH):
    """The images, and what AWS might have counted: those with entries alone."""
    return images, [image for image in images if image.entries]


def test_tries_the_reading_that_leaves_images_without_entry_out():
    """It goes on where AWS counted fewer images than there are lines, and says so."""
    images, counted = without_entries()
    assert len(counted) < len(images)
    found = check(images, summary=summarise(counted))
    assert {finding.level for finding in found.values()} == {"info"}
    for name in ("images", "support", "recall"):
        assert "images without an entry are left out" in found[name].message
    assert "left out" not in found["precision"].message


def test_tries_the_reading_of_the_most_confident_label():
    """It goes on where AWS counted one prediction for each image."""
    top = [
        replace(image, entries=tuple(e for e in image.entries if e.kind != "TP"))
        if len(image.entries) > 1
        else image
        for image in SIX
    ]
    found = check(SIX, summary=summarise(top))
    for name in ("precision", "recall"):
        assert found[name].level == "info"
        assert "only the most confident label" in found[name].message


def test_wants_one_reading_for_all_figures():
    """It takes no reading for one figure and its contrary for another."""
    images, counted = without_entries()
    summary = summarise(counted)
    for label, report in summarise(images).label_reports.items():
        summary = change_report(summary, label, recall=report.recall)
    found = check(images, summary=summary)
    assert "error" in {found[name].level for name in ("images", "support", "recall")}
    mixed = summarise(images)
    for label, report in summarise(counted).label_reports.items():
        mixed = change_report(mixed, label, recall=report.recall)
    found = check(images, summary=mixed)
    names = ("images", "support", "precision", "recall")
    assert {found[name].level for name in names} == {"info"}
    assert "left out of the recall" in found["recall"].message


@pytest.mark.parametrize(
    ("threshold", "described", "level"),
    [
        (0.800004, None, "info"),
        (0.8, None, "info"),
        (0.8123456, None, "error"),
        (0.8123456, description(f1=None), "warning"),
        (0.80006, None, "error"),
        (None, None, "info"),
    ],
)
def test_doubts_boxes_below_their_threshold(threshold, described, level):
    """It takes no boxes for those of a summary whose thresholds they do not reach."""
    summary = change_report(summarise(CAPS, ("cap",)), "cap", threshold=threshold)
    exact = write_manifest(CAPS).replace(b"0.9", b"0.91234")
    evaluation = build_evaluation(parse(exact), summary)
    found = {
        finding.name: finding
        for finding in check_evidence(evaluation, summary, description=described)
    }
    assert found["thresholds"].level == level
    if level != "info":
        assert f"'cap' (1, threshold {threshold})" in found["thresholds"].message
    rounded = check(CAPS, ("cap",), summary=summary, described=described)
    assert rounded["thresholds"].level == "info"


def test_believes_figures_rounded_to_four_digits():
    """It lets 0.6667 stand for two thirds, and nothing for more than that."""
    summary = summarise(ONE_EACH)
    reports = {
        label: replace(
            report,
            **{
                name: round(getattr(report, name), 4)
                for name in ("precision", "recall", "f1")
            },
        )
        for label, report in summary.label_reports.items()
    }
    bee = reports["bee"]
    rounded = replace(summary, label_reports=reports, f1=round(summary.f1, 4))
    found = check(ONE_EACH, summary=rounded)
    assert 0.6667 in (bee.f1, reports["cat"].f1, reports["ant"].f1)
    assert {finding.level for finding in found.values()} == {"info"}
    worse = change_report(rounded, "ant", recall=0.4999)
    assert check(ONE_EACH, summary=worse)["recall"].level == "error"
    exact = change_report(summary, "ant", recall=0.49996)
    assert check(ONE_EACH, summary=exact)["recall"].level == "error"


@pytest.mark.parametrize("status", ["DEPRECATED", "EXPIRED", "FAILED", "RESTING", None])
def test_warns_of_a_version_that_cannot_be_started(status):
    """It judges what has an evaluation, and says that this is not all."""
    found = check(described=description(status=status))["status"]
    assert found.level == "warning"
    assert "may not start" in found.message


def test_names_labels_that_the_list_lacks():
    """It takes reports of labels in that Labels has forgotten."""
    summary = replace(summarise(SIX), unlisted=("bee",))
    found = check(summary=summary)["unlisted labels"]
    assert (found.level, "'bee'" in found.message) == ("info", True)


def test_warns_of_labels_behind_the_most_confident_one():
    """It says from the first image on what an application that takes all would see."""
    found = check()["extra predictions"]
    assert found.level == "warning"
    assert "1 of 6 images" in found.message
    for words in ("`task: multilabel`", "`extra_predictions_rate`"):
        assert words in found.message
    assert check(ONE_EACH)["extra predictions"].level == "info"
    assert "extra predictions" not in check(task="multilabel")


def detect(reported, counted, n=100, *, described=None):
    """A detection model with so much recall reported, and so much counted."""

    def images(n_hits):
        return [
            LabelledImage(
                f"s3://zoo/{number}.jpg",
                ("cap",),
                (Entry("cap", 0.5, "TP" if number < n_hits else "FN", BOX),),
                (BOX,),
            )
            for number in range(n)
        ]

    summary = summarise(images(round(reported * n)), ("cap",), version_arn=ARN)
    evaluation = evaluate(images(round(counted * n)), ("cap",))
    findings = check_evidence(evaluation, summary, description=described)
    return {finding.name: finding for finding in findings}["recall_gap"]


BOX = Box(0, 0, 9, 9)


def test_doubts_a_folder_whose_boxes_are_far_from_its_summary():
    """It takes no strong model's boxes for those of a weak one's summary."""
    assert detect(0.70, 0.77).level == "info"
    found = detect(0.3, 0.98)
    assert (found.level, found.expected, found.found) == ("error", "0.3", "0.98")
    assert "--save-evaluation" in found.message
    described = description(f1=None)
    assert detect(0.3, 0.98, described=described).level == "warning"
    assert [detect(0.5, 0.5 + gap).level for gap in (0.14, 0.16)] == ["info", "error"]


def test_believes_the_published_run():
    """0.60 and 0.70 were reported where the boxes give 0.65 and 0.765."""
    assert detect(0.60, 0.65).level == "info"
    assert detect(0.700, 0.765, n=1000).level == "info"


def test_names_the_line_that_takes_a_contradiction_down():
    """It ends with what to add to the thresholds file, and believes it."""
    findings = list(
        check(summary=change_report(summarise(SIX), "bee", recall=0.3)).values()
    )
    with pytest.raises(EvaluationError) as caught:
        settle(findings, (), ())
    assert str(caught.value).splitlines()[-1] == (
        "evidence: {recall: warning, label_f1: warning, aggregates: warning}"
    )
    with pytest.raises(EvaluationError, match=r"evidence: \{aggregates: warning\}$"):
        settle(findings, (), {"recall", "label_f1"})
    settled = settle(findings, (), {"recall", "label_f1", "aggregates"})
    levels = {finding.name: finding.level for finding in settled}
    assert levels["recall"] == levels["aggregates"] == "warning"
    assert "error" not in levels.values()


def test_has_no_line_for_another_versions_files():
    """It takes nothing down where the summary is not of the version asked for."""
    summary = replace(summarise(SIX), version_arn=OTHER, n_testing_images=7)
    findings = check(described=description(), summary=summary).values()
    with pytest.raises(EvaluationError) as caught:
        settle(findings, (), {"images", "version"})
    assert "evidence:" not in str(caught.value)
