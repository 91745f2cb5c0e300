"""
How many quotation marks a block of plain lines has.

msgspec keeps the last of two equal keys in silence, and passes over members that it
was not asked for. A block with as many quotation marks as its lines, truths and
entries have by themselves holds no such thing, however the fast way has read it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rekmetrics.manifest.columns import EntryKind

__all__ = ["QuoteCounts", "count_quotes"]


@dataclass
class QuoteCounts:
    """What lines that were read strictly have shown; entries are told by their kind."""

    per_line: int = 0
    per_truth: int = 0
    per_entry: dict[int, int] = field(default_factory=dict)

    def expected(self, n_lines: int, n_truths: int, kinds: bytes) -> int:
        """
        What so many plain lines and truths, and entries of these kinds, have.

        Raises:
            KeyError: no entry of some kind was seen yet.
        """
        n_quotes = n_lines * self.per_line + n_truths * self.per_truth
        for kind in EntryKind:
            if n_entries := kinds.count(kind):
                n_quotes += n_entries * self.per_entry[kind]
        return n_quotes


def count_quotes(value: object) -> int:
    """How many quotation marks the JSON text of a value holds around its texts."""
    if isinstance(value, str):
        return 2
    if isinstance(value, list):
        return sum(map(count_quotes, value))
    if isinstance(value, dict):
        return 2 * len(value) + sum(map(count_quotes, value.values()))
    return 0
