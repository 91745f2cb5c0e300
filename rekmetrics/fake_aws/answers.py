"""What Rekognition answers, as bytes of its protocol; errors are answers, too."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

__all__ = ["Answer", "Refusal", "dump", "refuse"]

Answer = tuple[int, str]
"""HTTP status and body."""


class Refusal(Exception):  # noqa: N818 an answer of AWS's, not an error of ours
    """An error of AWS's, by its code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def refuse(code: str, message: str = "", *, status: int = 400) -> Answer:
    """The answer that says this error."""
    return status, dump({"__type": code, "message": message})


def dump(answer: Mapping[str, Any]) -> str:
    """JSON as in AWS's protocol, where a time is the number of seconds since 1970."""
    return json.dumps(answer, default=datetime.datetime.timestamp)
