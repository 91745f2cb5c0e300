"""The first set-up: accepted, passed by the same version, and overwriting nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluations import make_evaluation

from rekmetrics import __version__
from rekmetrics.allowances import Bound, Wanted, find_bounds
from rekmetrics.cli.init import write_setup
from rekmetrics.errors import ThresholdsError, WriteError
from rekmetrics.evaluation import Evaluation, Task
from rekmetrics.gate import Verdict, judge
from rekmetrics.gate.exact import value_of
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.numbers import measure
from rekmetrics.scaffold import (
    Origin,
    propose_update,
    render_thresholds,
    wanted_bounds,
)
from rekmetrics.statistics.simulation import Simulation
from rekmetrics.thresholds import parse_thresholds, read_thresholds

VERSION = "rooms.2026-03-01T10.00.00"
LABELS = ("front yard", "kitchen", "cellar")
ORIGIN = Origin(VERSION, 0.05, "sampling")


def confuse(matrix: list[list[int]]) -> Evaluation:
    """Images by true label (rows) and by what was seen; the last is no prediction."""
    cells = [
        (row, column)
        for row, counts in enumerate(matrix)
        for column, n in enumerate(counts)
        for _ in range(n)
    ]
    given = [{column} if column < len(matrix) else set() for _, column in cells]
    return make_evaluation([{row} for row, _ in cells], given, labels=LABELS)


# 200 front yards, 100 kitchens, 3 cellars.
EVALUATION = confuse([[190, 10, 0, 0], [5, 92, 1, 2], [0, 0, 3, 0]])
NUMBERS = measure(EVALUATION)


def bounds_of(
    evaluation: Evaluation, *, rate: float = 0.05
) -> tuple[dict[Wanted, Bound], Numbers]:
    numbers = measure(evaluation)
    found = find_bounds(
        wanted_bounds(evaluation.labels, evaluation.task),
        numbers,
        Simulation(evaluation).draw(),
        false_alarm_rate=rate,
    )
    return found, numbers


BOUNDS, _ = bounds_of(EVALUATION)


def write(origin: Origin = ORIGIN) -> str:
    return render_thresholds(BOUNDS, LABELS, "multiclass", origin=origin)


def judged(text: str, numbers: Numbers, labels: tuple[str, ...], task: Task) -> Verdict:
    checks = parse_thresholds(text.encode(), "t.yaml").plan(labels, task)
    return judge(checks, numbers, task=task)


def test_says_beside_a_bound_what_was_measured_and_what_it_allows() -> None:
    """In images where a rate counts them, else in the metric's unit."""
    lines = {line.strip().partition(":")[0]: line for line in write().splitlines()}
    allowed = BOUNDS[None, "accuracy"].n_allowed
    assert lines["accuracy"].endswith(
        f"# measured 0.941, 285 of 303 images; allows {allowed} wrong, 18 were"
    )
    assert 18 < (allowed or 0) < 50
    assert "; allows 0." in lines["f1_macro"]


def test_warns_where_a_label_is_too_small() -> None:
    """Three images tell nothing: whoever loses two of them is not blocked."""
    lines = write().splitlines()
    (line,) = (x for x in lines if "3 of 3 images" in x and "recall" in x)
    assert "level: warning" in line
    assert line.endswith("too few to tell a loss from chance")


def test_switches_off_what_is_undefined() -> None:
    """A label without test images."""
    bounds, _ = bounds_of(confuse([[20, 1, 0, 0], [2, 30, 0, 0], [0, 0, 0, 0]]))
    text = render_thresholds(bounds, LABELS, "multiclass", origin=ORIGIN)
    assert yaml.safe_load(text)["labels"]["cellar"]["recall"] in ("off", False)


def test_is_passed_by_the_version_it_was_made_from() -> None:
    """And by no version that is much worse."""
    assert judged(write(), NUMBERS, LABELS, "multiclass").is_passed
    worse = Numbers({**NUMBERS.overall, "accuracy": Estimate(0.85)}, NUMBERS.labels)
    assert not judged(write(), worse, LABELS, "multiclass").is_passed


def test_bounds_losses_against_a_baseline() -> None:
    """A version that the minimum just passes passes the comparison too."""
    before = Numbers({**NUMBERS.overall, "accuracy": Estimate(0.96)}, NUMBERS.labels)
    origin = Origin(VERSION, 0.05, "retraining", "rooms.2026-01-01T10.00.00", before)
    file = yaml.safe_load(write(origin))
    assert file["baseline"] == {"version_name": "rooms.2026-01-01T10.00.00"}
    rule = file["metrics"]["accuracy"]
    least = float(BOUNDS[None, "accuracy"].limit)
    assert rule["min"] == least
    assert rule["max_regression"] == pytest.approx(0.96 - least, abs=0.001)
    assert rule["max_regression"] >= 0.96 - least


def test_says_why_the_baseline_told_no_noise() -> None:
    """In the comment at the head, which says what the bounds were reckoned from."""
    origin = Origin(VERSION, 0.05, "sampling", why_sampling="they differ by more")
    head = " ".join(line.strip("# ") for line in write(origin).splitlines()[:8])
    assert "by chance (not from the baseline, since they differ by more)" in head


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


def bounds_for(labels: tuple[str, ...]) -> dict[Wanted, Bound]:
    """The same bounds for labels of any names."""
    own = {name: BOUNDS["kitchen", name] for name in ("recall", "precision")}
    return {
        (None, "accuracy"): BOUNDS[None, "accuracy"],
        **{(label, name): bound for label in labels for name, bound in own.items()},
    }


def is_read_back(labels: tuple[str, ...]) -> bool:
    text = render_thresholds(bounds_for(labels), labels, "multiclass", origin=ORIGIN)
    own = dict.fromkeys(labels, NUMBERS.labels["kitchen"])
    return (
        tuple(yaml.safe_load(text)["labels"]) == labels
        and judged(text, Numbers(NUMBERS.overall, own), labels, "multiclass").is_passed
    )


def test_writes_any_label_so_that_it_is_read_back() -> None:
    """Quotes, colons, control characters, NUL, emoji, 256 of each."""
    assert is_read_back(HOSTILE)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=50), min_size=1, max_size=4, unique=True))
def test_writes_any_text_so_that_it_is_read_back(texts: list[str]) -> None:
    """Whatever text there is."""
    assert is_read_back(tuple(texts))


CELLS = st.lists(
    st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=3, max_size=3
)


@settings(max_examples=50, deadline=None)
@given(CELLS.filter(lambda m: sum(m[k][k] for k in range(3)) > 0))
def test_never_sets_a_bound_that_is_missed(matrix: list[list[int]]) -> None:
    """Whatever the counts, what is written is held by the version itself."""
    bounds, _ = bounds_of(confuse(matrix))
    for bound in bounds.values():
        value = value_of(bound.estimate)
        assert value is not None
        is_held = (
            value >= bound.limit
            if bound.metric.greater_is_better
            else value <= bound.limit
        )
        assert is_held, bound


@pytest.mark.parametrize("task", ["multilabel", "detection"])
def test_knows_metrics_for_every_kind_of_model(task: Task) -> None:
    """Only such as the kind has."""
    sets = [{0}, {0, 1}, {1}, {2}] * 50
    given = [{0}, {0}, {1}, {2}] * 49 + [set[int](), {1}, {2}, {2}]
    evaluation = make_evaluation(sets, given, labels=LABELS, task=task)
    bounds, numbers = bounds_of(evaluation)
    text = render_thresholds(bounds, LABELS, task, origin=ORIGIN)
    assert judged(text, numbers, LABELS, task).is_passed
    assert ("  average_precision: 0." in text) == (task == "detection")


def test_says_what_it_does_not_bound() -> None:
    """Where versions cannot be drawn that differ in a number, it says so."""
    bounds = {key: bound for key, bound in BOUNDS.items() if key[1] != "f1_macro"}
    text = render_thresholds(bounds, LABELS, "multiclass", origin=ORIGIN)
    assert "  # f1_macro is not bounded" in text


def test_writes_a_whole_set_up(tmp_path: Path) -> None:
    """thresholds.yaml, the tests, the schema that it names, and an example for CI."""
    written = write_setup(tmp_path, write(), LABELS, "multiclass")
    assert written.keys() == {
        "thresholds.yaml",
        "quality_tests/test_quality.py",
        "quality_tests/thresholds.schema.json",
        ".github/workflows/model-gate.yml",
    }
    assert all(written.values())
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
    written = write_setup(tmp_path, write(), LABELS, "multiclass", ci=ci)
    assert names == written.keys() - {
        "thresholds.yaml",
        "quality_tests/test_quality.py",
        "quality_tests/thresholds.schema.json",
    }
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in names]
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
    write_setup(tmp_path, write(), LABELS, "multiclass")
    path = tmp_path / ".github" / "workflows" / "model-gate.yml"
    steps = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]["gate"]["steps"]
    assert f"pip install {installed}" in [step.get("run") for step in steps]


def test_overwrites_nothing(tmp_path: Path) -> None:
    """What is there stays, links that lead nowhere included."""
    (tmp_path / "thresholds.yaml").write_text("mine", encoding="utf-8")
    (tmp_path / "quality_tests").mkdir()
    outside = tmp_path / "outside.py"
    (tmp_path / "quality_tests" / "test_quality.py").symlink_to(outside)
    written = write_setup(tmp_path, write(), LABELS, "multiclass")
    kept = {name for name, is_new in written.items() if not is_new}
    assert kept == {"thresholds.yaml", "quality_tests/test_quality.py"}
    assert (tmp_path / "thresholds.yaml").read_text(encoding="utf-8") == "mine"
    assert not outside.exists()


def test_says_what_it_cannot_write(tmp_path: Path) -> None:
    """A file where a folder is wanted."""
    (tmp_path / "quality_tests").write_text("", encoding="utf-8")
    with pytest.raises(WriteError, match="could not be written"):
        write_setup(tmp_path, write(), LABELS, "multiclass")


def test_writes_nothing_for_a_version_that_reaches_nothing(tmp_path: Path) -> None:
    """No bound could be missed, so there is no gate to set up."""
    wrong = make_evaluation([{0}, {1}], [{1}, {0}], labels=LABELS)
    text = render_thresholds(bounds_of(wrong)[0], LABELS, "multiclass", origin=ORIGIN)
    with pytest.raises(ThresholdsError, match="can block"):
        write_setup(tmp_path, text, LABELS, "multiclass")
    assert list(tmp_path.iterdir()) == []


def proposals(text: str) -> list[str]:
    checks = parse_thresholds(text.encode(), "t.yaml").plan(LABELS, "multiclass")
    return [str(proposal) for proposal in propose_update(checks, NUMBERS, BOUNDS)]


def limit(label: str | None, name: str) -> str:
    return f"{float(BOUNDS[label, name].limit):.15g}"


def test_proposes_to_raise_to_what_equally_good_versions_hold() -> None:
    """With the line, and the measured value."""
    (said,) = proposals("metrics:\n  accuracy: 0.5")
    assert said.startswith(f"accuracy could rise to {limit(None, 'accuracy')} (line 2")
    assert said.endswith(" says 0.5; measured 0.941)")
    (said,) = proposals("metrics: {hamming_loss: 0.9}")
    assert said.startswith(f"hamming_loss could fall to {limit(None, 'hamming_loss')} ")
    assert said.endswith("says 0.9; measured 0.059)")


def test_proposes_what_is_reached_where_nothing_can_be_drawn() -> None:
    """Rekognition's own figures, for one."""
    text = "metrics: {reported_f1: 0.5}"
    checks = parse_thresholds(text.encode(), "t.yaml").plan(LABELS, "multiclass")
    numbers = Numbers({"reported_f1": Estimate(0.8765)})
    (proposal,) = propose_update(checks, numbers, {})
    assert proposal.proposed == 0.87


def test_never_proposes_to_lower() -> None:
    """A bound that is missed, or held by few, stays."""
    text = "metrics: {accuracy: 0.99, hamming_loss: 0.01, matthews_corrcoef: 0.99}"
    assert proposals(text) == []
    assert proposals("metrics: {accuracy: 0.935}") == []


def test_raises_a_glob_as_far_as_its_weakest_label() -> None:
    """The line stands for all of them; nothing is said of labels that are too small."""
    text = "labels: {'*': {recall: 0.2}, cellar: {recall: off}}"
    weakest = min(BOUNDS[label, "recall"].limit for label in LABELS[:2])
    (said,) = proposals(text)
    assert said.startswith(f"recall of 2 labels could rise to {float(weakest):.15g}")
    assert proposals("labels: {cellar: {recall: 0.01}}") == []
