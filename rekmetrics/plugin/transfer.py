"""What pytest-xdist's workers get: plain bytes, so that they need no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from rekmetrics.evaluation import Evaluation
from rekmetrics.gate import Outcome
from rekmetrics.plugin.state import GateState
from rekmetrics.summary import Summary

__all__ = ["pack_state", "unpack_state"]


def pack_state(state: GateState, arguments: Sequence[str]) -> dict[str, Any]:
    """State, and the paths that pytest collects from, as execnet can send them."""
    evaluation, summary = state.load()
    return {
        "arguments": list(arguments),
        "iou": state.iou,
        "outcomes": msgspec.msgpack.encode(state.outcomes),
        "evaluation": evaluation.to_bytes(),
        "summary": msgspec.msgpack.encode(summary),
    }


def unpack_state(packed: Mapping[str, Any]) -> tuple[GateState, list[str]]:
    """What `pack_state` packed."""

    @cache
    def load() -> tuple[Evaluation, Summary]:
        return (
            Evaluation.from_bytes(packed["evaluation"]),
            msgspec.msgpack.decode(packed["summary"], type=Summary),
        )

    outcomes = msgspec.msgpack.decode(packed["outcomes"], type=list[Outcome])
    return GateState(outcomes, load, packed["iou"]), packed["arguments"]
