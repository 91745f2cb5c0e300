"""
What many models cost in one call beside as many single gates: processor and clock.

    python benchmarks/fleet.py 100 10

judges a fleet of 100 models and, on models of the same size, 10 single gates in turn:
what 100 of them cost is reckoned from these.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from rekmetrics.fake_aws.files import (
    Entry,
    LabelledImage,
    write_manifest,
    write_summary,
)
from rekmetrics.fake_aws.server import DemoAws

LABELS = tuple(f"label {number}" for number in range(10))
N_IMAGES = 1000
HEAD = "arn:aws:rekognition:us-east-1:123456789012:project"
THRESHOLDS = 'metrics: {accuracy: 0.9, f1_macro: 0.8}\nlabels: {"*": {recall: 0.5}}\n'


class Spent(NamedTuple):
    """Seconds by the clock, of CPU by all processes so far; the peak in MB."""

    clock: float
    cpu: float
    peak: float


def fill(aws: DemoAws, n_models: int) -> str:
    """Put so many projects with one version each into an AWS; gives their fleet."""
    images = [
        LabelledImage(f"s3://b/{n}.png", (label,), (Entry(label, 0.9, "TP"),))
        for n in range(N_IMAGES)
        for label in [LABELS[n % len(LABELS)]]
    ]
    manifest = write_manifest(images)
    lines = ["models:"]
    for number in range(n_models):
        arn = f"{HEAD}/p{number}/169{number:010}"
        summary = write_summary(
            images,
            labels=LABELS,
            thresholds=dict.fromkeys(LABELS, 0.5),
            version_arn=f"{HEAD}/p{number}/version/v1/1772359200000",
        )
        aws.add_version(arn, "v1", summary=summary, manifest=manifest)
        lines.append(f"  m{number}: {{project_arn: '{arn}', version_name: v1}}")
    return "\n".join(lines) + "\n"


def measure(n_models: int, n_single: int) -> list[Spent]:
    """What a fleet spends, and then so many single gates on models of the same."""
    with DemoAws() as aws, tempfile.TemporaryDirectory() as folder:
        Path(folder, "fleet.yaml").write_text(fill(aws, n_models))
        Path(folder, "thresholds.yaml").write_text(THRESHOLDS)

        def spend(command: str) -> Spent:
            started = time.perf_counter()
            words = [sys.executable, "-m", "rekmetrics", *command.split()]
            with Path(folder, "output.txt").open("w") as output:
                subprocess.run(
                    words, cwd=folder, env=aws.environment(), check=True, stdout=output
                )
            clock = time.perf_counter() - started
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            return Spent(clock, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)

        spent = [Spent(0, 0, 0), spend("fleet")]
        for number in range(n_single):
            arn = f"{HEAD}/p{number}/169{number:010}"
            spent.append(spend(f"gate --project-arn {arn} --version v1"))
        return spent


def main() -> None:
    n_models, n_single = map(int, sys.argv[1:3])
    _, fleet, *single = measure(n_models, n_single)
    print(f"{n_models} models in a fleet: {fleet.cpu:.1f} s of CPU, ", end="")
    print(f"{fleet.clock:.1f} s by the clock, {fleet.peak:.0f} MB at most")
    cpu = (single[-1].cpu - fleet.cpu) / n_single
    clock = sum(one.clock for one in single) / n_single
    print(f"a single gate ({n_single} in turn): {cpu:.2f} s of CPU, {clock:.2f} s")
    print(f"{n_models} of them: {n_models * cpu / fleet.cpu:.1f} times the CPU")


if __name__ == "__main__":
    main()
