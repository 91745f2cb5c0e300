"""The recipes of docs/deploy.md, run as they stand against an AWS on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.gates import ARN, BAD, GOOD, THRESHOLDS, fill_aws
from support.iam import Ask, is_allowed
from support.teams import ADMIN, GATE, KEYS, Team

from rekmetrics.arns import parse_project_arn
from rekmetrics.fake_aws.projects import Call
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.policies import Guarded, gate_policy, guard_policy

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[1] / "docs"
RECIPES = DOCS / "recipes"
PRODUCTION = ARN.replace("zoo", "production")
HEAD, _, NUMBER = ARN.rpartition("/")
GOOD_ARN, BAD_ARN = (f"{HEAD}/version/{name}/{NUMBER}" for name in (GOOD, BAD))


@pytest.fixture
def aws() -> Iterator[DemoAws]:
    """The zoo's good and bad version, and an empty production project."""
    with DemoAws() as demo:
        fill_aws(demo)
        demo.projects.add_project(PRODUCTION)
        yield demo


@pytest.fixture
def team(aws: DemoAws, tmp_path: Path) -> Team:
    (tmp_path / "thresholds.yaml").write_text(THRESHOLDS)
    return Team(aws, tmp_path)


@pytest.fixture
def run(team: Team) -> Any:
    """Run a recipe in the team's folder, without its waits."""

    def run(recipe: str, *words: str, who: str = GATE) -> Any:
        code = (
            "import sys; sys.path.insert(0, sys.argv.pop(1)); import recipe;"
            "recipe.POLL_SECONDS = 0; sys.exit(recipe.main(*sys.argv[1:]))"
        ).replace("recipe", recipe)
        return team.python("-c", code, str(RECIPES), *words, who=who)

    return run


def states(aws: DemoAws, project: str = ARN) -> dict[str, str]:
    return {
        version["ProjectVersionArn"].split("/")[3]: version["Status"]
        for version in aws.projects.versions[project]
    }


def guard(aws: DemoAws, *projects: str) -> None:
    """IAM, played by the tests' evaluator, with the policies that are printed."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    kept = [Guarded(parse_project_arn(project), GATE) for project in projects]
    guards = [guard_policy(guarded) for guarded in kept]
    policies = {
        ADMIN: [{"Statement": [everything]}, *guards],
        GATE: [*map(gate_policy, kept), *guards],
    }

    def forbids(call: Call, tags: Any) -> bool:
        who = KEYS[call.access_key]
        names = ("ProjectVersionArn", "ResourceArn", "SourceProjectVersionArn")
        names += ("ProjectArn", "DestinationProjectArn")
        return not is_allowed(
            policies[who],
            *(
                Ask(
                    who,
                    f"rekognition:{call.operation}",
                    call.parameters[name],
                    tags if "Version" in name or name == "ResourceArn" else {},
                    call.parameters.get("Tags"),
                    call.parameters.get("TagKeys"),
                )
                for name in names
                if name in call.parameters
            ),
        )

    aws.projects.forbids = forbids


def test_deploys_what_passes(aws: DemoAws, team: Team, run: Any) -> None:
    """The new one runs before the old one is stopped."""
    aws.projects.find_version(BAD_ARN)["Status"] = "RUNNING"
    result = run("deploy", ARN, GOOD)
    assert result.returncode == 0, result.stdout + result.stderr
    assert states(aws) == {GOOD: "RUNNING", BAD: "STOPPING"}
    assert team.tag(GOOD_ARN) == "passed"
    asked = [name for name, _ in aws.projects.requests]
    assert [name for name in asked if not name.startswith("Describe")] == [
        "TagResource",
        "TagResource",
        "StartProjectVersion",
        "StopProjectVersion",
    ]


def test_deploys_nothing_that_fails(aws: DemoAws, team: Team, run: Any) -> None:
    """The gate's code, and what runs goes on."""
    aws.projects.find_version(GOOD_ARN)["Status"] = "RUNNING"
    assert run("deploy", ARN, BAD).returncode == 1
    assert states(aws) == {GOOD: "RUNNING", BAD: "TRAINING_COMPLETED"}
    assert team.tag(BAD_ARN) == "failed"


def test_keeps_the_old_one_where_the_new_one_does_not_start(
    aws: DemoAws, team: Team, run: Any
) -> None:
    aws.projects.find_version(BAD_ARN)["Status"] = "RUNNING"
    aws.projects.ends["STARTING"] = "FAILED"
    assert run("deploy", ARN, GOOD).returncode != 0
    assert states(aws) == {GOOD: "FAILED", BAD: "RUNNING"}


def test_cannot_be_started_by_hand(aws: DemoAws, team: Team, run: Any) -> None:
    """Under the printed policies: nobody starts what did not pass, or says it did."""
    guard(aws, ARN)
    admin = team.client()
    start = dict(MinInferenceUnits=1)
    for arn in (GOOD_ARN, BAD_ARN):
        with pytest.raises(ClientError, match="AccessDenied"):
            admin.start_project_version(ProjectVersionArn=arn, **start)
        with pytest.raises(ClientError, match="AccessDenied"):
            admin.tag_resource(
                ResourceArn=arn, Tags={"rekmetrics:verdict": "passed", "a": "b"}
            )
    for name, code in ((GOOD, 0), (BAD, 1)):
        assert team.gate(name, "--tag-version").returncode == code
    admin.start_project_version(ProjectVersionArn=GOOD_ARN, **start)
    with pytest.raises(ClientError, match="AccessDenied"):
        admin.start_project_version(ProjectVersionArn=BAD_ARN, **start)
    with pytest.raises(ClientError, match="AccessDenied"):
        admin.untag_resource(ResourceArn=BAD_ARN, TagKeys=["rekmetrics:verdict"])


def test_promotes_and_judges_again(aws: DemoAws, team: Team, run: Any) -> None:
    """The copy has a verdict of its own, on the very same evaluation."""
    assert run("deploy", ARN, GOOD).returncode == 0
    output = f"s3://{aws.bucket}/production"
    result = run("promote", GOOD_ARN, ARN, PRODUCTION, output)
    assert result.returncode == 0, result.stdout + result.stderr
    (copy,) = aws.projects.versions[PRODUCTION]
    assert copy["Status"] == "COPYING_COMPLETED"
    tags = aws.projects.tags[copy["ProjectVersionArn"]]
    assert tags["rekmetrics:verdict"] == "passed"
    for key in ("rekmetrics:evaluation", "rekmetrics:thresholds"):
        assert tags[key] == aws.projects.tags[GOOD_ARN][key]


def test_promotes_nothing_that_fails_there(aws: DemoAws, team: Team, run: Any) -> None:
    """The copy is made, and bears the verdict of production's own gate."""
    output = f"s3://{aws.bucket}/production"
    assert run("promote", BAD_ARN, ARN, PRODUCTION, output).returncode == 1
    (copy,) = aws.projects.versions[PRODUCTION]
    assert team.tag(copy["ProjectVersionArn"]) == "failed"


def test_copies_nothing_that_did_not_pass(aws: DemoAws, team: Team, run: Any) -> None:
    """Under the guard the copy is not even made."""
    guard(aws, ARN, PRODUCTION)
    output = f"s3://{aws.bucket}/production"
    result = run("promote", BAD_ARN, ARN, PRODUCTION, output, who=ADMIN)
    assert result.returncode != 0
    assert "AccessDenied" in result.stderr
    assert aws.projects.versions[PRODUCTION] == []


def test_holds_an_attestation_against_the_version(
    aws: DemoAws, team: Team, run: Any, tmp_path: Path
) -> None:
    """It is of this version, of a pass, and of the evaluation that the tag names."""
    file = tmp_path / "result.json"
    assert run("deploy", ARN, GOOD, f"--attestation={file}").returncode == 0
    checked = run("check_attestation", str(file), GOOD_ARN)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    other = run("check_attestation", str(file), BAD_ARN)
    assert (other.returncode, "another version" in other.stdout) == (1, True)
    aws.projects.tags[GOOD_ARN]["rekmetrics:evaluation"] = "0" * 32
    assert "another evaluation" in run("check_attestation", str(file), GOOD_ARN).stdout
    aws.projects.tags[GOOD_ARN]["rekmetrics:verdict"] = "failed"
    assert "tag says failed" in run("check_attestation", str(file), GOOD_ARN).stdout
    assert run("deploy", ARN, BAD, f"--attestation={file}").returncode == 1
    assert "FAILED" in run("check_attestation", str(file), BAD_ARN).stdout
    mistaken = run("check_attestation", str(file), "v1")
    assert (mistaken.returncode, mistaken.stderr) == (1, "")
    assert mistaken.stdout == "v1 is no ARN of a model version.\n"
    file.write_text(json.dumps({"unfinished": "the run has not ended"}))
    assert "no attestation" in run("check_attestation", str(file), GOOD_ARN).stdout


def test_names_the_evaluation_as_sha256sum_would(
    aws: DemoAws, team: Team, run: Any, tmp_path: Path
) -> None:
    """`sha256sum summary.json manifest.jsonl | sha256sum` in the saved folder."""
    assert run("deploy", ARN, GOOD, "--save-evaluation=kept").returncode == 0
    kept = [tmp_path / "kept" / name for name in ("summary.json", "manifest.jsonl")]
    lines = [f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in kept]
    wanted = sha256("".join(lines).encode()).hexdigest()[:32]
    assert aws.projects.tags[GOOD_ARN]["rekmetrics:evaluation"] == wanted


@pytest.mark.parametrize("recipe", sorted(RECIPES.glob("*.py")), ids=lambda p: p.name)
def test_is_in_the_docs(recipe: Path) -> None:
    assert f"(recipes/{recipe.name})" in (DOCS / "deploy.md").read_text()
