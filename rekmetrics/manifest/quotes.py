"""
How many quotation marks plain lines have.

msgspec keeps the last of two equal keys in silence, and passes over members that it
was not asked for. A block with as many quotation marks as its parts have by themselves
holds no such thing, however the fast way has read it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from rekmetrics.manifest.lines import Line, Role

__all__ = ["QuoteCounts", "quotes_of"]


class QuoteCounts(dict[Hashable, int]):
    """The quotation marks of each kind of part, as lines read strictly have shown."""

    def of(self, parts: Iterable[tuple[Hashable, int]]) -> int:
        """
        What so many parts of each kind have together.

        Raises:
            KeyError: for a kind of part that was not seen yet.
        """
        return sum(number * self[part] for part, number in parts if number)

    def learn_loose(self, line: Line) -> None:
        """Those of the keys that are neither a truth's nor an entry's, by key."""
        for key, role in line.roles.items():
            if role in (Role.SOURCE, Role.IGNORED):
                self[key] = 2 + quotes_of(line.values[key])


def quotes_of(value: object) -> int:
    """How many quotation marks the JSON text of a value holds around its texts."""
    if isinstance(value, str):
        return 2
    if isinstance(value, list):
        return sum(map(quotes_of, value))
    if isinstance(value, dict):
        return 2 * len(value) + sum(map(quotes_of, value.values()))
    return 0
