"""What SECURITY.md and docs/ promise of code, permissions and outputs."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import botocore.session
import pytest
from support.gates import BAD, Gate

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "rekmetrics").rglob("*.py"))
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "imp", "code"}
FORBIDDEN_CALLS = {
    *("eval", "exec", "compile", "__import__"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"),
    *("os.system", "os.popen", "subprocess.getoutput", "numpy.load", "np.load"),
}


def _calls(tree: ast.AST) -> list[ast.Call]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_runs_no_code_that_it_was_given(path: Path) -> None:
    """No eval, no pickle, no unsafe YAML, no shell, anywhere in the package."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names = [alias.name for alias in getattr(node, "names", [])]
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            assert not {name.partition(".")[0] for name in names} & FORBIDDEN_MODULES
    for call in _calls(tree):
        assert ast.unparse(call.func) not in FORBIDDEN_CALLS, ast.unparse(call)
        keywords = {word.arg: ast.unparse(word.value) for word in call.keywords}
        assert keywords.get("shell", "False") == "False"
        assert keywords.get("allow_pickle", "False") == "False"


def _operations() -> set[str]:
    """What the source asks of AWS, by the names of botocore's service models."""
    session = botocore.session.get_session()
    models = {name: session.get_service_model(name) for name in ("rekognition", "s3")}
    known = {
        botocore.xform_name(operation): f"{name}:{operation}"
        for name, model in models.items()
        for operation in model.operation_names
    }
    found = set()
    for path in (ROOT / "rekmetrics").rglob("*.py"):
        if {"demo", "fake_aws"} & set(path.parts):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node, "attr", getattr(node, "value", None))
            if isinstance(node, ast.Attribute | ast.Constant) and name in known:
                found.add(known[name])
    return found


def test_asks_for_the_permissions_it_needs_and_no_more() -> None:
    """The policy of docs/ against the operations that the source calls."""
    path = ROOT / "docs" / "how-to" / "first-thresholds.md"
    text = path.read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(\{.*?\n\})\n```", text, flags=re.DOTALL)
    policy = json.loads(block)
    allowed = set()
    for statement in policy["Statement"]:
        assert statement["Effect"] == "Allow"
        assert statement["Resource"] != "*"
        actions = statement["Action"]
        allowed.update([actions] if isinstance(actions, str) else actions)
    assert not any("*" in action for action in allowed)
    operations = _operations()
    assert operations == {
        "rekognition:DescribeProjectVersions",
        "rekognition:DescribeProjects",
        "rekognition:TagResource",
        "s3:GetObject",
        "s3:HeadObject",
        "s3:ListObjectsV2",
    }
    # DescribeProjects only betters a message; the page names it beside the policy.
    # TagResource is for --tag-version alone, and S3's list and heads, which are held
    # to s3:ListBucket and s3:GetObject, for --check-images; `rekmetrics policy` has
    # them.
    optional = {"rekognition:DescribeProjects", "rekognition:TagResource"}
    optional |= {"s3:HeadObject", "s3:ListObjectsV2"}
    assert "rekognition:DescribeProjects" in text.replace(block, "")
    # S3 wants a permission of its own where the request names an object's version.
    assert allowed == operations - optional | {"s3:GetObjectVersion"}


@pytest.mark.slow
def test_writes_no_secret_and_no_environment(gate: Gate) -> None:
    """Made-up credentials are in none of the files, and not on the terminal."""
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIAZZZZMADEUPKEYID0",
        "AWS_SECRET_ACCESS_KEY": "made/up+secret0key1of2forty3characters45",
        "AWS_SESSION_TOKEN": "made-up-session-token-0123456789",
        "GITHUB_TOKEN": "ghp_madeuptoken0123456789",
        "CI_JOB_TOKEN": "made-up-job-token",
        "HOME_OF_SECRETS": "made-up-variable",
    }
    result = gate.judge(
        BAD,
        *("--metrics-json", "m.json", "--metrics-markdown", "m.md"),
        *("--junitxml", "junit.xml", "--save-evaluation", "kept"),
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(gate.folder / "summary.md"),
        **secrets,
    )
    assert result.returncode == 1, result.stdout + result.stderr
    written = [path for path in gate.folder.rglob("*") if path.is_file()]
    names = {path.name for path in written}
    assert {"report.html", "m.json", "m.md", "junit.xml", "summary.md"} <= names
    texts = [path.read_bytes().decode(errors="replace") for path in written]
    for text in (*texts, result.stdout, result.stderr):
        for secret in secrets.values():
            assert secret not in text
        assert not re.search(r"X-Amz-(Signature|Credential|Security-Token)", text)
