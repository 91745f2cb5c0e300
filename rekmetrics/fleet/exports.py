"""The fleet for machines: JUnit with a suite a model, and a matrix for the CI."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from rekmetrics.fleet.file import KEYS
from rekmetrics.texts import mask_account, reveal

if TYPE_CHECKING:
    from rekmetrics.fleet.file import FleetModel
    from rekmetrics.fleet.results import Member


MATRICES = ("github", "gitlab")
_ENDS = {"error": "failure", "warning": "skipped", "none": "error"}
"""What JUnit calls a check by its severity, and a model without a verdict."""


def render_junit(members: Sequence[Member], *, hide_account: bool) -> bytes:
    """JUnit's XML: a suite a model, a case a check; without a verdict, an error."""
    root = ElementTree.Element("testsuites", name="rekmetrics fleet")

    def clean(text: object) -> str:
        return reveal(mask_account(str(text)) if hide_account else str(text))

    for member in members:
        suite = ElementTree.SubElement(root, "testsuite", name=clean(member.name))
        cases = [(c["id"], c.get("severity"), c["message"]) for c in member.checks()]
        if not member.is_judged or not cases:
            cases.append(("evaluation", "none", member.message))
        for name, severity, message in cases:
            shown = {"classname": clean(member.name), "name": clean(name), "time": "0"}
            case = ElementTree.SubElement(suite, "testcase", shown)
            if severity in _ENDS:
                text = clean(message)
                ElementTree.SubElement(case, _ENDS[severity], message=text)
        suite.set("tests", str(len(cases)))
        for severity, end in _ENDS.items():
            count = sum(case[1] == severity for case in cases)
            suite.set(end if end == "skipped" else f"{end}s", str(count))
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def render_matrix(models: Sequence[FleetModel], kind: str) -> str:
    """
    One job a model, as the CI reads it: what each adds to `rekmetrics gate`.

    For GitHub the value of `strategy.matrix`; for GitLab a job `model-gate` with a
    parallel matrix, to be included beside a job of this name that has the script.
    """
    if kind == "github":
        jobs = [{"model": m.name, "arguments": _arguments(m)} for m in models]
        return json.dumps({"include": jobs})
    rows = [{"MODEL": m.name, "ARGUMENTS": _arguments(m)} for m in models]
    return json.dumps({"model-gate": {"parallel": {"matrix": rows}}}, indent=1)


def render_schema() -> str:
    """The JSON Schema of FLEET.yaml, for editors."""
    keys = {
        name: {"type": "string", "minLength": 1, "description": text}
        for name, text in KEYS.items()
    }
    model = {"type": "object", "properties": keys, "additionalProperties": False}
    models = {"type": "object", "additionalProperties": model, "minProperties": 1}
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "FLEET.yaml",
        "type": "object",
        "properties": {"defaults": model, "models": models},
        "required": ["models"],
        "additionalProperties": False,
    }
    return json.dumps(schema, indent=2)


def _arguments(model: FleetModel) -> str:
    request = model.request
    target = request.project or request.version_arn
    options = {
        "project-arn": target and target.text,
        "version-name": None if request.version_arn else request.version_name,
        "evaluation-dir": request.evaluation_dir,
        "thresholds": request.thresholds,
        "baseline-version": request.baseline_version,
        "baseline-dir": request.baseline_dir,
        "aws-profile": request.aws_profile,
        "metrics-json": f"{model.name}.json",
        "html": f"{model.name}.html",
    }
    words = [f"--{k}={v}" for k, v in options.items() if v is not None]
    return shlex.join([*words, *(["--tag-version"] if request.is_tagged else ())])
