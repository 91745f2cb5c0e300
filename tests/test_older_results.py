"""No earlier run's "passed" outlives a run that ends before it judges."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

GATE = ("--evaluation-dir", "nowhere")


@pytest.fixture
def passed(tmp_path):
    """A folder in which an earlier gate passed."""
    (tmp_path / "metrics.json").write_text('{"verdict": "passed"}')
    (tmp_path / "metrics.md").write_text("passed")
    (tmp_path / "report.html").write_text("passed")
    (tmp_path / "test_one.py").write_text("def test(): pass\n")
    return tmp_path


def run(folder, *words):
    exports = ("--metrics-json", "metrics.json", "--metrics-markdown", "metrics.md")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *exports, *words, "test_one.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("conftest", "words"),
    [
        ("", ("--no-such-option",)),
        ("raise RuntimeError('broken')\n", ()),
        ("raise SystemExit(0)\n", ()),
        ("import pytest; raise pytest.UsageError('no')\n", ()),
        ("def pytest_addoption(parser): parser.addoption('--evaluation-dir')\n", ()),
    ],
)
def test_forgets_what_an_earlier_run_said(passed, conftest, words):
    """It leaves "incomplete" and no report where pytest never starts."""
    (passed / "conftest.py").write_text(conftest)
    result = run(passed, *GATE, *words)
    # Older versions of pytest end with a traceback where options clash.
    is_old = "ArgumentError" in result.stderr
    assert result.returncode == (1 if is_old else 4)
    assert json.loads((passed / "metrics.json").read_text())["verdict"] == "incomplete"
    assert "passed" not in (passed / "metrics.md").read_text()
    assert not (passed / "report.html").exists()


def test_forgets_the_report_where_another_file_cannot_be_written(passed):
    """Each file on its own."""
    (passed / "metrics.md").unlink()
    (passed / "metrics.md").mkdir()
    assert run(passed, *GATE).returncode == 3
    assert not (passed / "report.html").exists()


def test_leaves_files_alone_that_the_run_cannot_mean(passed):
    """It replaces nothing where an export names the file of the bounds."""
    bounds = passed / "thresholds.yaml"
    bounds.write_text("metrics: {accuracy: 0.9}\n")
    result = run(passed, *GATE, "--html", "thresholds.yaml", "--no-such-option")
    assert result.returncode == 4
    assert bounds.read_text() == "metrics: {accuracy: 0.9}\n"
