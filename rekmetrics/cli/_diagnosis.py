"""One thing that the doctor has looked at."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

__all__ = ["Diagnosis"]

_WIDTH = 80
_MARGIN = " " * 6


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at; only "bad" makes the doctor's exit code 1."""

    state: Literal["ok", "bad", "note"]
    text: str

    def __str__(self) -> str:
        return textwrap.fill(
            self.text,
            _WIDTH,
            initial_indent=f"{self.state:<{len(_MARGIN)}}",
            subsequent_indent=_MARGIN,
            break_long_words=False,
            break_on_hyphens=False,
        )
