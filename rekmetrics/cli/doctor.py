"""
Say whether this environment is fit for the gate.

It exits with 1 where `pytest --version NAME` would not reach rekmetrics.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rekmetrics.cli._addopts import find_gates

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["Diagnosis", "add_arguments", "diagnose", "run"]

# Nothing heavy is imported here: versions come from what is installed, and the start-up
# file is tried in an interpreter of its own.

_PLUGIN = "rekmetrics.plugin"
_WIDTH = 80
_MARGIN = " " * 6

# The start-up file's own guard looks for this option, and then imports its module.
_TRIAL = (
    "import sys; m = sys.modules.get('_rekmetrics_startup'); "
    "print(m.__file__ if m else '')"
)
_TRIAL_OPTION = "--project-arn"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at; only "bad" makes the doctor's exit code 1."""

    state: Literal["ok", "bad", "note"]
    text: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to declare: it takes the environment as it is."""


def run(_: argparse.Namespace) -> int:
    """Print every diagnosis, and return 0 where the literal command works, else 1."""
    diagnoses = list(diagnose())
    for diagnosis in diagnoses:
        lead = f"{diagnosis.state:<{len(_MARGIN)}}"
        print(
            textwrap.fill(
                diagnosis.text,
                _WIDTH,
                initial_indent=lead,
                subsequent_indent=_MARGIN,
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    n_bad = sum(diagnosis.state == "bad" for diagnosis in diagnoses)
    print()
    if n_bad:
        print(f"{n_bad} of {len(diagnoses)} things need a hand; each says how.")
        return 1
    print("All is well: pytest --project-arn ARN --version NAME can be run here.")
    print("AWS credentials and thresholds.yaml were not looked at.")
    return 0


def diagnose() -> Iterator[Diagnosis]:
    """Look at Python, the start-up file, the plugin, then at the libraries."""
    yield Diagnosis("ok", f"python {platform.python_version()} ({sys.executable})")
    yield _diagnose_startup_file()
    yield _diagnose_plugin()
    yield from _diagnose_addopts()
    try:
        from packaging.requirements import Requirement
    except ImportError:
        text = "packaging is not installed, and versions cannot be compared without it"
        yield Diagnosis("bad", f"{text}: pip install packaging")
        return
    for line in importlib.metadata.requires("rekmetrics") or ():
        diagnosis = _diagnose_requirement(Requirement(line))
        if diagnosis is not None:
            yield diagnosis


def _diagnose_startup_file() -> Diagnosis:
    active = _startup_module()
    if active:
        return Diagnosis("ok", f"start-up file is active ({active})")
    return Diagnosis(
        "bad",
        "start-up file is not active in this interpreter: pytest itself answers "
        "--version NAME, prints its own version and exits 0 without a look at the "
        "model. Use --version-name NAME or `rekmetrics gate`, or install rekmetrics "
        "into a virtual environment (not with pip's --target, and without python -S).",
    )


def _startup_module() -> str:
    """Where the start-up file's module came from in a like interpreter, or ""."""
    flags = {
        "-I": sys.flags.isolated,
        "-E": sys.flags.ignore_environment,
        "-s": sys.flags.no_user_site,
        "-S": sys.flags.no_site,
    }
    command = [sys.executable, *(flag for flag, is_set in flags.items() if is_set)]
    trial = subprocess.run(
        [*command, "-c", _TRIAL, _TRIAL_OPTION],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return trial.stdout.strip()


def _diagnose_plugin() -> Diagnosis:
    registered = importlib.metadata.entry_points(group="pytest11", name=_PLUGIN)
    if not registered:
        return Diagnosis(
            "bad",
            "plugin is not registered with pytest: install rekmetrics with pip "
            "rather than by PYTHONPATH alone.",
        )
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return Diagnosis(
            "bad",
            "plugin is registered, but PYTEST_DISABLE_PLUGIN_AUTOLOAD is set: unset "
            f"it, or add `-p {_PLUGIN} -p html -p metadata` to the command.",
        )
    return Diagnosis("ok", f"plugin is registered with pytest ({_PLUGIN})")


def _diagnose_addopts() -> Iterator[Diagnosis]:
    for place, option in find_gates(Path.cwd()):
        yield Diagnosis(
            "bad",
            f"{place} gives pytest {option} by itself: `pytest --version $NAME` with "
            "an unset variable then prints pytest's version and exits 0 without a look "
            "at the model, and nothing tells it from a plain question. Say the option "
            "on the command line, or run `rekmetrics gate`.",
        )


def _diagnose_requirement(requirement: Requirement) -> Diagnosis | None:
    """One line of rekmetrics' own metadata, such as `pytest>=8.2`."""
    extra = re.search(r"extra == \"([^\"]+)", str(requirement.marker or ""))
    for_extra = {"extra": extra[1] if extra else ""}
    if requirement.marker and not requirement.marker.evaluate(for_extra):
        return None
    name, bounds = requirement.name, requirement.specifier
    to_do = f'pip install "{str(requirement).partition(";")[0].strip()}"'
    needed = f"{name} {bounds}".strip().replace(">=", "")
    needed += " or newer is needed" if bounds else " is needed"
    try:
        found = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if extra:
            text = f"{name} is not installed (optional, for {extra[1]}): {to_do}"
            return Diagnosis("note", text)
        return Diagnosis("bad", f"{name} is not installed, {needed}: {to_do}")
    if not bounds.contains(found, prereleases=True):
        return Diagnosis("bad", f"{name} is {found}, {needed}: {to_do}")
    return Diagnosis("ok", f"{name} {found}")
