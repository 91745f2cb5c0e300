"""`--tag-version`: what a gate writes to AWS, when, and what it ends with else."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.evaluation_files import write_folder
from support.gates import ARN, BAD, GOOD, THRESHOLDS, documents, fill_aws, zoo
from support.teams import Team, record_requests

from rekmetrics.fake_aws.server import DemoAws

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
HEAD, _, NUMBER = ARN.rpartition("/")
GOOD_ARN, BAD_ARN = (f"{HEAD}/version/{name}/{NUMBER}" for name in (GOOD, BAD))
READING = {"DescribeProjectVersions", "DescribeProjects", "S3 GET", "S3 HEAD"}


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """A team with the zoo's two versions."""
    (tmp_path / "thresholds.yaml").write_text(THRESHOLDS)
    with DemoAws() as aws:
        fill_aws(aws)
        yield Team(aws, tmp_path)


def pretend_passed(team: Team, arn: str) -> None:
    team.aws.projects.tags[arn] = {"rekmetrics:verdict": "passed", "owner": "me"}


def read_json(team: Team) -> Any:
    return json.loads((team.folder / "metrics.json").read_text())


def test_writes_nothing_unless_asked(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request of runs with all other options reads."""
    seen = record_requests(monkeypatch)
    for name, code in ((GOOD, 0), (BAD, 1), ("zoo.missing", 6)):
        words = ("--baseline-version", BAD, "--save-evaluation", f"kept-{name}")
        words += ("--metrics-json=m.json", "--attestation=a.json", "--mask-account")
        assert team.gate(name, *words, "--report-images=3").returncode == code
    assert set(seen) <= READING
    assert {"DescribeProjectVersions", "S3 GET"} <= set(seen)
    assert team.aws.projects.tags == {}
    assert team.gate(GOOD, "--tag-version").returncode == 0
    assert set(seen) - READING == {"TagResource"}


def test_brackets_the_judging(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    """First "incomplete", then the evaluation is read, and the verdict comes last."""
    pretend_passed(team, GOOD_ARN)
    seen = record_requests(monkeypatch)
    words = ("--metrics-json=metrics.json", "--baseline-version", BAD)
    result = team.gate(GOOD, "--tag-version", *words)
    assert result.returncode == 0, result.stdout + result.stderr
    assert [name for name in seen if name != "S3 HEAD"] == [
        *("DescribeProjectVersions", "TagResource", "S3 GET", "S3 GET"),
        *("DescribeProjectVersions", "S3 GET", "S3 GET"),  # the baseline
        "TagResource",
    ]
    written = [
        asked["Tags"]["rekmetrics:verdict"]
        for name, asked in team.aws.projects.requests
        if name == "TagResource"
    ]
    assert written == ["incomplete", "passed"]
    assert "tagged: the version's rekmetrics:verdict is now 'passed'" in result.stdout
    assert team.tag(GOOD_ARN, "judged") == read_json(team)["time"]
    sha256 = read_json(team)["provenance"]["thresholds"]["sha256"]
    assert team.tag(GOOD_ARN, "thresholds") == sha256[:32]
    assert team.aws.projects.tags[GOOD_ARN]["owner"] == "me"
    assert BAD_ARN not in team.aws.projects.tags


@pytest.mark.parametrize("words", [(), ("-n", "2")])
def test_says_what_failed(team: Team, words: tuple[str, ...]) -> None:
    """Also with workers: one process writes."""
    pretend_passed(team, BAD_ARN)
    assert team.gate(BAD, "--tag-version", *words).returncode == 1
    assert team.tag(BAD_ARN) == "failed"
    asked = [name for name, _ in team.aws.projects.requests]
    assert asked.count("TagResource") == 2


def test_tags_the_version_that_an_arn_names(team: Team) -> None:
    """And none that has only its name."""
    command = ("-m", "rekmetrics", "gate", "--tag-version", "--project-arn")
    assert team.python(*command, GOOD_ARN).returncode == 0
    assert team.tag(GOOD_ARN) == "passed"
    team.aws.projects.tags.clear()
    result = team.python(*command, GOOD_ARN.replace(NUMBER, "1"))
    assert result.returncode == 6, result.stdout + result.stderr
    assert team.aws.projects.tags == {}


def test_passes_nothing_that_was_not_run_whole(team: Team) -> None:
    """A selection, and a test of the team's own that fails."""
    assert team.gate(GOOD, "--tag-version", "-k", "accuracy").returncode == 5
    assert team.tag(GOOD_ARN) == "incomplete"
    shutil.copytree(ROOT / "quality_tests", team.folder / "quality_tests")
    (team.folder / "quality_tests" / "test_own.py").write_text("def test(): assert 0")
    assert team.gate(GOOD, "--tag-version").returncode == 1
    assert team.tag(GOOD_ARN) == "failed"


def test_lets_no_older_pass_outlive_a_break(team: Team) -> None:
    """The evaluation is gone from S3."""
    pretend_passed(team, GOOD_ARN)
    description = team.aws.projects.find_version(GOOD_ARN)
    description["EvaluationResult"]["Summary"]["S3Object"]["Name"] = "gone"
    assert team.gate(GOOD, "--tag-version").returncode == 6
    assert team.tag(GOOD_ARN) == "incomplete"


def test_does_not_judge_what_it_cannot_tag(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3 before anything is read, and the permission that lacks."""
    seen = record_requests(monkeypatch)
    team.aws.projects.forbids = lambda call, _: call.operation == "TagResource"
    result = team.gate(GOOD, "--tag-version", "--metrics-json=metrics.json")
    assert result.returncode == 3
    said = result.stdout + result.stderr
    assert "the verdict 'incomplete' could not be written" in said
    assert "needs the permission rekognition:TagResource on" in said
    assert "S3 GET" not in seen
    assert read_json(team)["verdict"] == "incomplete"


@pytest.mark.parametrize("fault", ["denied", "deleted", "full"])
def test_ends_with_3_where_the_verdict_cannot_be_written(
    team: Team, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it is, and nothing that is left behind says "passed"."""
    summary = team.folder / "summary.md"
    summary.write_text("## Another step\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    projects, n_tagged = team.aws.projects, 0

    def forbids(call: Any, _: Any) -> bool:
        nonlocal n_tagged
        n_tagged += call.operation == "TagResource"
        if n_tagged == 2 and fault == "deleted":
            projects.remove_version(GOOD_ARN)
        if n_tagged == 2 and fault == "full":
            projects.tags[GOOD_ARN] = {f"k{number}": "" for number in range(47)}
        return n_tagged == 2 and fault == "denied"

    projects.forbids = forbids
    words = ("--metrics-json=metrics.json", "--attestation=a.json")
    result = team.gate(GOOD, "--tag-version", *words)
    assert (result.returncode, n_tagged) == (3, 2)
    said = {"denied": "permission", "deleted": "was deleted", "full": "holds 50 tags"}
    last = (result.stdout + result.stderr).splitlines()
    assert any(said[fault] in line for line in last), last
    assert read_json(team)["verdict"] == "incomplete"
    assert "_type" not in json.loads((team.folder / "a.json").read_text())
    assert team.tag(GOOD_ARN) != "passed"
    report = (team.folder / "report.html").read_text()
    for text in (report, summary.read_text()):
        assert "Passed" not in text
        assert text.count("Incomplete. The run broke before its verdict was told") == 1
        assert said[fault] in text
    assert "123456789012" not in report
    assert summary.read_text().startswith("## Another step\n## ")


def test_tags_no_pass_whose_exports_cannot_be_written(team: Team) -> None:
    """The tag comes last."""
    folder = team.folder / "kept.json"
    plugin = (
        "import pathlib\n"
        "def pytest_sessionfinish():\n"
        "    path = pathlib.Path('kept.json'); path.unlink(); path.mkdir()\n"
        "    (path / 'file').touch()\n"
    )
    (team.folder / "conftest.py").write_text(plugin)
    words = ("--tag-version", f"--metrics-json={folder}", "--attestation=a.json")
    assert team.gate(GOOD, *words).returncode == 3
    assert team.tag(GOOD_ARN) == "incomplete"
    assert "Passed" not in (team.folder / "report.html").read_text()
    assert "_type" not in json.loads((team.folder / "a.json").read_text())


def test_takes_a_pass_back_where_the_run_breaks_after_it(team: Team) -> None:
    """The last line finds no reader."""
    (team.folder / "conftest.py").write_text(
        "import rekmetrics.plugin.session\n"
        "def say(line): raise BrokenPipeError(32, 'Broken pipe')\n"
        "rekmetrics.plugin.session.say = say\n"
    )
    assert team.gate(GOOD, "--tag-version").returncode == 3
    written = [
        asked["Tags"]["rekmetrics:verdict"]
        for name, asked in team.aws.projects.requests
        if name == "TagResource"
    ]
    assert written == ["incomplete", "passed", "incomplete"]


def test_ends_with_the_verdict_of_the_gate_that_ended_last(team: Team) -> None:
    """Two at once, of which the second starts and ends while the first one judges."""
    (team.folder / "lax.yaml").write_text("metrics: {accuracy: 0.5}")
    nested: list[Any] = []

    def forbids(call: Any, _: Any) -> bool:
        if call.operation == "TagResource" and not nested:
            nested.append(None)
            nested[0] = team.gate(BAD, "--tag-version", "--thresholds=lax.yaml")
        return False

    team.aws.projects.forbids = forbids
    assert team.gate(BAD, "--tag-version", "--html=other.html").returncode == 1
    assert nested[0].returncode == 0
    written = [
        asked["Tags"]
        for name, asked in team.aws.projects.requests
        if name == "TagResource"
    ]
    verdicts = [tags["rekmetrics:verdict"] for tags in written]
    assert verdicts == ["incomplete", "incomplete", "passed", "failed"]
    assert team.aws.projects.tags[BAD_ARN] == written[-1]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--tag-version",), "neither --project-arn nor --evaluation-dir"),
        (("--tag-version", "--evaluation-dir=kept"), "--evaluation-dir names a folder"),
    ],
)
def test_refuses_what_has_no_version(
    team: Team, words: tuple[str, ...], message: str
) -> None:
    write_folder(team.folder / "kept", **documents(zoo(1), GOOD))
    result = team.python("-m", "pytest", *words)
    assert result.returncode == 4
    assert re.search(message, result.stdout + result.stderr)
