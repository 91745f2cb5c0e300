"""From the records of the files to the arrays of an evaluation."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from rekmetrics.errors import EvaluationError, ManifestError, RequestError
from rekmetrics.evaluation.arrays import Evaluation
from rekmetrics.evaluation.data import Boxes, Task
from rekmetrics.manifest import MAX_LABELS, Manifest, Texts
from rekmetrics.summary import Summary
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["build_evaluation"]


def build_evaluation(
    manifest: Manifest, summary: Summary, *, task: Task | Literal["auto"] = "auto"
) -> Evaluation:
    """
    Bring a manifest into the summary's order of labels.

    Labels that the summary lacks follow in order of appearance.

    Raises:
        EvaluationError: if there is no image, or more labels than codes.
        ManifestError: naming the line that contradicts itself.
        RequestError: if `task` cannot be read from this manifest.
    """
    if len(manifest.sources) == 0:
        raise EvaluationError("The test manifest has no images: nothing can be judged.")
    labels = tuple(dict.fromkeys((*summary.labels, *manifest.labels)))
    if len(labels) > MAX_LABELS:
        raise EvaluationError(
            f"Summary and manifest have {len(labels)} labels; at most {MAX_LABELS} can "
            "be read, and AWS allows 250."
        )
    code_of = {label: code for code, label in enumerate(labels)}
    codes = np.array([code_of[label] for label in manifest.labels], dtype=np.uint16)
    reports = [summary.label_reports.get(label) for label in labels]
    thresholds = [report.threshold if report else None for report in reports]
    _check_sources(manifest.sources)
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
    if len(column) == 0:
        return np.zeros(0, dtype=np.dtype(column.typecode))
    view = np.frombuffer(column, dtype=np.dtype(column.typecode))
    view.flags.writeable = False
    return view


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
        raise RequestError(
            "task: multiclass was asked for, but the image of manifest line "
            f"{several[0] + 1} has {n_truths[several[0]]} ground-truth labels "
            f"(lines like it: {len(several)}); use task: multilabel or auto."
        )
    if wanted != "auto":
        return wanted
    return "multilabel" if len(several) else "multiclass"


def _check_sources(sources: Texts) -> None:
    """
    Every image is there once: evaluations are compared image by image.

    Raises:
        ManifestError: naming both lines of the first image that is there twice.
    """
    hashes = np.fromiter(map(hash, sources), dtype=np.int64, count=len(sources))
    ordered = np.sort(hashes)
    suspects = np.isin(hashes, ordered[1:][ordered[1:] == ordered[:-1]])
    lines: dict[str, int] = {}
    for image in np.flatnonzero(suspects).tolist():
        source = sources[image]
        if source in lines:
            raise ManifestError(
                f"the image {quote(source)} is on line {lines[source]} already; "
                "wanted every source-ref once.",
                line=image + 1,
            )
        lines[source] = image + 1
