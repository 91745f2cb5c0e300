"""
What many models cost in one call: processor seconds, and the largest process.

    python benchmarks/fleet.py 100
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

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


def measure(n_models: int) -> tuple[float, float]:
    """Seconds of the processor, and MB of the largest process."""
    with DemoAws() as aws, tempfile.TemporaryDirectory() as folder:
        Path(folder, "fleet.yaml").write_text(fill(aws, n_models))
        Path(folder, "thresholds.yaml").write_text(THRESHOLDS)
        command = [sys.executable, "-m", "rekmetrics", "fleet"]
        subprocess.run(command, cwd=folder, env=aws.environment(), check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    n_models = int(sys.argv[1])
    seconds, size = measure(n_models)
    print(f"{n_models} models: {seconds:.1f} s of CPU, {size:.0f} MB at most")


if __name__ == "__main__":
    main()
