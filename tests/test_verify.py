"""A result is believed only where its files give the same again."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support.evaluation_files import write_folder

import rekmetrics.run.audit
from rekmetrics import cli
from rekmetrics.errors import RekmetricsError, RequestError
from rekmetrics.fake_aws.files import (
    LabelledImage,
    entries_from_scores,
    write_manifest,
    write_summary,
)
from rekmetrics.run.audit import verify_result

pytestmark = pytest.mark.slow

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/rooms/version/{}/17723592000"
LABELS = ("yard", "hall", "front [1]")
THRESHOLDS = dict.fromkeys(LABELS, 0.5)
BOUNDS = """\
metrics:
  accuracy: {min: 0.7, max_regression: 0.3}
labels:
  "*": {recall: {min: 0.9, level: warning}}
"""


def write_evaluation(folder, *, n_wrong, version="v2"):
    """Ten images a label; of the first, `n_wrong` are taken for the second."""
    images = []
    for label in LABELS:
        for number in range(10):
            is_wrong = label == "yard" and number < n_wrong
            scores = dict.fromkeys(LABELS, 0.1)
            scores["hall" if is_wrong else label] = 0.9
            entries = entries_from_scores(label, scores, THRESHOLDS)
            source_ref = f"s3://rooms/{label}-{number}.png"
            images.append(LabelledImage(source_ref, (label,), entries))
    summary = write_summary(
        images,
        labels=LABELS,
        thresholds=THRESHOLDS,
        version_arn=ARN.format(version),
    )
    return write_folder(folder, summary=summary, manifest=write_manifest(images))


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A version, its baseline, bounds, and results of real runs of the gate."""
    folder = tmp_path_factory.mktemp("case")
    write_evaluation(folder / "now", n_wrong=2)
    write_evaluation(folder / "before", n_wrong=1, version="v1")
    (folder / "thresholds.yaml").write_text(BOUNDS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, *options in (("masked", "--mask-account"), ("plain",)):
        command = [
            *(sys.executable, "-m", "rekmetrics", "gate", "-p", "no:cacheprovider"),
            *("--evaluation-dir", "now", "--baseline-dir", "before"),
            *(f"--metrics-json={name}.json", *options),
        ]
        process = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        assert process.returncode == 0, process.stdout + process.stderr
    return folder


@pytest.fixture(scope="module", autouse=True)
def computed_once():
    """The same files give the same numbers: tests of the comparison share them."""
    known = {}
    compute = rekmetrics.run.audit._compute

    def look_up(evaluation_dir, baseline_dir, file, *, hide_account):
        key = (evaluation_dir, baseline_dir, file.sha256, hide_account)
        if key not in known:
            known[key] = compute(
                evaluation_dir, baseline_dir, file, hide_account=hide_account
            )
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rekmetrics.run.audit, "_compute", look_up)
        yield


def verify(case, result="plain.json", **changes):
    given = {
        "evaluation_dir": case / "now",
        "baseline_dir": case / "before",
        "thresholds": case / "thresholds.yaml",
    }
    return verify_result(case / result, **{**given, **changes})


def tampered(case, tmp_path, change):
    document = json.loads((case / "plain.json").read_bytes())
    change(document)
    path = tmp_path / "result.json"
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("result", ["plain.json", "masked.json"])
def test_agrees_with_an_honest_result(case, result):
    """Nothing differs, be the account masked or not."""
    assert verify(case, result) == []


def set_at(*keys, value):
    """A change of a document: the value at the end of this path."""

    def change(document):
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("verdict", set_at("verdict", value="failed")),
        ("exit_code", set_at("exit_code", value=1)),
        ("exit_code", set_at("exit_code", value=False)),
        ("metrics.accuracy", set_at("metrics", "accuracy", value=0.95)),
        ("metrics.accuracy", set_at("metrics", "accuracy", value=None)),
        ("metrics.mine", set_at("metrics", "mine", value=1.0)),
        ("labels.yard.recall", set_at("labels", "yard", "recall", value=1.0)),
        (
            "labels.'front [1]'.precision",
            set_at("labels", "front [1]", "precision", value=0),
        ),
        (
            "confusion_matrix.counts[0][1]",
            set_at("confusion_matrix", "counts", 0, 1, value=1),
        ),
        ("checks[0].min", set_at("checks", 0, "min", value=0.5)),
        ("checks[0].outcome", set_at("checks", 0, "outcome", value="undefined")),
        ("checks[1].change", set_at("checks", 1, "change", value=0.0)),
        ("checks, length", lambda document: document["checks"].pop()),
        ("n_images", set_at("n_images", value=31)),
        ("task", set_at("task", value="multilabel")),
        ("model.version_name", set_at("model", "version_name", value="v9")),
        ("model.version_arn", set_at("model", "version_arn", value=ARN.format("v9"))),
        (
            "summary.sha256",
            set_at("provenance", "documents", 0, "sha256", value="0" * 64),
        ),
        ("manifest.n_bytes", lambda document: document["provenance"].clear()),
        (
            "provenance.thresholds.sha256",
            set_at("provenance", "thresholds", "sha256", value="0" * 64),
        ),
        ("baseline.model.version_name", set_at("baseline", "model", value=None)),
        (
            "baseline.metrics.accuracy",
            set_at("baseline", "metrics", "accuracy", value=1),
        ),
        (
            "baseline.manifest.sha256",
            set_at("baseline", "documents", 1, "sha256", value="0" * 64),
        ),
    ],
)
def test_names_what_was_changed(case, tmp_path, path, change):
    """Whatever is touched in the result is named by its path."""
    found = verify(case, tampered(case, tmp_path, change))
    assert path in [difference.path for difference in found]


def test_allows_rounding_in_the_last_digits(case, tmp_path):
    """Another version of numpy may sum in another order."""
    document = json.loads((case / "plain.json").read_bytes())
    value = document["metrics"]["accuracy"] * (1 + 1e-13)
    path = tampered(case, tmp_path, set_at("metrics", "accuracy", value=value))
    assert value != document["metrics"]["accuracy"]
    assert verify(case, path) == []


def test_names_every_consequence_of_other_files(case, tmp_path):
    """Another evaluation: version, digests and numbers differ."""
    found = verify(
        case, evaluation_dir=write_evaluation(tmp_path, n_wrong=3, version="v3")
    )
    paths = {difference.path for difference in found}
    assert {
        "model.version_name",
        "manifest.sha256",
        "metrics.accuracy",
        "checks[0].value",
    } <= paths


def test_notices_other_bounds(case, tmp_path):
    """The thresholds file is part of what was judged, to the byte."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text(BOUNDS + "# and a comment\n")
    (difference,) = verify(case, thresholds=thresholds)
    assert difference.path == "provenance.thresholds.sha256"
    assert difference.is_of_thresholds


def test_wants_the_baseline_that_there_was(case, tmp_path):
    """A comparison cannot be repeated with one side, nor made afterwards."""
    with pytest.raises(RequestError, match="give --baseline-dir"):
        verify(case, baseline_dir=None)
    path = tampered(case, tmp_path, set_at("baseline", value=None))
    with pytest.raises(RequestError, match="leave --baseline-dir"):
        verify(case, path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "could not be read"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a result"),
        ("{}", "is not a result"),
        ('{"schema": 2}', "has schema 2, wanted 1"),
        ('{"schema": 1, "verdict": "incomplete", "message": "cut off."}', "cut off"),
        ('{"schema": 1, "verdict": "passed"}', "leave --baseline-dir"),
    ],
)
def test_says_what_is_wrong_with_a_result(case, tmp_path, text, told):
    """What cannot be compared is never taken for equal."""
    path = tmp_path / "result.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(RequestError, match=told):
        verify(case, path)


def test_needs_the_evaluation(case, tmp_path):
    """A folder that is missing is no agreement."""
    with pytest.raises(RekmetricsError):
        verify(case, evaluation_dir=tmp_path / "nowhere")


@pytest.mark.parametrize(("accuracy", "code"), [(None, 0), (0.99, 1)])
def test_ends_with_0_only_where_all_agrees(case, tmp_path, capsys, accuracy, code):
    """The command prints each difference, and the code says whether there is one."""
    path = case / "plain.json"
    if accuracy is not None:
        path = tampered(case, tmp_path, set_at("metrics", "accuracy", value=accuracy))
    words = ["--evaluation-dir", str(case / "now"), "--baseline-dir"]
    words += [str(case / "before"), "--thresholds", str(case / "thresholds.yaml")]
    assert cli.main(["verify", str(path), *words]) == code
    text = capsys.readouterr().out
    assert ("metrics.accuracy: the result says 0.99" in text) == (code == 1)
