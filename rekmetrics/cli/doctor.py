"""
Say whether this environment is fit for the gate.

It exits with 1 where `pytest --version NAME` would not reach rekmetrics, and, with
--project-arn, where AWS would not let it read; nothing is written, fetched or shown
that is secret.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import platform
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rekmetrics.cli._source import add_aws
from rekmetrics.errors import AwsError, RequestError

if TYPE_CHECKING:
    import argparse

    from packaging.requirements import Requirement

    from rekmetrics.run.request import Target


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

_GATES = (_TRIAL_OPTION, "--evaluation-dir")
_SETTINGS = (
    *("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg"),
    *("pyproject.toml", "pytest.toml", ".pytest.toml"),
)

# By botocore's own word for the place.
_SOURCES = {
    "assume-role": "a role that a profile assumes",
    "assume-role-with-web-identity": "a role, by a web identity token",
    "config-file": "the AWS configuration file",
    "container-role": "the container's role",
    "custom-process": "the program of credential_process",
    "env": "environment variables",
    "iam-role": "the machine's role",
    "login": "a console login",
    "shared-credentials-file": "the shared credentials file",
    "sso": "single sign-on",
}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at; only "bad" makes the doctor's exit code 1."""

    state: Literal["ok", "bad", "note"]
    text: str

    def __str__(self) -> str:
        return textwrap.fill(
            self.text,
            80,
            initial_indent=f"{self.state:<6}",
            subsequent_indent=" " * 6,
            break_long_words=False,
            break_on_hyphens=False,
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the model whose files are to be read; without one AWS is left alone."""
    group = add_aws(parser, "AWS, looked at only where a project is named")
    group.add_argument(
        "--images",
        metavar="S3-URI",
        help="a folder of images, which --check-images would list",
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
    """Region, credentials, then each permission of the gate; nothing is read."""
    name, profile = arguments.version_name, arguments.aws_profile
    if arguments.project_arn is None:
        if (name, profile, arguments.images) != (None, None, None):
            raise RequestError("which project? Give --project-arn ARN.")
        return
    from rekmetrics.arns import parse_version_choice
    from rekmetrics.run.request import read_target

    choice = None if name is None else parse_version_choice(name)
    target = read_target(arguments.project_arn, choice)
    try:
        yield from _look_at_aws(target, profile)
        if arguments.images is not None:
            yield from _look_at_images(target, profile, arguments.images)
    except AwsError as error:
        yield Diagnosis("bad", str(error))


def _look_at_aws(target: Target, profile: str | None) -> Iterator[Diagnosis]:
    from rekmetrics.aws import Aws
    from rekmetrics.run.choosing import choose

    aws = Aws(target.region, profile=profile)
    yield Diagnosis("ok", f"region is {target.region}, as the ARN says")
    source = aws.credentials_source
    yield Diagnosis("ok", f"credentials come from {_SOURCES.get(source, source)}")
    for service, url in aws.endpoints.items():
        yield Diagnosis("note", f"{service} is asked at {url}, not at AWS's own place")
    project, name = target.project, target.version_name
    if target.version_arn is not None:
        project = aws.find_project(target.version_arn)
        yield Diagnosis("ok", "rekognition:DescribeProjects is allowed")
    if project is None:
        return
    if name is None:
        n_versions = len(aws.list_versions(project))
        text = f"rekognition:DescribeProjectVersions is allowed ({n_versions} versions)"
        yield Diagnosis("ok", text)
        yield Diagnosis("note", "with --version NAME, S3 is looked at too")
        return
    chosen = choose(project, name, aws).name
    found = aws.describe_version(project, chosen)
    yield Diagnosis("ok", "rekognition:DescribeProjectVersions is allowed")
    if chosen != name:
        yield Diagnosis("ok", f"{name} is {chosen} today")
    for part, location in (("summary", found.summary), ("manifest", found.manifest)):
        aws.open(location).close()
        yield Diagnosis("ok", f"the {part} may be read from s3://{location.bucket}")


def _look_at_images(
    target: Target, profile: str | None, folder: str
) -> Iterator[Diagnosis]:
    from rekmetrics.aws import Aws, S3Location
    from rekmetrics.aws.objects import list_folder, read_parts

    aws = Aws(target.region, profile=profile)
    bucket, _, prefix = folder.removeprefix("s3://").rstrip("/").partition("/")
    first = next(list_folder(aws, bucket, f"{prefix}/" if prefix else ""), None)
    yield Diagnosis("ok", f"s3:ListBucket is allowed on {bucket}")
    if first is None:
        yield Diagnosis("note", f"there is no image in {folder} itself")
        return
    parts = read_parts(aws, S3Location(bucket, first.key), first.etag)
    yield Diagnosis("ok", f"s3:GetObject is allowed on {bucket}")
    if parts is None:
        text = f"the ETag of {first.key} is no hash: copies of it can't be told"
        yield Diagnosis("note", text)


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
    """Options of a gate in pytest's settings, from here up."""
    places = [("PYTEST_ADDOPTS", os.environ.get("PYTEST_ADDOPTS", ""))]
    for folder in (Path.cwd(), *Path.cwd().parents):
        places += [
            (str(path), _addopts(path)) for path in map(folder.joinpath, _SETTINGS)
        ]
    for place, text in places:
        try:
            words = shlex.split(text)
        except ValueError:
            words = text.split()
        for option in {word.partition("=")[0] for word in words} & {*_GATES}:
            yield Diagnosis(
                "bad",
                f"{place} gives pytest {option} by itself: `pytest --version $NAME` "
                "with an unset variable then prints pytest's version and exits 0 "
                "without a look at the model, and nothing tells it from a plain "
                "question. Say the option on the command line, or run `rekmetrics "
                "gate`.",
            )


def _addopts(path: Path) -> str:
    """What a file of settings gives pytest; nothing where pytest would refuse it."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            found = _toml_addopts(text)
            return " ".join(found) if isinstance(found, list) else str(found)
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        section = "tool:pytest" if path.name == "setup.cfg" else "pytest"
        return parser.get(section, "addopts", fallback="")
    except (OSError, ValueError, AttributeError, TypeError, configparser.Error):
        return ""


def _toml_addopts(text: str) -> Any:
    try:
        import tomllib as toml  # type: ignore[import-not-found, unused-ignore]
    except ImportError:  # Python 3.10, where pytest brings it
        import tomli as toml  # type: ignore[import-not-found, unused-ignore]
    document = toml.loads(text)
    own = document.get("tool", {}).get("pytest", document.get("pytest", {}))
    return {**own, **own.get("ini_options", {})}.get("addopts", "")


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
