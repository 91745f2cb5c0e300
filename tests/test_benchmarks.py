"""The benchmarks, run tiny so that they cannot rot; nothing here is timed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

RUN = Path(__file__).parents[1] / "benchmarks" / "run.py"


@pytest.mark.parametrize(
    ("section", "shown"),
    [
        ("parsing", "| multiclass, 200 images, 6 labels,"),
        ("download", "times the slower of the two"),
        ("training images", "400 objects listed"),
        ("metrics", "| 6 |"),
        ("start-up", "ms** of the processor"),
        ("notebook", "| peak memory |"),
        ("few images", "| 100 ms |"),
        ("thousand", "| 24 fall short |"),
        ("grows", "| 200 | 2 |"),
    ],
)
def test_prints_every_section(section: str, shown: str):
    """Each part of `tox -e bench` runs to its end and shows its figures."""
    result = subprocess.run(
        [sys.executable, str(RUN), "--quick", "--only", section],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert shown in result.stdout
