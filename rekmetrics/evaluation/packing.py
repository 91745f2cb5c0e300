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
    arrays: dict[str, _Array]


def pack(evaluation: EvaluationData) -> bytes:
    """`Evaluation.to_bytes`."""
    arrays = {name: getattr(evaluation, name) for name in _ARRAYS}
    arrays["source_ends"] = np.array(evaluation.sources.ends, dtype="<u8")
    if evaluation.boxes is not None:
        arrays |= {name: getattr(evaluation.boxes, name) for name in _BOX_ARRAYS}
    packed = _Packed(
        evaluation.task,
        evaluation.labels,
        bytes(evaluation.sources.packed),
        {name: _pack_array(values) for name, values in arrays.items()},
    )
    return msgspec.msgpack.encode(packed)


def unpack(data: bytes, kind: type[AnyData]) -> AnyData:
    """`Evaluation.from_bytes`."""
    try:
        packed = msgspec.msgpack.decode(data, type=_Packed)
        arrays: dict[str, Any] = {
            name: _unpack_array(values) for name, values in packed.arrays.items()
        }
        ends = array("Q", arrays.pop("source_ends").tolist())
        found = [arrays.pop(name) for name in _BOX_ARRAYS if name in arrays]
        return kind(
            task=packed.task,
            labels=packed.labels,
            sources=Texts(packed.sources, ends),
            boxes=Boxes(*found) if found else None,
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
