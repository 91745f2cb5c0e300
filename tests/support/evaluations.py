"""Evaluations from plain sets of label codes, for tests of what comes after reading."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence

import numpy as np

from rekmetrics.evaluation import Boxes, Evaluation, Task
from rekmetrics.manifest import EntryKind, Texts
from rekmetrics.summary import Summary

Sets = Sequence[Collection[int]]


def make_evaluation(
    truths: Sets,
    predictions: Sets,
    *,
    labels: Sequence[str] = ("cat", "dog", "owl"),
    task: Task = "multiclass",
    sources: Sequence[str] | None = None,
) -> Evaluation:
    """Image `i` has the labels `truths[i]`, and was given `predictions[i]`."""
    entries = [
        [(code, kind_of(code, true, given)) for code in sorted({*true, *given})]
        for true, given in zip(truths, predictions, strict=True)
    ]
    names = sources or [f"s3://bucket/{index}.png" for index in range(len(truths))]
    kinds = [kind for image in entries for _, kind in image]
    codes = [code for image in entries for code, _ in image]
    true_codes = [code for true in truths for code in sorted(true)]
    return Evaluation(
        task=task,
        labels=tuple(labels),
        sources=pack(names),
        truth_starts=starts(truths),
        truth_labels=np.array(true_codes, dtype=np.uint16),
        entry_starts=starts(entries),
        entry_labels=np.array(codes, dtype=np.uint16),
        entry_kinds=np.array(kinds, dtype=np.uint8),
        entry_confidences=np.full(len(codes), 0.9, dtype=np.float32),
        assumed_thresholds=np.full(len(labels), 0.5),
        boxes=make_boxes(true_codes, codes, len(names))
        if task == "detection"
        else None,
    )


def kind_of(code: int, true: Collection[int], given: Collection[int]) -> EntryKind:
    if code not in given:
        return EntryKind.FALSE_NEGATIVE
    return EntryKind.TRUE_POSITIVE if code in true else EntryKind.FALSE_POSITIVE


def make_boxes(true_codes: list[int], codes: list[int], n_images: int) -> Boxes:
    """Every label has a place of its own in each image."""
    return Boxes(
        truth=np.array(list(map(place, true_codes)), dtype=np.float32).reshape(-1, 4),
        entries=np.array(list(map(place, codes)), dtype=np.float32).reshape(-1, 4),
        image_sizes=np.full((n_images, 2), 1000, dtype=np.uint32),
    )


def place(code: int) -> list[int]:
    return [20 * code, 10, 15, 15]


def starts(parts: Sequence[Collection[object]]) -> np.ndarray:
    return np.cumsum([0, *map(len, parts)]).astype(np.uint32)


def pack(names: Sequence[str]) -> Texts:
    encoded = [name.encode() for name in names]
    return Texts(b"".join(encoded), array("Q", starts(encoded)[1:].tolist()))


def make_summary(n_images: int = 6, **figures: float | None) -> Summary:
    """A summary without labels, with the figures given."""
    nothing = dict.fromkeys(
        ("precision", "recall", "f1", "average_precision", "average_recall")
    )
    return Summary(
        labels=(),
        n_testing_images=n_images,
        n_training_images=None,
        version_arn=None,
        ended=None,
        label_reports={},
        **(nothing | figures),
    )
