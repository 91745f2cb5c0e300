"""Which keys of the file apply to one number: later layers over earlier ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rekmetrics.thresholds.document import Document, KeyPath
from rekmetrics.thresholds.keys import KEYS, Side, keys_of
from rekmetrics.thresholds.models import Baseline, File
from rekmetrics.thresholds.rules import Rule

_IMAGES = ("test_set", "images_per_label")
_LIMITS = [key.name for key in KEYS.values() if key.is_limit]


@dataclass(frozen=True, slots=True)
class Layer:
    """Keys that one place of the file gives for a number."""

    path: KeyPath
    keys: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Merged:
    """The keys that apply in the end, each with the path it comes from."""

    keys: Mapping[str, Any]
    paths: Mapping[str, KeyPath]
    path: KeyPath
    """Where the last layer stands."""

    def at(self, key: str | None) -> KeyPath:
        """Where a key stands, or the rule for one that it does not give itself."""
        path = self.paths.get(key or "", self.path)
        return self.path if path[0] == "defaults" else path

    @property
    def is_off(self) -> bool:
        return self.keys.get("level") == "off"

    @property
    def has_limit(self) -> bool:
        return _has_limit(self.keys)

    @property
    def has_regression(self) -> bool:
        return any(KEYS[key].judges == "loss" for key in _LIMITS if key in self.keys)

    def rule(self, document: Document, baseline: Baseline) -> Rule:
        """The rule, with lines; not to be asked for where `is_off`."""
        lines = {key: document.line(path) for key, path in self.paths.items()}
        values = {KEYS[key].field: value for key, value in self.keys.items()}
        return Rule(
            **values,
            line=self.line(document),
            lines=lines,
            on_missing_baseline=baseline.on_missing,
            require_same_images=baseline.require_same_images,
        )

    def line(self, document: Document, side: Side | None = None) -> int:
        """The line of the first limit, or of the first on a value, or on a loss."""
        paths = (
            self.paths[key]
            for key in _LIMITS
            if key in self.paths and side in (None, KEYS[key].judges)
        )
        return next((document.line(path) for path in paths), 0)


def _has_limit(keys: Mapping[str, Any]) -> bool:
    return any(key in keys for key in _LIMITS)


def written_rules(file: File) -> Iterator[Layer]:
    """Every rule about the model as the file has it."""
    for name, rule in file.metrics.items():
        yield Layer(("metrics", name), rule.given)
    for pattern, label in file.labels.items():
        for name, rule in label.rules.items():
            yield Layer(("labels", pattern, name), rule.given)
    for key, confusion in file.confusions.items():
        yield Layer(("confusions", key), confusion.given)


def test_set_layers(file: File) -> Iterator[Layer]:
    """Every rule about the test set as the file has it."""
    for name, rule in file.test_set.given.items():
        yield Layer(("test_set", name), rule.given)


def merge(file: File, layers: Sequence[Layer]) -> Merged:
    """
    The keys of all layers, later ones over earlier ones, over the file's defaults.

    A layer that gives a limit takes back an `off` before it, unless it says `off`
    itself.
    """
    keys: dict[str, Any] = {}
    paths: dict[str, KeyPath] = {}
    for layer in layers:
        if keys.get("level") == "off" and _has_limit(layer.keys):
            del keys["level"], paths["level"]
        for key, value in layer.keys.items():
            keys[key] = value
            paths[key] = (*layer.path, key)
    path = layers[-1].path
    known = keys_of(path[1] if path == _IMAGES else path[0])
    for key, value in file.defaults.given.items():
        if key in known and key not in keys:
            keys[key] = value
            paths[key] = ("defaults", key)
    return Merged(keys, paths, path)
