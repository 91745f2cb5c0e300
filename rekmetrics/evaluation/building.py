"""From the records of the files to the arrays of an evaluation."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rekmetrics.errors import EvaluationError, ManifestError, RequestError
from rekmetrics.evaluation.arrays import Evaluation
from rekmetrics.evaluation.data import Boxes, Task
from rekmetrics.manifest import MAX_LABELS, Manifest, view
from rekmetrics.summary import Summary

if TYPE_CHECKING:
    from numpy.typing import NDArray


def build_evaluation(
    manifest: Manifest, summary: Summary, *, task: Task | Literal["auto"] = "auto"
) -> Evaluation:
    """
    Bring a manifest into the summary's order of labels.

    Labels that the summary lacks follow, sorted.

    Raises:
        EvaluationError: if there is no image, or more labels than codes.
        ManifestError: naming the line that contradicts itself.
        RequestError: if `task` cannot be read from this manifest.
    """
    if len(manifest.sources) == 0:
        raise EvaluationError("The test manifest has no images: nothing can be judged.")
    labels = tuple(dict.fromkeys((*summary.labels, *sorted(manifest.labels))))
    if len(labels) > MAX_LABELS:
        raise EvaluationError(
            f"Summary and manifest have {len(labels)} labels; at most {MAX_LABELS} can "
            "be read, and AWS allows 250."
        )
    code_of = {label: code for code, label in enumerate(labels)}
    codes = np.array([code_of[label] for label in manifest.labels], dtype=np.uint16)
    reports = [summary.label_reports.get(label) for label in labels]
    thresholds = [report.threshold if report else None for report in reports]
    with _on_lines_of(manifest):
        return Evaluation(
            task=_choose_task(manifest, task),
            labels=labels,
            sources=manifest.sources,
            truth_starts=_view(manifest.truth_starts),
            truth_labels=codes[_view(manifest.truth_labels)],
            entry_starts=_view(manifest.entry_starts),
            entry_labels=codes[_view(manifest.entry_labels)],
            entry_kinds=_view(manifest.entry_kinds),
            entry_confidences=_view(manifest.entry_confidences),
            assumed_thresholds=np.array(thresholds, dtype=np.float64),
            boxes=_read_boxes(manifest) if manifest.is_detection else None,
        )


def _view(column: array[Any]) -> NDArray[Any]:
    """The column's own memory as a read-only array."""
    values = view(column)
    values.flags.writeable = False
    return values


def _read_boxes(manifest: Manifest) -> Boxes:
    return Boxes(
        truth=_view(manifest.truth_boxes).reshape(-1, 4),
        entries=_view(manifest.entry_boxes).reshape(-1, 4),
        image_sizes=_view(manifest.image_sizes).reshape(-1, 2),
    )


def _choose_task(manifest: Manifest, wanted: Task | Literal["auto"]) -> Task:
    """The task that was asked for, or the one that the lines show."""
    if manifest.is_detection:
        if wanted not in ("auto", "detection"):
            raise RequestError(
                f"task: {wanted} was asked for, but the manifest holds boxes: it is "
                "an object-detection model's; use task: detection or auto."
            )
        return "detection"
    if wanted == "detection":
        raise RequestError(
            "task: detection was asked for, but the manifest holds no boxes: it is "
            "an image-classification model's; use task: multiclass, multilabel or auto."
        )
    n_truths = np.diff(_view(manifest.truth_starts))
    several = np.flatnonzero(n_truths != 1)
    if wanted == "multiclass" and len(several):
        line = manifest.line_of(int(several[0]))
        raise RequestError(
            "task: multiclass was asked for, but the image of manifest line "
            f"{line} has {n_truths[several[0]]} ground-truth labels "
            f"(lines like it: {len(several)}); use task: multilabel or auto."
        )
    if wanted != "auto":
        return wanted
    return "multilabel" if len(several) else "multiclass"


@contextlib.contextmanager
def _on_lines_of(manifest: Manifest) -> Iterator[None]:
    """Turn an image that contradicts itself into the line that it stands on."""
    try:
        yield
    except ManifestError as error:
        image = (error.line or 1) - 1
        raise ManifestError(error.text, line=manifest.line_of(image)) from error
