"""Summary, manifest, their JSON, their contradictions, and labels."""

from __future__ import annotations

import gzip
import json
from typing import Any

from bench import Bench, Case, each_line, member, set_in
from support.gates import BAD, documents, zoo

__all__ = ["CONTRADICTIONS", "JSON", "LABELS", "MANIFESTS", "SUMMARIES"]

EVALUATION = "evaluation-0-metadata"
TRUTH = "training-0-metadata"
DETAILS = "rekognition-custom-labels-evaluation-details"


def _manifest(change):
    def spoil(bench: Bench) -> None:
        bench.manifest = change(bench.manifest)

    return spoil


def _summary(change):
    def spoil(bench: Bench) -> None:
        bench.summary = change(bench.summary)

    return spoil


def _line(text: bytes):
    """The manifest with these bytes as its third line."""

    def change(data: bytes) -> bytes:
        lines = data.splitlines(keepends=True)
        lines[2] = text + b"\n"
        return b"".join(lines)

    return _manifest(change)


def _in_entry(**members: Any):
    """The third line with other members in its evaluation entry."""
    return each_line(
        lambda line: member(line, EVALUATION).update(
            {key.replace("_", "-"): value for key, value in members.items()}
        )
    )


def _raw(old: bytes, new: bytes):
    return _manifest(lambda data: data.replace(old, new, 1))


def _drop_lines(n: int):
    def spoil(bench: Bench) -> None:
        lines = bench.manifest.splitlines(keepends=True)
        bench.manifest = b"".join(lines[: len(lines) - n])

    return spoil


def _drop_alike(bench: Bench) -> None:
    """The manifest without its last line, and a summary that counts one less."""
    _drop_lines(1)(bench)
    set_in("EvaluationDetails", "NumberOfTestingImages", to=29)(bench)


def _of_another_version(name: str):
    def spoil(bench: Bench) -> None:
        setattr(bench, name, documents(zoo(6), BAD)[name])

    return spoil


DEEP = b"[" * 10_000 + b"]" * 10_000
L3 = ("manifest line 3",)

MANIFESTS = [
    Case("empty", 6, ("manifest", "empty"), _manifest(lambda d: b""), False, True),
    Case("blank-lines", 6, ("manifest",), _manifest(lambda d: b"\n\n\n")),
    Case("a-line-blanked", 6, ("30", "29"), _line(b"")),
    Case("cut-in-a-line", 6, ("manifest line",), _manifest(lambda d: d[:-100])),
    Case("cut-at-a-line", 6, ("30", "29"), _drop_lines(1), False, True),
    Case("cut-at-half", 6, ("30", "15"), _drop_lines(15)),
    Case("gzip", 6, ("gzip",), _manifest(lambda d: gzip.compress(d, mtime=0))),
    Case("utf-16", 6, ("UTF-",), _manifest(lambda d: d.decode().encode("utf-16"))),
    Case("latin-1", 6, L3, _line(b'{"source-ref": "s3://zoo/\xe9.png"}')),
    Case("html", 6, ("manifest",), _manifest(lambda d: b"<html>log in</html>")),
    Case("one-json", 6, ("manifest",), _manifest(lambda d: b"{}")),
    Case("a-list", 6, L3, _line(b"[1]")),
    Case("a-number", 6, L3, _line(b"3")),
    Case("pretty-printed", 6, ("manifest line 1",), _manifest(lambda d: b"{\n}\n")),
    Case("lone-cr", 6, ("manifest",), _manifest(lambda d: d.replace(b"\n", b"\r"))),
    Case("nul-bytes", 6, L3, _line(b"\0" * 100)),
    Case("long-line", 6, L3, _line(b'{"x": "' + b"x" * (50 << 20) + b'"}')),
    Case("nested-deep", 6, L3, _line(b'{"x": ' + DEEP + b"}")),
    Case(
        "one-twice",
        6,
        ("30", "31"),
        _manifest(lambda d: d + d.split(b"\n")[0]),
    ),
    Case("no-source", 6, L3, each_line(lambda line: line.pop("source-ref"))),
    Case(
        "source-number", 6, L3, each_line(lambda line: line.update({"source-ref": 1}))
    ),
    Case("no-truth", 6, L3, _line(b'{"source-ref": "s3://zoo/1.png"}')),
    Case(
        "other-kind", 6, ("manifest",), _in_entry(type="groundtruth/object-detection")
    ),
    Case("kind-unknown", 6, ("manifest",), _in_entry(type="groundtruth/poetry"), False),
    Case("class-missing", 6, L3, _in_entry(class_name=None)),
    Case("class-number", 6, L3, _in_entry(class_name=7)),
    Case("class-list", 6, L3, _in_entry(class_name=["cat"])),
    Case("confidence-text", 6, L3, _in_entry(confidence="0.9")),
    Case("confidence-null", 6, L3, _in_entry(confidence=None)),
    Case("confidence-true", 6, L3, _in_entry(confidence=True)),
    Case("confidence-percent", 6, L3, _in_entry(confidence=97.5)),
    Case("confidence-minus", 6, L3, _in_entry(confidence=-0.1)),
    Case(
        "no-flags",
        6,
        L3,
        each_line(lambda line: member(line, EVALUATION).pop(DETAILS)),
    ),
    Case(
        "flags-text",
        6,
        L3,
        each_line(
            lambda line: member(line, EVALUATION)[DETAILS].update(
                {"is-true-positive": "true"}
            )
        ),
    ),
    Case(
        "two-flags",
        6,
        L3,
        each_line(
            lambda line: member(line, EVALUATION)[DETAILS].update(
                {"is-false-negative": True}
            )
        ),
    ),
    Case(
        "hit-on-another-label",
        6,
        L3,
        each_line(lambda line: member(line, TRUTH).update({"class-name": "bee"})),
    ),
]

JSON = [
    Case("nan", 6, L3, _line(b'{"source-ref": "s3://z/1", "x": NaN}')),
    Case("infinity", 6, L3, _line(b'{"source-ref": "s3://z/1", "x": Infinity}')),
    Case("comment", 6, L3, _line(b'{"source-ref": "s3://z/1"} // here')),
    Case("last-comma", 6, L3, _line(b'{"source-ref": "s3://z/1",}'), False, True),
    Case("single-quotes", 6, L3, _line(b"{'source-ref': 's3://z/1'}")),
    Case("two-objects", 6, L3, _line(b"{}{}")),
    Case("lone-surrogate", 6, L3, _line(b'{"source-ref": "s3://z/\\ud800"}')),
    Case("confidence-nan", 6, ("manifest line",), _raw(b":0.9,", b":NaN,")),
    Case("confidence-1e999", 6, ("manifest line",), _raw(b":0.9,", b":1e999,")),
    Case(
        "confidence-huge",
        6,
        ("manifest line",),
        _raw(b":0.9,", b":" + b"9" * 5000 + b","),
    ),
    Case(
        "summary-key-twice",
        6,
        ("summary", "twice"),
        _summary(lambda d: b'{"Version": 1, "Version": 1}'),
    ),
    Case("summary-deep", 6, ("summary", "deep"), _summary(lambda d: b'{"x": ' + DEEP)),
    Case(
        "summary-1e999",
        6,
        ("summary", "0 to 1"),
        set_in("AggregatedEvaluationResults", "F1Score", to=float("inf")),
    ),
    Case(
        "summary-huge-number",
        6,
        ("summary",),
        _summary(lambda d: d.replace(b":30,", b":" + b"9" * 5000 + b",", 1)),
    ),
]

IMAGES = ("EvaluationDetails", "NumberOfTestingImages")
NAMES = ("EvaluationDetails", "Labels")
FIRST = ("LabelEvaluationResults", 0)

SUMMARIES = [
    Case("empty", 6, ("summary", "empty"), _summary(lambda d: b""), False, True),
    Case("cut", 6, ("summary", "JSON"), _summary(lambda d: d[: len(d) // 2])),
    Case("gzip", 6, ("summary", "UTF-8"), _summary(gzip.compress)),
    Case("html", 6, ("HTML",), _summary(lambda d: b"<html></html>")),
    Case("utf-16", 6, ("UTF-8",), _summary(lambda d: d.decode().encode("utf-16"))),
    Case("list", 6, ("summary", "a list"), _summary(lambda d: b"[]")),
    Case("null", 6, ("summary", "null"), _summary(lambda d: b"null")),
    Case(
        "is-the-manifest",
        6,
        ("manifest", "summary"),
        lambda bench: setattr(bench, "summary", bench.manifest),
    ),
    Case("version-2", 6, ("Version",), set_in("Version", to=2)),
    Case("no-details", 6, ("EvaluationDetails",), set_in("EvaluationDetails", to=...)),
    Case("no-labels", 6, ("Labels",), set_in(*NAMES, to=[])),
    Case("labels-text", 6, ("Labels",), set_in(*NAMES, to="cat")),
    Case("label-number", 6, ("Labels",), set_in(*NAMES, to=["cat", 1])),
    Case("label-empty", 6, ("Labels",), set_in(*NAMES, to=["cat", ""])),
    Case("label-twice", 6, ("Labels", "twice"), set_in(*NAMES, to=["cat", "cat"])),
    Case("images-missing", 6, ("NumberOfTestingImages",), set_in(*IMAGES, to=...)),
    Case("images-text", 6, ("NumberOfTestingImages",), set_in(*IMAGES, to="30")),
    Case("images-minus", 6, ("NumberOfTestingImages",), set_in(*IMAGES, to=-1)),
    Case("images-true", 6, ("NumberOfTestingImages",), set_in(*IMAGES, to=True)),
    Case("images-half", 6, ("NumberOfTestingImages",), set_in(*IMAGES, to=30.5)),
    Case(
        "results-object",
        6,
        ("LabelEvaluationResults",),
        set_in("LabelEvaluationResults", to={}),
    ),
    Case(
        "precision-percent",
        6,
        ("Precision", "0 to 1"),
        set_in(*FIRST, "Metrics", "Precision", to=95),
    ),
    Case(
        "recall-text",
        6,
        ("Recall",),
        set_in(*FIRST, "Metrics", "Recall", to="good"),
    ),
    Case(
        "result-of-nobody",
        6,
        ("dog", "reports: warning"),
        set_in(*FIRST, "Label", to="dog"),
    ),
]

CONTRADICTIONS = [
    Case("one-image-more", 6, ("31", "30"), set_in(*IMAGES, to=31), False, True),
    Case("no-images", 6, ("0", "30"), set_in(*IMAGES, to=0)),
    Case("cut-alike", 6, ("does not follow",), _drop_alike),
    Case(
        "manifest-of-another-version",
        6,
        ("not of one version",),
        _of_another_version("manifest"),
    ),
    Case(
        "precision-of-a-label",
        6,
        ("precision", "does not follow"),
        set_in(*FIRST, "Metrics", "Precision", to=0.5),
    ),
    Case(
        "recall-of-a-label",
        6,
        ("recall", "does not follow"),
        set_in(*FIRST, "Metrics", "Recall", to=0.5),
    ),
    Case(
        "support-of-a-label",
        6,
        ("test images", "does not follow"),
        set_in(*FIRST, "NumberOfTestingImages", to=11),
    ),
]


def _relabelled(new: str):
    """Both documents with another name for `ant`."""

    def spoil(bench: Bench) -> None:
        made = documents(
            zoo(1, ("cat", new, "bee")), "zoo.2026-03-01T10.00.00", ("cat", new, "bee")
        )
        bench.summary, bench.manifest = made["summary"], made["manifest"]
        text = json.dumps({"labels": {new: {"recall": 0.99}}}, ensure_ascii=False)
        bench.thresholds = text.encode()

    return spoil


# A bad model each: what has to come out is the miss, whatever the label is called.
_HOSTILE = {
    "long": "x" * 256,
    "emoji": "🐜" * 10,
    "right-to-left": "\u202etna\u05e0\u05de\u05dc\u05d4",
    "colons": "a::b",
    "bracket": "a[b]",
    "newline": "a\nb",
    "script": "<script>alert(1)</script>",
    "climbs": "../../etc/passwd",
    "nul": "a\0b",
    "escape-code": "\x1b[2J\x1b]0;owned\x07",
    "glob": "*",
    "arrow": "cat -> bee",
    "percent": "%s{0}${x}",
    "no-prediction": "no prediction",
    "github-command": "::error::x%0A",
    "case": "CAT",
    "normal-form": "cafe\u0301",
    "blank": " ",
    "number": "1e3",
    "boolean": "no",
    "surrogate-pair": "\U0010ffff",
}
LABELS = [
    Case(name, 1, ("recall",), _relabelled(label), False, name == "script")
    for name, label in _HOSTILE.items()
]
