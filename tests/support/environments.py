"""
Fresh virtual environments with rekmetrics installed the way a user installs it.

The wheel, or the editable wheel that `pip install -e .` would build, is installed by
pip into an empty environment, so site-packages, start-up file and entry point are the
real thing. Only the dependencies come from the environment that runs the tests, as one
more folder at the end of `sys.path`: Python reads no `.pth` file in such a folder, so
rekmetrics being installed there as well cannot make a test pass. That every dependency
is declared is shown elsewhere: tox installs the package into an empty environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

__all__ = ["FreshEnvironment", "build_wheel", "create_environment"]

PROJECT = Path(__file__).parents[2]
PROGRAMS = ("pytest", "py.test", "coverage")
_NOT_INHERITED = ("COV", "PYTEST", "PYTHON", "REKMETRICS", "TOX", "VIRTUAL_ENV")


@dataclass(frozen=True)
class FreshEnvironment:
    """A virtual environment, and a way to run its programs."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"))

    def run(
        self, *words: str, cwd: Path, variables: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's programs, its standard streams as text."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_NOT_INHERITED)
        }
        return subprocess.run(
            [str(self.folder / "bin" / words[0]), *words[1:]],
            cwd=cwd,
            env=inherited | self.variables | (variables or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def install(self, wheel: Path) -> None:
        """Install a wheel, though the environment of the tests has rekmetrics too."""
        self.pip("install", "--ignore-installed", "--no-deps", "--no-index", str(wheel))

    def pip(self, *words: str) -> None:
        """Run the tests' own pip on this environment, which has none."""
        options = ["--python", str(self.python), "--disable-pip-version-check", "-q"]
        _run_here("-m", "pip", *options, *words)


def build_wheel(folder: Path, *, editable: bool = False) -> Path:
    """Build what `pip install .` or `pip install -e .` installs, without a network."""
    target = "wheel:editable" if editable else "wheel"
    _run_here("-m", "hatchling", "build", "-t", target, "-d", str(folder))
    return next(folder.glob("*.whl"))


def create_environment(folder: Path, *, wheels: Sequence[Path]) -> FreshEnvironment:
    """Create a virtual environment and have pip install the wheels into it."""
    _run_here("-m", "venv", "--without-pip", str(folder))
    environment = FreshEnvironment(folder)
    dependencies = [path for path in sys.path if path.endswith("-packages")]
    (environment.site_packages / "zz_dependencies.pth").write_text(
        "\n".join(dependencies) + "\n"
    )
    for name in PROGRAMS:
        (entry,) = entry_points(group="console_scripts", name=name)
        _write_program(
            environment,
            name,
            f"from {entry.module} import {entry.attr} as main\nsys.exit(main())\n",
        )
    _write_program(environment, "aws", "print(sys.argv[1:])\n")
    for wheel in wheels:
        environment.install(wheel)
    return environment


def _write_program(environment: FreshEnvironment, name: str, code: str) -> None:
    """Write a script as pip writes it for an entry point."""
    program = environment.folder / "bin" / name
    program.write_text(f"#!{environment.python}\nimport sys\n{code}")
    program.chmod(0o755)


def _run_here(*words: str) -> None:
    result = subprocess.run(
        [sys.executable, *words],
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if result.returncode:
        message = f"{words}: {result.stdout}{result.stderr}"
        raise RuntimeError(message)
