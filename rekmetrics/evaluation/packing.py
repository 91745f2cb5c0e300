"""An evaluation as bytes, for another process of the same run."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np

from rekmetrics.errors import EvaluationError
from rekmetrics.evaluation.data import Boxes, EvaluationData, Task
from rekmetrics.manifest import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["pack", "unpack"]

AnyData = TypeVar("AnyData", bound=EvaluationData)

_ARRAYS = (
    "truth_starts",
    "truth_labels",
    "entry_starts",
    "entry_labels",
    "entry_kinds",
    "entry_confidences",
    "assumed_thresholds",
)
_BOX_ARRAYS = ("truth", "entries", "image_sizes")


class _Array(msgspec.Struct, array_like=True):
    dtype: str
    shape: tuple[int, ...]
    data: bytes


class _Packed(msgspec.Struct, forbid_unknown_fields=True):
    task: Task
    labels: tuple[str, ...]
    sources: bytes
    source_ends: _Array
    arrays: dict[str, _Array]
    boxes: dict[str, _Array] | None


def pack(evaluation: EvaluationData) -> bytes:
    """`Evaluation.to_bytes`."""
    boxes: dict[str, _Array] | None = None
    if evaluation.boxes is not None:
        boxes = {
            name: _pack_array(getattr(evaluation.boxes, name)) for name in _BOX_ARRAYS
        }
    packed = _Packed(
        task=evaluation.task,
        labels=evaluation.labels,
        sources=bytes(evaluation.sources.packed),
        source_ends=_pack_array(np.array(evaluation.sources.ends, dtype="<u8")),
        arrays={name: _pack_array(getattr(evaluation, name)) for name in _ARRAYS},
        boxes=boxes,
    )
    return msgspec.msgpack.encode(packed)


def unpack(data: bytes, kind: type[AnyData]) -> AnyData:
    """`Evaluation.from_bytes`."""
    try:
        packed = msgspec.msgpack.decode(data, type=_Packed)
        boxes = packed.boxes
        arrays: dict[str, Any] = {
            name: _unpack_array(packed.arrays[name]) for name in _ARRAYS
        }
        return kind(
            task=packed.task,
            labels=packed.labels,
            sources=Texts(
                packed.sources, array("Q", _unpack_array(packed.source_ends).tolist())
            ),
            boxes=None
            if boxes is None
            else Boxes(*(_unpack_array(boxes[name]) for name in _BOX_ARRAYS)),
            **arrays,
        )
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise EvaluationError(
            f"These bytes are not a packed evaluation of this release ({error})."
        ) from error


def _pack_array(values: NDArray[Any]) -> _Array:
    values = np.ascontiguousarray(values)
    return _Array(values.dtype.str, values.shape, values.tobytes())


def _unpack_array(packed: _Array) -> NDArray[Any]:
    dtype = np.dtype(packed.dtype)
    if dtype.kind not in "uif":
        raise ValueError(f"found an array of {dtype}, wanted numbers")
    return np.frombuffer(packed.data, dtype=dtype).reshape(packed.shape)
