"""What is odd in a manifest's columns, set right and noted."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import ManifestError
from rekmetrics.manifest.columns import (
    EntryKind,
    Manifest,
    Texts,
    owners,
    starts_of,
    view,
)
from rekmetrics.manifest.lines import TRUE_NEGATIVE
from rekmetrics.manifest.notes import Notes, Oddity

TRAINED_EDGE = 1280
"""Larger images are resized to this for training; a pixel there is several here."""

Mask = NDArray[np.bool_]


def tidy(manifest: Manifest, notes: Notes) -> Manifest:
    """
    The manifest as an evaluation wants it.

    What can't change the verdict is read as it is meant, what can in the way that is
    worst for the model.

    Raises:
        ManifestError: naming the line of a prediction without confidence.
    """
    return _Tidying(manifest, notes).run()


class _Tidying:
    def __init__(self, manifest: Manifest, notes: Notes) -> None:
        self._manifest = manifest
        self._notes = notes

    def run(self) -> Manifest:
        self._drop_true_negatives()
        self._settle_confidences()
        if self._manifest.is_detection:
            self._settle_boxes()
        else:
            self._drop_repeated_labels()
        self._note(Oddity.REPEATED_SOURCE, list_repeated(self._manifest.sources))
        return replace(self._manifest, notes=self._notes.finish())

    def _note(self, oddity: Oddity, images: Iterable[int]) -> None:
        self._notes.add(oddity, map(self._manifest.line_of, images))

    def _drop(
        self, oddity: Oddity, side: Literal["truth", "entry"], is_kept: Mask
    ) -> None:
        """Leave truths or entries out, and note on which images."""
        manifest = self._manifest
        starts = view(getattr(manifest, f"{side}_starts"))
        self._note(oddity, owners(starts)[~is_kept].tolist())
        new_starts = array("I", starts_of(is_kept, starts).tolist())
        changes: dict[str, Any] = {f"{side}_starts": new_starts}
        for name in ("labels", "kinds", "confidences", "boxes"):
            column: Any = getattr(manifest, f"{side}_{name}", ())
            if len(column):
                chosen = np.repeat(is_kept, len(column) // len(is_kept))
                kept = view(column)[chosen].tobytes()
                changes[f"{side}_{name}"] = array(column.typecode, kept)
        self._manifest = replace(manifest, **changes)

    def _drop_true_negatives(self) -> None:
        if TRUE_NEGATIVE in self._manifest.entry_kinds:
            is_kept = view(self._manifest.entry_kinds) != TRUE_NEGATIVE
            self._drop(Oddity.TRUE_NEGATIVE, "entry", is_kept)

    def _drop_repeated_labels(self) -> None:
        manifest = self._manifest
        keys = owners(view(manifest.truth_starts))
        keys *= len(manifest.labels)
        keys += view(manifest.truth_labels)
        ordered = np.sort(keys)
        if np.any(ordered[1:] == ordered[:-1]):
            is_kept = np.zeros(len(keys), dtype=np.bool_)
            is_kept[np.unique(keys, return_index=True)[1]] = True
            self._drop(Oddity.REPEATED_LABEL, "truth", is_kept)

    def _settle_confidences(self) -> None:
        manifest = self._manifest
        confidences = view(manifest.entry_confidences)
        is_good = (confidences >= 0) & (confidences <= 1)
        if is_good.all():
            return
        images = owners(view(manifest.entry_starts))
        is_missing = np.isnan(confidences)
        is_miss = view(manifest.entry_kinds) == EntryKind.FALSE_NEGATIVE
        broken = np.flatnonzero(is_missing & ~is_miss)
        if len(broken):
            raise ManifestError(
                "a prediction has no `confidence`; wanted a number from 0 to 1.",
                line=manifest.line_of(int(images[broken[0]])),
            )
        self._note(Oddity.NO_CONFIDENCE, images[is_missing].tolist())
        self._note(Oddity.ROUNDED, images[~is_good & ~is_missing].tolist())
        confidences[:] = np.clip(np.nan_to_num(confidences), 0, 1)

    def _settle_boxes(self) -> None:
        """Cut boxes off at the edge; those without area match nothing."""
        manifest = self._manifest
        images = owners(view(manifest.truth_starts))
        is_empty = self._clip(manifest.truth_boxes, images)
        self._note(Oddity.EMPTY_TRUTH, images[is_empty].tolist())
        images = owners(view(manifest.entry_starts))
        kinds = view(manifest.entry_kinds)
        is_empty = self._clip(manifest.entry_boxes, images)
        is_empty &= kinds != EntryKind.FALSE_NEGATIVE
        self._note(Oddity.EMPTY_BOX, images[is_empty].tolist())
        kinds[is_empty] = EntryKind.FALSE_POSITIVE

    def _clip(self, boxes: array[float], images: NDArray[np.intp]) -> Mask:
        """Cut boxes off at the edges of their images; which of them have no area."""
        rows = view(boxes).reshape(-1, 4)
        sizes = view(self._manifest.image_sizes).reshape(-1, 2)
        if all(_is_inside(rows[:, a::2], sizes[:, a], images) for a in (0, 1)):
            return np.zeros(len(rows), dtype=np.bool_)
        limits = sizes.astype(np.float32)[images]
        exact = np.nan_to_num(rows.astype(np.float64), posinf=1e30, neginf=-1e30)
        low, high = exact[:, :2], exact[:, :2] + exact[:, 2:]
        reach = np.maximum(-low, high - limits).max(axis=1, initial=0)
        is_far = reach > np.maximum(1, limits.max(axis=1, initial=1) / TRAINED_EDGE)
        self._note(Oddity.PAST_EDGE, images[is_far].tolist())
        is_out = (reach > 0) | (exact[:, 2:] <= 0).any(axis=1)
        low = np.clip(low, 0, limits)
        high = np.clip(high, low, limits)
        rows[is_out] = np.hstack([low, high - low])[is_out]
        return np.asarray((rows[:, 2:] <= 0).any(axis=1))


def list_repeated(sources: Texts) -> list[int]:
    """The images whose source has been named before."""
    hashes = np.fromiter(map(hash, sources), dtype=np.int64, count=len(sources))
    ordered = np.sort(hashes)
    suspects = np.isin(hashes, ordered[1:][ordered[1:] == ordered[:-1]])
    seen: set[str] = set()
    repeated = []
    for image in np.flatnonzero(suspects).tolist():
        source = sources[image]
        if source in seen:
            repeated.append(image)
        seen.add(source)
    return repeated


def _is_inside(
    spans: NDArray[np.float32], sizes: NDArray[np.uint32], images: NDArray[np.intp]
) -> bool:
    """Whether all boxes lie in their images along one axis: start and length."""
    low, length = spans.T
    if not (low.min(initial=0) >= 0 and length.min(initial=1) > 0):
        return False
    return bool((low + length <= sizes.astype(np.float32)[images]).all())
