"""What the code generates is checked in as it is generated."""

from __future__ import annotations

import sys

import msgspec
import pytest
from packaging.version import Version
from support.environments import PROJECT

sys.path.insert(0, str(PROJECT / "docs"))
from generated import generate


@pytest.mark.skipif(
    Version(msgspec.__version__) < Version("0.19"), reason="gives schemas another order"
)
def test_keeps_what_is_generated() -> None:
    """`python docs/generated.py` writes it anew."""
    for path, text in generate():
        assert path.read_text(encoding="utf-8") == text, path.name
