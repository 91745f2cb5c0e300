"""Names and globs against the labels that there are."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence

__all__ = ["Globs", "is_glob"]


def is_glob(text: str) -> bool:
    """Whether a text can stand for more than itself."""
    return not {"*", "?", "["}.isdisjoint(text)


class Globs:
    """
    Which labels each name or glob stands for.

    A text that is a label stands for that label alone, even if it looks like a glob.
    Case counts.
    """

    def __init__(self, patterns: Iterable[str], labels: Sequence[str]) -> None:
        self._known = frozenset(labels)
        self._labels = {pattern: self._find(pattern, labels) for pattern in patterns}

    @property
    def unmatched(self) -> list[str]:
        """The patterns that stand for no label."""
        return [pattern for pattern, found in self._labels.items() if not found]

    def labels(self, pattern: str) -> list[str]:
        """The labels that a pattern stands for, in their own order."""
        return list(self._labels[pattern])

    def is_exact(self, pattern: str) -> bool:
        return pattern in self._known

    def of(self, label: str) -> list[str]:
        """The patterns that stand for a label, weakest first: globs, then its name."""
        found = [p for p, labels in self._labels.items() if label in labels]
        return sorted(found, key=lambda pattern: pattern == label)

    def _find(self, pattern: str, labels: Sequence[str]) -> dict[str, None]:
        if pattern in self._known:
            return {pattern: None}
        if not is_glob(pattern):
            return {}
        try:
            form = re.compile(fnmatch.translate(pattern))
        except re.error:
            return {}
        return {label: None for label in labels if form.match(label)}
