"""Options of a gate in pytest's own settings, where they let a run pass unjudged."""

from __future__ import annotations

import configparser
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["find_gates"]

_OPTIONS = ("--project-arn", "--evaluation-dir")
_INI_FILES = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
_TOML_FILES = ("pyproject.toml", "pytest.toml", ".pytest.toml")


def find_gates(folder: Path) -> Iterator[tuple[str, str]]:
    """Where a gate's option stands, in pytest's settings from here up, and which."""
    places = [("PYTEST_ADDOPTS", os.environ.get("PYTEST_ADDOPTS", ""))]
    for parent in (folder, *folder.parents):
        places += [(str(parent / name), _read_ini(parent, name)) for name in _INI_FILES]
        paths = [parent / name for name in _TOML_FILES]
        places += [(str(path), _read_toml(path)) for path in paths]
    for place, text in places:
        for word in _split(text):
            if (option := word.partition("=")[0]) in _OPTIONS:
                yield place, option


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _read_ini(folder: Path, name: str) -> str:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string((folder / name).read_text(encoding="utf-8"))
        return parser.get(_INI_FILES[name], "addopts", fallback="")
    except (OSError, ValueError, configparser.Error):
        return ""


def _read_toml(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    try:
        found = _addopts(_parse_toml(text))
    except (ValueError, AttributeError, TypeError):
        return ""
    return " ".join(found) if isinstance(found, list) else str(found)


def _parse_toml(text: str) -> Any:
    try:
        import tomllib as toml  # type: ignore[import-not-found, unused-ignore]
    except ImportError:  # Python 3.10, where pytest brings it
        import tomli as toml  # type: ignore[import-not-found, unused-ignore]
    return toml.loads(text)


def _addopts(document: dict[str, Any]) -> Any:
    own = document.get("tool", {}).get("pytest", document.get("pytest", {}))
    own = {**own, **own.get("ini_options", {})}
    return own.get("addopts", "")
