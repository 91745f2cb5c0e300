"""`rekmetrics anonymize`: nothing of the owner passes, numbers and errors stay."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluation_files import (
    DATA,
    LABELS,
    PAIRS,
    PREFIX,
    SIX,
    boxes,
    entry,
    line,
    parse,
    truth,
    with_rare_keys,
)

from rekmetrics.anonymizing import Anonymizer
from rekmetrics.arns import parse_project_arn
from rekmetrics.aws import Aws
from rekmetrics.cli import main
from rekmetrics.errors import ManifestError, SummaryError
from rekmetrics.evaluation import build_evaluation
from rekmetrics.fake_aws.files import write_manifest, write_summary
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.loading import load_from_aws, load_from_folder
from rekmetrics.metrics import compute_metrics
from rekmetrics.summary import parse_summary

SECRET = "Zq7SecretW"
PROJECT = "arn:aws:rekognition:us-east-1:123456789012:project/zoo/1690000000000"
VERSION = PROJECT.replace("1690000000000", "version/v1/1772359200000")
ODD = {
    "customer": {"class-name": SECRET, SECRET: [SECRET, {"confidence": 918273645}]},
    SECRET: 918273645,
    f"{PREFIX}-evaluation-{SECRET}": SECRET,
    f"{PREFIX}-object-id": SECRET,
    f"{PREFIX}-training-job": [918273645],
}


def hide(data):
    return Anonymizer().lines(data)


def riddle(value):
    """The value with the secret in every text, and unknown members in every object."""
    if isinstance(value, dict):
        known = {key: riddle(part) for key, part in value.items()}
        return {**known, **ODD}
    if isinstance(value, list):
        return [*map(riddle, value), SECRET]
    return f"{value} {SECRET}" if isinstance(value, str) else value


def test_passes_no_secret_on():
    """It replaces every text, and what stands below unknown keys, numbers too."""
    for text in (
        line(truth(), entry(), entry("bee", 1, kind="false-positive")),
        line(boxes(), boxes("evaluation")),
        (DATA / "summary.json").read_bytes(),
    ):
        for document in (riddle(json.loads(text)), {SECRET: json.loads(text)}):
            hidden = hide(json.dumps(document).encode())
            assert SECRET.encode() not in hidden
            assert b"918273645" not in hidden
            assert b"zoo" not in hidden
            assert json.loads(hidden)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.data())
def test_passes_no_secret_on_in_broken_files(data):
    """It reads no file so wrongly that the secret gets through."""
    text = line(truth(SECRET), entry(SECRET), **{SECRET: SECRET}, number=SECRET)
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, len(text)))
    broken = text[:at] + data.draw(st.binary(max_size=4)) + text[end:]
    hidden = hide(broken)
    assert SECRET.encode() not in hidden
    assert b"Secret" not in hidden


BOXED = line(boxes(), boxes("evaluation")) + line(boxes(), number=1)


@pytest.mark.parametrize("images", [SIX, PAIRS])
def test_keeps_the_numbers(images):
    """It gives an evaluation with the same numbers, under other names."""
    thresholds = dict.fromkeys(LABELS, 0.5)
    summary = write_summary(images, labels=LABELS, thresholds=thresholds)
    manifest = with_rare_keys(write_manifest(images))
    anonymizer = Anonymizer()
    parts = (
        (summary, manifest),
        (anonymizer.document(summary), anonymizer.lines(manifest)),
    )
    ours, theirs = (
        compute_metrics(build_evaluation(parse(lines), found), found)
        for found, lines in ((parse_summary(one), other) for one, other in parts)
    )
    assert ours.overall == theirs.overall
    assert list(ours.labels.values()) == list(theirs.labels.values())
    assert sorted(theirs.labels) == ["label-1", "label-2", "label-3"]


def test_keeps_the_text_but_for_names():
    """It changes no white space, no order, no number and no spelling of a flag."""
    text = BOXED.replace(b": ", b" :\t").replace(b"0.9", b"9.0e-1")
    hidden = hide(text)
    assert hidden.replace(b"s3://bucket/image-", b"").count(b"9.0e-1") == 3
    for source in (b"s3://zoo/0.jpg", b"s3://zoo/1.jpg", b'"cap"'):
        text = text.replace(source, b"X")
    for source in (
        b"s3://bucket/image-1.jpg",
        b"s3://bucket/image-2.jpg",
        b'"label-1"',
    ):
        hidden = hidden.replace(source, b"X")
    assert hidden == text


SUMMARY = write_summary(SIX, labels=LABELS)
BROKEN = {
    "cut": line(truth(), entry())[:-40],
    "cut in a text": line(truth(), entry())[:25],
    "a key twice": b'{"source-ref": "a", "source-ref": "b"}\n',
    "nan": line(truth(), entry()).replace(b"0.9", b"NaN"),
    "no UTF-8": line(truth(), entry()).replace(b'"ant"', b'"a\xff"'),
    "a bad escape": line(truth(), entry()).replace(b'"ant"', b'"a\\q"'),
    "a control character": line(truth(), entry()).replace(b'"ant"', b'"a\x02"'),
    "half a pair": line(truth(), entry()).replace(b'"ant"', b'"\\ud800"'),
    "an index that is none": line(truth(), {f"{PREFIX}-evaluation-x": 1}),
    "no truth": line(entry()),
    "a flag that lies": line(truth("bee"), entry("ant")),
    "an empty label": line(truth(""), entry()),
    "a text for a number": line(truth(), entry(confidence="0.9")),
    "two objects": line(truth(), entry())[:-1] + line(truth(), entry()),
    "gzip": b"\x1f\x8b\x08\x00secret",
    "HTML": b"<html>secret</html>",
    "a list": b"[1]\n",
    "validation": (DATA / "validation_manifest.jsonl").read_bytes(),
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_keeps_the_errors(data):
    """It leaves a file as broken as it was, and in the same place."""

    def complain(lines):
        with pytest.raises((ManifestError, SummaryError)) as caught:
            build_evaluation(parse(lines), parse_summary(SUMMARY))
        return caught.value.line, str(caught.value).split(":")[1].split("'")[0][:15]

    good = line(truth(), entry())
    for before in (b"", good * 3):
        if before and not data.startswith(b"{"):
            continue
        assert complain(hide(before + data)) == complain(before + data)


def test_keeps_project_and_version_apart():
    """It makes ARNs that are ARNs, with equal names where names were equal."""
    arn = "arn:aws:rekognition:eu-west-1:999988887777:project/zoo/version/v1/123"
    texts = [arn, arn.replace("v1", "v2"), arn]
    first, second, third = json.loads(hide(json.dumps(texts).encode()))
    assert first == third != second
    assert first.split("/")[1] == second.split("/")[1] != "zoo"
    assert "999988887777" not in first


def test_copies_a_folder(tmp_path, capsys):
    """It writes both files under the names that a gate reads."""
    source, output = tmp_path / "source", tmp_path / "output"
    source.mkdir()
    (source / "EvaluationResultSummary-zoo.json").write_bytes(SUMMARY)
    (source / "TestingGroundTruth-zoo.json").write_bytes(write_manifest(SIX))
    words = ["anonymize", "--evaluation-dir", str(source), "--output", str(output)]
    assert main(words) == 0
    assert {path.name for path in output.iterdir()} == {
        "summary.json",
        "manifest.jsonl",
    }
    assert "Look before you send it" in " ".join(capsys.readouterr().out.split())
    assert main(words) == 4
    assert "is there already" in capsys.readouterr().err
    assert main(["anonymize", "--output", str(tmp_path / "new")]) == 4


@pytest.fixture
def demo(monkeypatch):
    """An AWS with one version, and the variables that lead to it."""
    with DemoAws() as aws:
        for name, value in aws.environment({}).items():
            monkeypatch.setenv(name, value)
        aws.projects.add_project(PROJECT)
        summary = write_summary(SIX, labels=LABELS, version_arn=VERSION)
        documents = {"summary": summary, "manifest": write_manifest(SIX)}
        aws.add_version(PROJECT, "v1", f1=5 / 9, **documents)
        yield aws


@pytest.mark.parametrize("version", ["v1", "@latest", None])
def test_copies_from_aws(demo, tmp_path, capsys, version):
    """It fetches what ARN and version name, as the gate does, and keeps the numbers."""
    project = PROJECT if version else VERSION
    words = ["--project-arn", project, *(("--version", version) if version else ())]
    assert main(["anonymize", *words, "--output", str(tmp_path / "copy")]) == 0
    assert "no evaluation.json" in " ".join(capsys.readouterr().out.split())
    copy, kept = (
        load_from_aws(parse_project_arn(PROJECT), "v1", aws=Aws("us-east-1")),
        load_from_folder(tmp_path / "copy"),
    )
    assert compute_metrics(copy.evaluation, copy.summary).overall == (
        compute_metrics(kept.evaluation, kept.summary).overall
    )
    for path in (tmp_path / "copy").iterdir():
        assert "zoo" not in path.read_text()


def test_leaves_the_description_out(demo, tmp_path):
    """It copies no evaluation.json, which a saved folder has: its digests would lie."""
    project = parse_project_arn(PROJECT)
    saved, copy = tmp_path / "saved", tmp_path / "copy"
    load_from_aws(project, "v1", aws=Aws("us-east-1"), save_to=saved)
    assert (saved / "evaluation.json").exists()
    words = ["anonymize", "--evaluation-dir", str(saved), "--output", str(copy)]
    assert main(words) == 0
    assert not (copy / "evaluation.json").exists()
    load_from_folder(copy)
