"""The first set-up: accepted, passed by the same version, and overwriting nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rekmetrics import __version__
from rekmetrics.cli.init import write_setup
from rekmetrics.errors import ThresholdsError, WriteError
from rekmetrics.evaluation import Task
from rekmetrics.gate import Verdict, judge
from rekmetrics.metrics import Estimate, Numbers, registry
from rekmetrics.scaffold import propose_update, render_thresholds
from rekmetrics.thresholds import parse_thresholds, read_thresholds

VERSION = "rooms.2026-03-01T10.00.00"
LABELS = ("front yard", "kitchen", "cellar")
NUMBERS = Numbers(
    {
        "accuracy": Estimate(0.9371, 447, 477, 477),
        "f1_macro": Estimate(0.8599999, support=477),
        "matthews_corrcoef": Estimate(0.8, support=477),
        "hamming_loss": Estimate(0.0629, 30, 477, 477),
        "balanced_accuracy": Estimate(None),
    },
    {
        "front yard": {
            "recall": Estimate(18 / 20, 18, 20, 20),
            "precision": Estimate(0.57, 57, 100, 20),
        },
        "kitchen": {
            "recall": Estimate(5 / 16, 5, 16, 16),
            "precision": Estimate(None, support=16),
        },
        "cellar": {
            "recall": Estimate(1.0, 3, 3, 3),
            "precision": Estimate(1.0, 3, 3, 3),
        },
    },
)


def judged(text: str, numbers: Numbers, labels: tuple[str, ...], task: Task) -> Verdict:
    checks = parse_thresholds(text.encode(), "t.yaml").plan(labels, task)
    return judge(checks, numbers, task=task)


def test_puts_bounds_at_what_the_version_reaches() -> None:
    """Two decimals: down for scores, up for losses, and the value beside it."""
    text = render_thresholds(NUMBERS, LABELS, "multiclass", version_name=VERSION)
    lines = [line.strip() for line in text.splitlines()]
    assert "accuracy: 0.93  # measured 0.937, 447 of 477" in lines
    assert "f1_macro: 0.85  # measured 0.8599999" in lines
    assert "matthews_corrcoef: 0.80  # measured 0.800" in lines
    assert "hamming_loss: 0.07  # measured 0.063, 30 of 477" in lines
    assert "precision: 0.57  # measured 0.570, 57 of 100" in lines
    assert not any(line.startswith("balanced_accuracy") for line in lines)


def test_warns_where_a_label_mostly_fails() -> None:
    """A bound that would block nothing of worth; what is undefined is off."""
    text = render_thresholds(NUMBERS, LABELS, "multiclass", version_name=VERSION)
    assert "recall: {min: 0.31, level: warning}  # measured 0.312, 5 of 16" in text
    assert "precision: off  # undefined" in text


def test_is_passed_by_the_version_it_was_made_from() -> None:
    """And by no version that is a hundredth worse."""
    text = render_thresholds(NUMBERS, LABELS, "multiclass", version_name=VERSION)
    assert judged(text, NUMBERS, LABELS, "multiclass").is_passed
    worse = Numbers({**NUMBERS.overall, "accuracy": Estimate(0.92)}, NUMBERS.labels)
    assert not judged(text, worse, LABELS, "multiclass").is_passed


HOSTILE = (
    '"',
    "\\",
    "*",
    "no",
    "1",
    "a: b",
    "# c",
    "a\nb: {recall: 1}",
    "\x00",
    "\u2028",
    "\ufeff",
    "\U0001f600",
    "\U000e0001",
    "../../etc/passwd",
    "!!python/object",
    "&a",
    " ",
    "",
    "<<",
    "k" * 256,
    "\x01" * 256,
    "\U0001f600" * 256,
    "%TAG",
    "a -> b",
)


def numbers_of(labels: tuple[str, ...]) -> Numbers:
    own = {name: Estimate(0.9, 9, 10, 10) for name in ("recall", "precision")}
    return Numbers({"accuracy": Estimate(0.9, 9, 10, 10)}, dict.fromkeys(labels, own))


def test_writes_any_label_so_that_it_is_read_back() -> None:
    """Quotes, colons, control characters, NUL, emoji, 256 of each."""
    numbers = numbers_of(HOSTILE)
    text = render_thresholds(numbers, HOSTILE, "multiclass", version_name=VERSION)
    assert tuple(yaml.safe_load(text)["labels"]) == HOSTILE
    assert judged(text, numbers, HOSTILE, "multiclass").is_passed


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=50), min_size=1, max_size=4, unique=True))
def test_writes_any_text_so_that_it_is_read_back(texts: list[str]) -> None:
    """Whatever text there is."""
    labels = tuple(texts)
    numbers = numbers_of(labels)
    text = render_thresholds(numbers, labels, "multiclass", version_name=VERSION)
    assert judged(text, numbers, labels, "multiclass").is_passed


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.floats(-1, 1))
def test_never_sets_a_bound_that_is_missed(a: float, b: float, c: float) -> None:
    """Whatever the numbers, what is written is held."""
    overall = {
        "accuracy": Estimate(a),
        "hamming_loss": Estimate(b),
        "matthews_corrcoef": Estimate(c),
        "f1_macro": Estimate(0.5),
    }
    numbers = Numbers(overall)
    text = render_thresholds(numbers, (), "multiclass", version_name=VERSION)
    assert judged(text, numbers, (), "multiclass").is_passed


@pytest.mark.parametrize("task", ["multiclass", "multilabel", "detection"])
def test_knows_metrics_for_every_kind_of_model(task: Task) -> None:
    """Only such as the kind has."""
    overall = {name: Estimate(0.9) for name in registry.OVERALL}
    numbers = Numbers(overall)
    text = render_thresholds(numbers, (), task, version_name=VERSION)
    assert judged(text, numbers, (), task).is_passed


def test_writes_a_whole_set_up(tmp_path: Path) -> None:
    """thresholds.yaml, the tests, the schema that it names, and an example for CI."""
    setup = write_setup(tmp_path, NUMBERS, LABELS, "multiclass", version_name=VERSION)
    names = {path.relative_to(tmp_path).as_posix() for path in setup.written}
    assert names == {
        "thresholds.yaml",
        "quality_tests/test_quality.py",
        "quality_tests/thresholds.schema.json",
        ".github/workflows/model-gate.yml",
    }
    assert setup.kept == ()
    assert read_thresholds(tmp_path / "thresholds.yaml").plan(LABELS, "multiclass")
    first = (tmp_path / "thresholds.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert (tmp_path / first.split("$schema=")[1]).is_file()


@pytest.mark.parametrize(
    ("ci", "names"),
    [
        ("github", {".github/workflows/model-gate.yml"}),
        ("gitlab", {".gitlab/model-gate.yml"}),
        ("codebuild", {"buildspec-gate.yml", "buildspec-deploy.yml"}),
        ("none", set()),
    ],
)
def test_writes_for_the_ci_that_is_asked_for(
    ci: str, names: set[str], tmp_path: Path
) -> None:
    """Its files and no other's, and they install the version that wrote them."""
    setup = write_setup(
        tmp_path, NUMBERS, LABELS, "multiclass", version_name=VERSION, ci=ci
    )
    files = {path.relative_to(tmp_path).as_posix(): path for path in setup.written}
    assert names == files.keys() - {
        "thresholds.yaml",
        "quality_tests/test_quality.py",
        "quality_tests/thresholds.schema.json",
    }
    texts = [files[name].read_text(encoding="utf-8") for name in names]
    said = [line for text in texts for line in re.findall("pip install .*", text)]
    assert said == [f"pip install rekmetrics=={__version__}"] * bool(names)


@pytest.mark.parametrize(
    ("url", "installed"),
    [
        (
            "https://example.org/team/rekmetrics.git",
            '"rekmetrics @ git+https://example.org/team/rekmetrics.git@0123abcd"',
        ),
        ("https://example.org/$(id)", f"rekmetrics=={__version__}"),
    ],
)
def test_gives_a_ci_what_is_installed_here(
    url: str, installed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a repository, at its commit; never what a shell would take for more."""
    vcs = {"vcs": "git", "commit_id": "0123abcd"}
    text = json.dumps({"url": url, "vcs_info": vcs})
    monkeypatch.setattr(
        "importlib.metadata.PathDistribution.read_text", lambda *_: text
    )
    write_setup(tmp_path, NUMBERS, LABELS, "multiclass", version_name=VERSION)
    path = tmp_path / ".github" / "workflows" / "model-gate.yml"
    steps = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]["gate"]["steps"]
    assert f"pip install {installed}" in [step.get("run") for step in steps]


def test_overwrites_nothing(tmp_path: Path) -> None:
    """What is there stays, links that lead nowhere included."""
    (tmp_path / "thresholds.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "quality_tests").mkdir()
    outside = tmp_path / "outside.py"
    (tmp_path / "quality_tests" / "test_quality.py").symlink_to(outside)
    setup = write_setup(tmp_path, NUMBERS, LABELS, "multiclass", version_name=VERSION)
    assert {path.name for path in setup.kept} == {"thresholds.yaml", "test_quality.py"}
    assert (tmp_path / "thresholds.yaml").read_text(encoding="utf-8") == "mine"
    assert not outside.exists()


def test_says_what_it_cannot_write(tmp_path: Path) -> None:
    """A file where a folder is wanted."""
    (tmp_path / "quality_tests").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="could not be written"):
        write_setup(tmp_path, NUMBERS, LABELS, "multiclass", version_name=VERSION)


def test_writes_nothing_for_a_version_that_reaches_nothing(tmp_path: Path) -> None:
    """No bound could be missed, so there is no gate to set up."""
    numbers = Numbers({"accuracy": Estimate(0.0), "hamming_loss": Estimate(1.0)})
    with pytest.raises(ThresholdsError, match="no check can block"):
        write_setup(tmp_path, numbers, (), "multiclass", version_name=VERSION)
    assert list(tmp_path.iterdir()) == []


def proposals(text: str, numbers: Numbers) -> list[str]:
    checks = parse_thresholds(text.encode(), "t.yaml").plan(LABELS, "multiclass")
    return [str(proposal) for proposal in propose_update(checks, numbers)]


def test_proposes_to_raise_what_is_reached() -> None:
    """With the line, and the measured value."""
    assert proposals("metrics:\n  accuracy: 0.85", NUMBERS) == [
        "accuracy could rise to 0.93 (line 2 says 0.85; measured 0.937)"
    ]
    assert proposals("metrics: {hamming_loss: 0.1}", NUMBERS) == [
        "hamming_loss could fall to 0.07 (line 1 says 0.1; measured 0.063)"
    ]


def test_never_proposes_to_lower() -> None:
    """A bound that is missed, or held just so, stays."""
    text = "metrics: {accuracy: 0.99, hamming_loss: 0.01, matthews_corrcoef: 0.8}"
    assert proposals(text, NUMBERS) == []
    assert proposals("metrics: {accuracy: 0.935}", NUMBERS) == []


def test_raises_a_glob_as_far_as_its_weakest_label() -> None:
    """The line stands for all of them."""
    assert proposals("labels: {'*': {recall: 0.2}}", NUMBERS) == [
        "recall of 3 labels could rise to 0.31 (line 1 says 0.2; measured 0.312)"
    ]
    assert proposals("labels: {cellar: {recall: 0.2}}", NUMBERS) == [
        "recall of 'cellar' could rise to 1.00 (line 1 says 0.2; measured 1.000)"
    ]


def test_proposes_nothing_where_something_is_undefined() -> None:
    """kitchen was never predicted."""
    assert proposals("labels: {'*': {precision: 0.2}}", NUMBERS) == []
