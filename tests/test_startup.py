"""The start-up file: it lets `--version` name a model, and touches nothing else."""

from __future__ import annotations

import ast
import importlib.util
import json
import pkgutil
import sys
from pathlib import Path
from types import ModuleType

import pytest
from support.environments import PROJECT, FreshEnvironment, create_environment

pytestmark = pytest.mark.slow

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/rooms/1690000000000"
NAME = "rooms.2026-03-01T10.00.00"
STARTUP = PROJECT / "startup"

# Stands in for the plugin, whose own tests say what it does with its options.
PROBE = """
import json

def pytest_addoption(parser):
    for option in "--project-arn", "--version-name", "--evaluation-dir":
        parser.addoption(option)

def pytest_configure(config):
    if hasattr(config, "workerinput"):
        return
    seen = {
        "arn": config.option.project_arn,
        "version": config.option.version_name,
        "rootdir": str(config.rootpath),
        "args": config.invocation_params.args,
    }
    print("\\nPROBE", json.dumps(seen))
"""


@pytest.fixture(scope="module")
def startup() -> ModuleType:
    """The module as it stands in the project, whatever is installed."""
    path = STARTUP / "_rekmetrics_startup.py"
    spec = importlib.util.spec_from_file_location("startup_under_test", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the probe and one test, and pytest told to leave the plugin out."""
    (tmp_path / "conftest.py").write_text(PROBE)
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:rekmetrics.plugin")
    return tmp_path


def probe(environment: FreshEnvironment, project: Path, *words: str) -> dict[str, str]:
    """What pytest understood, after a run that must have been a real one."""
    result = environment.run(*words, cwd=project)
    assert "1 passed" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 0
    _, _, seen = result.stdout.partition("\nPROBE ")
    return json.loads(seen.splitlines()[0])


LAUNCHERS = [
    "pytest",
    "py.test",
    "python -m pytest",
    "python -X dev -W ignore -bm pytest",
    "coverage run -m pytest",
    "python -m coverage run --branch --source . -m pytest",
    "pytest -n 2",
]
SPELLINGS = [
    f"--version {NAME} --project-arn {ARN}",
    f"--project-arn {ARN} --version={NAME}",
    f"-V {NAME} --project-arn={ARN}",
    f"--project-arn {ARN} -V {NAME}",
    f"--project-arn {ARN} --version-name {NAME}",
]


def test_runs_what_was_installed(wheel_environment, editable_environment, project):
    """The wheel's own files, and the project's own folder: not the tests' install."""
    code = "import rekmetrics; print(rekmetrics.__file__)"
    for environment, folder in (
        (wheel_environment, wheel_environment.site_packages),
        (editable_environment, PROJECT),
    ):
        found = environment.run("python", "-c", code, cwd=project).stdout.strip()
        assert Path(found) == folder / "rekmetrics" / "__init__.py"


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_names_the_version_however_pytest_is_started(
    fresh_environment, project, launcher
):
    """Every launcher hands pytest the ARN and the name, from both installations."""
    words = [*launcher.split(), "--project-arn", ARN, "--version", NAME]
    seen = probe(fresh_environment, project, *words)
    assert (seen["arn"], seen["version"]) == (ARN, NAME)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_names_the_version_however_it_is_spelt(wheel_environment, project, spelling):
    """Order, `=` and short option make no difference."""
    seen = probe(wheel_environment, project, "pytest", *spelling.split())
    assert (seen["arn"], seen["version"]) == (ARN, NAME)


def test_names_the_version_of_a_folder_to_judge(wheel_environment, project):
    """`--evaluation-dir` asks for a gate as well: its --version is not pytest's."""
    words = ["--evaluation-dir", ".", "--version", NAME]
    assert probe(wheel_environment, project, "pytest", *words)["version"] == NAME


def test_takes_a_name_that_is_also_a_folder(wheel_environment, project):
    """The folder neither becomes the rootdir nor the thing to collect."""
    (project / NAME).mkdir()
    (project / NAME / "pytest.ini").write_text("[pytest]\n")
    (project / NAME / "test_other.py").write_text("def test_other(): assert False\n")
    words = ["--project-arn", ARN, "--version", NAME, "--ignore", NAME]
    seen = probe(wheel_environment, project, "pytest", *words)
    assert seen["version"] == NAME
    assert Path(seen["rootdir"]) == project.resolve()
    assert f"--version-name={NAME}" in seen["args"]


@pytest.mark.parametrize(
    "words",
    [
        ["--project-arn", ARN, "--version"],
        ["--project-arn", ARN, "--version", ""],
        ["--project-arn", ARN, "--version="],
        ["--project-arn", ARN, "-V"],
        ["--version", "--project-arn", ARN],
        ["--version", "", "--project-arn="],
    ],
)
def test_hands_on_a_missing_name_as_an_empty_one(wheel_environment, project, words):
    """No version of pytest is printed instead; the plugin gets "" to refuse."""
    assert probe(wheel_environment, project, "pytest", *words)["version"] == ""


def test_refuses_a_missing_arn(wheel_environment, project):
    """An unset variable without quotes leaves no ARN: pytest's usage error, exit 4."""
    words = ["pytest", "--project-arn", "--version", NAME]
    result = wheel_environment.run(*words, cwd=project)
    assert result.returncode == 4
    assert "--project-arn: expected one argument" in result.stderr


@pytest.mark.parametrize("option", ["--version", "-V"])
@pytest.mark.parametrize("launcher", ["pytest", "python -m pytest"])
def test_leaves_the_lone_option_to_pytest(wheel_environment, project, launcher, option):
    """`pytest --version` prints pytest's version, as everywhere."""
    result = wheel_environment.run(*launcher.split(), option, cwd=project)
    assert (result.stdout + result.stderr).strip() == f"pytest {pytest.__version__}"
    assert result.returncode == 0


def test_leaves_other_programs_alone(wheel_environment, project):
    """The AWS CLI has both options too; scripts, modules, -c get what was typed."""
    words = ["--project-arn", ARN, "--version", NAME, "-V", "pytest", "-m", "pytest"]
    (project / "show.py").write_text("import sys; print(sys.argv[1:])\n")
    for program in ["aws"], ["python", "show.py"], ["python", "-m", "show"]:
        result = wheel_environment.run(*program, *words, cwd=project)
        assert (result.stdout, result.stderr) == (f"{words}\n", ""), program
    code = "import sys; print(sys.argv[1:])"
    result = wheel_environment.run("python", "-c", code, *words, cwd=project)
    assert result.stdout == f"{words}\n"


def test_imports_one_module_and_only_when_asked(fresh_environment, project):
    """Without the option nothing is imported; with it, the start-up module alone."""
    code = "import sys; print(*sorted(sys.modules))"
    bare, lone, asked, named, isolated = (
        set(fresh_environment.run("python", *words, cwd=project).stdout.split())
        for words in (
            ["-c", code],
            ["-c", code, "--version"],
            ["-c", code, "--project-arn"],
            ["-c", code, "--version", NAME],
            ["-S", "-c", code, "--project-arn"],
        )
    )
    assert asked - bare == named - bare == {"_rekmetrics_startup"}
    assert not any("rekmetrics" in name for name in bare | lone | isolated)


def test_leaves_nothing_behind(tmp_path, project, wheel):
    """After `pip uninstall` the environment is what it was, and so is --version."""
    environment = create_environment(tmp_path / "env", wheels=[])
    site_packages = environment.site_packages
    before = sorted(site_packages.rglob("*"))
    environment.install(wheel)
    words = ["pytest", "--project-arn", ARN, "--version", NAME]
    assert probe(environment, project, *words)["version"] == NAME
    environment.pip("uninstall", "-y", "rekmetrics")
    assert sorted(site_packages.rglob("*")) == before
    assert "PROBE" not in environment.run(*words, cwd=project).stdout


def test_imports_and_opens_nothing():
    """The source imports sys alone, and calls nothing that reads or runs anything."""
    tree = ast.parse((STARTUP / "_rekmetrics_startup.py").read_text())
    nodes = list(ast.walk(tree))
    imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert [ast.unparse(node) for node in imports] == ["import sys"]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    assert not names & {"open", "exec", "eval", "compile", "__import__", "globals"}
    attributes = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "sys"
    }
    assert attributes == {"orig_argv"}


def test_has_one_line_for_each_python(monkeypatch):
    """The `.pth` line and the `.start` line name the same function."""
    (line,) = (STARTUP / "rekmetrics_startup.pth").read_text().splitlines()
    assert line.startswith("import sys; ")
    assert line.endswith('__import__("_rekmetrics_startup").start()')
    (entry,) = (STARTUP / "rekmetrics_startup.start").read_text().splitlines()
    monkeypatch.syspath_prepend(STARTUP)
    assert callable(pkgutil.resolve_name(entry))


def test_keeps_the_wheel_whole(wheel_environment):
    """Start-up files at the root of site-packages, and the packed quality tests."""
    site_packages = wheel_environment.site_packages
    for path in STARTUP.glob("*rekmetrics_startup.*"):
        assert (site_packages / path.name).read_text() == path.read_text()
    packed = {path.name for path in site_packages.glob("rekmetrics/quality_tests/*.py")}
    assert packed == {path.name for path in (PROJECT / "quality_tests").glob("*.py")}
    assert packed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("--version a", "--version-name=a"),
        ("--version=a", "--version-name=a"),
        ("-V a", "--version-name=a"),
        ("--version @latest", "--version-name=@latest"),
        ("--version-name @latest -x", "--version-name=@latest -x"),
        ("--baseline-version @running", "--baseline-version=@running"),
        ("--baseline-version v1 @args", "--baseline-version v1 @args"),
        ("-V a --version b", "--version-name=a --version-name=b"),
        ("--version -x", "--version-name= -x"),
        ("--version --version a", "--version-name= --version-name=a"),
        ("--version", "--version-name="),
        ("-- --version a", "-- --version-name=a"),
        ("--version-name a -k --versions", "--version-name a -k --versions"),
        ("-k x--version=a -Va -qV", "-k x--version=a -Va -qV"),
        ("a b", "a b"),
    ],
)
def test_renames(startup, before, after):
    """Each spelling becomes one word; renaming twice is renaming once."""
    renamed = startup.rename_version(before.split())
    assert renamed == after.split()
    assert startup.rename_version(renamed) == renamed


PYTHON = "/usr/bin/python3"


@pytest.mark.parametrize(
    ("typed", "argv"),
    [
        ("pytest", "/venv/bin/pytest"),
        ("pytest", r"C:\venv\Scripts\PYTEST.EXE"),
        ("pytest", "/usr/bin/pytest-3"),
        ("pytest", "/usr/bin/pytest-3.12"),
        ("pytest", "py.test"),
        (f"{PYTHON} -m pytest", "-m"),
        (f"{PYTHON} -mpytest", "-m"),
        (f"{PYTHON} -Impytest", "-m"),
        (f"{PYTHON} -X importtime -Wm -W m -m pytest", "-m"),
        (f"{PYTHON} --check-hash-based-pycs m -m pytest", "-m"),
        ("coverage", "/venv/bin/coverage run -m pytest"),
        ("coverage", "/venv/bin/coverage-3.11 run -m -p pytest"),
        ("coverage", "coverage3 run --source src --module pytest"),
        ("coverage", "coverage run -p /venv/bin/pytest"),
        (f"{PYTHON} -m coverage", "-m run -m pytest"),
    ],
)
def test_knows_pytest(startup, monkeypatch, typed, argv):
    """Every way to start it, as Python 3.10 to 3.13 fill `sys.argv` at start-up."""
    words = ["--project-arn", ARN, "--version", NAME]
    monkeypatch.setattr(sys, "argv", [*argv.split(), *words])
    monkeypatch.setattr(sys, "orig_argv", [*typed.split(), *words])
    kept = sys.argv
    for _ in range(2):  # a virtual environment may read its .pth files twice
        startup.start()
        assert sys.argv == [*argv.split(), *words[:2], f"--version-name={NAME}"]
    assert sys.argv is kept


@pytest.mark.parametrize(
    ("typed", "argv"),
    [
        ("aws", "/usr/bin/aws"),
        ("aws", "/usr/bin/aws pytest -m pytest"),
        ("ptw", "/venv/bin/pytest-watch"),
        ("x", "/home/pytest/run"),
        (f"{PYTHON} -c pass", "-c"),
        (f"{PYTHON} -", "-"),
        (f"{PYTHON} -m aws", "-m"),
        (f"{PYTHON} -m aws -m pytest", "-m -m pytest"),
        (f"{PYTHON} -X pytest -m aws", "-m"),
        ("coverage", "coverage run -m aws pytest"),
        ("coverage", "coverage report"),
        ("tox", "tox run -m pytest --"),
        (PYTHON, ""),
    ],
)
def test_knows_what_is_not_pytest(startup, monkeypatch, typed, argv):
    """The same words, said to another program, stay as they are."""
    words = [*argv.split(), "--project-arn", ARN, "--version", NAME]
    monkeypatch.setattr(sys, "argv", list(words))
    monkeypatch.setattr(sys, "orig_argv", [*typed.split(), *words])
    startup.start()
    assert sys.argv == words


@pytest.mark.parametrize("words", [["--version"], ["-V", "--co"], ["--versions", NAME]])
def test_leaves_a_version_without_a_name_to_pytest(startup, monkeypatch, words):
    """Without name, ARN or folder the option stays pytest's; so do lookalikes."""
    monkeypatch.setattr(sys, "argv", ["pytest", *words])
    startup.start()
    assert sys.argv == ["pytest", *words]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--version", NAME], "neither --project-arn nor --evaluation-dir"),
        (["--version", "."], "neither --project-arn nor --evaluation-dir"),
        (["-V", ""], "version name is empty"),
    ],
)
def test_is_not_green_where_the_arn_is_forgotten(
    fresh_environment, tmp_path, words, told
):
    """A named version is a model's: without a project it is refused, not passed."""
    result = fresh_environment.run("pytest", *words, cwd=tmp_path)
    assert result.returncode == 4, result.stdout
    assert told in result.stderr


def test_knows_a_name_from_an_option(startup):
    """A name is a word behind the option, be it empty; no word is none."""
    for words in ([], ["--version"], ["a", "-V"], ["--version", "-x"], ["a", "b"]):
        assert not startup.names_version(words)
    for words in (
        ["-V", ""],
        ["-x", "--version", NAME],
        ["--version", "--version", "a"],
    ):
        assert startup.names_version(words)


def test_finds_the_arn_in_addopts(wheel_environment, project):
    """The ARN need not stand on the command line for the name to be a model's."""
    options = f"[pytest]\naddopts = -p no:rekmetrics.plugin --project-arn {ARN}\n"
    (project / "pytest.ini").write_text(options)
    seen = probe(wheel_environment, project, "pytest", "--version", NAME)
    assert (seen["arn"], seen["version"]) == (ARN, NAME)


@pytest.mark.parametrize(
    "words",
    [["--project_arn", ARN], [f"--project-arm={ARN}"], ["-project-arn", ARN], [ARN]],
)
def test_is_not_green_where_the_option_is_misspelt(fresh_environment, tmp_path, words):
    """An ARN asks for a gate, so pytest's own version is no answer to it."""
    result = fresh_environment.run("pytest", *words, "--version", NAME, cwd=tmp_path)
    assert result.returncode == 4, result.stdout


def test_bears_an_interpreter_without_arguments(startup, monkeypatch):
    """An embedded interpreter may have no sys.argv at all."""
    monkeypatch.delattr(sys, "argv")
    startup.start()
    assert not hasattr(sys, "argv")
