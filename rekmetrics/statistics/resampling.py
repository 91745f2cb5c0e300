"""
Bootstrap resamples of images, as totals.

A metric needs counts, not images. Images with the same outcome are one row of a
matrix of what they add to the counts, and a resample is a draw of how often each row
occurs: a multinomial one. Rows that many images share are drawn as such; rows of few
images are cheaper to draw image by image. Both give the same distribution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.statistics.interval import Interval

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["Pool", "quantile_interval", "resample"]

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.integer[Any]]

_FEW = 8
"""Images of a row up to which drawing them one by one is cheaper (measured)."""

_CHUNK = 1_000_000
"""Weights and draws held at a time."""


@dataclass(frozen=True, eq=False, slots=True)
class Pool:
    """Imagined images, each as likely as the other; `weight` is how many they count."""

    rows: csr_matrix
    weight: float


def resample(
    counts: NDArray[np.int64],
    rows: csr_matrix,
    *,
    n_resamples: int,
    random: np.random.Generator,
    pool: Pool | None = None,
) -> tuple[Floats, int]:
    """
    Totals of every resample, of shape `(n_resamples, n_columns)`, and its size.

    `rows` of shape `(n_rows, n_columns)` is what one image of each row adds to the
    totals; `counts` says how many images each row stands for. A resample has as many
    images as there are, those of the pool included.
    """
    from scipy.sparse import csr_matrix, vstack

    is_big = counts > _FEW
    big, small = np.flatnonzero(is_big), np.flatnonzero(~is_big)
    n_images = int(counts.sum())
    parts = [rows[big], rows[small]]
    groups: list[Integers] = [np.repeat(np.arange(len(small)), counts[small])]
    weights = [*counts[big], len(groups[0])]
    if pool is not None and pool.rows.shape[0]:
        parts.append(pool.rows)
        groups.append(len(small) + np.arange(pool.rows.shape[0]))
        weights.append(pool.weight)
    columns = csr_matrix(vstack(parts).T).astype(np.float64)
    chances = np.asarray(weights, dtype=np.float64)
    n_draws = round(chances.sum())
    drawn = [
        (columns @ times.T).T
        for times in _draw(
            chances / chances.sum(), groups, n_draws, n_resamples, random, n_images
        )
    ]
    return np.concatenate(drawn), n_draws


def quantile_interval(values: Floats, level: float, value: float) -> Interval | None:
    """
    What the middle of the resampled values spans, the observed value included.

    Resamples in which the metric is undefined do not count; None if all are so.
    """
    defined = values[~np.isnan(values)]
    if len(defined) == 0:
        return None
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return min(float(low), value), max(float(high), value)


def _draw(
    chances: Floats,
    groups: list[Integers],
    n_draws: int,
    n_resamples: int,
    random: np.random.Generator,
    n_images: int,
) -> Iterator[Floats]:
    """How often each row is drawn, `(n_resamples, n_rows)` in chunks of resamples."""
    n_groups = len(groups)
    n_big = len(chances) - n_groups
    n_few = int(max((group.max() + 1 for group in groups if len(group)), default=0))
    size = max(1, _CHUNK // max(n_big + n_few, len(groups[0]), n_images // 8, 1))
    for start in range(0, n_resamples, size):
        n = min(size, n_resamples - start)
        several = random.multinomial(n_draws, chances, size=n)
        times = np.zeros((n, n_big + n_few))
        times[:, :n_big] = several[:, :n_big]
        for which, group in enumerate(groups):
            if len(group):
                times[:, n_big:] += _draw_single(
                    several[:, n_big + which], group, n_few, random
                )
        yield times


def _draw_single(
    n_draws: Integers, group: Integers, n_rows: int, random: np.random.Generator
) -> Integers:
    """Draw images of a group one by one; count each row, per resample."""
    n_total = int(n_draws.sum())
    images = random.integers(len(group), size=n_total, dtype=np.uint32)
    resamples = np.repeat(np.arange(len(n_draws)) * n_rows, n_draws)
    cells = resamples + group[images]
    return np.bincount(cells, minlength=len(n_draws) * n_rows).reshape(-1, n_rows)
