"""
Contents of any size for the report's tests, and whole pages around them.

Everything is synthetic: made from a seed, in the shapes that the package's own values
have.
"""

from __future__ import annotations

import os
import subprocess
import sys
from array import array
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from rekmetrics.evaluation import Boxes, Evaluation
from rekmetrics.evidence import Finding
from rekmetrics.gate import Outcome, Verdict
from rekmetrics.gate.bounds import Evidence
from rekmetrics.gate.error_rates import ErrorRates
from rekmetrics.judgement import Judgement
from rekmetrics.manifest import EntryKind, Texts
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.detection import averages
from rekmetrics.model import Model, SourceFile
from rekmetrics.report.content import ReportContent
from rekmetrics.report.page import render_summary
from rekmetrics.report.verdict import render_title
from rekmetrics.summary import LabelReport, Summary
from rekmetrics.thresholds import Check, Rule

ANIMALS = (
    "front yard", "back yard", "kitchen", "living room", "bedroom", "bathroom", "hall",
    "garage", "cellar", "attic", "terrace", "stairs",
)  # fmt: skip
ARN = (
    "arn:aws:rekognition:us-east-1:123456789012:project/rooms/version/"
    "rooms.2026-03-01T10.00.00/1772359200000"
)

TP, FP, FN = EntryKind.TRUE_POSITIVE, EntryKind.FALSE_POSITIVE, EntryKind.FALSE_NEGATIVE
Entry = tuple[int, EntryKind, float]
Box = tuple[float, float, float, float]

ERROR_RATES = ErrorRates(
    n_draws=2000,
    basis="sampling",
    n_changed=None,
    false_alarms=0.043,
    causes=(),
    passing={1: 0.86, 2: 0.63, 5: 0.03, 10: 0.0},
    detectable=4.1,
    detectable_by_label={"<cat>": 22.5, "dog": None},
    not_simulated=(),
    why_sampling="",
)


def make_evaluation(
    labels: Sequence[str],
    truths: Sequence[Sequence[int]],
    entries: Sequence[Sequence[Entry]],
    *,
    task: Any = "multiclass",
    sources: Sequence[str] | None = None,
    thresholds: Sequence[float] | None = None,
    boxes: Boxes | None = None,
) -> Evaluation:
    """An evaluation from plain values: labels as positions, one item an image."""
    flat = [entry for image in entries for entry in image]
    named = sources or [
        f"s3://rooms-images/test/{i:05}.jpg" for i in range(len(truths))
    ]
    encoded = [name.encode("utf-8") for name in named]
    return Evaluation(
        task=task,
        labels=tuple(labels),
        sources=Texts(b"".join(encoded), array("Q", np.cumsum([*map(len, encoded)]))),
        truth_starts=np.cumsum([0, *map(len, truths)]).astype(np.uint32),
        truth_labels=np.array([c for t in truths for c in t], dtype=np.uint16),
        entry_starts=np.cumsum([0, *map(len, entries)]).astype(np.uint32),
        entry_labels=np.array([e[0] for e in flat], dtype=np.uint16),
        entry_kinds=np.array([e[1] for e in flat], dtype=np.uint8),
        entry_confidences=np.array([e[2] for e in flat], dtype=np.float32),
        assumed_thresholds=np.array(
            thresholds or [0.5] * len(labels), dtype=np.float64
        ),
        boxes=boxes,
    )


def draw_evaluation(
    labels: Sequence[str],
    *,
    n_images_each: int = 40,
    error: float = 0.15,
    seed: int = 0,
) -> Evaluation:
    """A single-label evaluation in which each label has two that it is taken for."""
    rng = np.random.default_rng(seed)
    n = len(labels)
    truths, entries = [], []
    partner = rng.permutation(n)
    for truth in np.repeat(
        np.arange(n), rng.integers(4, 2 * n_images_each, n)
    ).tolist():
        truths.append([truth])
        wrong = int(rng.choice([partner[truth], (truth + 1) % n]))
        fate, high = rng.random(), float(np.round(0.5 + rng.random() / 2, 4))
        if fate > error or wrong == truth:
            entries.append([(truth, TP, high)])
        elif fate > error * 0.3:
            entries.append([(wrong, FP, high), (truth, FN, 0.1)])
        else:
            entries.append([(truth, FN, 0.2)])
    return make_evaluation(labels, truths, entries)


def label_names(n: int) -> list[str]:
    if n <= len(ANIMALS):
        return [*ANIMALS[:n]]
    return [f"{ANIMALS[i % 12]} {i // 12 + 1:02}" for i in range(n)]


def count_numbers(evaluation: Evaluation) -> Numbers:
    """The rates by the counts; only what the report shows."""
    labels: dict[str, Mapping[str, Estimate]] = {}
    for code, label in enumerate(evaluation.labels):
        tp = int(evaluation.n_true_positives[code])
        fp = int(evaluation.n_false_positives[code])
        fn = int(evaluation.n_false_negatives[code])
        labels[label] = {
            "precision": rate(tp, tp + fp),
            "recall": rate(tp, tp + fn),
            "f1": rate(2 * tp, 2 * tp + fp + fn),
        }
    right, support = evaluation.n_true_positives.sum(), evaluation.support.sum()
    accuracy = rate(int(right), int(support))
    overall = dict.fromkeys(
        ("accuracy", "f1_macro", "precision_macro", "recall_macro"), accuracy
    )
    overall["hamming_loss"] = Estimate(1 - (accuracy.value or 0))
    if evaluation.task == "detection":
        overall |= averages(evaluation).overall
    return Numbers(overall, labels)


def rate(hits: int, total: int) -> Estimate:
    return Estimate(hits / total if total else None, hits, total, total)


def make_outcome(
    metric: str = "accuracy",
    value: float | None = 0.9,
    *,
    minimum: float | None = 0.95,
    maximum: float | None = None,
    label: str | None = None,
    level: Any = "error",
    message: str | None = None,
    **facts: Any,
) -> Outcome:
    """An outcome judged by the bound alone."""
    rule = Rule(minimum=minimum, maximum=maximum, level=level)
    kind: Any = "label" if label else "metric"
    check = Check(f"{label or 'all'}-{metric}", kind, metric, rule, label)
    margin = None
    if value is not None:
        margin = value - minimum if minimum is not None else (maximum or 0) - value
    is_passed = margin is not None and margin >= 0
    status: Any = "passed" if is_passed else "undefined" if value is None else "failed"
    said = message or f"{metric} {value} is below {minimum}"
    is_blocking = not is_passed and level == "error"
    return Outcome(check, status, is_blocking, said, value, margin=margin, **facts)


def judge_labels(numbers: Numbers, bound: float) -> list[Outcome]:
    """One recall rule a label, one accuracy rule, one loss."""
    accuracy = numbers.overall["accuracy"]
    loss = numbers.overall["hamming_loss"]
    outcomes = [
        _judge("accuracy", accuracy, minimum=0.9),
        _judge("f1_macro", numbers.overall["f1_macro"], minimum=0.8),
        _judge("hamming_loss", loss, minimum=None, maximum=0.1, level="warning"),
    ]
    for label, metrics in numbers.labels.items():
        outcomes.append(_judge("recall", metrics["recall"], minimum=bound, label=label))
    return outcomes


def _judge(metric: str, estimate: Estimate, **how: Any) -> Outcome:
    value = estimate.value
    width = 0.04 if value is not None else 0
    interval = None if value is None else (max(value - width, 0), min(value + width, 1))
    bound = how.get("minimum") or how.get("maximum")
    told = "undefined" if value is None else f"{value:.3f}"
    if estimate.n_total:
        told += f": {estimate.n_hits} of {estimate.n_total}"
    return make_outcome(
        metric,
        value,
        interval=interval,
        message=f"{metric} {told}; the bound is {bound}",
        n_hits=estimate.n_hits,
        n_total=estimate.n_total,
        support=estimate.support,
        **how,
    )


def make_summary(evaluation: Evaluation) -> Summary:
    reports = {
        label: LabelReport(label, 40, 0.9, 0.88, 0.89, 0.5)
        for label in evaluation.labels
    }
    n = evaluation.n_images
    return Summary(
        evaluation.labels, n, 4 * n, ARN, "2026-03-01T10:21:07", 0.91, 0.9, 0.9, None,
        None, reports,
    )  # fmt: skip


def make_content(evaluation: Evaluation, **changes: Any) -> ReportContent:
    """A whole content for an evaluation; `changes` replaces fields."""
    numbers = count_numbers(evaluation)
    outcomes = changes.pop("outcomes", None) or judge_labels(numbers, 0.75)
    verdict = Verdict(outcomes)
    model = Model(
        project_name="rooms",
        version_name="rooms.2026-03-01T10.00.00",
        version_arn=ARN,
        region="us-east-1",
        trained="2026-03-01T10:21:07+00:00",
        status="TRAINING_COMPLETED",
    )
    document = SourceFile(
        name="manifest",
        location="s3://custom-labels-console-us-east-1-123456789012/evaluation/"
        "TestingGroundTruth-rooms-rooms.2026-03-01T10.00.00.json",
        version="3HL4kqtJlcpXroDTDmJ",
        n_bytes=1_234_567,
        sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    )
    finding = Finding(
        name="label_support",
        level="warning",
        message="The manifest has 39 images of 'hall', the summary says 40.",
        expected="40",
        found="39",
    )
    intervals = {
        (label, metric, 0.95): ends
        for label in evaluation.labels
        for metric, ends in (("precision", (0.71, 0.93)), ("recall", (0.68, 0.91)))
    }
    baseline_model = changes.pop("baseline_model", None)
    loaded = SimpleNamespace(
        evaluation=evaluation,
        summary=changes.pop("summary", None) or make_summary(evaluation),
        model=changes.pop("model", model),
        source=changes.pop("source", "aws"),
        findings=changes.pop("findings", [finding]),
        documents=changes.pop("documents", [document]),
        endpoints=changes.pop("endpoints", {}),
    )
    thresholds = SimpleNamespace(
        path=changes.pop("thresholds_name", "thresholds.yaml"),
        text=changes.pop("thresholds_text", "metrics:\n  accuracy: 0.9\n"),
        sha256="0" * 64,
        iou=changes.pop("iou", None),
    )
    judgement = Judgement(
        thresholds=thresholds,
        loaded=loaded,
        evaluation=evaluation,
        evidence=Evidence(
            changes.pop("numbers", numbers),
            evaluation.task,
            changes.pop("intervals", intervals),
            {},
        ),
        verdict=changes.pop("verdict", verdict),
        baseline=baseline_model
        and SimpleNamespace(
            model=baseline_model, documents=changes.pop("baseline_documents", ())
        ),
        comparison=changes.pop("comparison", None),
        advice=changes.pop("advice", ()),
    )
    # Not simulated here: the judgement's parts are made up, and do not fit.
    vars(judgement)["error_rates"] = ERROR_RATES
    values: dict[str, Any] = {
        "judgement": judgement,
        "state": "passed" if verdict.is_passed else "failed",
        "exit_code": 0 if verdict.is_passed else 1,
        "exit_sentence": "Judged rooms.2026-03-01T10.00.00 on its own test images.",
        "versions": {"rekmetrics": "1.0.0", "scikit-learn": "1.9.1", "numpy": "2.4.6"},
    }
    return ReportContent(**{**values, **changes})


HOOKS = """
from pathlib import Path
import pytest
def pytest_html_report_title(report):
    report.title = Path("title.txt").read_text(encoding="utf-8")
def pytest_html_results_summary(prefix):
    prefix.insert(0, Path("summary.html").read_text(encoding="utf-8"))
"""
TESTS = """
import pytest
@pytest.mark.parametrize("check", range(6))
def test_label(check):
    if check < 2:
        pytest.fail("recall 0.900 is below 0.950", pytrace=False)
    if check < 3:
        pytest.xfail("precision 0.700 is below 0.750")
"""


def write_page(folder: Path, content: ReportContent) -> Path:
    """A page of pytest-html's with the summary of this content in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "conftest.py").write_text(HOOKS)
    (folder / "test_gate.py").write_text(TESTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "title.txt").write_text(render_title(content), encoding="utf-8")
    (folder / "summary.html").write_text(render_summary(content), encoding="utf-8")
    style = str(files("rekmetrics.report") / "style.css")
    options = ["--html=report.html", "--self-contained-html", f"--css={style}"]
    plugins = ["-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin"]
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, *options],
        cwd=folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        timeout=60,
        check=False,
    )
    return folder / "report.html"


def draw_multilabel(labels: Sequence[str], n_images: int = 200) -> Evaluation:
    """Several labels an image; each truth is found, missed, or taken for the next."""
    rng = np.random.default_rng(1)
    truths, entries = [], []
    for _ in range(n_images):
        n_true = min(int(rng.integers(1, 4)), len(labels))
        true = sorted(rng.choice(len(labels), n_true, replace=False).tolist())
        said: list[Entry] = []
        for label in true:
            fate, high = rng.random(), float(0.5 + rng.random() / 2)
            if fate > 0.15:
                said.append((label, TP, high))
                continue
            said.append((label, FN, 0.2))
            other = (label + 1) % len(labels)
            if fate < 0.1 and other not in [*true, *(s[0] for s in said)]:
                said.append((other, FP, high))
        truths.append(true)
        entries.append(said)
    return make_evaluation(labels, truths, entries, task="multilabel")


def draw_detection(labels: Sequence[str], n_images: int = 30) -> Evaluation:
    """Boxes on images of 640 by 480; found, missed, or beside the truth."""
    rng = np.random.default_rng(2)
    truths, entries, true_boxes, entry_boxes = [], [], [], []
    for _ in range(n_images):
        true, said = [], []
        for _ in range(int(rng.integers(1, 6))):
            label = int(rng.integers(len(labels)))
            size = float(rng.choice([24, 60, 140]))
            left, top = rng.random(2) * (640 - size, 480 - size)
            box = (float(left), float(top), size, size)
            fate, high = rng.random(), float(0.5 + rng.random() / 2)
            true.append(label)
            true_boxes.append(box)
            if fate > 0.25:
                shift = size * 0.1 * rng.random()
                said.append((label, TP, high))
                entry_boxes.append((max(box[0] - shift, 0.0), box[1], size, size))
            elif fate > 0.1:
                said.append(((label + 1) % len(labels), FP, high))
                entry_boxes.append(box)
            else:
                said.append((label, FN, 0.3))
                entry_boxes.append(box)
        truths.append(true)
        entries.append(said)
    boxes = Boxes(
        np.array(true_boxes, dtype=np.float32).reshape(-1, 4),
        np.array(entry_boxes, dtype=np.float32).reshape(-1, 4),
        np.tile(np.array([[640, 480]], dtype=np.uint32), (n_images, 1)),
    )
    return make_evaluation(labels, truths, entries, task="detection", boxes=boxes)


def add_baseline(evaluation: Evaluation, **changes: Any) -> ReportContent:
    """A content with a baseline that was a little better on some labels."""
    before = count_numbers(draw_evaluation(evaluation.labels, seed=5, error=0.12))
    wrong = np.flatnonzero(evaluation.y_true != evaluation.y_pred)
    right = np.flatnonzero(evaluation.y_true == evaluation.y_pred)
    comparison = SimpleNamespace(
        baseline=before,
        is_paired=True,
        reason="",
        n_newly_broken=5,
        n_newly_right=9,
        newly_broken=wrong[:5],
        newly_right=right[:9],
        p_values={(None, "accuracy"): 0.0461},
        labels_only_here=("emu",),
        labels_only_there=("dog", "<cat>"),
    )
    name = "rooms.2026-01-10T09.00.00"
    values: dict[str, Any] = {
        "baseline_model": Model(version_name=name, project_name="rooms"),
        "comparison": comparison,
    }
    return make_content(evaluation, **{**values, **changes})
