"""
The evaluation summary: the one JSON object that Rekognition writes for a version.

Its numbers are AWS's own, computed by another rule than ours: they are evidence and
metrics of their own (`reported_…`), never the source of counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from rekmetrics.errors import SummaryError

ROUNDING = 1e-5
"""By so much a fraction may lie outside 0 to 1."""

KNOWN_VERSION = 1
"""The only `Version` of the summary that has been seen."""


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What Rekognition reports of one label; None where it reports nothing."""

    label: str
    n_testing_images: int | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """
    A summary file; numbers are None where the file has null, NaN or nothing.

    `labels` is in the file's own order, which is not sorted; labels that only have a
    report (`unlisted`) follow. `label_reports` has every one of them, in that order,
    with empty reports where the file has none.
    """

    labels: tuple[str, ...]
    n_testing_images: int
    n_training_images: int | None
    version_arn: str | None
    ended: str | None
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None
    average_recall: float | None
    label_reports: Mapping[str, LabelReport]
    unlisted: tuple[str, ...] = ()

    @property
    def figures(self) -> list[float | None]:
        """Precision, recall and F1 of all labels."""
        reports = self.label_reports.values()
        return [one for r in reports for one in (r.precision, r.recall, r.f1)]


def parse_summary(data: bytes) -> Summary:
    """
    Read an evaluation summary.

    Unknown keys are ignored: AWS may add some.

    Raises:
        SummaryError: naming the key that is missing or wrong, or which other file
            this is.
    """
    root = _Node(_decode(data), ())
    _check_kind(root)
    details = root.child("EvaluationDetails")
    aggregated = root.child("AggregatedEvaluationResults")
    metrics = aggregated.optional_child("Metrics") or aggregated
    labels = _read_labels(details)
    reports = _read_label_reports(root, labels)
    return Summary(
        labels=tuple(reports),
        n_testing_images=details.count("NumberOfTestingImages", required=True) or 0,
        n_training_images=details.count("NumberOfTrainingImages"),
        version_arn=details.text("ProjectVersionArn"),
        ended=details.text("EvaluationEndTimestamp"),
        precision=metrics.fraction("Precision"),
        recall=metrics.fraction("Recall"),
        f1=metrics.fraction("F1Score"),
        average_precision=metrics.average("AveragePrecision"),
        average_recall=metrics.average("AverageRecall"),
        label_reports=reports,
        unlisted=tuple(reports)[len(labels) :],
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A JSON object of the file and the path that leads to it."""

    members: Mapping[str, Any]
    path: tuple[str, ...]

    def fail(self, key: str, wanted: str) -> NoReturn:
        found = "nothing" if key not in self.members else _show(self.members[key])
        path = ".".join((*self.path, key))
        raise SummaryError(
            f"summary: {path}: found {found}, wanted {wanted}; is this the file that "
            "EvaluationResult.Summary points to, whole?"
        )

    def get(self, key: str, kinds: type | tuple[type, ...], wanted: str) -> Any:
        """A member of one of these kinds; None for null and nothing."""
        value = self.members.get(key)
        is_truth = isinstance(value, bool)
        if value is not None and (is_truth or not isinstance(value, kinds)):
            self.fail(key, wanted)
        return value

    def text(self, key: str) -> str | None:
        return cast("str | None", self.get(key, str, "a text"))

    def items(self, key: str) -> list[Any]:
        found = self.get(key, list, "a list")
        return self.fail(key, "a list") if found is None else cast("list[Any]", found)

    def optional_child(self, key: str) -> _Node | None:
        value = self.get(key, dict, "an object")
        return None if value is None else _Node(value, (*self.path, key))

    def child(self, key: str) -> _Node:
        return self.optional_child(key) or self.fail(key, "an object")

    def children(self, key: str) -> Iterable[_Node]:
        for index, value in enumerate(self.items(key)):
            place = _Node({f"{key}[{index}]": value}, self.path)
            yield place.child(f"{key}[{index}]")

    def count(self, key: str, *, required: bool = False) -> int | None:
        wanted = "a whole number that is not negative"
        value = self.get(key, (int, float), wanted)
        if value is None and not required:
            return None
        if value is None or value < 0 or value != value // 1:
            self.fail(key, wanted)
        return int(value)

    def fraction(self, key: str) -> float | None:
        wanted = "a number from 0 to 1, null or NaN"
        value = self.get(key, (int, float), wanted)
        if value is None or value != value:  # NaN
            return None
        if not -ROUNDING <= value <= 1 + ROUNDING:
            self.fail(key, wanted)
        return min(max(float(value), 0.0), 1.0)

    def average(self, key: str) -> float | None:
        """An average of detection; COCO's -1 says that it is undefined."""
        return None if self.members.get(key) == -1 else self.fraction(key)


def _show(value: object) -> str:
    """A short text of a JSON value, for messages."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    try:
        text = json.dumps(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}…"


def _decode(data: bytes) -> Mapping[str, Any]:
    """The file's object; duplicate keys in it are an error."""
    if not data.strip():
        raise SummaryError("summary: the file is empty; fetch it again.")
    try:
        value = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_refuse_duplicates
        )
    except UnicodeDecodeError as error:
        raise SummaryError(
            f"summary: not UTF-8 text (byte {error.start}); is it compressed or cut?"
        ) from error
    except json.JSONDecodeError as error:
        raise _not_json(data, error) from error
    except RecursionError as error:
        raise SummaryError("summary: objects are nested too deeply.") from error
    except ValueError as error:
        raise SummaryError(f"summary: {error}") from error
    if not isinstance(value, dict):
        raise SummaryError(f"summary: found {_show(value)}, wanted one JSON object.")
    return value


def _not_json(data: bytes, error: json.JSONDecodeError) -> SummaryError:
    if data[:1] == b"<":
        return SummaryError("summary: this is HTML or XML, not JSON; fetch it again.")
    if error.msg == "Extra data" and b'"source-ref"' in data[: error.pos]:
        return SummaryError(_OTHER_FILES["source-ref"])
    return SummaryError(
        f"summary: broken JSON in line {error.lineno}, column {error.colno} "
        f"({error.msg}); the file may be cut: fetch it again."
    )


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = _first_repeated(key for key, _ in pairs)
        raise SummaryError(
            f"summary: the key {_show(twice)} occurs twice in an object."
        )
    return members


_OTHER_FILES = {
    "source-ref": "summary: this is a manifest (it has 'source-ref'), not the "
    "evaluation summary; the summary is what EvaluationResult.Summary points to.",
    "statistics": "summary: this is the manifest summary (validation statistics), not "
    "the evaluation summary; that is what EvaluationResult.Summary points to.",
    "ProjectVersionDescriptions": "summary: this is an answer of "
    "DescribeProjectVersions; the summary is the S3 object that its "
    "EvaluationResult.Summary points to.",
}


def _check_kind(root: _Node) -> None:
    """Name the file if it is another one of Rekognition's; check its version."""
    for key, text in _OTHER_FILES.items():
        if key in root.members and "EvaluationDetails" not in root.members:
            raise SummaryError(text)
    if "ContentModeration" in root.members:
        raise SummaryError(
            "summary: this is a content moderation adapter's; only Custom Labels "
            "models have an evaluation of this kind."
        )
    version = root.members.get("Version", KNOWN_VERSION)
    if version != KNOWN_VERSION or isinstance(version, bool):
        root.fail("Version", f"{KNOWN_VERSION}, the only version this release reads")


def _read_labels(details: _Node) -> tuple[str, ...]:
    labels = details.items("Labels")
    for label in labels:
        if not isinstance(label, str) or not label:
            wanted = f"texts that are not empty (there is {_show(label)})"
            details.fail("Labels", wanted)
    if not labels:
        details.fail("Labels", "at least one label")
    twice = _first_repeated(labels)
    if twice is not None:
        details.fail("Labels", f"each label once ({_show(twice)} is there twice)")
    return tuple(labels)


def _first_repeated(labels: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for label in labels:
        if label in seen:
            return label
        seen.add(label)
    return None


def _read_label_reports(
    root: _Node, labels: tuple[str, ...]
) -> Mapping[str, LabelReport]:
    reports = {label: LabelReport(label) for label in labels}
    seen: set[str] = set()
    for node in root.children("LabelEvaluationResults"):
        label = node.text("Label")
        if not label:
            node.fail("Label", "a text that is not empty")
        if label in seen:
            node.fail("Label", "each label once")
        seen.add(label)
        metrics = node.optional_child("Metrics") or _Node({}, ())
        reports[label] = LabelReport(
            label,
            node.count("NumberOfTestingImages"),
            precision=metrics.fraction("Precision"),
            recall=metrics.fraction("Recall"),
            f1=metrics.fraction("F1Score"),
            threshold=metrics.fraction("Threshold"),
        )
    return reports
