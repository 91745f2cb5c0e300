"""docs/design.md is true: its map is the package, its recipes name files that exist."""

from __future__ import annotations

import re
import sys

import pytest
from support.environments import PROJECT

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

TEXT = (PROJECT / "docs" / "design.md").read_text("utf-8")
PACKAGE = PROJECT / "rekmetrics"


def map_lines() -> list[frozenset[str]]:
    """The rooms of each line of the map, from the top."""
    drawn = TEXT.split("<!-- map:")[1].split("<!-- end of map")[0]
    lines = re.findall(r"^    (\S+(?: · \S+)*) {2,}\S", drawn, re.MULTILINE)
    return [frozenset(line.split(" · ")) for line in lines]


def recipes() -> list[str]:
    """Every path that the recipes name."""
    part = TEXT.split("## What a change touches")[1].split("\n## ")[0]
    return re.findall(r"`((?:rekmetrics|docs|tests|quality_tests)/[^`\s]*)`", part)


def test_maps_every_room():
    """A room that is built or pulled down changes the map."""
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.is_dir() and (path / "__init__.py").exists())
        or (path.suffix == ".py" and not path.stem.startswith("__"))
    }
    drawn = map_lines()
    assert set().union(*drawn) == rooms
    assert sum(map(len, drawn)) == len(rooms), "a room stands on the map twice"


def test_maps_the_layers_that_are_held():
    """The map's lines are the contract's, in its order."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    contract = settings["tool"]["importlinter"]["contracts"][0]
    layers = [frozenset(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    assert map_lines() == layers


def test_names_files_that_exist():
    """A recipe leads to files that are there (NAME stands for a new one)."""
    named = recipes()
    assert len(named) > 12
    missing = [
        path
        for path in named
        if not (PROJECT / re.sub(r"[^/]*NAME[^/]*$", "", path)).exists()
    ]
    assert not missing
