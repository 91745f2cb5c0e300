"""Which version a word or an ARN stands for, asked of an AWS on loopback."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest
from support.gates import ARN, BAD, GOOD, fill_aws

from rekmetrics.arns import parse_project_arn, parse_version_choice
from rekmetrics.aws import Aws
from rekmetrics.errors import AwsError, NoSuchVersionError, RequestError
from rekmetrics.fake_aws.backend import describe_version
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.run.choosing import choose
from rekmetrics.run.judge import judge
from rekmetrics.run.request import GateRequest, Given, read_request, read_target
from rekmetrics.run.telling import build_content, describe, list_warnings

PROJECT = parse_project_arn(ARN)
HEAD, _, NUMBER = ARN.rpartition("/")
NEWEST = "zoo.2026-09"


@pytest.fixture
def aws(monkeypatch):
    """An AWS with the good version (newer) and the bad one."""
    with DemoAws() as demo:
        for name, value in demo.environment({}).items():
            monkeypatch.setenv(name, value)
        demo.projects.versions.clear()
        demo.projects.requests.clear()
        fill_aws(demo)
        made = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
        found = demo.projects.versions[ARN]
        for raw, days in zip(found, (0, 50), strict=True):
            raw["CreationTimestamp"] = made + datetime.timedelta(days=days)
        yield demo


def found(aws):
    return {
        raw["ProjectVersionArn"].split("/")[3]: raw
        for raw in aws.projects.versions[ARN]
    }


def chosen(word):
    return choose(PROJECT, word, Aws("us-east-1"))


def test_takes_the_newest_by_when_it_was_made(aws):
    """Not by the order of the list, nor by its name."""
    moments = {name: raw["CreationTimestamp"] for name, raw in found(aws).items()}
    assert chosen("@latest").name == max(moments, key=moments.get)
    assert chosen("@latest").warning == ""
    for raw in found(aws).values():
        raw["CreationTimestamp"] = moments[GOOD] + (moments[BAD] - moments[GOOD]) * (
            GOOD in raw["ProjectVersionArn"]
        )
    newest = max(found(aws).items(), key=lambda item: item[1]["CreationTimestamp"])
    assert chosen("@latest").name == newest[0]


def test_passes_over_versions_without_an_evaluation_and_says_so(aws):
    """One in training is newer; the choice is told in a warning."""
    arn = f"{HEAD}/version/{NEWEST}/1800000000000"
    raw = describe_version(arn, status="TRAINING_FAILED")
    raw["CreationTimestamp"] = datetime.datetime.now(datetime.timezone.utc)
    aws.projects.add_version(ARN, raw)
    choice = chosen("@latest")
    assert choice.name in (GOOD, BAD)
    assert choice.warning.endswith(f"without one: {NEWEST} (TRAINING_FAILED).")


UNCLEAR = {
    "no summary": {"EvaluationResult": {"F1Score": 0.9}},
    "two manifests": {
        "TestingDataResult": {
            "Output": {
                "Assets": [
                    {"GroundTruthManifest": {"S3Object": {"Bucket": "b", "Name": name}}}
                    for name in ("one", "two")
                ]
            }
        }
    },
    "no evaluation": {"EvaluationResult": {}},
    "unknown status": {"EvaluationResult": {}, "Status": "MENDED"},
}


@pytest.mark.parametrize("what", UNCLEAR)
@pytest.mark.parametrize("is_alone", [False, True])
def test_takes_no_older_version_for_the_latest_where_a_newer_is_unclear(
    aws, what, is_alone
):
    """6, also as a baseline that may be missing; an older one does not matter."""
    moments = {name: raw["CreationTimestamp"] for name, raw in found(aws).items()}
    oldest, newest = sorted(moments, key=moments.get)
    found(aws)[newest].update(UNCLEAR[what])
    if is_alone:
        found(aws)[oldest]["Status"] = "TRAINING_FAILED"
    with pytest.raises(AwsError, match=f"@latest: version {newest} should") as end:
        chosen("@latest")
    assert not isinstance(end.value, NoSuchVersionError)
    assert end.value.exit_code == 6
    found(aws)[newest]["CreationTimestamp"] = moments[oldest] - datetime.timedelta(1)
    if not is_alone:
        assert chosen("@latest").name == oldest


def test_has_no_latest_where_nothing_is_evaluated(aws):
    """It lists what there is, and ends with 6."""
    for raw in found(aws).values():
        raw["Status"] = "TRAINING_IN_PROGRESS"
    with pytest.raises(NoSuchVersionError, match=r"no version .* an evaluation") as end:
        chosen("@latest")
    assert GOOD in str(end.value)
    assert end.value.exit_code == 6


def test_takes_the_one_that_runs(aws):
    """None and several are errors that list them."""
    with pytest.raises(NoSuchVersionError, match=rf"no version of .* runs; .*{BAD}"):
        chosen("@running")
    found(aws)[BAD]["Status"] = "RUNNING"
    assert chosen("@running").name == BAD
    found(aws)[GOOD]["Status"] = "RUNNING"
    with pytest.raises(AwsError, match=r"2 versions of .* run: .*RUNNING\)") as end:
        chosen("@running")
    assert not isinstance(end.value, NoSuchVersionError)
    assert end.value.exit_code == 6


def request(tmp_path, text, **changes):
    path = tmp_path / "thresholds.yaml"
    path.write_text(text)
    made = GateRequest(project=PROJECT, version_name=GOOD, thresholds=path)
    return dataclasses.replace(made, **changes)


def test_tells_the_name_with_the_word_beside_it(aws, tmp_path):
    """In terminal, page and result; the baseline's too."""
    found(aws)[BAD]["Status"] = "RUNNING"
    text = (
        "baseline: {version_name: '@running'}\n"
        "metrics: {accuracy: {max_regression: 0.5}}\n"
    )
    judgement = judge(request(tmp_path, text, version_name="@latest"))
    name = judgement.loaded.model.version_name
    assert name == chosen("@latest").name
    lines = describe(judgement)
    assert f"version {name} (@latest), in us-east-1" in lines[0]
    assert f"baseline: version {BAD} (@running)" in lines
    content = build_content(judgement, exit_code=0, hide_account=False)
    from rekmetrics.report.page import render_summary
    from rekmetrics.report.result import render_export

    assert content.exit_sentence.startswith(f"Version {name} (@latest) of zoo ")
    html = render_summary(content)
    assert f"{name} (@latest)" in html
    assert f"{BAD} (@running)" in html
    model = json.loads(render_export(content))["model"]
    assert (model["version_name"], model["requested"]) == (name, "@latest")


def test_excuses_a_baseline_that_does_not_run_only_where_told(aws, tmp_path):
    """on_missing decides; several that run are never excused."""
    text = (
        "baseline: {version_name: '@running', on_missing: %s}\n"
        "metrics: {accuracy: {min: 0.5, max_regression: 0.5}}\n"
    )
    judgement = judge(request(tmp_path, text % "warning"))
    (warning, *_) = list_warnings(judgement)[-1:]
    assert warning.startswith("the baseline is missing: @running: no version")
    with pytest.raises(NoSuchVersionError, match="the baseline is missing: @running"):
        judge(request(tmp_path, text % "error"))
    for raw in found(aws).values():
        raw["Status"] = "RUNNING"
    with pytest.raises(AwsError.__base__, match="the baseline: @running: 2 versions"):
        judge(request(tmp_path, text % "warning"))


def test_takes_the_arn_of_a_version(aws, tmp_path):
    """Its project is looked up, and the version must be that very one."""
    arn = found(aws)[GOOD]["ProjectVersionArn"]
    given = read_target(arn, None)
    made = dataclasses.replace(
        request(tmp_path, "metrics: {accuracy: 0.5}\n"),
        project=None,
        version_arn=given.version_arn,
    )
    assert judge(made).loaded.model.version_arn == arn
    asked = [name for name, _ in aws.projects.requests if name == "DescribeProjects"]
    assert len(asked) == 1
    other = read_target(arn[:-1] + "7", None).version_arn
    with pytest.raises(AwsError.__base__, match="deleted and trained again"):
        judge(dataclasses.replace(made, version_arn=other))
    nowhere = read_target(arn.replace("/zoo/", "/zoos/"), None).version_arn
    with pytest.raises(AwsError, match=r"Project zoos of .* does not exist"):
        judge(dataclasses.replace(made, version_arn=nowhere))


VERSION_ARN = f"{HEAD}/version/{GOOD}/{NUMBER}"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"--project-arn": VERSION_ARN, "--version-name": BAD}, "give one of them"),
        ({"--project-arn": ARN, "--version-name": "@newest"}, "@latest"),
        ({"--project-arn": ARN, "--version-name": "@"}, "@latest"),
        ({"--evaluation-dir": "x", "--version-name": "@latest"}, "looked up in AWS"),
        ({"--evaluation-dir": "x", "--project-arn": VERSION_ARN}, "looked up in AWS"),
        ({"--project-arn": VERSION_ARN.replace("us-", "us-gov-")}, "partition"),
    ],
)
def test_refuses_what_contradicts_itself(values, said, tmp_path):
    """Before any network."""
    from rekmetrics.plugin.options import FLAGS

    full = dict.fromkeys(FLAGS) | values
    with pytest.raises(RequestError, match=said):
        read_request(Given(full, tmp_path, tmp_path / "thresholds.yaml"))


def test_leaves_names_alone():
    """What has no sign is a name, and stays one."""
    assert parse_version_choice(GOOD) == GOOD
    assert parse_version_choice("@running") == "@running"


@pytest.mark.parametrize("option", ["--version", "--version-name"])
def test_reaches_the_gate_by_the_literal_command(gate, option):
    """pytest takes a word that begins so for a file, had it not been joined."""
    words = ["pytest", "--project-arn", ARN, option, "@latest"]
    result = gate.run(*words, "--metrics-json", "metrics.json")
    assert result.returncode == 0, result.stdout + result.stderr
    assert gate.read_json()["model"]["version_name"] == GOOD
    assert f"version {GOOD} (@latest)" in result.stdout
