"""The shell of a CI's files, as that CI would run it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["RECIPES", "ROOT", "Recipe", "expand", "read_recipe"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Recipe:
    """What judges, and what deploys after it; the variables that both are given."""

    gate: str
    deploy: str
    variables: Mapping[str, str]


def expand(text: Any, values: Mapping[str, str]) -> str:
    """An expression such as `${{ inputs.x }}` or `$[[ inputs.x ]]`, put in."""
    pattern = r"\$(?:\{\{|\[\[)\s*([\w.-]+)\s*(?:\}\}|\]\])"
    return re.sub(pattern, lambda match: values[match[1]], str(text))


def read_recipe(name: str, *, project_arn: str, version_name: str) -> Recipe:
    """The recipe of one CI for one model version."""
    variables = {"PROJECT_ARN": project_arn, "VERSION_NAME": version_name}
    gate, deploy, others = RECIPES[name](variables)
    return Recipe(f"set -e\n{gate}", f"set -e\n{deploy}", variables | others)


_Read = tuple[str, str, dict[str, str]]


def _github(variables: Mapping[str, str]) -> _Read:
    document = _yaml("ci/github/model-gate.yml")
    values = {
        "vars.MODEL_PROJECT_ARN": variables["PROJECT_ARN"],
        "inputs.version_name": variables["VERSION_NAME"],
    }
    scripts = {
        name: "\n".join(step["run"] for step in job["steps"] if "run" in step)
        for name, job in document["jobs"].items()
    }
    assert "${{" not in "".join(scripts.values()), "text put into a script is run"
    own = {name: expand(text, values) for name, text in document["env"].items()}
    return scripts["gate"], scripts["deploy"], own


def _gitlab(variables: Mapping[str, str]) -> _Read:
    text = (ROOT / "ci/gitlab/model-gate.yml").read_text(encoding="utf-8")
    spec, _ = yaml.safe_load_all(text)
    values = {
        f"inputs.{name}": str((settings or {}).get("default", ""))
        for name, settings in spec["spec"]["inputs"].items()
    }
    values["inputs.project-arn"] = variables["PROJECT_ARN"]
    values["inputs.version-name"] = variables["VERSION_NAME"]
    jobs = yaml.safe_load(expand(text.split("\n---\n", 1)[1], values))
    gate = jobs["model-gate"]
    own = {name: str(value) for name, value in gate["variables"].items()}
    # boto3 prefers the variables of the AWS at hand, but for these.
    own |= {"AWS_WEB_IDENTITY_TOKEN_FILE": "token", "AWS_REGION": "us-east-1"}
    own["MODEL_GATE_TOKEN"] = "made up"
    return (
        "\n".join(gate["script"]),
        "\n".join(jobs["model-deploy"]["script"]),
        own,
    )


def _codebuild(_: Mapping[str, str]) -> _Read:
    scripts = [
        "\n".join(
            command
            for phase in _yaml(f"ci/codebuild/buildspec-{name}.yml")["phases"].values()
            for command in phase["commands"]
        )
        for name in ("gate", "deploy")
    ]
    return scripts[0], scripts[1], {"CODEBUILD_SRC_DIR_ModelReport": "."}


def _jenkins(_: Mapping[str, str]) -> _Read:
    text = (ROOT / "ci/jenkins/Jenkinsfile").read_text(encoding="utf-8")
    gate, deploy = re.findall(r"sh '''(.*?)'''", text, flags=re.DOTALL)
    return gate, deploy, {}


def _shell(_: Mapping[str, str]) -> _Read:
    text = (ROOT / "ci/shell/model-gate.sh").read_text(encoding="utf-8")
    gate, check, deploy = text.partition("python3 -c")
    return gate, check + deploy, {}


def _yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


RECIPES: dict[str, Callable[[Mapping[str, str]], _Read]] = {
    "github": _github,
    "gitlab": _gitlab,
    "codebuild": _codebuild,
    "jenkins": _jenkins,
    "shell": _shell,
}
