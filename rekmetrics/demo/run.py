"""`rekmetrics demo`: the gate on two real models, against an AWS on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rekmetrics.demo.example import DemoVersion
from rekmetrics.errors import RequestError
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.files import write_atomically

_MARK = "# written by `rekmetrics demo`, which may write over this folder\n"
_DROPPED_VARIABLES = ("AWS_", "GITHUB_", "PYTEST_")
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class _Run:
    """A version, and how its gate has to end."""

    name: str
    version: DemoVersion
    exit_code: int
    verdict: str
    baseline: str | None = None
    """Instead of the one that the thresholds file names."""

    @property
    def told(self) -> str:
        details = _of_summary(self.version, "EvaluationDetails")
        return f"trained on {details['NumberOfTrainingImages']} images"


@dataclass(frozen=True, slots=True)
class _Result:
    exit_code: int
    verdict: str
    n_checks: int
    n_short: int

    @classmethod
    def read(cls, exit_code: int, path: Path) -> _Result:
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
        except (OSError, ValueError):
            return cls(exit_code, "no result", 0, 0)
        checks = document["checks"]
        n_short = sum(check["severity"] == "error" for check in checks)
        return cls(exit_code, document["verdict"], len(checks), n_short)

    def is_of(self, run: _Run) -> bool:
        """Whether the run ended as it has to, on checks that there were."""
        ends = (self.exit_code, self.verdict)
        return ends == (run.exit_code, run.verdict) and self.n_checks > 0


def run_demo(
    folder: Path, *, is_detection: bool = False, keep_running: bool = False
) -> int:
    """
    Show the gate stop a weak version and pass a good one; reports go into `folder`.

    Returns 0 only where both runs ended as they have to, else 1.

    Raises:
        RequestError: where the folder holds something else, or moto is missing.
    """
    shown, other = ("detection", "digits") if is_detection else _EXAMPLES
    _prepare(folder, _read_thresholds(shown))
    with _own_settings(), DemoAws() as aws:
        print(f"An AWS of our own is up: {aws.url}")
        print("Training and testing models on handwritten digits …", flush=True)
        good, weak, *_ = versions = _build(shown)
        runs = (
            _Run("weak", weak, 1, "failed", baseline=good.version_name),
            _Run("good", good, 0, "passed"),
        )
        _publish(aws, versions)
        results = [_run_gate(run, folder, aws) for run in runs]
        is_as_expected = _sum_up(runs, results, folder)
        if keep_running:
            others = _build(other)
            _publish(aws, others)
            run_version(aws, good)
            arns = {shown: good.project_arn, other: others[0].project_arn}
            _write_fleet(folder, arns)
            _serve(aws, good, folder)
    return 0 if is_as_expected else 1


_EXAMPLES = {"digits": "thresholds.yaml", "detection": "thresholds-detection.yaml"}
"""Modules with a project and its versions, and the bounds that are shipped for them."""


def _build(example: str) -> Sequence[DemoVersion]:
    """The good version, the weak one, and what else there is."""
    versions: Sequence[DemoVersion] = import_module(
        f"rekmetrics.demo.{example}"
    ).build_example()
    return versions


def _read_thresholds(example: str) -> bytes:
    """The shipped bounds: beside this module in a wheel, at the root of a clone."""
    here, name = Path(__file__).parent, _EXAMPLES[example]
    for path in (here / name, here.parents[1] / name):
        if path.is_file():
            return path.read_bytes()
    raise RequestError(
        f"the demo's {name} is not part of this installation; install rekmetrics again."
    )


def _write_fleet(folder: Path, projects: Mapping[str, str]) -> None:
    """A fleet of the newest versions, each project with the bounds shipped for it."""
    models = {}
    for example, arn in projects.items():
        bounds = f"thresholds-{example}.yaml"
        write_atomically(folder / bounds, _read_thresholds(example))
        models[example] = {"project_arn": arn, "thresholds": bounds}
    fleet = {"defaults": {"version_name": "@latest"}, "models": models}
    # JSON is YAML, too.
    write_atomically(folder / "fleet.yaml", json.dumps(fleet, indent=1).encode())


def _prepare(folder: Path, thresholds: bytes) -> None:
    """Lay out a folder that pytest takes for a project of its own."""
    settings = folder / "pytest.ini"
    is_ours = settings.is_file() and settings.read_text().startswith(_MARK)
    if (
        not is_ours
        and folder.exists()
        and (not folder.is_dir() or any(folder.iterdir()))
    ):
        raise RequestError(
            f"{str(folder)!r} is there already and is not a folder of the demo's; "
            "give a new one with --output."
        )
    write_atomically(settings, f"{_MARK}[pytest]\n".encode())
    write_atomically(folder / "thresholds.yaml", thresholds)


def _of_summary(version: DemoVersion, part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(version.summary)[part]
    return found


def _publish(aws: DemoAws, versions: Iterable[DemoVersion]) -> None:
    pictures: dict[str, bytes] = {}
    for version in versions:
        pictures |= version.images
        number = version.version_arn.rpartition("/")[2]
        ended = datetime.fromtimestamp(int(number) / 1000, tz=timezone.utc)
        aws.add_version(
            version.project_arn,
            version.version_name,
            summary=version.summary,
            manifest=version.manifest,
            training=version.training,
            f1=_of_summary(version, "AggregatedEvaluationResults")["F1Score"],
            number=number,
            CreationTimestamp=ended - timedelta(hours=1),
            TrainingEndTimestamp=ended,
        )
    for source_ref, picture in pictures.items():
        aws.put_object(source_ref.removeprefix(f"s3://{aws.bucket}/"), picture)


def run_version(aws: DemoAws, version: DemoVersion) -> None:
    """Let it be the one that runs: `@running`."""
    aws.projects.find_version(version.version_arn)["Status"] = "RUNNING"


def _run_gate(run: _Run, folder: Path, aws: DemoAws) -> _Result:
    """The literal command, in a process of its own."""
    options = [
        *("--project-arn", run.version.project_arn),
        *("--version", run.version.version_name),
        f"--html={run.name}.html",
        f"--metrics-json={run.name}.json",
        f"--metrics-markdown={run.name}.md",
        *([f"--baseline-version={run.baseline}"] if run.baseline else []),
        *(["--report-images=40"] if find_spec("PIL") else []),
    ]
    print(f"\n== The {run.name} version, {run.told} ==")
    print(f"$ {shlex.join(['cd', _shown(folder)])}")
    print(f"$ {shlex.join(['pytest', *options])}", flush=True)
    result = folder / f"{run.name}.json"
    result.unlink(missing_ok=True)
    process = subprocess.run(
        [*_program("pytest"), *options],
        cwd=folder,
        env=aws.environment(),
        stdin=subprocess.DEVNULL,
        timeout=_SECONDS,
        check=False,
    )
    print(f"exit code: {process.returncode}", flush=True)
    return _Result.read(process.returncode, result)


def _program(name: str) -> list[str]:
    """The environment's own `pytest` or `rekmetrics`, as its user would type it."""
    program = Path(sys.executable).with_name(name)
    for path in (program, program.with_suffix(".exe")):
        if path.is_file():
            return [str(path)]
    return [sys.executable, "-m", name]


@contextlib.contextmanager
def _own_settings() -> Iterator[None]:
    """Nothing of the caller's AWS, CI or pytest settings has a part in the demo."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_DROPPED_VARIABLES):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _sum_up(runs: Sequence[_Run], results: Sequence[_Result], folder: Path) -> bool:
    """Say what was shown; true where every run ended as it has to."""
    print("\n== What this has shown ==")
    for run, result in zip(runs, results, strict=True):
        due = f", but {run.verdict}, exit {run.exit_code} was due"
        print(
            f"{run.name}: {run.version.version_name}, {run.told}: {result.verdict}, "
            f"exit {result.exit_code}{'' if result.is_of(run) else due}\n"
            f"      {result.n_short} of {result.n_checks} checks fell short\n"
            f"      report: {_shown(folder / f'{run.name}.html')}\n"
            f"      result: {_shown(folder / f'{run.name}.json')}"
        )
    is_as_expected = all(map(_Result.is_of, results, runs))
    if not is_as_expected:
        print("That is not as it should be; `rekmetrics doctor` may know why.")
    return is_as_expected


def _serve(aws: DemoAws, version: DemoVersion, folder: Path) -> None:
    """Leave the AWS up until Ctrl-C, and say how to talk to it."""
    print("\n== The AWS stays up until Ctrl-C; in another terminal: ==")
    for name, value in aws.environment({}).items():
        print(f"export {name}={shlex.quote(value)}")
    project = ["--project-arn", version.project_arn]
    rekmetrics = _program("rekmetrics")
    for line in (
        ["cd", str(folder)],
        [*rekmetrics, "versions", *project, "--thresholds", "thresholds.yaml"],
        [*rekmetrics, "compare", *project],
        [*rekmetrics, "fleet", "fleet.yaml"],
        [*_program("pytest"), *project, "--version", version.version_name],
    ):
        print(shlex.join(line), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        print("\nThe AWS is down.")


def _shown(path: Path) -> str:
    """The path as seen from here."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
