"""How far a download has come, for people who watch a terminal."""

from __future__ import annotations

import sys
import time

__all__ = ["Progress"]

_PATIENCE = 2.0
_PERIOD = 0.2


class Progress:
    """
    One line on standard error, rewritten; silent for two seconds and off a terminal.

    Call it with the number of bytes so far, as often as you like.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._next = time.monotonic() + _PATIENCE
        self._is_shown = False

    def __call__(self, n_bytes: int) -> None:
        now = time.monotonic()
        if now < self._next or not sys.stderr.isatty():
            return
        self._next = now + _PERIOD
        self._is_shown = True
        sys.stderr.write(f"\r{self._what}: {n_bytes / 1e6:,.0f} MB")
        sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._is_shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
