"""What this package brings for a team's repository: tests, and files for its CI."""

from __future__ import annotations

from pathlib import Path

THRESHOLDS_SCHEMA = "thresholds.schema.json"


def packed_tests() -> Path:
    """The folder of the gate's tests."""
    return _packed("quality_tests")


def packed_schema() -> bytes:
    """The JSON Schema of thresholds.yaml, for editors."""
    return (Path(__file__).parent / THRESHOLDS_SCHEMA).read_bytes()


def packed_ci() -> Path:
    """The folder of what CIs are told, a folder for each."""
    return _packed("ci")


def _packed(name: str) -> Path:
    """A folder inside the package, or beside it in a source tree."""
    package = Path(__file__).parent
    packed = package / name
    return packed if packed.is_dir() else package.parent / name
