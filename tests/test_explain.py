"""Rules in words, each key with its line, nothing fetched and nothing heavy loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rekmetrics.errors import ThresholdsError
from rekmetrics.metrics.registry import LABEL, OVERALL
from rekmetrics.thresholds import parse_thresholds
from rekmetrics.thresholds.advice import Advice
from rekmetrics.thresholds.explanation import explain, list_metrics

TEXT = """\
min_confidence: 0.5
defaults:
  min_support: 20
baseline: {version_name: v1, require_same_images: false}
metrics:
  accuracy: {min: 0.9, max_regression: 0.01, regression_test: mcnemar, alpha: 0.1}
  hamming_loss: {max: 0.1, level: warning}
labels:
  "*":
    recall: {min: 0.8, decide_on: confidence_bound}
  "defect_*":
    recall: {min: 0.95}
    min_confidence: 0.7
  scratch: {recall: off}
confusions:
  "defect_* -> ok": {max_rate: 0.02, on_undefined: warning}
"""
FILE = parse_thresholds(TEXT.encode(), "t.yaml")
LABELS = ["ok", "defect_a", "scratch"]


def flat(text: str) -> str:
    """The text with its line breaks taken out."""
    return " ".join(text.split())


def test_shows_globs_as_they_stand_without_labels() -> None:
    """Every key with its line; no label is made up."""
    text = explain(FILE)
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "t.yaml; numbers in brackets are its lines"
    for line in ("'defect_*'", "min: 0.95 [12]", "recall: off [14]", "max: 0.1 [7]"):
        assert line in lines
    assert "defect_a" not in text


def test_shows_what_applies_to_each_label() -> None:
    """Keys from several layers, each with the line that it comes from."""
    text = flat(explain(FILE, LABELS, "multiclass"))
    assert (
        "'defect_a', predictions from confidence 0.7 [13] recall: at least 0.95 [12]; "
        "blocks; the bad end of its 95 % interval must hold that [10]; inconclusive, "
        "below 20 [3] images, blocks" in text
    )
    assert "'scratch', predictions from confidence 0.5 [1] recall: off [14]" in text
    assert "'defect_a' taken for 'ok': at most 0.02 [16]; blocks;" in text
    assert "undefined, warns [16]" in text


def test_shows_regressions_and_the_baseline() -> None:
    """With the test and its alpha."""
    text = flat(explain(FILE, LABELS, "multiclass"))
    assert (
        "accuracy: may be worse than the baseline by 0.01 [6]; blocks; more than that "
        "is inconclusive, warns, where mcnemar [6] calls it chance (alpha 0.1 [6])"
        in text
    )
    assert "baseline: v1 [4], tested on any images; blocks where it is missing" in text
    assert "hamming_loss: at most 0.1 [7]; warns [7]" in text


def test_counts_the_checks_that_can_block() -> None:
    """accuracy twice, two recalls, one confusion; the loss only warns."""
    assert "6 checks, 5 of which can block" in explain(FILE, LABELS, "multiclass")


def test_names_rules_worth_a_second_look() -> None:
    """Last, each with its line; what a version shows is handed over."""
    text = b"labels: {'a*': {recall: 0.9},\n '*': {recall: 0.5}}"
    file = parse_thresholds(text, "t.yaml")
    for told in (explain(file), explain(file, ["a", "b"])):
        assert "worth a second look '*' stands later and loosens" in flat(told)
        assert told.rstrip().endswith("[2]")
    told = explain(file, ["a", "b"], advice=[Advice(7, "no rule of their own: 'c'")])
    assert told.endswith("worth a second look\n  no rule of their own: 'c' [7]\n")
    assert "second look" not in explain(FILE)


def test_keeps_within_80_columns() -> None:
    """Long sentences go on indented."""
    for text in (explain(FILE), explain(FILE, LABELS, "multiclass")):
        assert max(len(line) for line in text.splitlines()) <= 80


def test_lets_no_label_drive_the_terminal() -> None:
    """Escape codes and newlines are shown, not sent."""
    file = parse_thresholds(b"labels: {'*': {recall: 0.5}}", "t.yaml")
    text = explain(file, ["a\n\x1b[31m"])
    assert "\x1b" not in text
    assert "'a\\n\\x1b[31m'" in text


def test_refuses_what_does_not_fit_the_labels() -> None:
    """The same complaints that the gate has."""
    with pytest.raises(ThresholdsError, match="matches no label"):
        explain(FILE, ["ok"])


def test_loads_nothing_heavy() -> None:
    """Rules are explained in a fraction of a second."""
    code = (
        "import sys; from rekmetrics.thresholds.explanation import explain\n"
        "from rekmetrics.thresholds import parse_thresholds\n"
        "explain(parse_thresholds(b'labels: {a: {recall: 0.5}}', 't'), ['a'])\n"
        "print({'sklearn', 'scipy', 'boto3', 'pytest'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_lists_every_metric() -> None:
    """Name, range, good direction, tasks and definition, within 80 columns."""
    text = list_metrics()
    assert max(map(len, text.splitlines())) <= 80
    overall, _, label = text.partition("\nUnder labels")
    for table, part in ((OVERALL, flat(overall)), (LABEL, flat(label))):
        for metric in table.values():
            assert f" {metric.name} (" in part
            assert flat(metric.definition) in part
    loss = "hamming_loss (0 to 1, less is better; multiclass, multilabel) Share of"
    assert loss in flat(overall)
    assert " support (0 to inf, greater is better; " in flat(label)
