"""
Programs run and accounted for: seconds, processor seconds, peak memory.

The operating system keeps the accounts of each child that has ended. It counts a
child's peak from the memory of the process that started it, so whoever uses this
module stays small: it imports no library, and what needs one runs in a child.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Child", "Cost", "call", "in_turns", "median", "run"]

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cost:
    """What one run of a program took."""

    seconds: float
    cpu: float
    peak: float
    """MiB."""
    output: str


def run(
    words: Sequence[str],
    *,
    variables: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    codes: tuple[int, ...] = (0,),
) -> Cost:
    """Run this Python with the words to its end, which must be one of `codes`."""
    with tempfile.TemporaryFile() as output:
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=cwd,
            env=environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode not in codes:
        raise RuntimeError(f"{words} ended with {process.returncode}:\n{text}")
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(seconds, cpu, usage.ru_maxrss / 1024, text)


def environment(variables: Mapping[str, str] | None) -> dict[str, str]:
    """Ours, without what would steer AWS, pytest or Python."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "GITHUB_", "PYTEST_", "PYTHON"))
    }
    return {**kept, "PYTHONPATH": str(HERE), **(variables or {})}


def call(module: str, function: str, *arguments: Any) -> Any:
    """What a function of a module here returns, called in a process of its own."""
    code = (
        f"import json, sys, {module}; print('\\n' + json.dumps("
        f"{module}.{function}(*json.loads(sys.argv[1]))))"
    )
    cost = run(["-c", code, json.dumps(arguments, default=str)])
    return json.loads(cost.output.splitlines()[-1])


def in_turns(n_turns: int, *programs: Callable[[], Cost]) -> list[list[Cost]]:
    """Each program's costs, run in turn, so that a busy machine slows them all."""
    turns = [[program() for program in programs] for _ in range(n_turns)]
    return [list(costs) for costs in zip(*turns, strict=True)]


def median(costs: Sequence[Cost], figure: str) -> float:
    return statistics.median(getattr(cost, figure) for cost in costs)


class Child:
    """A program that runs until its standard input ends."""

    def __init__(self, words: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *words],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def read_line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self) -> None:
        self._process.communicate(timeout=30)
