"""One gate about to be run, in which a case of the catalogue spoils something."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.gates import ARN, GOOD, THRESHOLDS, documents, zoo

if TYPE_CHECKING:
    from support.faulty_s3 import Fault as S3Fault

__all__ = ["Bench", "Case", "each_line", "member", "set_in"]


@dataclass
class Bench:
    """Everything that a gate reads; by default a folder with a good evaluation."""

    folder: Path
    words: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    summary: bytes = b""
    manifest: bytes = b""
    thresholds: bytes | None = THRESHOLDS.encode()
    description: dict[str, Any] = field(default_factory=dict)
    """Changes to what Rekognition says of the version."""
    answers: list[tuple[str, int, str]] = field(default_factory=list)
    """Operation, status and body that Rekognition gives in place of its own."""
    s3_faults: list[S3Fault] = field(default_factory=list)
    page_size: int | None = None

    def __post_init__(self) -> None:
        made = documents(zoo(1), GOOD)
        self.summary, self.manifest = made["summary"], made["manifest"]

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation"

    def write(self) -> None:
        """Put the files where the command line finds them."""
        self.evaluation.mkdir(exist_ok=True)
        (self.evaluation / "summary.json").write_bytes(self.summary)
        (self.evaluation / "manifest.jsonl").write_bytes(self.manifest)
        if self.thresholds is not None:
            (self.folder / "thresholds.yaml").write_bytes(self.thresholds)


@dataclass(frozen=True)
class Case:
    """A bad input, the code that a gate ends with, and words of its message."""

    id: str
    exit_code: int
    words: tuple[str, ...]
    spoil: Callable[[Bench], object] = lambda bench: None
    needs_aws: bool = False
    is_representative: bool = False
    """Tried through the real command as well."""

    def command(self, bench: Bench) -> list[str]:
        """The options of this gate; `bench.words` replace or extend them."""
        if bench.words:
            return bench.words
        if self.needs_aws:
            return ["--project-arn", ARN, f"--version-name={GOOD}"]
        return ["--evaluation-dir", "evaluation"]


def each_line(change: Callable[[dict[str, Any]], object], number: int = 3) -> Any:
    """A manifest in which one line's members are changed."""

    def spoil(bench: Bench) -> None:
        lines = bench.manifest.splitlines(keepends=True)
        members = json.loads(lines[number - 1])
        change(members)
        lines[number - 1] = json.dumps(members).encode() + b"\n"
        bench.manifest = b"".join(lines)

    return spoil


def member(line: dict[str, Any], end: str) -> dict[str, Any]:
    """The member of a line whose key ends so."""
    return next(value for key, value in line.items() if key.endswith(end))


def set_in(*path: Any, to: Any) -> Any:
    """A summary with another value at this path; ... takes it away."""

    def spoil(bench: Bench) -> None:
        root = node = json.loads(bench.summary)
        for key in path[:-1]:
            node = node[key]
        if to is ...:
            del node[path[-1]]
        else:
            node[path[-1]] = to
        bench.summary = json.dumps(root).encode()

    return spoil
