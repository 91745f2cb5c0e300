"""
Everything that rekmetrics raises on purpose.

The class says who must act, and so which code the process ends with.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Sequence
from typing import ClassVar

__all__ = [
    "AwsError",
    "EvaluationError",
    "ExitCode",
    "ManifestError",
    "NoSuchVersionError",
    "Problem",
    "RekmetricsError",
    "RequestError",
    "SummaryError",
    "ThresholdsError",
    "WriteError",
    "worst_of",
]


class ExitCode(enum.IntEnum):
    """What a gate or command ends with; 0 to 5 have pytest's meanings, narrowed."""

    PASSED = 0
    FELL_SHORT = 1
    INTERRUPTED = 2
    INTERNAL_ERROR = 3
    WRONG_REQUEST = 4
    INCOMPLETE = 5
    NO_EVALUATION = 6


_WORST_FIRST = (
    ExitCode.INTERNAL_ERROR,
    ExitCode.WRONG_REQUEST,
    ExitCode.NO_EVALUATION,
    ExitCode.INCOMPLETE,
    ExitCode.FELL_SHORT,
)


def worst_of(codes: Collection[int]) -> int:
    """
    What several ends make together: the first of 3, 4, 6, 5 and 1, or 0 for all.

    One that was interrupted (2) is incomplete; whatever is no code of ours counts as 3.
    """
    known = {*_WORST_FIRST, ExitCode.PASSED}
    ends = {ExitCode.INCOMPLETE if c == ExitCode.INTERRUPTED else c for c in codes}
    if not ends or ends - known:
        return ExitCode.INTERNAL_ERROR
    return next((c for c in _WORST_FIRST if c in ends), ExitCode.PASSED)


class RekmetricsError(Exception):
    """Base of all errors of this package; its text is written for the user."""

    exit_code: ClassVar[int] = ExitCode.INTERNAL_ERROR


class WriteError(RekmetricsError):
    """A file that was asked for could not be written."""


class RequestError(RekmetricsError):
    """The request is wrong (ARN, name, option, thresholds file): the caller acts."""

    exit_code: ClassVar[int] = ExitCode.WRONG_REQUEST


class Problem:
    """One mistake in a file, with its place (from 1; line 0 is the file as a whole)."""

    __slots__ = ("column", "line", "path", "text")

    def __init__(self, path: str, line: int, column: int, text: str) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.text = text

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.path}{place}: {self.text}"


class ThresholdsError(RequestError):
    """The thresholds file cannot be applied; `problems` holds every reason."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class EvaluationError(RekmetricsError):
    """The evaluation could not be obtained, or cannot be trusted."""

    exit_code: ClassVar[int] = ExitCode.NO_EVALUATION


class AwsError(EvaluationError):
    """AWS refused or failed; `code` is AWS's own error code, where there is one."""

    def __init__(self, text: str, *, code: str | None = None) -> None:
        self.code = code
        super().__init__(text)


class NoSuchVersionError(AwsError):
    """AWS listed the project's versions, and none has the name that was asked for."""


class SummaryError(EvaluationError):
    """The evaluation summary is not what Rekognition writes."""


class ManifestError(EvaluationError):
    """The test manifest is not what Rekognition writes; `line` counts from 1."""

    def __init__(self, text: str, *, line: int | None = None) -> None:
        self.text = text
        self.line = line
        super().__init__(text if line is None else f"manifest line {line}: {text}")
