"""The house stands: imports go one way, and heavy libraries have one user each."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

import pytest
from support.environments import PROJECT

PACKAGE = PROJECT / "rekmetrics"

# Who may import a library at all. Everything else asks the module that may.
USERS = {
    "boto3": {"aws", "fake_aws"},
    "botocore": {"aws", "fake_aws"},
    "moto": {"fake_aws"},
    "pydantic": {"thresholds"},
    "pytest": {"cli", "plugin"},
    "scipy": {"evaluation", "metrics", "statistics"},
    "sklearn": {"metrics", "demo"},
    "yaml": {"thresholds", "cli"},
}
# Costs seconds, so it is imported inside the function that needs it.
LAZY = {"boto3", "botocore", "moto", "scipy", "sklearn"}
FORBIDDEN = {"matplotlib", "pandas", "pickle", "seaborn"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Each module's first name below the package, and its syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        yield first, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.AST) -> Iterator[str]:
    """The top-level names of all modules imported below this node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def imports_when_loaded(tree: ast.Module) -> set[str]:
    """What a plain import of the module imports: not in functions, not for types."""
    found = set()
    for statement in tree.body:
        is_for_types = isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(
            statement.test
        )
        is_later = isinstance(statement, (ast.FunctionDef, ast.ClassDef))
        if not is_for_types and not is_later:
            found |= set(imports(statement))
    return found


def test_imports_one_way():
    """The contracts in pyproject.toml hold: no lower line is imported by an upper."""
    code = "from importlinter.cli import lint_imports_command as lint; lint()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("library", sorted(USERS))
def test_keeps_each_library_to_its_users(library):
    """Only the module in charge of a library imports it, even inside a function."""
    users = {first for first, tree in modules() if library in imports(tree)}
    assert users <= USERS[library]


def test_imports_heavy_libraries_lazily():
    """No module costs a second because somebody else needs it."""
    eager = {
        (first, library)
        for first, tree in modules()
        for library in LAZY & imports_when_loaded(tree)
    }
    # `demo` and `fake_aws` are only ever imported by the command that runs them.
    assert {pair for pair in eager if pair[0] not in ("demo", "fake_aws")} == set()


def test_does_without_some_libraries():
    """No pickle (files are untrusted), and none of the slow giants."""
    found = {name for _, tree in modules() for name in imports(tree)}
    assert not found & FORBIDDEN
    assert found >= {"numpy", "pytest"}, "no module was read"


def test_costs_other_pytest_runs_nothing():
    """Loading the plugin imports neither numpy nor anything else that is heavy."""
    heavy = LAZY | {"awscrt", "msgspec", "numpy", "pydantic", "yaml"}
    code = f"import sys, rekmetrics.plugin; print({heavy!r} & set(sys.modules))"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.stdout, result.stderr) == ("set()\n", "")


@pytest.mark.parametrize("words", ["--help", "--version", "--co -q tests/none.py"])
def test_costs_runs_without_a_gate_nothing(words):
    """pytest that was not asked for a gate ends without any of our libraries."""
    heavy = LAZY | {"awscrt", "botocore", "msgspec", "numpy", "pydantic"}
    code = (
        "import sys, pytest\n"
        f"try: pytest.main({words.split()!r})\n"
        f"finally: print({heavy!r} & set(sys.modules), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.stderr.splitlines()[-1] == "set()"


def test_gates_in_a_clone_with_what_is_installed_for_users():
    """pytest loads tests/conftest.py there too, where no test tool is installed."""
    code = (
        "import importlib.metadata as m, re, sys\n"
        "try: import tomllib\n"
        "except ImportError: import tomli as tomllib\n"
        "known = tomllib.load(open('pyproject.toml', 'rb'))\n"
        "lists = [*known['dependency-groups'].values(),"
        " *known['project']['optional-dependencies'].values()]\n"
        "names = {re.split('[<>=\\\\[]', n)[0].lower()"
        " for given in lists for n in given if isinstance(n, str)}\n"
        "mine = m.packages_distributions().items()\n"
        "absent = {n for n, d in mine if {x.lower() for x in d} <= names}\n"
        "assert 'jsonschema' in absent and 'moto' in absent\n"
        "sys.modules.update(dict.fromkeys(absent - sys.modules.keys()))\n"
        "sys.path.insert(0, 'tests')\n"
        "import conftest\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
