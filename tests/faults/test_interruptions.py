"""Full disks, read-only folders, signals, and gates side by side."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench
from support.gates import BAD, GOOD, Gate, documents, zoo

pytestmark = pytest.mark.slow

SIZE = "64k"


@pytest.fixture(params=["full", "read-only"])
def closed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder in which nothing can be written: full, or mounted read-only."""
    folder = tmp_path / "closed"
    folder.mkdir()
    options = f"size={SIZE}" if request.param == "full" else f"size={SIZE},ro"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if (
        os.getuid()
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("needs the right to mount a tmpfs")
    try:
        if request.param == "full":
            with contextlib.suppress(OSError):
                (folder / "filler").write_bytes(b"x" * (65 << 10))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize(
    "words",
    [
        ("--html", "report.html"),
        ("--metrics-json", "m.json"),
        ("--metrics-markdown", "m.md"),
        ("--save-evaluation", "kept"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
    ],
    ids=lambda words: words[0].strip("-"),
)
def test_is_not_green_without_a_file_that_was_asked_for(
    gate: Gate, closed: Path, words: tuple[str, str]
) -> None:
    """Exit 3 for a good version, the place in the message, and no half a file."""
    option, name = words
    place = closed / name
    variables = {option: str(place)} if option.isupper() else {}
    given = () if variables else (option, str(place))
    result = gate.judge(GOOD, *given, **variables)
    assert result.returncode == 3, result.stdout + result.stderr
    assert option in result.stderr or str(place) in result.stderr
    left = {path.name for path in closed.iterdir()} - {"filler", name}
    assert not left


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("phase", ["fetching", "collecting", "testing", "finishing"])
def test_leaves_an_incomplete_result_when_it_is_ended(
    gate: Gate, tmp_path: Path, phase: str, number: signal.Signals
) -> None:
    """Whenever the signal comes, the code is not 0 and the JSON says incomplete."""
    wait = (
        "import pathlib, time\n"
        f"pathlib.Path({str(tmp_path / 'there')!r}).touch()\ntime.sleep(20)\n"
    )
    if phase == "fetching":
        gate.write(
            "conftest.py",
            "import rekmetrics.streams as streams\n"
            f"def wait(*a, **k):\n    {wait.replace(chr(10), chr(10) + '    ')}\n"
            "streams.ReadAhead.__enter__ = wait\n",
        )
    elif phase == "collecting":
        gate.write("quality_tests/test_quality.py", wait)
    else:
        body = wait.replace("\n", "\n    ")
        name, place = {
            "testing": ("test_metric", "quality_tests/test_quality.py"),
            "finishing": ("pytest_sessionfinish", "conftest.py"),
        }[phase]
        gate.write(place, f"def {name}():\n    {body}\n")
    command = ["pytest", "--evaluation-dir", "kept", "--metrics-json", "m.json"]
    bench = Bench(tmp_path)
    gate.write("kept/summary.json", bench.summary.decode())
    gate.write("kept/manifest.jsonl", bench.manifest.decode())
    process = subprocess.Popen(
        [str(gate.environment.folder / "bin" / command[0]), *command[1:]],
        cwd=gate.folder,
        env={"PATH": os.environ["PATH"], **gate.variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "there").exists() and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    assert process.wait(30) != 0
    assert gate.read_json("m.json")["verdict"] == "incomplete"


@pytest.fixture
def folder_gate(gate: Gate, tmp_path: Path) -> Gate:
    """A gate with a good and a bad version in folders."""
    for name, n_wrong in (("good", 1), ("bad", 6)):
        made = documents(zoo(n_wrong), {"good": GOOD, "bad": BAD}[name])
        gate.write(f"{name}/summary.json", made["summary"].decode())
        gate.write(f"{name}/manifest.jsonl", made["manifest"].decode())
    return gate


def in_shell(gate: Gate, line: str) -> subprocess.CompletedProcess[str]:
    """What bash makes of a line that begins with a gate's words."""
    program = gate.environment.folder / "bin" / "pytest"
    return subprocess.run(
        ["bash", "-c", f"{program} --metrics-json m.json {line}"],
        cwd=gate.folder,
        env={"PATH": os.environ["PATH"], **gate.variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("streams", [">&-", ">&- 2>&-"])
def test_judges_where_output_is_closed(folder_gate: Gate, streams: str) -> None:
    """0 for the good version and 1 for the bad one, with all files."""
    for name, code in (("good", 0), ("bad", 1)):
        result = in_shell(folder_gate, f"--evaluation-dir {name} {streams}")
        assert (result.returncode, result.stderr) == (code, "")
        assert folder_gate.read_json("m.json")["exit_code"] == code
        assert (folder_gate.folder / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("end", ["| head -1", "> /dev/full"])
def test_ends_quietly_where_nobody_reads_on(folder_gate: Gate, end: str) -> None:
    """Nor is there room: no verdict and no error of ours, one sentence, code 3."""
    words = f"--evaluation-dir good {end}; exit ${{PIPESTATUS[0]}}"
    result = in_shell(folder_gate, words)
    assert result.returncode == 3
    assert result.stderr.startswith("rekmetrics: standard output was closed")
    assert result.stderr.count("\n") == 1
    assert folder_gate.read_json("m.json")["verdict"] == "incomplete"
    report = (folder_gate.folder / "report.html").read_text()
    assert "Incomplete. The run broke before its verdict was told" in report
    assert "Passed. " not in report
    assert "was judged on 30 test images, but standard output was closed" in report


def test_says_that_no_plugin_is_loaded_by_itself(folder_gate: Gate) -> None:
    """The package's name loads no hooks of pytest-html; those that do are named."""
    words = ("pytest", "--evaluation-dir", "good", "-p", "rekmetrics.plugin")
    switch = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    result = folder_gate.run(*words, "-p", "pytest_html", **switch)
    assert result.returncode == 4
    assert "since no plugin is by itself" in result.stderr
    added = result.stderr.partition("add `")[2].partition("`")[0]
    assert folder_gate.run(*words, *added.split(), **switch).returncode == 0


_GATES = """
import os, sys
import pytest, sklearn.metrics
import rekmetrics.run.judge, rekmetrics.plugin.session

# Forked, so that the imports are paid for once.
children = {}
for folder in sys.argv[1:]:
    child = os.fork()
    if not child:
        os.chdir(folder)
        words = ["--evaluation-dir=kept", "--metrics-json=m.json", f"{folder}/own"]
        os._exit(pytest.main(words))
    children[child] = folder
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
print("codes", *codes)
"""
_TESTS = """
def test_metric(metric_check): metric_check.assert_holds()
"""


def test_runs_twenty_side_by_side(tmp_path: Path) -> None:
    """Twenty gates at once, good and bad ones: each has its own result."""
    folders = [tmp_path / str(number) for number in range(20)]
    for number, folder in enumerate(folders):
        name, n_wrong = ((GOOD, 1), (BAD, 6))[number % 2]
        made = documents(zoo(n_wrong), name)
        for place in ("kept", "own"):
            (folder / place).mkdir(parents=True)
        (folder / "kept/summary.json").write_bytes(made["summary"])
        (folder / "kept/manifest.jsonl").write_bytes(made["manifest"])
        (folder / "own/test_own.py").write_text(_TESTS)
        (folder / "thresholds.yaml").write_text("metrics: {accuracy: 0.9}\n")
    result = subprocess.run(
        [sys.executable, "-c", _GATES, *map(str, folders)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert result.stdout.endswith(f"codes{' 0 1' * 10}\n"), result.stdout[-2000:]
    for number, folder in enumerate(folders):
        document = json.loads((folder / "m.json").read_text())
        assert document["verdict"] == ("passed", "failed")[number % 2]
        assert document["model"]["version_name"] == (GOOD, BAD)[number % 2]
        assert (folder / "report.html").stat().st_size > 10_000
