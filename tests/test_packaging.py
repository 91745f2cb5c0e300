"""What is published: wheel, sdist and their metadata."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from check_release import find_faults

if TYPE_CHECKING:
    from support.gates import Gate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(ROOT / "rekmetrics").rglob("*.py"),
    *(
        path
        for folder in (".github", "ci", "docs")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".md", ".yml", ".yaml", ".py", ".sh"}
    ),
]


def build(source: Path, target: Path, *, mask: int = 0o022, **others: str) -> Path:
    """Build one distribution, sdist or wheel, of a source tree."""
    kind = "wheel" if target.suffix == ".wheel" else "sdist"
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)],
        cwd=source,
        env={**os.environ, **others},
        umask=mask,
        check=True,
        capture_output=True,
        timeout=300,
    )
    (path,) = target.iterdir()
    return path


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("first") / "a.sdist")


@pytest.fixture(scope="module")
def unpacked(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist in a folder of its own, with other times on its files."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (tree,) = folder.iterdir()
    for path in tree.rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    return tree


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_builds_the_same_wheel_anywhere(
    wheel: Path, unpacked: Path, tmp_path: Path
) -> None:
    """Bit for bit: from the repository, and from the sdist elsewhere and later."""
    other = build(
        unpacked, tmp_path / "b.wheel", mask=0o077, TZ="Asia/Tokyo", PYTHONHASHSEED="7"
    )
    assert other.name == wheel.name
    assert other.read_bytes() == wheel.read_bytes()


def test_builds_the_same_sdist_again(sdist: Path, tmp_path: Path) -> None:
    """Bit for bit, under other settings."""
    other = build(
        ROOT, tmp_path / "b.sdist", mask=0o077, TZ="Asia/Tokyo", PYTHONHASHSEED="7"
    )
    assert other.read_bytes() == sdist.read_bytes()


def test_holds_what_a_repository_for_running_holds(sdist: Path) -> None:
    """The sdist is enough to run the project's tests, as distributions do."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        *("LICENSE", "README.md", "CHANGELOG.md", "tox.ini", "thresholds.yaml"),
        *("startup/rekmetrics_startup.pth", "tests/test_packaging.py"),
    } <= names


def test_ships_its_types(wheel: Path) -> None:
    """PEP 561's marker, the schemas, and nothing that only tests need."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {"rekmetrics/py.typed", "rekmetrics/thresholds.schema.json"} <= {*names}
    assert not [name for name in names if name.startswith(("tests/", "docs/"))]


def test_says_which_pythons_it_runs_on(metadata: Message) -> None:
    """Classifiers, lower bound, tox and docs speak of the same versions."""
    pattern = re.compile(r"Programming Language :: Python :: (3\.\d+)")
    found = [pattern.fullmatch(text) for text in metadata.get_all("Classifier", [])]
    minors = [int(match[1].partition(".")[2]) for match in found if match]
    assert minors == [*range(minors[0], minors[-1] + 1)]
    assert metadata["Requires-Python"] == f">=3.{minors[0]}"
    tox = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert f"[testenv:py3{{{','.join(map(str, minors))}}}]" in tox
    support = re.findall(
        r"^\| Python 3\.(\d+) \| (\d{4}-\d\d) \|$", _support(), re.MULTILINE
    )
    assert [int(minor) for minor, _ in support] == minors
    assert [end for _, end in support] == sorted(end for _, end in support)


def test_says_which_pytests_it_runs_on(metadata: Message) -> None:
    """The oldest that is promised is the oldest of the table."""
    (bound,) = (
        text.partition(">=")[2]
        for text in metadata.get_all("Requires-Dist", [])
        if re.match(r"pytest>=", text)
    )
    (first, *_) = re.findall(r"^\| pytest ([\d.]+)", _support(), re.MULTILINE)
    assert first == bound


def _support() -> str:
    return (ROOT / "docs/reference/support.md").read_text(encoding="utf-8")


def test_names_one_address(metadata: Message) -> None:
    """The project lives where project.urls says; nothing else says another place."""
    (entry,) = metadata.get_all("Project-URL", [])
    label, _, address = entry.partition(", ")
    assert label == "Repository"
    repository = "/".join(address.split("/")[-2:])
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        assert "OWNER/rekmetrics" not in text, path
        for named in re.findall(r"\b([\w.-]+/rekmetrics)(?:\.git)?@", text):
            assert named == repository, path
        for named in re.findall(r"github\.com/([\w.-]+/rekmetrics)\b", text):
            assert named == repository, path


@pytest.mark.parametrize("word", ["pip install rekmetrics", "pip install ."])
def test_tells_how_it_is_installed(word: str) -> None:
    """From a clone, which is true today, and by name, which is true once released."""
    assert word in (ROOT / "README.md").read_text(encoding="utf-8")


def test_is_released_from_its_own_tag_and_place(wheel: Path, metadata: Message) -> None:
    """Anything else is refused, with every reason."""
    version = metadata["Version"]
    (entry,) = metadata.get_all("Project-URL", [])
    address = entry.partition(", ")[2]
    log = f"## {version} (2026-12-01)\n"
    assert find_faults(wheel, log, tag=f"v{version}", address=address) == []
    log = f"## {version} (unreleased)\n"
    faults = find_faults(wheel, log, tag="v9.9.9", address="https://host/a/fork")
    assert len(faults) == 3
    assert "v9.9.9" in faults[0]
    assert "a/fork" in faults[1]


def test_offers_a_hook_for_commits(gate: Gate) -> None:
    """pre-commit hands its entry the files that its pattern matches."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    pattern = re.compile(hook["files"])
    names = ["thresholds.yaml", "models/thresholds-detection.yml", "thresholds/a.py"]
    assert [bool(pattern.search(name)) for name in names] == [True, True, False]
    assert pattern.search("models/fleet.yaml")
    gate.write("models/thresholds-detection.yml", "metrics: {acuracy: 0.9}\n")
    result = gate.run(*hook["entry"].split(), *names[:2])
    assert result.returncode == 4
    assert result.stderr.startswith("rekmetrics: models/thresholds-detection.yml:1:")
    assert gate.run(*hook["entry"].split(), names[0]).returncode == 0
