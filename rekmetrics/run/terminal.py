"""Lines that are said outside pytest's own output, before it and after it."""

from __future__ import annotations

import sys

__all__ = ["complain", "say"]


def say(line: str) -> None:
    """One line on standard output."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """One line on standard error, which says where it comes from."""
    sys.stdout.flush()
    sys.stderr.write(f"rekmetrics: {line}\n")
    sys.stderr.flush()
