"""The tests of the gate that this package brings."""

from __future__ import annotations

from pathlib import Path

__all__ = ["packed_tests"]


def packed_tests() -> Path:
    """Their folder: inside the package, or beside it in a source tree."""
    package = Path(__file__).parent
    packed = package / "quality_tests"
    return packed if packed.is_dir() else package.parent / "quality_tests"
