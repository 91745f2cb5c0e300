"""`rekmetrics demo`: stops the weak version, passes the good one, and says so."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading

import pytest

from rekmetrics import cli
from rekmetrics.demo import run
from rekmetrics.demo.example import DemoVersion
from rekmetrics.errors import RequestError

pytestmark = pytest.mark.slow

SUMMARY = b'{"EvaluationDetails": {"NumberOfTrainingImages": 40}}'
VERSION = DemoVersion("arn", "arn", "v1", SUMMARY, b"", {})
RUNS = (
    run._Run("weak", VERSION, 1, "failed"),
    run._Run("good", VERSION, 0, "passed"),
)
WEAK, GOOD = run._Result(1, "failed", 9, 3), run._Result(0, "passed", 9, 0)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A whole demo, its AWS left up, looked at, and stopped by Ctrl-C."""
    folder = tmp_path_factory.mktemp("demo")
    variables = {
        **os.environ,
        "AWS_PROFILE": "nobody",
        "PYTEST_ADDOPTS": "--collect-only",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "rekmetrics", "demo"),
            *("--output", "out", "--keep-running"),
        ],
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = threading.Timer(240, process.kill)
    watchdog.start()
    lines, seen = [], {}
    try:
        for line in process.stdout:
            lines.append(line.rstrip("\n"))
            if re.match(r"/\S+/pytest --project-arn", line):
                seen = look(lines)
                process.send_signal(signal.SIGINT)
        code = process.wait()
    finally:
        watchdog.cancel()
        process.kill()
        process.stdout.close()
    return folder, lines, code, seen


def look(lines):
    """What the commands print that the output tells of, by command: code and text."""
    exports = [line.removeprefix("export ") for line in lines if "export" in line[:6]]
    variables = {**os.environ, **dict(line.split("=", 1) for line in exports)}
    told = [line for line in lines if re.match(r"/\S+/rekmetrics ", line)]
    (place,) = (line.split()[1] for line in lines if line.startswith("cd "))
    seen = {}
    for line in told:
        process = subprocess.run(
            shlex.split(line),
            cwd=place,
            env=variables,
            capture_output=True,
            text=True,
            timeout=120,
        )
        seen[line.split()[1]] = process.returncode, process.stdout
    return seen


def test_stops_the_weak_version_and_passes_the_good_one(demo):
    """The literal command, over HTTP, ends with 1 and 0, and the demo with 0."""
    _, lines, code, _ = demo
    text = "\n".join(lines)
    assert code == 0, text
    commands = [line for line in lines if line.startswith("$ pytest")]
    assert all(" --project-arn arn:aws:" in line for line in commands)
    assert all(" --version digits.2026-" in line for line in commands)
    codes = [line for line in lines if line.startswith("exit code: ")]
    assert codes == ["exit code: 1", "exit code: 0"]
    assert "weak: digits.2026-01-10T09.00.00, trained on 40 images: failed" in text
    assert "good: digits.2026-03-01T10.00.00, trained on 600 images: passed" in text


def test_leaves_reports_and_results(demo):
    """Everything that the output names lies in the folder, and nothing elsewhere."""
    folder, lines, _, _ = demo
    named = [line.split()[1] for line in lines if line.startswith("      re")]
    assert len(named) == 4
    assert all((folder / name).is_file() for name in named)
    verdicts = (("weak", "failed", "2026-03-01"), ("good", "passed", "2026-01-10"))
    for name, verdict, baseline in verdicts:
        document = json.loads((folder / "out" / f"{name}.json").read_bytes())
        assert document["verdict"] == verdict
        beside = document["baseline"]["model"]
        assert beside["version_name"].startswith(f"digits.{baseline}")
        assert beside["trained"].startswith(f"{baseline}T")
        assert set(document["provenance"]["endpoints"]) == {"rekognition", "s3"}
    assert [path.name for path in folder.iterdir()] == ["out"]


def test_keeps_its_aws_up_until_ctrl_c(demo):
    """The exported variables lead to a living AWS; Ctrl-C ends it quietly."""
    _, lines, code, seen = demo
    assert seen
    assert "export AWS_SECRET_ACCESS_KEY=demo" in lines
    assert lines[-1] == "The AWS is down."
    assert code == 0


def test_shows_versions_their_comparison_and_a_fleet(demo):
    """By the commands that it tells of: three versions, one runs; two projects."""
    folder, _, _, seen = demo
    code, out = seen["versions"]
    verdicts = [line.split()[-1] for line in out.splitlines()[1:4]]
    assert (code, verdicts) == (0, ["passed", "passed", "failed"])
    running = [line.split()[0] for line in out.splitlines() if "RUNNING" in line]
    assert running == ["digits.2026-03-01T10.00.00"]
    code, out = seen["compare"]
    assert code == 0
    assert "Best of those that pass: digits.2026-03-01T10.00.00" in out
    assert "better than the next, digits.2026-02-10T09.30.00, by more than" in out
    assert "<script" not in (folder / "out" / "compare.html").read_text()
    code, out = seen["fleet"]
    assert (code, "Passed. Every model of the fleet did." in out) == (0, True)
    document = json.loads((folder / "out" / "fleet" / "fleet.json").read_bytes())
    assert [*document["models"]] == ["digits", "detection"]


@pytest.mark.parametrize(
    ("weak", "good"),
    [
        (run._Result(0, "passed", 9, 0), GOOD),
        (WEAK, run._Result(1, "failed", 9, 1)),
        (WEAK, run._Result(0, "passed", 0, 0)),
        (run._Result(1, "no result", 0, 0), GOOD),
        (WEAK, run._Result(0, "no result", 0, 0)),
        (run._Result(1, "incomplete", 9, 3), GOOD),
    ],
)
def test_succeeds_only_where_both_end_as_they_have_to(weak, good, tmp_path, capsys):
    """A gate that passes without having judged is no success."""
    assert not run._sum_up(RUNS, [weak, good], tmp_path)
    assert "rekmetrics doctor" in capsys.readouterr().out
    assert run._sum_up(RUNS, [WEAK, GOOD], tmp_path)


def test_reads_no_result_out_of_nothing(tmp_path):
    """A run without a whole result has none."""
    (tmp_path / "half.json").write_text('{"verdict": "pas')
    for name in ("half.json", "missing.json"):
        assert run._Result.read(0, tmp_path / name).verdict == "no result"


@pytest.mark.parametrize("name", ["pytest.ini", "thresholds.yaml", "holiday.txt"])
def test_writes_over_nobodys_folder(name, tmp_path, capsys):
    """A folder that is not the demo's own is left as it is."""
    (tmp_path / name).write_text("mine")
    assert cli.main(["demo", "--output", str(tmp_path)]) == 4
    assert "give a new one with --output" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_writes_over_a_folder_of_its_own(tmp_path):
    """The demo can be run again; its folder is a project of its own to pytest."""
    folder = tmp_path / "out"
    run._prepare(folder, b"old")
    run._prepare(folder, b"new")
    assert (folder / "thresholds.yaml").read_bytes() == b"new"
    assert "[pytest]" in (folder / "pytest.ini").read_text()


@pytest.mark.parametrize("example", run._EXAMPLES)
def test_ships_its_bounds(example):
    """Both examples have bounds, with the weak version as the baseline."""
    text = run._read_thresholds(example).decode()
    assert "version_name: digit" in text
    assert "2026-01-10T09.00.00" in text


def test_packs_the_same_bounds_into_the_wheel(wheel):
    """Installed without a clone, the demo applies the clone's thresholds.yaml."""
    import zipfile

    packed = zipfile.ZipFile(wheel).read("rekmetrics/demo/thresholds.yaml")
    assert packed == run._read_thresholds("digits")


def test_says_what_to_install(tmp_path, monkeypatch):
    """Without moto the demo names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "moto.rekognition", None)
    with pytest.raises(RequestError, match=r"rekmetrics\[demo\]"):
        run.run_demo(tmp_path / "out")
