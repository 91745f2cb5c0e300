"""The evaluation summary: what is read of it, and what is refused."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluation_files import DATA, LABELS

from rekmetrics.errors import SummaryError
from rekmetrics.summary import LabelReport, parse_summary

GOOD = (DATA / "summary.json").read_bytes()


def document():
    """The good summary as Python values, to be spoilt."""
    return json.loads(GOOD)


def parse(value):
    """The summary with these values."""
    return parse_summary(json.dumps(value).encode())


def refusal(data):
    """The message that these bytes end with."""
    with pytest.raises(SummaryError) as caught:
        parse_summary(data)
    return str(caught.value)


def test_reads_a_summary():
    """It keeps AWS's numbers, and the labels in the file's own order."""
    summary = parse_summary(GOOD)
    assert summary.labels == LABELS == tuple(summary.label_reports)
    assert (summary.n_testing_images, summary.n_training_images) == (6, 1000)
    assert summary.version_arn.endswith(
        "/version/digits.2026-03-01T10.00.00/1772359200000"
    )
    assert summary.ended == "2026-03-01T10:00:00.000000"
    assert (summary.precision, summary.recall) == pytest.approx((2 / 3, 0.5))
    assert summary.f1 == pytest.approx(5 / 9)
    assert summary.average_precision is summary.average_recall is None
    assert summary.label_reports["ant"] == LabelReport("ant", 2, 1.0, 0.5, 2 / 3, 0.5)


def test_reads_aggregates_nested_under_metrics():
    """It takes the aggregates flat or, as one page of AWS shows them, nested."""
    nested = document()
    aggregates = nested["AggregatedEvaluationResults"]
    nested["AggregatedEvaluationResults"] = {"Metrics": aggregates}
    assert parse(nested) == parse_summary(GOOD)


def test_reads_average_precision_and_recall():
    """It keeps what detection models report besides."""
    value = document()
    value["AggregatedEvaluationResults"] |= {
        "AveragePrecision": 0.6,
        "AverageRecall": 0.7,
    }
    summary = parse(value)
    assert (summary.average_precision, summary.average_recall) == (0.6, 0.7)


@pytest.mark.parametrize("nothing", [None, float("nan"), "missing"])
def test_reads_missing_numbers_as_none(nothing):
    """It takes null, NaN and absence for the same: nothing reported."""
    value = document()
    metrics = value["LabelEvaluationResults"][0]["Metrics"]
    aggregates = value["AggregatedEvaluationResults"]
    if nothing == "missing":
        del metrics["Precision"], aggregates["F1Score"]
    else:
        metrics["Precision"] = aggregates["F1Score"] = nothing
    summary = parse(value)
    assert summary.label_reports["ant"].precision is None
    assert summary.label_reports["ant"].recall == 0.5
    assert summary.f1 is None


def test_has_a_report_for_labels_without_results():
    """It lists every label, with empty reports where the file has none."""
    value = document()
    del value["LabelEvaluationResults"][0]
    assert parse(value).label_reports["ant"] == LabelReport("ant")


def test_takes_in_labels_that_are_not_listed():
    """It has reports of labels that Labels lacks, behind the others."""
    value = document()
    dog = {**value["LabelEvaluationResults"][0], "Label": "dog"}
    value["LabelEvaluationResults"].insert(0, dog)
    summary = parse(value)
    assert summary.labels == (*parse_summary(GOOD).labels, "dog")
    assert summary.unlisted == ("dog",)
    assert summary.label_reports["dog"].recall == 0.5


def test_reads_what_is_meant():
    """It takes 6.0 images, a threshold that is 1 but for rounding, and a mark."""
    value = document()
    value["EvaluationDetails"]["NumberOfTestingImages"] = 6.0
    value["LabelEvaluationResults"][0]["Metrics"]["Threshold"] = 1.0000001
    value["AggregatedEvaluationResults"] |= {
        "AveragePrecision": -1,
        "AverageRecall": -1.0,
    }
    summary = parse_summary(b"\xef\xbb\xbf" + json.dumps(value).encode())
    assert summary.n_testing_images == 6
    assert summary.label_reports["ant"].threshold == 1
    assert (summary.average_precision, summary.average_recall) == (None, None)


def test_ignores_unknown_keys():
    """It reads what AWS may write tomorrow."""
    value = document()
    value["EvaluationDetails"]["Mood"] = {"deep": [1]}
    value["LabelEvaluationResults"][0]["Metrics"]["Log"] = None
    assert parse(value) == parse_summary(GOOD)


def spoil(*path, to):
    """The good summary with one value changed."""
    value = document()
    place = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return json.dumps(value).encode()


AGGREGATES, DETAILS = "AggregatedEvaluationResults", "EvaluationDetails"
RESULTS = "LabelEvaluationResults"
WRONG = {
    "a text for a number": (
        spoil(AGGREGATES, "F1Score", to="0.9"),
        'AggregatedEvaluationResults.F1Score: found "0.9", wanted a number from 0 to 1',
    ),
    "percent": (spoil(AGGREGATES, "Precision", to=95), "from 0 to 1"),
    "a negative number": (spoil(AGGREGATES, "Recall", to=-0.1), "from 0 to 1"),
    "a truth value": (spoil(AGGREGATES, "Recall", to=True), "found true"),
    "infinity": (spoil(AGGREGATES, "Recall", to=float("inf")), "found Infinity"),
    "an endless number": (spoil(AGGREGATES, "Recall", to=10**400), "from 0 to 1"),
    "no image count": (
        spoil(DETAILS, "NumberOfTestingImages", to=None),
        "EvaluationDetails.NumberOfTestingImages: found null",
    ),
    "a broken image count": (
        spoil(DETAILS, "NumberOfTestingImages", to=6.5),
        "wanted a whole number",
    ),
    "a negative image count": (
        spoil(DETAILS, "NumberOfTrainingImages", to=-1),
        "not negative",
    ),
    "an ARN that is a list": (
        spoil(DETAILS, "ProjectVersionArn", to=[]),
        "EvaluationDetails.ProjectVersionArn: found a list, wanted a text",
    ),
    "no labels": (spoil(DETAILS, "Labels", to=[]), "at least one label"),
    "labels as a text": (spoil(DETAILS, "Labels", to="ant"), "wanted a list"),
    "a label twice": (
        spoil(DETAILS, "Labels", to=["cat", "ant", "bee", "ant"]),
        '"ant" is there twice',
    ),
    "an empty label": (spoil(DETAILS, "Labels", to=[""]), "not empty"),
    "a label that is a number": (spoil(DETAILS, "Labels", to=[7]), "there is 7"),
    "a result without label": (
        spoil(RESULTS, 1, "Label", to=None),
        "LabelEvaluationResults[1].Label",
    ),
    "two results of a label": (spoil(RESULTS, 1, "Label", to="ant"), "each label once"),
    "a result that is a text": (
        spoil(RESULTS, 0, to="ant"),
        'LabelEvaluationResults[0]: found "ant", wanted an object',
    ),
    "metrics that are a list": (
        spoil(RESULTS, 0, "Metrics", to=[]),
        "LabelEvaluationResults[0].Metrics: found a list",
    ),
    "a threshold above 1": (
        spoil(RESULTS, 0, "Metrics", "Threshold", to=2),
        "LabelEvaluationResults[0].Metrics.Threshold",
    ),
    "no results": (spoil(RESULTS, to=None), "LabelEvaluationResults: found null"),
    "no aggregates": (spoil(AGGREGATES, to=None), "wanted an object"),
    "another version": (spoil("Version", to=2), "Version: found 2, wanted 1"),
    "a version that is true": (spoil("Version", to=True), "Version: found true"),
    "a key twice": (
        GOOD.replace(b'"Version": 1,', b'"Version": 1, "Version": 1,'),
        '"Version" occurs twice',
    ),
}


@pytest.mark.parametrize(("data", "words"), WRONG.values(), ids=WRONG)
def test_names_what_is_wrong(data, words):
    """It says by the path of its keys which value is wrong, and what was wanted."""
    assert words in refusal(data)


OTHER_FILES = {
    "nothing": (b" \n", "is empty"),
    "half the file": (GOOD[:700], "may be cut"),
    "HTML": (b"<html></html>", "HTML"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "not UTF-8"),
    "an array": (b"[]", "wanted one JSON object"),
    "deep nesting": (b'{"a":' * 100_000, "nested too deeply"),
    "a number of 5,000 digits": (b'{"a":' + b"9" * 5_000 + b"}", "summary: "),
    "the manifest": (
        (DATA / "data_set.jsonl").read_bytes() * 2,
        "this is a manifest",
    ),
    "a manifest of one line": ((DATA / "data_set.jsonl").read_bytes(), "a manifest"),
    "the manifest summary": (b'{"statistics": {}}', "validation statistics"),
    "a description": (b'{"ProjectVersionDescriptions": []}', "DescribeProjectVersions"),
    "an adapter's": (
        GOOD.replace(b'"Version": 1,', b'"Version": 1, "ContentModeration": {},'),
        "content moderation adapter",
    ),
    "another object": (b"{}", "EvaluationDetails: found nothing"),
}


@pytest.mark.parametrize(("data", "words"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_recognises_other_files(data, words):
    """It names the file that was given instead of the summary."""
    assert words in refusal(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_raises_nothing_but_its_own_error(data):
    """It ends with a summary or a SummaryError, whatever a value is replaced by."""
    value = document()
    place, key = value, data.draw(st.sampled_from(sorted(value)))
    while data.draw(st.booleans()) and isinstance(place[key], (dict, list)):
        place = place[key]
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(list(keys)))
    place[key] = data.draw(json_values)
    with contextlib.suppress(SummaryError):
        assert parse(value).labels


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.binary(max_size=40), st.integers(0, len(GOOD)))
def test_survives_any_bytes(noise, at):
    """It ends with a summary or a SummaryError, whatever bytes get into it."""
    with contextlib.suppress(SummaryError):
        assert parse_summary(GOOD[:at] + noise + GOOD[at + len(noise) :]).labels
