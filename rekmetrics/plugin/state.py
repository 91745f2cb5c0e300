"""What the tests of a gate see, here and in pytest-xdist's workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

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
    The outcomes of the judged version, and its evaluation on demand.

    Workers get plain bytes, so that they need no network, and read the evaluation from
    them only if a test wants it.
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

    def pack(self) -> dict[str, Any]:
        """The same, as execnet can send it."""
        import msgspec

        evaluation, summary = self.load()
        return {
            "iou": self.iou,
            "outcomes": msgspec.msgpack.encode(self.outcomes),
            "evaluation": evaluation.to_bytes(),
            "summary": msgspec.msgpack.encode(summary),
        }

    @classmethod
    def unpack(cls, packed: Mapping[str, Any]) -> GateState:
        """What `pack` packed."""
        import msgspec

        from rekmetrics.evaluation import Evaluation
        from rekmetrics.gate import Outcome
        from rekmetrics.summary import Summary

        @cache
        def load() -> tuple[Evaluation, Summary]:
            summary = msgspec.msgpack.decode(packed["summary"], type=Summary)
            return Evaluation.from_bytes(packed["evaluation"]), summary

        outcomes = msgspec.msgpack.decode(packed["outcomes"], type=list[Outcome])
        return cls(outcomes, load, packed["iou"])


STATE: pytest.StashKey[GateState] = pytest.StashKey()
