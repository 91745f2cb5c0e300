"""`rekmetrics versions`: a project's versions, against an AWS on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.gates import ARN, BAD, GOOD, THRESHOLDS, fill_aws, read_checked

from rekmetrics import cli
from rekmetrics.fake_aws.backend import describe_version
from rekmetrics.fake_aws.server import DemoAws

HEAD = ARN.rpartition("/")[0]
TRAINING = "zoo.2026-09"


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """A good version, a bad one, and one in training."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thresholds.yaml").write_text(THRESHOLDS)
    with DemoAws() as demo:
        for name, value in demo.environment({}).items():
            monkeypatch.setenv(name, value)
        demo.projects.versions.clear()
        demo.projects.requests.clear()
        fill_aws(demo)
        arn = f"{HEAD}/version/{TRAINING}/1900000000000"
        raw = describe_version(arn, status="TRAINING_IN_PROGRESS")
        demo.projects.add_version(ARN, raw)
        yield demo


def test_lists_every_version_with_its_verdict(aws, capsys):
    """One line each; what is not evaluated is listed with why."""
    words = ["--project-arn", ARN, "--thresholds", "thresholds.yaml"]
    assert cli.main(["versions", *words, "--json", "v.json"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert max(map(len, out.split(f"{TRAINING}: ")[0].splitlines())) <= 80
    told = [" ".join(line.split()[1:]) for line in lines]
    assert told[0].endswith("verdict")
    assert "accuracy f1_macro" in told
    by_name = {n: [x for x in lines if x.startswith(f"{n} ")] for n in (GOOD, BAD)}
    assert by_name[GOOD][0].endswith(" passed")
    assert " 0.9667 " in by_name[GOOD][1]
    assert by_name[BAD][0].endswith(" failed")
    assert f"{BAD}: failed: accuracy, f1_macro and 1 more" in lines
    assert " 0.8000 " in by_name[BAD][1]
    assert lines[-1].startswith(f"{TRAINING}: Model version {TRAINING} of project zoo")
    document = read_checked(Path("v.json"), "run/versions")
    found = {v["version_name"]: v for v in document["versions"]}
    assert found[GOOD]["metrics"]["accuracy"] == pytest.approx(29 / 30)
    assert found[BAD]["fell_short"][:2] == ["accuracy", "f1_macro"]
    assert found[GOOD]["fell_short"] == []
    assert (found[BAD]["verdict"], found[TRAINING]["verdict"]) == ("failed", None)
    assert "TRAINING_IN_PROGRESS" in found[TRAINING]["reason"]


def test_lists_without_judging(aws, capsys):
    """Images come from the summary alone."""
    assert cli.main(["versions", "--project-arn", ARN]) == 0
    out = capsys.readouterr().out
    assert "verdict" not in out
    assert f"{GOOD}  " in out
    assert " 30 " in out


def test_goes_on_where_one_version_is_broken(aws, capsys):
    """A manifest that is gone keeps no other version away."""
    for raw in aws.projects.versions[ARN]:
        if BAD in raw["ProjectVersionArn"]:
            place = raw["TestingDataResult"]["Output"]["Assets"][0]
            place["GroundTruthManifest"]["S3Object"]["Name"] = "gone"
    words = ["--project-arn", ARN, "--thresholds", "thresholds.yaml"]
    assert cli.main(["versions", *words]) == 0
    out = capsys.readouterr().out
    assert " passed\n" in out
    assert f"\n{BAD}: s3://" in out


def test_lists_projects(aws, capsys, monkeypatch):
    """Without a project; the region must be known."""
    assert cli.main(["versions", "--json", "p.json"]) == 0
    assert capsys.readouterr().out == f"{ARN}\n"
    found = read_checked(Path("p.json"), "run/projects")
    assert found["projects"] == [{"project_arn": ARN, "project_name": "zoo"}]
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert cli.main(["versions"]) == 4
    assert "which region?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--project-arn", "rooms"], 4),
        (["--project-arn", ARN, "--thresholds", "none.yaml"], 4),
        (["--thresholds", "thresholds.yaml"], 4),
        (["--project-arn", ARN.replace("zoo", "zoos")], 6),
    ],
)
def test_ends_with_the_code_of_the_trouble(aws, words, code):
    """Wrong requests before the network, then AWS."""
    assert cli.main(["versions", *words]) == code
