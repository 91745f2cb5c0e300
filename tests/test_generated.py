"""What the code generates is checked in as it is generated."""

from __future__ import annotations

import json
import sys

import msgspec
import pytest
from packaging.version import Version
from support.environments import PROJECT

sys.path.insert(0, str(PROJECT / "docs"))
from generated import generate
from pictures import IMAGES, digest_shown


@pytest.mark.skipif(
    Version(msgspec.__version__) < Version("0.19"), reason="gives schemas another order"
)
def test_keeps_what_is_generated() -> None:
    """`python docs/generated.py` writes it anew."""
    for path, text in generate():
        assert path.read_text(encoding="utf-8") == text, path.name


@pytest.mark.slow
def test_shows_pictures_of_what_is() -> None:
    """`tox -e pictures` takes those anew that this names, and keeps what they show."""
    kept = json.loads((IMAGES / "shown.json").read_text(encoding="utf-8"))
    shown = digest_shown()
    assert [name for name in shown if shown[name] != kept.get(name)] == []
    pictures = {path.stem for path in IMAGES.glob("*.png")}
    assert pictures == shown.keys()
