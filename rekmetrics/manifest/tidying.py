"""What is odd in a manifest's columns, set right and noted."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import ManifestError
from rekmetrics.manifest.classification import TRUE_NEGATIVE
from rekmetrics.manifest.columns import EntryKind, Manifest, Texts
from rekmetrics.manifest.notes import Notes, Oddity

__all__ = ["tidy"]

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
        self._note(Oddity.REPEATED_SOURCE, _list_repeated(self._manifest.sources))
        return replace(self._manifest, notes=self._notes.finish())

    def _note(self, oddity: Oddity, images: Iterable[int]) -> None:
        self._notes.add(oddity, map(self._manifest.line_of, images))

    def _drop_true_negatives(self) -> None:
        manifest = self._manifest
        if TRUE_NEGATIVE not in manifest.entry_kinds:
            return
        is_kept = _view(manifest.entry_kinds) != TRUE_NEGATIVE
        owners = _owners(manifest.entry_starts)
        self._note(Oddity.TRUE_NEGATIVE, owners[~is_kept].tolist())
        is_box_kept = np.repeat(is_kept, 4 if manifest.is_detection else 0)
        self._manifest = replace(
            manifest,
            entry_starts=_recount(manifest.entry_starts, is_kept),
            entry_labels=_keep(manifest.entry_labels, is_kept),
            entry_kinds=_keep(manifest.entry_kinds, is_kept),
            entry_confidences=_keep(manifest.entry_confidences, is_kept),
            entry_boxes=_keep(manifest.entry_boxes, is_box_kept),
        )

    def _settle_confidences(self) -> None:
        manifest = self._manifest
        confidences = _view(manifest.entry_confidences)
        is_good = (confidences >= 0) & (confidences <= 1)
        if is_good.all():
            return
        owners = _owners(manifest.entry_starts)
        is_missing = np.isnan(confidences)
        is_miss = _view(manifest.entry_kinds) == EntryKind.FALSE_NEGATIVE
        broken = np.flatnonzero(is_missing & ~is_miss)
        if len(broken):
            raise ManifestError(
                "a prediction has no `confidence`; wanted a number from 0 to 1.",
                line=manifest.line_of(int(owners[broken[0]])),
            )
        self._note(Oddity.NO_CONFIDENCE, owners[is_missing].tolist())
        self._note(Oddity.ROUNDED, owners[~is_good & ~is_missing].tolist())
        confidences[:] = np.clip(np.nan_to_num(confidences), 0, 1)

    def _drop_repeated_labels(self) -> None:
        manifest = self._manifest
        owners = _owners(manifest.truth_starts)
        keys = owners * len(manifest.labels) + _view(manifest.truth_labels)
        first = np.unique(keys, return_index=True)[1]
        if len(first) == len(keys):
            return
        is_kept = np.zeros(len(keys), dtype=np.bool_)
        is_kept[first] = True
        self._note(Oddity.REPEATED_LABEL, owners[~is_kept].tolist())
        self._manifest = replace(
            manifest,
            truth_starts=_recount(manifest.truth_starts, is_kept),
            truth_labels=_keep(manifest.truth_labels, is_kept),
        )

    def _settle_boxes(self) -> None:
        """Cut boxes off at the edge; those without area match nothing."""
        manifest = self._manifest
        owners = _owners(manifest.truth_starts)
        is_empty = self._clip(manifest.truth_boxes, owners)
        self._note(Oddity.EMPTY_TRUTH, owners[is_empty].tolist())
        owners = _owners(manifest.entry_starts)
        kinds = _view(manifest.entry_kinds)
        is_empty = self._clip(manifest.entry_boxes, owners)
        is_empty &= kinds != EntryKind.FALSE_NEGATIVE
        self._note(Oddity.EMPTY_BOX, owners[is_empty].tolist())
        kinds[is_empty] = EntryKind.FALSE_POSITIVE

    def _clip(self, boxes: array[float], owners: NDArray[np.intp]) -> Mask:
        """Cut boxes off at the edges of their images; which of them have no area."""
        rows = _view(boxes).reshape(-1, 4)
        sizes = _view(self._manifest.image_sizes).reshape(-1, 2)
        limits = sizes.astype(np.float32)[owners]
        low, size = rows[:, :2], rows[:, 2:]
        if rows.min(initial=0) >= 0 and size.all() and (low + size <= limits).all():
            return np.zeros(len(rows), dtype=np.bool_)
        exact = np.nan_to_num(rows.astype(np.float64), posinf=1e30, neginf=-1e30)
        low, high = exact[:, :2], exact[:, :2] + exact[:, 2:]
        reach = np.maximum(-low, high - limits).max(axis=1, initial=0)
        is_far = reach > np.maximum(1, limits.max(axis=1, initial=1) / TRAINED_EDGE)
        self._note(Oddity.PAST_EDGE, owners[is_far].tolist())
        is_out = (reach > 0) | (exact[:, 2:] <= 0).any(axis=1)
        low = np.clip(low, 0, limits)
        high = np.clip(high, low, limits)
        rows[is_out] = np.hstack([low, high - low])[is_out]
        return np.asarray((rows[:, 2:] <= 0).any(axis=1))


def _view(column: array[Any]) -> NDArray[Any]:
    """The column's own memory, to be written to as well."""
    if len(column) == 0:
        return np.zeros(0, dtype=np.dtype(column.typecode))
    return np.frombuffer(column, dtype=np.dtype(column.typecode))


def _owners(starts: array[int]) -> NDArray[np.intp]:
    """The image of each item."""
    return np.repeat(np.arange(len(starts) - 1), np.diff(_view(starts)))


def _keep(column: array[Any], is_kept: Mask) -> array[Any]:
    kept = array(column.typecode)
    kept.frombytes(_view(column)[is_kept].tobytes())
    return kept


def _recount(starts: array[int], is_kept: Mask) -> array[int]:
    n_before = np.concatenate(([0], np.cumsum(is_kept)))
    return array(starts.typecode, n_before[_view(starts)].tolist())


def _list_repeated(sources: Texts) -> list[int]:
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
