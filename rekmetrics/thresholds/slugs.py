"""Ids of checks: readable, and safe in a shell, a page and a file name."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

__all__ = ["slug", "unique_ids"]

_LONGEST = 60


def slug(text: str) -> str:
    """
    The text in ASCII letters, digits, `_`, `.` and single hyphens.

    Accents go, everything else becomes a hyphen. Where nothing is left, or much would
    be cut off, a digest of the text stands for it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", plain).strip("-.")
    if not plain:
        return f"label-{_digest(text)}"
    if len(plain) > _LONGEST:
        return f"{plain[:_LONGEST].rstrip('-.')}-{_digest(text)}"
    return plain


def unique_ids(ids: Sequence[str], texts: Sequence[str]) -> list[str]:
    """
    The ids, with a digest of its text behind each that clashes with another.

    All that clash get one, so that the order of the labels decides nothing. `texts`
    tell the things apart that the ids are of.

    Raises:
        ValueError: if that does not tell them apart.
    """
    counts = Counter(ids)
    unique = [
        name if counts[name] == 1 else f"{name}-{_digest(text)}"
        for name, text in zip(ids, texts, strict=True)
    ]
    if len(set(unique)) < len(unique):
        twice = next(name for name, n in Counter(unique).items() if n > 1)
        raise ValueError(twice)
    return unique


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
