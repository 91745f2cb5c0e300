"""What the tests of a gate see: the outcomes, and the evaluation on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.gate import Outcome
    from rekmetrics.metrics import Numbers
    from rekmetrics.summary import Summary

__all__ = ["STATE", "GateState"]


@dataclass(frozen=True)
class GateState:
    """
    The judged version, in the controlling process and in pytest-xdist's workers.

    Workers get bytes, and read the evaluation from them only if a test wants it.
    """

    outcomes: Sequence[Outcome]
    load: Callable[[], tuple[Evaluation, Summary]]
    iou: float | str
    """As the thresholds file has it, so that `metrics` are the judged ones."""

    @cached_property
    def evaluation(self) -> Evaluation:
        return self.load()[0]

    @cached_property
    def numbers(self) -> Numbers:
        from rekmetrics.metrics import compute_metrics

        return compute_metrics(*self.load(), iou=self.iou)


STATE: pytest.StashKey[GateState] = pytest.StashKey()
