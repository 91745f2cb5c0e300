"""A team's repository in a temporary folder, and the gate run in it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.fake_aws.files import (
    Entry,
    LabelledImage,
    write_manifest,
    write_summary,
)
from rekmetrics.fake_aws.server import DemoAws

if TYPE_CHECKING:
    from support.environments import FreshEnvironment

__all__ = [
    "ARN",
    "BAD",
    "GOOD",
    "THRESHOLDS",
    "Gate",
    "documents",
    "fill_aws",
    "read_checked",
    "zoo",
]

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/zoo/1690000000000"
GOOD = "zoo.2026-03-01T10.00.00"
BAD = "zoo.2026-01-10T09.00.00"
LABELS = ("cat", "ant", "bee")
THRESHOLDS = """\
metrics:
  accuracy: 0.9
  f1_macro: {min: 0.85}
labels:
  "*": {recall: 0.75}
"""


def zoo(n_wrong: int, labels: tuple[str, ...] = LABELS) -> list[LabelledImage]:
    """Ten synthetic images a label; the first ants are taken for what comes next."""
    images = []
    for label in labels:
        for number in range(10):
            entries: tuple[Entry, ...] = (Entry(label, 0.9, "TP"),)
            if label == labels[1] and number < n_wrong:
                entries = (Entry(labels[2], 0.8, "FP"), Entry(label, 0.1, "FN"))
            source = f"s3://zoo-images/{labels.index(label)}/{number}.png"
            images.append(LabelledImage(source, (label,), entries))
    return images


def documents(
    images: list[LabelledImage],
    name: str,
    labels: tuple[str, ...] = LABELS,
    n_trained: int = 1000,
) -> dict[str, bytes]:
    """Summary and manifest of a version of this name."""
    head, _, number = ARN.rpartition("/")
    summary = write_summary(
        images,
        labels=labels,
        thresholds=dict.fromkeys(labels, 0.5),
        version_arn=f"{head}/version/{name}/{number}",
        n_training_images=n_trained,
    )
    return {"summary": summary, "manifest": write_manifest(images)}


def read_checked(path: Path, schema: str) -> Any:
    """A JSON file, held to the schema of this name (`ROOM/NAME`) in the package."""
    import jsonschema  # a gate in this clone loads conftest.py without test tools

    found = json.loads(path.read_bytes())
    kept = files("rekmetrics") / f"{schema}.schema.json"
    jsonschema.validate(found, json.loads(kept.read_bytes()))
    return found


def fill_aws(aws: DemoAws) -> None:
    """A good version (1 of 30 wrong) and a bad one (6), whatever another test left."""
    aws.projects.versions.pop(ARN, None)
    for name, n_wrong in ((GOOD, 1), (BAD, 6)):
        files = documents(zoo(n_wrong), name)
        f1 = json.loads(files["summary"])["AggregatedEvaluationResults"]["F1Score"]
        aws.add_version(ARN, name, number=ARN.rpartition("/")[2], f1=f1, **files)


@dataclass
class Gate:
    """Runs the programs of an environment in a repository, with an AWS at hand."""

    environment: FreshEnvironment
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one program; what it printed comes back with its exit code."""
        return self.environment.run(
            *words, cwd=self.folder, variables=self.variables | variables
        )

    def judge(
        self, name: str, *words: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the literal command on a version."""
        command = ("pytest", "--project-arn", ARN, "--version", name)
        return self.run(*command, *words, **variables)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read_json(self, name: str = "metrics.json") -> Any:
        return json.loads((self.folder / name).read_text())
