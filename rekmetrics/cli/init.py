"""
Write a first set-up into this folder, with bounds from a model version.

It overwrites nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.cli._source import add_source, add_thresholds, load_source
from rekmetrics.errors import RequestError, WriteError

if TYPE_CHECKING:
    import argparse

    from rekmetrics.evaluation import Task
    from rekmetrics.metrics import Numbers

__all__ = ["Setup", "add_arguments", "run", "write_setup"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the version, and what to do with it."""
    add_thresholds(parser)
    add_source(parser)
    parser.add_argument(
        "--update",
        action="store_true",
        help="only propose which bounds could rise; nothing is written",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the set-up, or print proposals."""
    from rekmetrics.metrics import compute_metrics

    if arguments.update:
        return _propose(arguments)
    if arguments.thresholds != Path("thresholds.yaml"):
        raise RequestError(
            "init writes thresholds.yaml; --thresholds FILE goes with --update."
        )
    loaded = load_source(arguments)
    evaluation = loaded.evaluation
    setup = write_setup(
        Path.cwd(),
        compute_metrics(evaluation, loaded.summary),
        evaluation.labels,
        evaluation.task,
        version_name=loaded.model.version_name or "not named",
    )
    for path in setup.written:
        print(f"written: {_relative(path)}")
    for path in setup.kept:
        print(f"left alone, was there already: {_relative(path)}")
    return 0


def _propose(arguments: argparse.Namespace) -> int:
    from rekmetrics.judgement import judge_version
    from rekmetrics.scaffold import propose_update
    from rekmetrics.thresholds import read_thresholds

    load_own_metrics(Path.cwd())
    file = read_thresholds(arguments.thresholds, has_baseline=True)
    judgement = judge_version(load_source(arguments, file.task), file)
    checks = [outcome.check for outcome in judgement.verdict.outcomes]
    proposals = propose_update(checks, judgement.numbers)
    for proposal in proposals:
        print(proposal)
    if not proposals:
        print("No bound could be tighter.")
    return 0


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@dataclass(frozen=True, slots=True)
class Setup:
    """Which files were written, and which were there already and were left alone."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]


def write_setup(
    folder: Path,
    numbers: Numbers,
    labels: Sequence[str],
    task: Task,
    *,
    version_name: str,
) -> Setup:
    """
    Write thresholds.yaml, quality_tests/ and an example for CI; overwrite nothing.

    Raises:
        ThresholdsError: if no bound could be made that this version holds.
        WriteError: if a file could not be written.
    """
    from rekmetrics.packed import packed_tests
    from rekmetrics.scaffold import render_thresholds
    from rekmetrics.thresholds import parse_thresholds
    from rekmetrics.thresholds.schema import SCHEMA_NAME, packed_schema

    text = render_thresholds(numbers, labels, task, version_name=version_name)
    parse_thresholds(text.encode(), "thresholds.yaml").plan(labels, task)
    files: dict[str, bytes] = {"thresholds.yaml": text.encode()}
    files[f"quality_tests/{SCHEMA_NAME}"] = packed_schema().encode()
    for path in sorted(packed_tests().glob("*.py")):
        files[f"quality_tests/{path.name}"] = path.read_bytes()
    files[".github/workflows/model-gate.yml"] = _WORKFLOW.encode()
    written: list[Path] = []
    kept: list[Path] = []
    for name, data in files.items():
        path = folder / name
        (written if _write_new(path, data) else kept).append(path)
    return Setup(tuple(written), tuple(kept))


def _write_new(path: Path, data: bytes) -> bool:
    """Whether the file was written; False where something stands at the path."""
    from rekmetrics.texts import quote

    try:
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        if path.is_symlink() or path.exists():
            return False
        with path.open("xb") as file:
            file.write(data)
    except OSError as error:
        text = f"{quote(str(path))} could not be written: {error.strerror}"
        raise WriteError(text) from error
    return True


_WORKFLOW = """\
# Judges a model version before it is deployed. It takes three variables of this
# repository: MODEL_PROJECT_ARN, AWS_ROLE_ARN (a role that may read the evaluation) and
# AWS_REGION.
name: model gate

on:
  workflow_dispatch:
    inputs:
      version_name:
        description: The model version to judge
        required: true

permissions:
  contents: read
  id-token: write

jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install rekmetrics
      - uses: aws-actions/configure-aws-credentials@v4
        with:
          role-to-assume: ${{ vars.AWS_ROLE_ARN }}
          aws-region: ${{ vars.AWS_REGION }}
      - run: >-
          rekmetrics gate --project-arn "$PROJECT_ARN" --version-name "$VERSION_NAME"
          --metrics-json metrics.json
        env:
          PROJECT_ARN: ${{ vars.MODEL_PROJECT_ARN }}
          VERSION_NAME: ${{ inputs.version_name }}
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: model-report
          path: |
            report.html
            metrics.json
"""
