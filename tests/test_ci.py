"""What teams' CIs are told: its shell is run against an AWS on loopback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.gates import ARN, BAD, GOOD, Gate
from support.recipes import RECIPES, ROOT, expand, read_recipe

from rekmetrics.plugin.options import FLAGS, SWITCHES

pytestmark = pytest.mark.slow

CHECK = (
    "python3 -c 'import json, os, sys; "
    'r = json.load(open("metrics.json")); '
    'sys.exit((r["verdict"], r["model"]["version_name"]) '
    '!= ("passed", os.environ["VERSION_NAME"]))\''
)
DEPLOYED = "Put your deployment of"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

WORKFLOWS = [
    *sorted((ROOT / "ci" / "github").glob("*.yml")),
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
]

# An installation that must not reach out, and a venv that is the one at hand.
STUBS = {
    "pip": 'echo "pip $*"\n',
    "python3": 'if [ "$1 $2" = "-m venv" ]; then\n'
    '    mkdir -p "$3/bin"; : >"$3/bin/activate"\nelse\n'
    '    exec python "$@"\nfi\n',
}


@pytest.fixture
def agent(gate: Gate) -> Gate:
    """A repository on a CI's machine, where `pip install` only says what it would."""
    for name, script in STUBS.items():
        path = gate.write(f"bin/{name}", f"#!/bin/sh\n{script}")
        path.chmod(0o755)
    programs = gate.environment.folder / "bin"
    path = f"{gate.folder / 'bin'}:{programs}:{os.environ['PATH']}"
    gate.variables = {**gate.variables, "PATH": path}
    return gate


def bash(
    agent: Gate, script: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return agent.run("/bin/bash", "-c", script, **variables)


@pytest.mark.parametrize("name", RECIPES)
def test_deploys_what_passed(name: str, agent: Gate) -> None:
    """The gate's steps end with 0, and then the deployment goes ahead."""
    recipe = read_recipe(name, project_arn=ARN, version_name=GOOD)
    judged = bash(agent, recipe.gate, **recipe.variables)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "pip install rekmetrics\n" in judged.stdout
    deployed = bash(agent, recipe.deploy, **recipe.variables)
    assert deployed.returncode == 0, deployed.stderr
    assert f"{DEPLOYED} {GOOD}" in deployed.stdout


@pytest.mark.parametrize("name", RECIPES)
def test_does_not_deploy_what_fell_short(name: str, agent: Gate) -> None:
    """Not even where a CI runs the deployment all the same."""
    recipe = read_recipe(name, project_arn=ARN, version_name=BAD)
    assert bash(agent, recipe.gate, **recipe.variables).returncode == 1
    assert agent.read_json()["verdict"] == "failed"
    deployed = bash(agent, recipe.deploy, **recipe.variables)
    assert deployed.returncode != 0
    assert DEPLOYED not in deployed.stdout


RESULTS: list[Any] = [
    {"verdict": "passed", "model": {"version_name": BAD}},
    {"verdict": "passed", "model": {}},
    {"verdict": "incomplete", "model": {"version_name": GOOD}},
    {},
    "passed",
]


@pytest.mark.parametrize("result", RESULTS, ids=str)
def test_deploys_nothing_on_another_result(result: Any, agent: Gate) -> None:
    """Another version's, an unfinished one, or none at all; under python -O too."""
    agent.write("metrics.json", json.dumps(result))
    script = f"set -e\n{CHECK}\necho deployed"
    checked = bash(agent, script, VERSION_NAME=GOOD, PYTHONOPTIMIZE="2")
    assert checked.returncode != 0
    assert "deployed" not in checked.stdout


@pytest.mark.parametrize("name", RECIPES)
def test_clears_away_what_an_earlier_run_has_left(name: str, agent: Gate) -> None:
    """A result that passed is gone before anything can go wrong."""
    result = {"verdict": "passed", "model": {"version_name": GOOD}}
    agent.write("metrics.json", json.dumps(result))
    agent.write("report.html", "old")
    agent.write("bin/rekmetrics", "#!/bin/sh\nexit 6\n").chmod(0o755)
    recipe = read_recipe(name, project_arn=ARN, version_name=GOOD)
    assert bash(agent, recipe.gate, **recipe.variables).returncode == 6
    assert not (agent.folder / "metrics.json").exists()
    assert not (agent.folder / "report.html").exists()
    assert bash(agent, recipe.deploy, **recipe.variables).returncode != 0


def steps(name: str, job: str) -> str:
    """The shell of a workflow's job."""
    document = yaml.safe_load((ROOT / "ci/github" / name).read_text("utf-8"))
    scripts = [s["run"] for s in document["jobs"][job]["steps"] if "run" in s]
    assert "${{" not in "".join(scripts), "text put into a script is run"
    return "set -e\n" + "\n".join(scripts)


GH = """\
echo "$@" >>asked
[ "$1" = api ] && { echo "0ther 8"; echo "abc123 7"; }
[ "$1 $2" = "pr comment" ] && cp "$7" posted.md
exit 0
"""


def test_comments_on_pull_requests_without_credentials(agent: Gate) -> None:
    """One judges an evaluation that is kept, the other posts to that commit's."""
    assert agent.judge(BAD, "--save-evaluation", "evaluation").returncode == 1
    assert bash(agent, steps("pull-request.yml", "judge")).returncode == 1
    agent.write("bin/gh", f"#!/bin/sh\n{GH}").chmod(0o755)
    known = {"REPOSITORY": "team/models", "HEAD": "fork:main"}
    comment = steps("comment.yml", "comment")
    assert bash(agent, comment, SHA="gone", **known).returncode == 0
    assert not (agent.folder / "posted.md").exists()
    done = bash(agent, comment, SHA="abc123", **known)
    assert done.returncode == 0, done.stderr
    posted = (agent.folder / "posted.md").read_text("utf-8")
    assert posted.startswith("What this pull request's run says of abc123;")
    assert (agent.folder / "report.md").read_text("utf-8") in posted
    asked = (agent.folder / "asked").read_text("utf-8")
    assert "repos/team/models/pulls -f state=open -f head=fork:main" in asked
    assert "pr comment 7 --repo team/models" in asked


def test_posts_no_file_of_the_machine(agent: Gate) -> None:
    """What an artifact holds may be a link."""
    agent.write("bin/gh", f"#!/bin/sh\n{GH}").chmod(0o755)
    (agent.folder / "report.md").symlink_to("/etc/hostname")
    known = {"REPOSITORY": "team/models", "HEAD": "fork:main", "SHA": "abc123"}
    assert bash(agent, steps("comment.yml", "comment"), **known).returncode == 1
    assert not (agent.folder / "posted.md").exists()


def test_checks_the_result_in_every_example() -> None:
    """With the very same line, which the tests above hold."""
    examples = [
        *("github/model-gate.yml", "gitlab/model-gate.yml", "jenkins/Jenkinsfile"),
        *("codebuild/buildspec-deploy.yml", "shell/model-gate.sh"),
    ]
    for name in examples:
        assert CHECK in (ROOT / "ci" / name).read_text(encoding="utf-8"), name
    assert CHECK in (ROOT / "docs" / "result.md").read_text(encoding="utf-8")


def act(
    agent: Gate, **inputs: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the action's judging step; what it printed, and its outputs."""
    values = {
        f"inputs.{name}": settings.get("default", "")
        for name, settings in ACTION["inputs"].items()
    }
    values |= {f"inputs.{key.replace('_', '-')}": v for key, v in inputs.items()}
    values["github.action_path"] = str(ROOT)
    (step,) = (s for s in ACTION["runs"]["steps"] if s.get("id") == "gate")
    variables = {name: expand(text, values) for name, text in step["env"].items()}
    outputs = agent.folder / "outputs"
    outputs.unlink(missing_ok=True)
    variables["GITHUB_OUTPUT"] = str(outputs)
    result = bash(agent, step["run"], **variables)
    lines = outputs.read_text(encoding="utf-8").splitlines()
    return result, dict(line.split("=", 1) for line in lines)


@pytest.mark.parametrize(
    ("version", "code", "verdict"), [(GOOD, "0", "passed"), (BAD, "1", "failed")]
)
def test_acts_as_the_gate_does(
    version: str, code: str, verdict: str, agent: Gate
) -> None:
    """The action ends as the gate ends, and hands on what it found."""
    result, outputs = act(
        agent, project_arn=ARN, version_name=version, html="a report.html"
    )
    assert result.returncode == int(code), result.stdout + result.stderr
    assert outputs == {
        "verdict": verdict,
        "exit-code": code,
        "report": "a report.html",
    }
    assert (agent.folder / "a report.html").is_file()


def test_acts_on_no_text_as_on_a_command(agent: Gate) -> None:
    """An input is one word, whatever is in it."""
    name = "$(touch owned) `touch owned`; touch owned"
    result, outputs = act(agent, project_arn=ARN, version_name=name)
    assert (result.returncode, outputs["exit-code"]) == (4, "4")
    assert not (agent.folder / "owned").exists()


def test_does_not_believe_a_zero_without_a_result(agent: Gate) -> None:
    """Should anything called rekmetrics end with 0 and have judged nothing."""
    agent.write("bin/rekmetrics", "#!/bin/sh\nexit 0\n").chmod(0o755)
    result, outputs = act(agent, project_arn=ARN, version_name=GOOD)
    assert (result.returncode, outputs["verdict"]) == (3, "incomplete")


def test_takes_inputs_that_are_options() -> None:
    """Their names are the options', and each reaches the judging step."""
    known = {flag.removeprefix("--") for flag in (*FLAGS, *SWITCHES, "--html")}
    inputs = {*ACTION["inputs"]}
    assert inputs - known == {"artifact", "python-version"}
    # A profile belongs to a person's machine, the job's page is written by itself, and
    # suspects are for whoever mends the data set.
    assert known - inputs == {
        *("aws-profile", "metrics-markdown", "suspects-csv", "suspects-manifest"),
    }
    used = re.findall(r"inputs\.([\w-]+)", json.dumps(ACTION["runs"]))
    assert {*used} == inputs
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", ""), "text put into a script is run"


@pytest.mark.parametrize(
    "path",
    [ROOT / "action.yml", ROOT / "docs/deploy.md", *WORKFLOWS],
    ids=lambda path: path.name,
)
def test_pins_every_action(path: Path) -> None:
    """By the digest of a release, which is named beside it; ours are local."""
    text = path.read_text(encoding="utf-8")
    for line in re.findall(r"uses: (.*)", text):
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./.*", line), line


def check_schema(name: str, path: Path) -> None:
    """Hold a file to a vendor's schema."""
    command = ["-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}"]
    result = subprocess.run(
        [sys.executable, *command, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout


def test_is_what_gitlab_reads(tmp_path: Path) -> None:
    """The job's part, once its inputs are put in, against GitLab's own schema."""
    text = (ROOT / "ci/gitlab/model-gate.yml").read_text(encoding="utf-8")
    head, jobs = text.split("\n---\n", 1)
    declared = set(yaml.safe_load(head)["spec"]["inputs"])
    assert set(re.findall(r"inputs\.([\w-]+)", jobs)) == declared
    path = tmp_path / "jobs.yml"
    path.write_text(expand(jobs, {f"inputs.{name}": "test" for name in declared}))
    check_schema("gitlab-ci", path)


def test_is_what_github_reads() -> None:
    """The action and every workflow, against GitHub's own schemas."""
    check_schema("github-actions", ROOT / "action.yml")
    for path in WORKFLOWS:
        check_schema("github-workflows", path)


@pytest.mark.parametrize("name", ["gate", "deploy"])
def test_is_what_codebuild_reads(name: str) -> None:
    """Only the words that AWS's reference of buildspecs knows."""
    path = ROOT / "ci" / "codebuild" / f"buildspec-{name}.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert document.keys() <= {"version", "env", "phases", "reports", "artifacts"}
    assert document["version"] == 0.2
    phases = document["phases"]
    assert phases.keys() <= {"install", "pre_build", "build", "post_build"}
    for phase in phases.values():
        assert phase.keys() <= {"runtime-versions", "on-failure", "commands", "finally"}
        assert all(isinstance(command, str) for command in phase["commands"])


def test_names_stages_that_the_buildspecs_serve() -> None:
    """The pipeline's artifact is the one that the deployment looks into."""

    class Loader(yaml.SafeLoader):
        """CloudFormation's short form of a reference is a word."""

    Loader.add_constructor("!Ref", lambda loader, node: node.value)
    text = (ROOT / "ci/codebuild/stages.yml").read_text(encoding="utf-8")
    gate, deploy = yaml.load(text, Loader)
    (output,) = gate["Actions"][0]["OutputArtifacts"]
    assert output in deploy["Actions"][0]["InputArtifacts"]
    buildspec = (ROOT / "ci/codebuild/buildspec-deploy.yml").read_text("utf-8")
    assert f"CODEBUILD_SRC_DIR_{output['Name']}" in buildspec
