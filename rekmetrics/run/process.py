"""What concerns the process around a run: terminal, progress, garbage collector."""

from __future__ import annotations

import contextlib
import gc
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator

_PATIENCE = 2.0
_PERIOD = 0.2


def fold(line: str, *, is_terminal: bool) -> str:
    """The line as it is for a log; on a terminal, broken between words."""
    if not is_terminal:
        return line
    return textwrap.fill(
        line,
        shutil.get_terminal_size().columns,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def say(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{fold(line, is_terminal=sys.stdout.isatty())}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """One line on standard error, which says where it comes from."""
    sys.stdout.flush()
    text = fold(f"rekmetrics: {line}", is_terminal=sys.stderr.isatty())
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


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


@contextlib.contextmanager
def kept_out_of_collections() -> Iterator[None]:
    """
    Collect nothing inside, and leave out of later collections what is there at the end.

    scikit-learn, scipy and botocore bring some hundred thousand objects that live as
    long as the process. pytest collects ten times when it ends, and would go through
    all of them each time: a second of a gate that takes four (benchmarks/RESULTS.md).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
