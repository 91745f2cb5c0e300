"""A share of the test images, and what could not be told."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Share"]


@dataclass(frozen=True, slots=True)
class Share:
    """Some of the test images, by index; `unknown` says why there may be more."""

    images: tuple[int, ...]
    n_total: int
    unknown: str = ""
