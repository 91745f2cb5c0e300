"""`rekmetrics fleet`: several models in one call, against an AWS on loopback."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree

import jsonschema
import pytest
import yaml
from support.gates import ARN, BAD, GOOD, THRESHOLDS, fill_aws, read_checked

from rekmetrics import cli
from rekmetrics.errors import ThresholdsError
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.fleet import judging
from rekmetrics.fleet.file import read_fleet
from rekmetrics.fleet.results import Member, worst_code

FLEET = f"""\
defaults: {{thresholds: thresholds.yaml, project_arn: "{ARN}"}}
models:
  good: {{version_name: {GOOD}}}
  bad: {{version_name: {BAD}, thresholds: lax.yaml}}
"""


@pytest.fixture(scope="module")
def demo():
    with DemoAws() as demo:
        demo.projects.versions.clear()
        demo.projects.requests.clear()
        fill_aws(demo)
        yield demo


@pytest.fixture
def folder(demo, monkeypatch, tmp_path):
    """A repository with a fleet of two: both pass, by bounds of their own."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in demo.environment({}).items():
        monkeypatch.setenv(name, value)
    # Here a server's threads run beside, which no process should be forked from.
    monkeypatch.setattr(
        judging, "ProcessPoolExecutor", lambda n, mp_context: ThreadPoolExecutor(1)
    )
    (tmp_path / "thresholds.yaml").write_text(THRESHOLDS)
    (tmp_path / "lax.yaml").write_text("metrics: {accuracy: 0.5}\n")
    (tmp_path / "fleet.yaml").write_text(FLEET)
    return tmp_path


def models(folder):
    return read_checked(folder / "fleet/fleet.json", "fleet/fleet-result")["models"]


def run(*words):
    """The command in a process of its own, which forks others."""
    command = [sys.executable, "-m", "rekmetrics", "fleet", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_passes_where_every_model_does(folder):
    """0, a page with links, and each model's own report and result."""
    result = run("-n", "2")
    assert (result.returncode, result.stderr) == (0, "")
    out = result.stdout
    assert f"good: passed, version {GOOD}\nbad: passed, version {BAD}\n" in out
    assert out.endswith("rekmetrics: Passed. Every model of the fleet did.\n")
    page = (folder / "fleet/fleet.html").read_text()
    assert '<a href="good.html">good</a>' in page
    assert "<script" not in page
    own = (folder / "fleet/good.html").read_text()
    assert own.startswith("<!DOCTYPE html>")
    assert "Passed. All 5 checks hold" in own
    assert json.loads((folder / "fleet/bad.json").read_text())["verdict"] == "passed"


def test_fails_where_one_falls_short(folder, monkeypatch):
    """1, and JUnit, summary and page say which check of which model."""
    (folder / "fleet.yaml").write_text(FLEET.replace(", thresholds: lax.yaml", ""))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    assert cli.main(["fleet"]) == 1
    found = models(folder)
    assert (found["good"]["verdict"], found["bad"]["verdict"]) == ("passed", "failed")
    assert found["bad"]["fell_short"] == ["accuracy", "f1_macro", "ant-recall"]
    root = ElementTree.parse(folder / "fleet/fleet.xml").getroot()
    suites = {suite.get("name"): suite for suite in root}
    assert suites["good"].get("failures") == "0"
    assert suites["bad"].get("failures") == "3"
    assert suites["bad"].get("tests") == "5"
    for path in ("summary.md", "fleet/fleet.html"):
        assert "below 0.9" in (folder / path).read_text().replace("\\", "")


@pytest.mark.parametrize(
    ("other", "code", "said"),
    [
        ("{version_name: zoo.1999}", 6, "no model version 'zoo.1999'"),
        ("{version_name: '@running'}", 6, "@running: no version"),
        (f"{{version_name: {GOOD}, thresholds: none.yaml}}", 4, "none.yaml"),
        ("{evaluation_dir: nowhere}", 4, "nowhere"),
    ],
)
def test_lets_one_model_stop_no_other(folder, other, code, said):
    """The worst code is the fleet's, and everything else is judged."""
    (folder / "fleet.yaml").write_text(f"{FLEET}  third: {other}\n")
    assert cli.main(["fleet", "-n", "1"]) == code
    found = models(folder)
    assert found["good"]["verdict"] == "passed"
    assert (found["third"]["verdict"], found["third"]["exit_code"]) == (
        "incomplete",
        code,
    )
    assert said in found["third"]["message"]
    root = ElementTree.parse(folder / "fleet/fleet.xml").getroot()
    assert [suite.get("errors") for suite in root] == ["0", "0", "1"]


@pytest.mark.parametrize("end", ["os._exit(0)", "sys.exit(0)"])
def test_counts_a_worker_that_dies_as_its_own_error(folder, end):
    """3, and no verdict of an earlier run is left."""
    assert cli.main(["fleet"]) == 0
    (folder / "conftest.py").write_text(
        "import os, sys\n"
        "import rekmetrics.fleet.judging  # beside rekmetrics.metrics\n"
        f"rekmetrics.fleet.judging.judge = lambda _: {end}\n"
    )
    assert run("-n", "2").returncode == 3
    assert {model["verdict"] for model in models(folder).values()} == {"incomplete"}
    assert not (folder / "fleet/good.html").exists()


def test_remembers_since_when(folder):
    """As long as a model ends the same, the first time stands."""
    assert cli.main(["fleet"]) == 0
    path = folder / "fleet/fleet.json"
    document = json.loads(path.read_text())
    for model in document["models"].values():
        model["since"] = "2026-01-01T00:00:00+00:00"
    path.write_text(json.dumps(document))
    (folder / "fleet.yaml").write_text(FLEET.replace(", thresholds: lax.yaml", ""))
    assert cli.main(["fleet"]) == 1
    found = models(folder)
    assert found["good"]["since"] == "2026-01-01T00:00:00+00:00"
    assert found["bad"]["since"] > "2026-02"
    page = (folder / "fleet/fleet.html").read_text()
    assert "2026-01-01 00:00 UTC" in page
    assert "Since: when the model first ended with its present exit code" in page


def test_collects_what_jobs_have_left(folder):
    """The same page from results; one that is missing or of another is no pass."""
    assert cli.main(["fleet"]) == 0
    left = folder / "left"
    for name in ("good", "bad"):
        (left / name).mkdir(parents=True)
        (folder / f"fleet/{name}.json").rename(left / name / f"{name}.json")
    words = ["fleet", "--collect", "left", "--output", "whole"]
    assert cli.main(words) == 0
    good = left / "good/good.json"
    document = json.loads(good.read_text())
    for change in (
        {"model": {"version_name": BAD}},
        {"model": {"project_name": "rooms"}},
        {"verdict": "failed"},
        {"exit_code": 1},
        {"exit_code": None},
        {"exit_code": False},
        {"model": 3},
        {"schema": 2},
        {"checks": []},
        {"provenance": {"thresholds": {"sha256": "0" * 64}}},
        {"provenance": None},
    ):
        good.write_text(json.dumps({**document, **change}))
        assert cli.main(words) == 5, change
    good.unlink()
    assert cli.main(words) == 5
    assert cli.main(["fleet", "--collect", "nowhere"]) == 4


def collect(folder, model, **changes):
    """What a fleet of this one model makes of a result that is changed so."""
    defaults = "{thresholds: thresholds.yaml}"
    text = f"defaults: {defaults}\nmodels:\n  one: {model}\n"
    (folder / "fleet.yaml").write_text(text)
    left = folder / "left"
    left.mkdir(exist_ok=True)
    kept = folder / "kept.json"
    if not kept.exists():
        assert cli.main(["fleet", "--output", "own"]) == 0
        (folder / "own/one.json").rename(kept)
    document = json.loads(kept.read_text())
    for path, value in changes.items():
        *outer, last = path.split("__")
        part = document
        for key in outer:
            part = part[key]
        part[last] = value
    (left / "one.json").write_text(json.dumps(document))
    code = cli.main(["fleet", "--collect", "left"])
    return code, models(folder)["one"]["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"checks": [{}]},
        {"checks": [{"id": "accuracy", "message": "It holds."}]},
        {"checks": [{"id": "a", "message": "It holds.", "severity": "fatal"}]},
        {"checks": [{"id": 3, "message": "It holds.", "severity": None}]},
        {"checks": {}},
        {"model": {"version_name": {}}},
        {"provenance": []},
        {"provenance": {"thresholds": 3}},
        {"baseline": []},
        {"baseline": {}},
        {"findings": [3]},
        {"findings": 3},
        {"message": {}},
        {"time": 3},
        {"verdict": []},
        {"exit_code": "0"},
    ],
)
def test_counts_a_damaged_result_as_its_own_model_s(folder, change):
    """5 of that model; the others are told, and everything is written."""
    assert cli.main(["fleet", "--output", "own"]) == 0
    path = folder / "own/good.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert cli.main(["fleet", "--collect", "own"]) == 5
    found = models(folder)
    assert [found[name]["exit_code"] for name in ("good", "bad")] == [5, 0]
    assert "good.json is damaged: " in found["good"]["message"]


OTHER = ARN.replace("us-east-1", "eu-west-1").replace("123456789012", "210987654321")
MASKED = ARN.replace("123456789012", "*" * 12)


@pytest.mark.parametrize(
    ("asked", "changes", "said"),
    [
        (GOOD, {}, ""),
        (GOOD, {"model__requested": "@latest"}, ""),
        (GOOD, {"model__version_arn": MASKED, "model__project_arn": MASKED}, ""),
        (GOOD, {"model__version_name": BAD}, f"version {BAD}, not {GOOD}"),
        (GOOD, {"model__version_name": None}, f"no known version, wanted {GOOD}"),
        (GOOD, {"model__project_name": None}, "no known project, wanted zoo"),
        (GOOD, {"model__region": "eu-west-1"}, "region eu-west-1, not us-east-1"),
        (GOOD, {"model__region": None}, "no known region"),
        (GOOD, {"model__version_arn": OTHER}, "account 210987654321, not"),
        (GOOD, {"model__version_arn": "3", "model__project_arn": None}, "account"),
        ("@latest", {}, ""),
        ("@latest", {"model__requested": "@running"}, "requested @running, not @lat"),
        ("@latest", {"model__requested": None}, "no known requested, wanted @latest"),
        ("@latest", {"model__version_name": None}, "no known version, wanted one"),
    ],
)
def test_collects_no_result_of_another_version(folder, asked, changes, said):
    """A pass is one of the very version that the fleet asks for."""
    model = f'{{project_arn: "{ARN}", version_name: "{asked}"}}'
    if asked == "@latest":
        (folder / "thresholds.yaml").write_text("metrics: {accuracy: 0.5}\n")
    code, message = collect(folder, model, **changes)
    assert (code, said in message) == (5 if said else 0, True), message


def test_collects_no_result_of_another_version_of_the_same_name(folder):
    """Where the fleet names an ARN, the result's is that very one."""
    head, _, number = ARN.rpartition("/")
    arn = f"{head}/version/{GOOD}/{number}"
    model = f'{{project_arn: "{arn}"}}'
    assert collect(folder, model)[0] == 0
    masked = arn.replace("123456789012", "*" * 12)
    assert collect(folder, model, model__version_arn=masked)[0] == 0
    code, message = collect(folder, model, model__version_arn=f"{arn}7")
    assert (code, f"version arn {arn}7, not {arn}" in message) == (5, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, ""),
        ({"baseline": None}, f"judged without the baseline {BAD}"),
        ({"baseline__model__version_name": GOOD}, f"a baseline of version {GOOD}, not"),
        ({"baseline__model__version_name": None}, "no known version"),
        ({"baseline__model__project_name": "rooms"}, "project rooms, not zoo"),
        ({"baseline__model__version_arn": OTHER}, "account 210987654321, not"),
    ],
)
def test_collects_no_result_by_another_baseline(folder, changes, said):
    """What the fleet names, the result was held against."""
    (folder / "thresholds.yaml").write_text("metrics: {accuracy: 0.5}\n")
    asked = f'version_name: {GOOD}, baseline: "{BAD}"'
    model = f'{{project_arn: "{ARN}", {asked}}}'
    code, message = collect(folder, model, **changes)
    assert (code, said in message) == (5 if said else 0, True), message


@pytest.mark.parametrize("name", ["@running", "zoo.1999"])
def test_collects_a_result_without_a_baseline_that_may_be_missing(folder, name):
    """The gate's own warning says so, and of the baseline that the fleet names."""
    (folder / "thresholds.yaml").write_text(
        "baseline: {on_missing: warning}\n"
        "metrics: {accuracy: {min: 0.5, max_regression: 0.5}}\n"
    )
    model = f'{{project_arn: "{ARN}", version_name: {GOOD}, baseline: "%s"}}'
    code, message = collect(folder, model % name)
    assert code == 0, message
    assert collect(folder, model % name, findings=[])[0] == 5
    code, message = collect(folder, model % "zoo.2001")
    assert (code, "without the baseline zoo.2001" in message) == (5, True)


def test_collects_no_result_without_the_baseline_of_a_folder(folder):
    """A folder is no version that may be missing."""
    from support.evaluation_files import write_folder
    from support.gates import documents, zoo

    write_folder(folder / "before", **documents(zoo(1), BAD))
    (folder / "thresholds.yaml").write_text("metrics: {accuracy: 0.5}\n")
    asked = f"version_name: {GOOD}, baseline_dir: before"
    model = f'{{project_arn: "{ARN}", {asked}}}'
    assert collect(folder, model)[0] == 0
    code, message = collect(folder, model, baseline=None)
    assert (code, "without the baseline of a folder" in message) == (5, True)


def tags(demo):
    return {
        arn.split("/")[3]: found["rekmetrics:verdict"]
        for arn, found in demo.projects.tags.items()
    }


@pytest.fixture
def aws(demo):
    """The same, without tags before and after."""
    yield demo
    demo.projects.tags.clear()
    demo.projects.requests.clear()
    demo.projects.forbids = None


def test_tags_each_version_with_its_own_verdict(folder, aws):
    """First "incomplete", then what its own gate ended with; nothing unless asked."""
    (folder / "fleet.yaml").write_text(FLEET.replace(", thresholds: lax.yaml", ""))
    assert cli.main(["fleet"]) == 1
    assert tags(aws) == {}
    assert cli.main(["fleet", "--tag-version"]) == 1
    assert tags(aws) == {GOOD: "passed", BAD: "failed"}
    asked = [(r, a) for r, a in aws.projects.requests if r == "TagResource"]
    verdicts = [parameters["Tags"]["rekmetrics:verdict"] for _, parameters in asked]
    assert verdicts == ["incomplete", "passed", "incomplete", "failed"]


@pytest.mark.parametrize("last", [1, 2])
def test_lets_a_version_that_cannot_be_tagged_stop_no_other(
    folder, aws, monkeypatch, last
):
    """3, at the first tag or at the last; nothing that is left says "passed"."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    n_tagged = 0

    def forbids(call, _):
        nonlocal n_tagged
        is_good = GOOD in str(call.parameters.get("ResourceArn"))
        n_tagged += call.operation == "TagResource" and is_good
        return call.operation == "TagResource" and is_good and n_tagged >= last

    aws.projects.forbids = forbids
    assert cli.main(["fleet", "--tag-version"]) == 3
    assert n_tagged == last
    assert tags(aws) == {BAD: "passed"} | ({GOOD: "incomplete"} if last == 2 else {})
    found = models(folder)
    assert [found[name]["exit_code"] for name in ("good", "bad")] == [3, 0]
    assert "needs the permission rekognition:TagResource" in found["good"]["message"]
    page = folder / "fleet/good.html"
    assert page.exists() == (last == 2)
    if last == 2:
        assert "Incomplete. The run broke before its" in page.read_text()
        assert "Passed" not in page.read_text()
    assert "1 of 2 models passed" in (folder / "summary.md").read_text()


@pytest.mark.parametrize(
    ("other", "words", "said"),
    [
        ("{evaluation_dir: kept}", (), "model third is read from a folder"),
        (f"{{version_name: {GOOD}}}", (), "a version bears one verdict"),
        ("{version_name: '@latest'}", (), "a version bears one verdict"),
        (
            f"{{project_arn: '{ARN.replace('zoo/', f'zoo/version/{BAD}/')}'}}",
            (),
            "a version bears one verdict",
        ),
        (f"{{version_name: {GOOD}.1}}", ("--collect=fleet",), "nothing to tag"),
    ],
)
def test_refuses_to_tag_what_bears_no_verdict_of_its_own(
    folder, aws, capsys, other, words, said
):
    """4, and nothing is judged or written to AWS."""
    (folder / "fleet.yaml").write_text(f"{FLEET}  third: {other}\n")
    assert cli.main(["fleet", "--tag-version", *words]) == 4
    assert said in capsys.readouterr().err
    assert (aws.projects.requests, tags(aws)) == ([], {})


def test_prints_a_matrix_that_a_gate_reads(folder, capsys):
    """Each job's words are those of one gate; nothing is judged."""
    assert cli.main(["fleet", "--matrix", "github"]) == 0
    jobs = json.loads(capsys.readouterr().out)["include"]
    assert [job["model"] for job in jobs] == ["good", "bad"]
    words = shlex.split(jobs[1]["arguments"])
    assert f"--project-arn={ARN}" in words
    assert f"--version-name={BAD}" in words
    assert "--thresholds=lax.yaml" in words
    assert "--tag-version" not in words
    assert cli.main(["fleet", "--tag-version", "--matrix", "github"]) == 0
    jobs = json.loads(capsys.readouterr().out)["include"]
    assert all("--tag-version" in shlex.split(job["arguments"]) for job in jobs)
    assert cli.main(["fleet", "--matrix", "gitlab"]) == 0
    job = json.loads(capsys.readouterr().out)["model-gate"]
    assert job["parallel"]["matrix"][0]["MODEL"] == "good"
    assert not (folder / "fleet").exists()


def test_tells_every_mistake_of_the_file_with_its_place(tmp_path):
    """Unknown keys, wrong values, wrong names: all at once, in order."""
    path = tmp_path / "fleet.yaml"
    path.write_text(
        "default: {}\n"
        "models:\n"
        "  one: {project_arm: x, version_name: 3}\n"
        "  ../two: {evaluation_dir: kept}\n"
        f"  three: {{project_arn: '{ARN}', version_name: '@newest'}}\n"
        f"  four: {{project_arn: '{ARN}'}}\n"
        "  Three: {evaluation_dir: kept, version_name: '@latest'}\n"
        "  five: kept\n"
        "  six: {evaluation_dir: ''}\n"
    )
    with pytest.raises(ThresholdsError) as error:
        read_fleet(path)
    found = [(p.line, p.column) for p in error.value.problems]
    assert [line for line, _ in found] == [1, 3, 3, 4, 5, 6, 7, 7, 8, 9]
    assert found[:3] == [(1, 1), (3, 9), (3, 39)]
    said = str(error.value)
    for text in (
        "default: unknown key; did you mean 'defaults'?",
        "models.one.project_arm: unknown key; did you mean 'project_arn'?",
        "found 3, wanted the name of a version",
        "put it in quotes",
        "the name is that of the model's files",
        "@latest (the newest with an evaluation)",
        "wanted version_name",
        "in case alone",
        "wanted keys such as",
    ):
        assert text in said, text


@pytest.mark.parametrize(
    "text", ["", "models: {}\n", "[]\n", "defaults: {}\n", "models: 3"]
)
def test_refuses_a_fleet_of_nothing(tmp_path, text):
    """No model, no pass."""
    path = tmp_path / "fleet.yaml"
    path.write_text(text)
    with pytest.raises(ThresholdsError):
        read_fleet(path)
    assert cli.main(["fleet", str(path)]) == 4


def test_prints_a_schema_for_editors(folder, capsys):
    """The fleet above fits, one with a mistyped key does not."""
    assert cli.main(["fleet", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.validate(yaml.safe_load(FLEET), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"models": {"a": {"project_arm": ARN}}}, schema)


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ((0, 0), 0),
        ((0, 1), 1),
        ((1, 5), 5),
        ((5, 6), 6),
        ((6, 4), 4),
        ((4, 3, 0), 3),
        ((0, 2), 5),
        ((1, 2), 5),
        ((2, 6), 6),
        ((2,), 5),
        ((0, 7), 3),
        ((1, 7), 3),
        ((), 5),
    ],
)
def test_takes_the_worst_code(codes, worst):
    """3, 4, 6, 5, 1; 2 is incomplete, an unknown code 3, and nothing no pass."""
    members = [Member(str(c), "", c, "", {}, "") for c in codes]
    assert worst_code(members) == worst


@pytest.mark.parametrize("words", [(), ("--collect", "nowhere")])
def test_lets_nothing_of_an_earlier_fleet_outlive_a_break(folder, monkeypatch, words):
    """The whole's page, JUnit and JSON are taken away before the first model."""
    assert cli.main(["fleet"]) == 0
    monkeypatch.setattr(judging, "judge_fleet", lambda *_, **__: 1 / 0)
    assert cli.main(["fleet", *words]) == (4 if words else 3)
    left = sorted(path.name for path in (folder / "fleet").glob("fleet.*"))
    assert left == []


@pytest.mark.parametrize(
    "words",
    [
        ("-n", "0"),
        ("--tag-version", "--collect=own"),
        ("--tag-version",),
        ("none.yaml",),
        ("broken.yaml",),
    ],
)
def test_lets_nothing_of_an_earlier_fleet_outlive_a_refusal(folder, words):
    """4, and no page of before is there for a CI to publish."""
    assert cli.main(["fleet"]) == 0
    (folder / "broken.yaml").write_text("models: 3\n")
    if words == ("--tag-version",):
        (folder / "fleet.yaml").write_text(f"{FLEET}  third: {{evaluation_dir: x}}\n")
    assert cli.main(["fleet", *words]) == 4
    assert [*(folder / "fleet").glob("fleet.*")] == []


@pytest.mark.parametrize("words", [("--matrix=github",), ("--schema",)])
def test_takes_nothing_away_where_nothing_is_judged(folder, words):
    """A matrix or a schema says nothing of the models."""
    assert cli.main(["fleet"]) == 0
    assert cli.main(["fleet", *words]) == 0
    assert len([*(folder / "fleet").glob("fleet.*")]) == 3


def test_does_not_write_over_the_file_of_the_fleet(folder, capsys):
    """JSON is YAML too, and its name may be that of the result."""
    path = folder / "fleet.json"
    path.write_text(json.dumps(yaml.safe_load(FLEET)))
    assert cli.main(["fleet", "fleet.json", "--output", "."]) == 4
    assert "fleet.json would be written over" in capsys.readouterr().err
    assert yaml.safe_load(path.read_text()) == yaml.safe_load(FLEET)
