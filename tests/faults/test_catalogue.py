"""The catalogue of faults: each ends with its code and its words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import aws_cases
import document_cases
import pytest
import request_cases
import sklearn.metrics  # noqa: F401 (pytester would have it imported twice)
import thresholds_cases
from bench import Bench, Case
from support.faulty_s3 import FaultyS3
from support.gates import ARN, GOOD, Gate

from rekmetrics.aws.client import Aws, Patience
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.plugin.controller import Controller
from rekmetrics.run import judge as judging

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

GROUPS = {
    "request": request_cases.REQUESTS,
    "arn": request_cases.ARNS,
    "manifest": document_cases.MANIFESTS,
    "json": document_cases.JSON,
    "summary": document_cases.SUMMARIES,
    "contradiction": document_cases.CONTRADICTIONS,
    "label": document_cases.LABELS,
    "thresholds": thresholds_cases.THRESHOLDS,
    "credentials": aws_cases.CREDENTIALS,
    "rekognition": aws_cases.REKOGNITION,
    "s3": aws_cases.S3,
}
CASES = [
    pytest.param(case, id=f"{group}-{case.id}")
    for group, cases in GROUPS.items()
    for case in cases
]


@pytest.fixture(scope="module")
def aws() -> Iterator[DemoAws]:
    with DemoAws() as aws:
        yield aws


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def variables(
    request: pytest.FixtureRequest, bench: Bench, case: Case
) -> Iterator[dict[str, str]]:
    """The case's fault, and the environment in which a gate meets it."""
    case.spoil(bench)
    bench.write()
    if not case.needs_aws:
        yield {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
        return
    aws: DemoAws = request.getfixturevalue("aws")
    _describe(aws, bench)
    with FaultyS3(bench.summary) as s3:
        s3.faults.extend(bench.s3_faults)
        places = {"AWS_ENDPOINT_URL_S3": s3.url} if bench.s3_faults else {}
        chosen = aws.environment({}) | places | bench.variables
        yield {name: value for name, value in chosen.items() if value}


def _describe(aws: DemoAws, bench: Bench) -> None:
    projects = aws.projects
    projects.versions.clear()
    projects.next_answers.clear()
    changes = {k: v for k, v in bench.description.items() if v is not ...}
    f1 = 0.123 if ... in bench.description.values() else None
    aws.add_version(
        ARN, GOOD, summary=bench.summary, manifest=bench.manifest, f1=f1, **changes
    )
    for operation, status, body in bench.answers:
        projects.answer(operation, body, status=status)


@pytest.mark.parametrize("case", CASES)
def test_ends_each_fault_with_its_code_and_words(
    case: Case,
    bench: Bench,
    variables: dict[str, str],
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In process: the code, a sentence, no traceback, and an incomplete result."""
    monkeypatch.chdir(bench.folder)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    patience = Patience(n_tries=1, connect_timeout=2, read_timeout=0.3)
    monkeypatch.setattr(
        judging,
        "Aws",
        lambda region, **choices: Aws(region, patience=patience, **choices),
    )
    words = [*case.command(bench), "--metrics-json", "m.json"]
    if case.exit_code == 1:
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *words)
        code, said = result.ret, str(result.stdout) + str(result.stderr)
    else:
        code = Controller(pytester.parseconfig(*words)).begin()
        said = capsys.readouterr().err
    assert code == case.exit_code, said
    for word in case.words:
        assert word in said
    assert "Traceback" not in said
    assert not set(said) & set("\x1b\0\u202e")
    document = json.loads((bench.folder / "m.json").read_text())
    wanted = "failed" if code == 1 else "incomplete"
    assert (document["verdict"], document["exit_code"]) == (wanted, code)


REPRESENTATIVES = [case for case in CASES if case.values[0].is_representative]


@pytest.mark.parametrize("case", REPRESENTATIVES)
def test_ends_one_of_each_kind_so_for_real(
    case: Case, bench: Bench, variables: dict[str, str], wheel_environment
) -> None:
    """The real command in a fresh environment, over HTTP."""
    gate = Gate(wheel_environment, bench.folder, variables)
    result = gate.run("pytest", *case.command(bench), "--metrics-json", "m.json")
    assert result.returncode == case.exit_code, result.stdout + result.stderr
    for word in case.words:
        assert word in result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert gate.read_json("m.json")["exit_code"] == case.exit_code


def test_has_one_of_each_kind() -> None:
    """No group without a case through the real command, and a hundred at least."""
    groups = {case.id.partition("-")[0] for case in REPRESENTATIVES}
    assert groups == set(GROUPS)
    assert len(CASES) >= 100
    assert len({case.id for case in CASES}) == len(CASES)
