"""What the exports share: no label, and no account, can be more than text in them."""

from __future__ import annotations

import dataclasses
import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import jsonschema
import msgspec
import numpy as np
import pytest
from support.report_pages import (
    ARN,
    FN,
    FP,
    TP,
    draw_detection,
    draw_evaluation,
    label_names,
    make_content,
    make_evaluation,
    make_outcome,
)

from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.model import Model
from rekmetrics.report.markdown import MOST_BYTES, render_annotations
from rekmetrics.report.markdown import render_export as render_markdown
from rekmetrics.report.result import (
    Result,
    encode_document,
    render_unfinished,
    result_document,
)
from rekmetrics.thresholds import Rule
from rekmetrics.thresholds.advice import Advice

SCHEMA = json.loads((files("rekmetrics.report") / "result.schema.json").read_bytes())
KEYS = {
    "model": [
        *("project_arn", "version_arn", "version_name", "project_name", "region"),
        *("status", "trained", "f1", "source_version_arn", "base_model_version"),
        *("requested", "is_test_set_split"),
    ],
    "provenance": ["source", "documents", "thresholds", "endpoints", "versions"],
    "result": [
        *("schema", "verdict", "exit_code", "time", "message", "model", "task"),
        *("n_images", "iou", "metrics", "labels", "confusion_matrix", "checks"),
        *("baseline", "findings", "provenance", "error_rates", "advice"),
    ],
    "label": ["support", "assumed_threshold", "intervals"],
    "check": [
        *("id", "kind", "metric", "label", "predicted", "value", "min", "max"),
        *("outcome", "severity", "message", "margin", "interval", "confidence_level"),
        *("n_hits", "n_total", "support", "max_regression", "max_relative_regression"),
        *("regression_test", "baseline_value", "change", "p_value"),
        *("adjusted_p_value", "n_newly_broken", "n_newly_right", "line"),
    ],
    "baseline": ["model", "metrics", "documents"],
    "document": ["name", "location", "version", "n_bytes", "sha256"],
    "unfinished": {
        **{"schema": 1, "verdict": "incomplete", "exit_code": None, "time": ""},
        **{"message": "cut off", "model": {}, "metrics": {}, "labels": {}},
        **{"confusion_matrix": None, "checks": []},
    },
}
HOSTILE = (
    "<script>alert(1)</script>",
    "a|b](javascript:x) **bold** `code`",
    "\n::error::forged",
    "\r\n##vso[task.complete]x",
    "\u202eevil\x1b[31m",
    "@somebody https://evil.example/ www.evil.example",
    "=1+1",
)
MODEL = Model(
    project_arn=re.sub("/version.*/", "/", ARN),
    version_arn=ARN,
    version_name="rooms.2026-03-01T10.00.00",
    project_name="rooms",
    region="us-east-1",
    status="RUNNING",
    trained=None,
    f1=0.9,
    source_version_arn=None,
    base_model_version=None,
)


def content_of(evaluation, **changes):
    return make_content(evaluation, **{"model": MODEL, **changes})


def small(**changes):
    """Hall: seen twice, once right. Yard: seen as hall once, once as nothing."""
    evaluation = make_evaluation(
        ["yard", "hall"],
        [[1], [0], [0]],
        [[(1, TP, 0.9)], [(1, FP, 0.8), (0, FN, 0.1)], [(0, FN, 0.2)]],
        thresholds=[0.4, float("nan")],
    )
    return content_of(evaluation, **changes)


def document_of(content, exit_code=1):
    return result_document(dataclasses.replace(content, exit_code=exit_code))


def hostile_content(**changes):
    evaluation = draw_evaluation(HOSTILE, error=0.5)
    outcomes = [
        make_outcome("recall", 0.5, label=label, message=f"recall of {label} is 0.5")
        for label in HOSTILE
    ]
    return content_of(
        evaluation, outcomes=outcomes, exit_sentence=HOSTILE[2], **changes
    )


def test_writes_the_agreed_json():
    """Verdict, metrics, labels, confusion matrix and checks, counted by hand."""
    document = document_of(
        small(outcomes=[make_outcome("accuracy", 1 / 3, message="too low")])
    )
    jsonschema.validate(document, SCHEMA)
    assert (document["schema"], document["verdict"], document["exit_code"]) == (
        1,
        "failed",
        1,
    )
    assert document["metrics"]["accuracy"] == pytest.approx(1 / 3)
    hall = document["labels"]["hall"]
    assert (hall["precision"], hall["recall"], hall["support"]) == (0.5, 1.0, 1)
    assert document["labels"]["yard"]["assumed_threshold"] == 0.4
    assert document["confusion_matrix"] == {
        "labels": ["yard", "hall"],
        "predicted": ["yard", "hall", "no prediction"],
        "n_labels": 2,
        "counts": [[0, 1, 1], [0, 1, 0]],
    }
    (check,) = document["checks"]
    assert {key: check[key] for key in ("id", "metric", "label", "min", "max")} == {
        "id": "all-accuracy",
        "metric": "accuracy",
        "label": None,
        "min": 0.95,
        "max": None,
    }
    assert (check["outcome"], check["severity"]) == ("failed", "error")
    assert check["message"] == "too low"
    assert document["provenance"]["documents"][0]["sha256"].startswith("9f86d0")


def test_writes_the_overlap_that_boxes_were_matched_at():
    """A number or COCO's range; null where nothing has a box."""
    document = document_of(content_of(draw_detection(("a", "b")), iou="0.50:0.95"))
    jsonschema.validate(document, SCHEMA)
    assert document["iou"] == "0.50:0.95"
    assert document_of(small(iou=0.5))["iou"] is None


def test_writes_undefined_numbers_as_null():
    """Neither NaN nor infinity reaches the file, which is JSON for every reader."""
    numbers = Numbers(
        {"accuracy": Estimate(float("nan")), "mine": Estimate(float("inf"))},
        {"yard": {"precision": Estimate(None)}},
    )
    outcome = make_outcome("accuracy", None)
    document = document_of(small(numbers=numbers, outcomes=[outcome]))
    jsonschema.validate(document, SCHEMA)
    text = encode_document(document)
    assert document["metrics"] == {"accuracy": None, "mine": None}
    assert document["labels"]["yard"]["precision"] is None
    assert document["labels"]["hall"]["assumed_threshold"] is None
    assert document["checks"][0]["severity"] == "error"
    json.loads(text, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("state", "exit_code", "is_good"),
    [("passed", 1, True), ("passed", 0, False), ("incomplete", 5, True)],
)
def test_says_passed_only_where_all_agree(state, exit_code, is_good):
    """State, exit code and every outcome: one dissent, and it is no pass."""
    outcome = make_outcome("accuracy", 0.99 if is_good else 0.5)
    document = document_of(small(state=state, outcomes=[outcome]), exit_code)
    assert document["verdict"] == "incomplete"


def test_says_passed_where_they_do():
    """The other side of the same."""
    content = small(state="passed", outcomes=[make_outcome("accuracy", 0.99)])
    assert document_of(content, 0)["verdict"] == "passed"


def test_names_rules_worth_a_second_look():
    """Line and words of each, in the result and, as text alone, in the Markdown."""
    content = small(advice=[Advice(7, "'*' loosens 'a|b' of line 3")])
    (advice,) = document_of(content)["advice"]
    assert advice == {"line": 7, "text": "'*' loosens 'a|b' of line 3"}
    assert "\n- Line 7: '\\*' loosens 'a\\|b' of line 3\n" in render_markdown(content)
    assert "second look" not in render_markdown(small())


def test_says_how_far_each_label_may_fall():
    """By label, in points; null where no rule of its own would block it."""
    rates = document_of(small())["error_rates"]
    assert rates["detectable_by_label"] == {"<cat>": 22.5, "dog": None}


def test_begins_as_incomplete():
    """The document of a run that was cut off has the same shape, and no verdict."""
    document = json.loads(render_unfinished("still running", None))
    jsonschema.validate(document, SCHEMA)
    assert (document["verdict"], document["checks"]) == ("incomplete", [])


def test_writes_json_in_ascii():
    """No terminal obeys the file, and labels come back as they were."""
    document = document_of(hostile_content())
    data = encode_document(document)
    assert data.isascii()
    assert "\x1b" not in data
    assert list(json.loads(data)["labels"]) == list(HOSTILE)


def test_masks_accounts_where_asked():
    """No export holds the account; a label made of twelve digits stays a label."""
    label = "210987654321"
    evaluation = draw_evaluation(["yard", label])
    outcome = make_outcome("recall", 0.5, label=label, message=f"see {ARN}")
    content = content_of(evaluation, outcomes=[outcome], mask_account=True)
    document = document_of(content)
    exports = [
        encode_document(document),
        render_markdown(content).replace("\\", ""),
        *render_annotations(content, path="thresholds.yaml"),
    ]
    assert all("123456789012" not in text for text in exports)
    assert label in document["labels"]
    assert document["confusion_matrix"]["labels"] == ["yard", label]
    unmasked = document_of(content_of(evaluation, outcomes=[outcome]))
    assert "123456789012" in encode_document(unmasked)


def test_puts_failures_first_in_markdown():
    """Verdict, what fell short, warnings, then the rest."""
    text = render_markdown(
        small(
            outcomes=[
                make_outcome("mcc", 0.99, message="fine"),
                make_outcome("hamming", 0.3, level="warning", message="hm"),
                make_outcome("accuracy", 1 / 3, message="too low"),
            ]
        )
    )
    found = [text.index(word) for word in ("❌", "too low", "hm", "yard", "fine")]
    assert found == sorted(found)
    assert "| accuracy | fell short | 0.333 | at least 0.950 |" in text
    assert "| yard | hall | 1 | 50.0% |" in text


def test_leaves_no_markdown_to_labels():
    """Hostile labels are text: no tag, link, mention, table cell or command."""
    text = render_markdown(hostile_content())
    plain = re.sub(r"\\.", "", text)
    assert "script" in text
    tags = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tags.append(tag)
    parser.feed(text)
    assert tags == []
    assert not re.search(r"javascript:|https?:|www\.|@\w|##vso|##\[|\]\(|`", plain)
    assert not re.search(r"^\s*(::|##\[|=)", text, re.MULTILINE)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", text)
    rows = [line for line in plain.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {3, 4, 5, 6, 7}


def test_keeps_markdown_below_its_limit():
    """Thousands of misses and the longest labels: cut between rows, and saying so."""
    labels = [f"{name} {'ü*' * 100}" for name in label_names(250)]
    evaluation = draw_evaluation(labels, n_images_each=3, error=0.6)
    text = render_markdown(content_of(evaluation))
    assert 50_000 < len(text.encode()) <= MOST_BYTES <= 60_000
    assert re.search(r"\n\*\d+ more rows are in the HTML report\.\*\n\Z", text)
    assert "❌" in text[:100]


def test_annotates_the_rules_own_line():
    """Errors before warnings, each with file and line, escaped as runners want it."""
    outcomes = [
        make_outcome("hamming", 0.3, level="warning", message="hm"),
        make_outcome("accuracy", 0.3, message="30% of all:\nbad"),
    ]
    object.__setattr__(outcomes[1].check, "rule", Rule(minimum=0.9, line=7))
    lines = render_annotations(small(outcomes=outcomes), path="a,b:c.yaml")
    assert lines == [
        (
            "::error file=a%2Cb%3Ac.yaml,line=7,title=rekmetrics%3A all-accuracy"
            "::30%25 of all:\\nbad"
        ),
        "::warning file=a%2Cb%3Ac.yaml,line=1,title=rekmetrics%3A all-hamming::hm",
    ]


def test_leaves_no_annotation_to_labels():
    """A label cannot begin a line, end a property or colour a terminal."""
    for line in render_annotations(hostile_content(), path="thresholds.yaml"):
        assert line.startswith("::error file=thresholds.yaml,line=1,title=")
        assert line.splitlines() == [line]
        assert line.isprintable()


def test_describes_every_key_it_writes():
    """The schema is closed: a key that is not documented fails the test."""
    document = document_of(small())
    assert SCHEMA["additionalProperties"] is False
    jsonschema.validate(document, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "new": 1}, SCHEMA)
    document["checks"][0]["new"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_holds_plain_numbers():
    """No numpy scalar is left that JSON could not write."""
    content = small(intervals={("hall", "recall", 0.9): (np.float64(0.1), np.nan)})
    document = document_of(content)
    assert document["labels"]["hall"]["intervals"] == {"recall": [0.1, None]}
    encode_document(document)


def test_keeps_the_keys_of_schema_1_in_their_order():
    """As the first version wrote them: programs read these files."""
    document = document_of(small(baseline_model=MODEL))
    assert {
        **{key: list(document[key]) for key in ("model", "provenance")},
        "result": list(document),
        "label": list(document["labels"]["hall"])[-3:],
        "check": list(document["checks"][0]),
        "baseline": list(document["baseline"]),
        "document": list(document["provenance"]["documents"][0]),
        "unfinished": json.loads(render_unfinished("cut off", None)) | {"time": ""},
    } == KEYS


def test_reads_its_own_file_back():
    """The records describe the file that they write."""
    document = document_of(small())
    for label in document["labels"].values():
        label["metrics"] = {}
    assert msgspec.convert(document, Result).verdict == "failed"
