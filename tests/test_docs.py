"""The documentation: built strictly, and every command on it run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from scipy.stats import binomtest
from support.gates import Gate
from sybil import Document, Example, Sybil
from sybil.parsers.myst import CodeBlockParser

from rekmetrics import errors
from rekmetrics.demo.digits import build_example
from rekmetrics.demo.example import DemoVersion
from rekmetrics.demo.run import run_version
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.metrics.registry import LABEL, OVERALL
from rekmetrics.plugin.options import FLAGS, SWITCHES
from rekmetrics.thresholds import parse_thresholds

if TYPE_CHECKING:
    from support.environments import FreshEnvironment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md"]
TEXTS = sorted({*PAGES, *ROOT.glob("*.md")})
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


# Comes where reading takes long, as on a busy machine.
PROGRESS = "rekmetrics: reading the evaluation of "


@pytest.fixture(scope="module")
def digits() -> tuple[DemoVersion, ...]:
    """The versions of the built-in example; training them takes a second."""
    return build_example()


@pytest.fixture
def reader(
    digits: tuple[DemoVersion, ...],
    shared_aws: DemoAws,
    wheel_environment: FreshEnvironment,
    tmp_path: Path,
) -> Gate:
    """Somebody who follows a page in an empty folder, beside the demo's AWS."""
    shared_aws.make_bucket()
    for version in digits:
        shared_aws.projects.remove_version(version.version_arn)
        shared_aws.add_version(
            version.project_arn,
            version.version_name,
            summary=version.summary,
            manifest=version.manifest,
            training=version.training,
            number=version.version_arn.rpartition("/")[2],
        )
    run_version(shared_aws, digits[0])
    path = f"{wheel_environment.folder / 'bin'}:{os.environ['PATH']}"
    good, weak, _ = digits
    names = {"PROJECT_ARN": good.project_arn}
    names |= {"GOOD": good.version_name, "WEAK": weak.version_name}
    variables = {**shared_aws.environment({}), **names, "PATH": path}
    return Gate(wheel_environment, tmp_path, variables)


class Page:
    """One page's blocks, in the order of reading."""

    def __init__(self, path: Path, reader: Gate | None = None) -> None:
        self._reader = reader
        self._name = path.relative_to(ROOT).as_posix()
        languages = {"console": self._run, "yaml": self._yaml, "python": self._python}
        parsers = [CodeBlockParser(*pair) for pair in languages.items()]
        self.document: Document = Sybil(parsers=parsers).parse(path)

    def read(self) -> None:
        for example in self.document.examples():
            example.evaluate()

    def _run(self, example: Example) -> None:
        assert self._reader is not None
        for command, wanted in _commands(example.parsed):
            result = self._reader.run(
                "/bin/bash", "-c", f"exec 2>&1; {command}", COLUMNS="80"
            )
            lines = result.stdout.splitlines()
            shown = [line for line in lines if not line.startswith(PROGRESS)]
            shown.append(f"[exit code {result.returncode}]")
            if not wanted or not wanted[-1].startswith("[exit code"):
                wanted = [*wanted, "[exit code 0]"]
            where = f"{self._name}:{example.line}: $ {command}"
            if not matches(shown, wanted):
                pytest.fail("\n".join([where, *shown]), pytrace=False)

    def _yaml(self, example: Example) -> None:
        name = _caption(example)
        if name is None:
            # A part of a file has its place beside a rule that can block.
            is_part = not re.search(r"^(metrics|labels):", example.parsed, re.MULTILINE)
            text = "metrics: {accuracy: 0.5}\n" * is_part + example.parsed
            parse_thresholds(text.encode(), self._name, has_baseline=True)
        else:
            yaml.safe_load(example.parsed)
            self._write(name, example.parsed)

    def _python(self, example: Example) -> None:
        name = _caption(example)
        assert name is not None, f"{self._name}:{example.line}: which file is it?"
        self._write(name, example.parsed)

    def _write(self, name: str, text: str) -> None:
        assert self._reader is not None
        self._reader.write(name, text)


def _caption(example: Example) -> str | None:
    options: dict[str, Any] = example.region.lexemes.get("options") or {}
    return options.get("caption")


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each `$ command` of a block, with the lines that are shown below it."""
    command, lines = None, []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command, lines
            command, lines = line[2:], []
        else:
            lines.append(line)
    assert command is not None, text
    yield command, lines


def matches(shown: list[str], wanted: list[str]) -> bool:
    """Whether output is as shown; … stands for any lines, or the rest of a word."""
    parts = []
    for line in wanted:
        if line.strip() == "…":
            parts.append("(?:.*\n)*?")
        else:
            parts.append(re.escape(line.rstrip()).replace("…", ".*?") + " *\n")
    return bool(re.fullmatch("".join(parts), "".join(f"{s}\n" for s in shown)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_does_what_it_shows(path: Path, reader: Gate) -> None:
    """Commands print what stands below them, and files are as they must be."""
    Page(path, reader).read()


def test_names_the_versions_of_the_demo(digits: tuple[DemoVersion, ...]) -> None:
    """What the tutorial has its reader type."""
    text = (DOCS / "tutorial.md").read_text(encoding="utf-8")
    good, weak, _ = digits
    for line in (
        f"export PROJECT_ARN={good.project_arn}\n",
        f"export GOOD={good.version_name}\n",
        f"export WEAK={weak.version_name}\n",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("shown", "wanted", "is_right"),
    [
        (["a", "b", "c"], ["a", "…", "c"], True),
        (["a", "c"], ["a", "…", "c"], True),
        (["a", "b", "d"], ["a", "…", "c"], False),
        (["a 1 b"], ["a … b"], True),
        (["a 1 b", "x"], ["a … b"], False),
        (["a.c"], ["abc"], False),
    ],
)
def test_knows_what_was_shown(
    shown: list[str], wanted: list[str], is_right: bool
) -> None:
    """The comparison itself: … stands for lines, or for a part of one line."""
    assert matches(shown, wanted) is is_right


def test_is_built_without_a_warning(tmp_path: Path) -> None:
    """Every page, link, heading and reference of the site; no network."""
    command = ["-m", "sphinx", "-q", "-W", "-n", "--keep-going", "-b", "html"]
    result = subprocess.run(
        [sys.executable, *command, str(DOCS), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    commands = (tmp_path / "reference" / "commands.html").read_text("utf-8")
    assert "rekmetrics explain" in commands
    metrics = (tmp_path / "reference" / "metrics.html").read_text("utf-8")
    assert all(name in metrics for name in (*OVERALL, *LABEL))
    options = (tmp_path / "reference" / "options.html").read_text("utf-8")
    assert all(flag in options for flag in (*FLAGS, *SWITCHES))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_links_to_what_is_there(path: Path) -> None:
    """Outside the site too: every relative link of the repository's own pages."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", TEXTS + WORKFLOWS, ids=lambda path: path.name)
def test_calls_tox_environments_that_exist(path: Path) -> None:
    """In commands of pages and workflows."""
    settings = (ROOT / "tox.ini").read_text(encoding="utf-8")
    known = {"py", *re.findall(r"^\[testenv:([\w-]+)\]", settings, re.MULTILINE)}
    for names in re.findall(r"tox -e ([\w,]+)", path.read_text(encoding="utf-8")):
        for name in names.split(","):
            assert name in known or re.fullmatch(r"py3\d\d", name), name


def test_knows_every_exit_code() -> None:
    """Errors end with codes that the page has, in words that `--help` shares."""
    page = (DOCS / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", page, re.MULTILINE)]
    assert codes == [*range(7)]
    kinds = [k for k in vars(errors).values() if isinstance(k, type)]
    raised = {k.exit_code for k in kinds if issubclass(k, errors.RekmetricsError)}
    assert raised <= {*codes}


def test_gives_intervals_that_are_computed() -> None:
    """The table of how far a recall of 95 % may lie from the truth."""
    text = (DOCS / "how-sure.md").read_text(encoding="utf-8")
    row = r"^\| (\d+) \| (\d+) \| (\d+) % to (\d+) % \|$"
    rows = re.findall(row, text, re.MULTILINE)
    assert len(rows) == 3
    for n, hits, low, high in rows:
        result = binomtest(int(hits), int(n)).proportion_ci(method="wilson")
        assert (round(result.low * 100), round(result.high * 100)) == (
            int(low),
            int(high),
        )
