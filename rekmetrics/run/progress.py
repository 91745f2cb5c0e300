"""How far a download has come, for people who watch a terminal."""

from __future__ import annotations

import sys
import time

__all__ = ["Progress"]

_PATIENCE = 2.0
_PERIOD = 0.2


class Progress:
    """
    One line on standard error, for what takes longer than two seconds.

    On a terminal it is rewritten, and taken away by `close`. In a log there is none
    until then. Call it with the bytes and lines so far, as often as you like.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._begin = self._shown = time.monotonic()
        self._so_far = ""

    def __call__(self, n_bytes: int, n_lines: int) -> None:
        now = time.monotonic()
        if now - self._begin < _PATIENCE:
            return
        self._so_far = f"{self._what}: {n_bytes / 1e6:,.0f} MB, {n_lines:,} images"
        if sys.stderr.isatty() and now - self._shown >= _PERIOD:
            self._shown = now
            _write(f"\r{self._so_far}")

    def close(self) -> None:
        """Take the line away; in a log, leave one that says how long it took."""
        if not self._so_far:
            return
        if sys.stderr.isatty():
            _write("\r\x1b[K")
        else:
            seconds = time.monotonic() - self._begin
            _write(f"rekmetrics: {self._so_far} in {seconds:.0f} seconds\n")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
