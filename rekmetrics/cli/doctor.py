"""
Say whether this environment is fit for the gate.

It exits with 1 where `pytest --version NAME` would not reach rekmetrics, and, with
--project-arn, where AWS would not let it read; nothing is written, fetched or shown
that is secret.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._addopts import find_gates
from rekmetrics.cli._diagnosis import Diagnosis
from rekmetrics.errors import RequestError

if TYPE_CHECKING:
    from packaging.requirements import Requirement

__all__ = ["EXAMPLES", "Diagnosis", "add_arguments", "diagnose", "run"]

EXAMPLES = (
    "rekmetrics doctor",
    "rekmetrics doctor --project-arn ARN --version NAME",
)

# Nothing heavy is imported here: versions come from what is installed, and the start-up
# file is tried in an interpreter of its own.

_PLUGIN = "rekmetrics.plugin"

# The start-up file's own guard looks for this option, and then imports its module.
_TRIAL = (
    "import sys; m = sys.modules.get('_rekmetrics_startup'); "
    "print(m.__file__ if m else '')"
)
_TRIAL_OPTION = "--project-arn"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the model whose files are to be read; without one AWS is left alone."""
    group = parser.add_argument_group("AWS, looked at only where a project is named")
    group.add_argument("--project-arn", metavar="ARN", help="the project")
    group.add_argument(
        "--version",
        "--version-name",
        dest="version_name",
        metavar="NAME",
        help="a version of it, whose files are opened and not read",
    )
    group.add_argument(
        "--aws-profile", metavar="NAME", help="profile of the AWS configuration"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print every diagnosis, and return 0 where the literal command works, else 1."""
    n_bad = n_all = 0
    for diagnosis in chain(diagnose(), _diagnose_aws(arguments)):
        print(diagnosis)
        n_all += 1
        n_bad += diagnosis.state == "bad"
    print()
    if n_bad:
        print(f"{n_bad} of {n_all} things need a hand; each says how.")
        return 1
    print("All is well: pytest --project-arn ARN --version NAME can be run here.")
    if arguments.project_arn is None:
        print("AWS was left alone; --project-arn ARN has it looked at.")
    return 0


def _diagnose_aws(arguments: argparse.Namespace) -> Iterator[Diagnosis]:
    if arguments.project_arn is None:
        if arguments.version_name is not None or arguments.aws_profile is not None:
            raise RequestError("which project? Give --project-arn ARN.")
        return
    from rekmetrics.arns import parse_project_arn, parse_version_name
    from rekmetrics.cli._aws_doctor import diagnose_aws

    name = arguments.version_name
    yield from diagnose_aws(
        parse_project_arn(arguments.project_arn),
        None if name is None else parse_version_name(name),
        profile=arguments.aws_profile,
    )


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
