"""`--attestation`: a Statement that in-toto's own classes accept, of a verdict only."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.gates import ARN, BAD, GOOD, fill_aws
from support.teams import Team

from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.report.attestation import render_unfinished

pytestmark = pytest.mark.slow

HEAD, _, NUMBER = ARN.rpartition("/")
RULES = """\
metrics:
  accuracy: 0.9
  f1_macro: {min: 0.999, level: warning}
labels:
  "cat": {recall: 0.75}
"""


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    (tmp_path / "thresholds.yaml").write_text(RULES)
    with DemoAws() as aws:
        fill_aws(aws)
        yield Team(aws, tmp_path)


def attest(team: Team, name: str, *words: str) -> dict[str, Any]:
    team.gate(name, "--attestation=a.json", "--metrics-json=metrics.json", *words)
    document: dict[str, Any] = json.loads((team.folder / "a.json").read_text())
    return document


def accept(document: dict[str, Any]) -> None:
    """Have in-toto's own bindings read it: unknown members and lacking ones raise."""
    statements = pytest.importorskip("in_toto_attestation.v1.statement")
    from google.protobuf import json_format
    from in_toto_attestation.predicates.test_result.v0 import test_result_pb2

    message = statements.spb.Statement()
    json_format.ParseDict(document, message)
    statements.Statement.copy_from_pb(message).validate()
    json_format.ParseDict(document["predicate"], test_result_pb2.TestResult())


def test_states_a_pass_with_warnings(team: Team) -> None:
    """Subjects, configuration and checks are the result file's."""
    document = attest(team, GOOD)
    accept(document)
    result = json.loads((team.folder / "metrics.json").read_text())
    assert document["_type"] == "https://in-toto.io/Statement/v1"
    kind = "https://in-toto.io/attestation/test-result/v0.1"
    assert document["predicateType"] == kind
    version, *files = document["subject"]
    assert version["name"] == f"{HEAD}/version/{GOOD}/{NUMBER}"
    assert [(file["name"], file["digest"]["sha256"]) for file in files] == [
        (file["location"], file["sha256"]) for file in result["provenance"]["documents"]
    ]
    sha256 = result["provenance"]["thresholds"]["sha256"]
    assert document["predicate"] == {
        "result": "WARNED",
        "configuration": [{"name": "thresholds.yaml", "digest": {"sha256": sha256}}],
        "passedTests": ["accuracy", "cat-recall"],
        "warnedTests": ["f1_macro"],
        "failedTests": [],
    }


def test_states_a_failure(team: Team) -> None:
    """With the baseline among what decided."""
    document = attest(team, BAD, "--baseline-version", GOOD)
    accept(document)
    predicate = document["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["failedTests"] == ["accuracy"]
    names = [resource["name"] for resource in predicate["configuration"]]
    assert [GOOD in name for name in names] == [False, True, True]


def test_states_nothing_without_a_verdict(team: Team) -> None:
    """A selection of checks, and a version that is not there, over an older file."""
    attest(team, GOOD)
    for name, words in ((GOOD, ("-k", "accuracy")), ("zoo.missing", ())):
        document = attest(team, name, *words)
        assert set(document) == {"unfinished", "exit_code"}
    assert "_type" not in json.loads(render_unfinished("so", None))


def test_masks_accounts(team: Team) -> None:
    document = attest(team, GOOD, "--mask-account")
    accept(document)
    assert "123456789012" not in json.dumps(document)
