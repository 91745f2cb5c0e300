"""
Write a first set-up into this folder, with bounds from a model version.

It overwrites nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics import __version__
from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import add_baseline, add_source, add_thresholds, read_gate
from rekmetrics.errors import RequestError, WriteError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rekmetrics.evaluation import Evaluation, Task
    from rekmetrics.loading import Loaded
    from rekmetrics.statistics.simulation import Simulation
    from rekmetrics.thresholds import ThresholdsFile


EXAMPLES = (
    "rekmetrics init --project-arn ARN --version NAME",
    "rekmetrics init --project-arn ARN --version NAME --ci gitlab",
    "rekmetrics init --update --project-arn ARN --version NAME",
)

_CI: Mapping[str, Mapping[str, str]] = {
    "github": {".github/workflows/model-gate.yml": "github/model-gate.yml"},
    "gitlab": {".gitlab/model-gate.yml": "gitlab/model-gate.yml"},
    "codebuild": {
        "buildspec-gate.yml": "codebuild/buildspec-gate.yml",
        "buildspec-deploy.yml": "codebuild/buildspec-deploy.yml",
    },
    "none": {},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the version, and what to do with it."""
    add_thresholds(parser)
    add_source(parser)
    parser.add_argument(
        "--ci",
        choices=[*_CI],
        default="github",
        help="whose files to write, with a deployment that waits for the verdict "
        "(default: %(default)s)",
    )
    add_baseline(parser, "bound losses against it, by what training anew changes")
    parser.add_argument(
        "--false-alarm-rate",
        metavar="SHARE",
        type=float,
        default=0.05,
        help="share of equally good versions that all bounds together may block "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--update",
        action="store_true",
        help="only propose which bounds could rise; nothing is written",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the set-up, or print proposals."""
    if not 0 < arguments.false_alarm_rate < 1:
        raise RequestError(
            f"--false-alarm-rate {arguments.false_alarm_rate:g}: a share above 0 and "
            "below 1 is wanted; 0.05 is usual."
        )
    if arguments.update:
        return _propose(arguments)
    if arguments.thresholds != Path("thresholds.yaml"):
        raise RequestError(
            "init writes thresholds.yaml; --thresholds FILE goes with --update."
        )
    loaded, baseline = _load(arguments)
    rate = arguments.false_alarm_rate
    text = make_thresholds(loaded, baseline, false_alarm_rate=rate)
    labels, task = loaded.evaluation.labels, loaded.evaluation.task
    written = write_setup(Path.cwd(), text, labels, task, ci=arguments.ci)
    for name, is_new in sorted(written.items(), key=lambda item: not item[1]):
        print(f"{'written' if is_new else 'left alone, was there already'}: {name}")
    return 0


def _load(
    arguments: argparse.Namespace, file: ThresholdsFile | None = None
) -> tuple[Loaded, Loaded | None]:
    """The version, and the one that the options name beside it."""
    from rekmetrics.run.choosing import locate_project
    from rekmetrics.run.judge import load_version

    request = read_gate(arguments)
    if request is None:
        raise RequestError(
            "which model version? Give --project-arn ARN and --version NAME, "
            "or --evaluation-dir DIR."
        )
    request = locate_project(request)
    other = replace(
        request,
        project=None if request.baseline_dir else request.project,
        version_arn=None,
        version_name=request.baseline_version,
        evaluation_dir=request.baseline_dir,
    )
    has_baseline = other.version_name or other.evaluation_dir
    loaded = load_version(request, file)
    return loaded, load_version(other, file) if has_baseline else None


def _propose(arguments: argparse.Namespace) -> int:
    from rekmetrics.allowances import find_bounds
    from rekmetrics.judgement import judge_version
    from rekmetrics.scaffold import propose_update
    from rekmetrics.thresholds import read_thresholds

    load_own_metrics(Path.cwd())
    file = read_thresholds(arguments.thresholds, has_baseline=True)
    loaded, baseline = _load(arguments, file)
    judgement = judge_version(loaded, file, baseline=baseline)
    checks = [outcome.check for outcome in judgement.verdict.outcomes]
    bounded = [c for c in checks if c.kind in ("metric", "label")]
    bounds = find_bounds(
        list(dict.fromkeys((check.label, check.metric) for check in bounded)),
        judgement.numbers,
        _simulate(judgement.evaluation, baseline, file.iou).draw(),
        false_alarm_rate=arguments.false_alarm_rate,
    )
    proposals = propose_update(checks, judgement.numbers, bounds)
    for proposal in proposals:
        print(proposal)
    if not proposals:
        print("No bound could be tighter.")
    return 0


def _simulate(
    evaluation: Evaluation,
    baseline: Loaded | None,
    iou: float | str | None = None,
) -> Simulation:
    from rekmetrics.statistics.pairing import pair_images
    from rekmetrics.statistics.simulation import Simulation

    if baseline is None or baseline.evaluation.task != evaluation.task:
        return Simulation(evaluation, iou=iou)
    other = baseline.evaluation
    pairing = pair_images(evaluation, other)
    return Simulation(evaluation, baseline=other, pairing=pairing, iou=iou)


def write_setup(
    folder: Path, text: str, labels: Sequence[str], task: Task, *, ci: str = "github"
) -> dict[str, bool]:
    """
    Write thresholds.yaml, quality_tests/ and files for a CI; overwrite nothing.

    Tells of each whether it was written, or was there already and was left alone.

    Raises:
        ThresholdsError: if no bound could be made that this version holds.
        WriteError: if a file could not be written.
    """
    from rekmetrics.packed import (
        THRESHOLDS_SCHEMA,
        packed_ci,
        packed_schema,
        packed_tests,
    )
    from rekmetrics.thresholds import parse_thresholds

    file = parse_thresholds(text.encode(), "thresholds.yaml", has_baseline=True)
    file.plan(labels, task)
    files: dict[str, bytes] = {"thresholds.yaml": text.encode()}
    files[f"quality_tests/{THRESHOLDS_SCHEMA}"] = packed_schema()
    for path in sorted(packed_tests().glob("*.py")):
        files[f"quality_tests/{path.name}"] = path.read_bytes()
    for name, source in _CI[ci].items():
        example = (packed_ci() / source).read_text(encoding="utf-8")
        files[name] = example.replace(*_install()).encode()
    return {name: _write_new(folder / name, data) for name, data in files.items()}


def _install() -> tuple[str, str]:
    """The examples' line, and one that gives a CI what is installed here."""
    import importlib.metadata

    text = importlib.metadata.distribution("rekmetrics").read_text("direct_url.json")
    origin = json.loads(text or "{}")
    what = f"rekmetrics=={__version__}"
    if vcs := origin.get("vcs_info"):
        url = f"{vcs['vcs']}+{origin['url']}@{vcs['commit_id']}"
        if re.fullmatch(r"[\w./:@+~-]+", url):
            what = f'"rekmetrics @ {url}"'
    return "pip install rekmetrics", f"pip install {what}"


def make_thresholds(
    loaded: Loaded, baseline: Loaded | None = None, *, false_alarm_rate: float
) -> str:
    """The text of a thresholds file with bounds from this version."""
    from rekmetrics.allowances import find_bounds
    from rekmetrics.metrics import compute_metrics
    from rekmetrics.scaffold import Origin, render_thresholds, wanted_bounds

    evaluation = loaded.evaluation
    labels, task = evaluation.labels, evaluation.task
    simulation = _simulate(evaluation, baseline)
    bounds = find_bounds(
        wanted_bounds(labels, task),
        compute_metrics(evaluation, loaded.summary),
        simulation.draw(),
        false_alarm_rate=false_alarm_rate,
    )
    before = None
    if baseline is not None:
        before = compute_metrics(baseline.evaluation, baseline.summary)
    origin = Origin(
        loaded.model.version_name or "not named",
        false_alarm_rate,
        simulation.basis,
        baseline.model.version_name if baseline is not None else None,
        before,
        simulation.why_sampling,
    )
    return render_thresholds(bounds, labels, task, origin=origin)


def _write_new(path: Path, data: bytes) -> bool:
    """Whether the file was written; False where something stands at the path."""
    from rekmetrics.texts import quote

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        if isinstance(error, FileExistsError) and path.parent.is_dir():
            return False
        text = f"{quote(str(path))} could not be written: {error.strerror}"
        raise WriteError(text) from error
    return True
