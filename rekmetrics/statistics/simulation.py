"""
Versions that might have been: equally good ones, and worse ones, on the same images.

The true labels stay as they are. How many images are wrong, and which wrong outcomes
they have, is drawn from the version's own: the posterior predictive of a beta and a
Dirichlet distribution, so that the noise of the version itself counts as well as that
of the other (twice the variance of one). Each label that occurs is credited with half
an image more that was wrong, since none seen does not mean that none can be.

Where a second version, about as good, was tested on the same images, what training
anew changes is known image by image. Then every changed image changes, or changes back,
with even chances: the sign-flipping of a paired permutation test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import NO_PREDICTION
from rekmetrics.metrics.records import Tally, divide
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.box_intervals import BoxDraws, mean_of_labels
from rekmetrics.statistics.pairing import find_changed, pair_patterns
from rekmetrics.statistics.rates import mcnemar_p_value
from rekmetrics.statistics.rows import as_rows, imagined_mistakes, layout_of
from rekmetrics.statistics.urn import Urn, draw_changes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics.records import BoxAverage
    from rekmetrics.statistics.pairing import Pairing


Floats: TypeAlias = NDArray[np.float64]
Pair: TypeAlias = tuple[str, str]

_CREDIT = 0.5
"""Wrong images that each label is credited with beyond those seen (Jeffreys)."""

_UNLIKELY = 0.005
"""Versions that differ more than this are not of one quality (McNemar, one side)."""


@dataclass(frozen=True, eq=False)
class Draws:
    """
    What versions did on the images: counts with one leading axis, the versions.

    `pairs` holds how many images of a true label were taken for another one.
    """

    labels: Sequence[str]
    counts: Tally
    pairs: Mapping[Pair, Floats]
    averages: Callable[[BoxAverage], Floats] | None = None
    """Draws the labels' averages over boxes, where they can be drawn."""
    _values: dict[tuple[bool, str], Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.counts.n_images)

    def values(
        self, label: str | None, name: str, predicted: str | None = None
    ) -> Floats | None:
        """A number in every draw; None where draws do not tell it."""
        if label is not None and label not in self._codes:
            return None
        if label is not None and predicted is not None:
            hits = self.pairs.get((label, predicted))
            support = self.counts.support[:, self._codes[label]]
            return None if hits is None else divide(hits, support)
        metric = find_for(label, name)
        key = (label is None, name)
        if metric is not None and key not in self._values:
            if metric.can_be_tested:
                self._values[key] = metric.values(self.counts)
            elif metric.boxes is not None and self.averages is not None:
                found = self.averages(metric.boxes)
                self._values[key] = mean_of_labels(found) if label is None else found
        if key not in self._values:
            return None
        values = self._values[key]
        return values if label is None else values[:, self._codes[label]]

    def lose_recall(self, loss: float, random: np.random.Generator) -> Draws:
        """A quarter of the draws, with so much less recall of every label."""
        n = max(1, len(self) // 4)
        hits, support = self.counts.true_positives[:n], self.counts.support[:n]
        chances = np.divide(loss * support, hits, out=0.0 * hits, where=hits > 0)
        lost = random.binomial(hits.astype(np.int64), chances.clip(0.0, 1.0))
        counts = Tally(
            hits - lost,
            self.counts.false_positives[:n],
            self.counts.false_negatives[:n] + lost,
            self.counts.n_images[:n],
        )
        return Draws(self.labels, counts, {p: h[:n] for p, h in self.pairs.items()})

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {label: code for code, label in enumerate(self.labels)}


class Simulation:
    """
    Draws versions like the one that an evaluation is of.

    With a `baseline` and its complete `pairing`, noise is measured from the two; else
    it is that of sampling, and `why_sampling` says what hinders.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        *,
        baseline: Evaluation | None = None,
        pairing: Pairing | None = None,
        pairs: Iterable[Pair] = (),
        iou: float | str | None = None,
        n_draws: int = 2000,
        seed: int = 0,
    ) -> None:
        self._evaluation = evaluation
        self._layout = layout_of(evaluation)
        self._pairs = tuple(pairs)
        self._iou = iou
        self.n_draws = n_draws
        self._seed = seed
        self._other, self.why_sampling = None, ""
        if baseline is not None and pairing is not None:
            self.why_sampling = _hindrance(evaluation, baseline, pairing)
            self._other = None if self.why_sampling else (baseline, pairing)

    @property
    def basis(self) -> Literal["sampling", "retraining"]:
        """Where the noise comes from."""
        return "sampling" if self._other is None else "retraining"

    def draw(self, *, worse_by: float = 0.0) -> Draws:
        """
        Versions with so many more of all images wrong, as a share of them.

        Of worse ones half as many are drawn: their share is not held so narrowly.
        """
        n_draws = self.n_draws // 2 if worse_by else self.n_draws
        random = np.random.default_rng([self._seed, round(worse_by * 1e6)])
        if self._other is None:
            n_wrong = self._n_wrong(random, worse_by, n_draws)
            draws = self._as_draws(self._wrong[0].draw(n_wrong, random))
            if self._layout.task != "detection":
                return draws
            return replace(draws, averages=partial(self._boxes.draw, n_wrong))
        totals = self._observed + self._draw_changes(random, n_draws)
        if worse_by:
            n_more = random.binomial(self._n_images, worse_by, n_draws)
            totals = totals + self._wrong[0].draw(n_more, random)
        return self._as_draws(totals)

    @cached_property
    def _boxes(self) -> BoxDraws:
        is_wrong = self._is_wrong[self._evaluation.patterns.pattern_of_image]
        credit = _CREDIT * self._layout.n_labels
        return BoxDraws(self._evaluation, is_wrong, self._iou, credit, self._seed)

    @cached_property
    def n_changed(self) -> int | None:
        """Images whose outcome training anew has changed; None where not measured."""
        return None if self._other is None else int(self._changes[1].sum())

    @property
    def _n_images(self) -> int:
        return self._evaluation.n_images

    @cached_property
    def _seen(self) -> csr_matrix:
        return as_rows(self._evaluation.patterns, self._layout)

    @cached_property
    def _wrong(self) -> tuple[Urn, Urn]:
        """What wrong images cost: the seen and imagined ones, and the latter alone."""
        from scipy.sparse import csr_matrix, vstack

        patterns, layout = self._evaluation.patterns, self._layout
        chosen = np.flatnonzero(self._is_wrong)
        random = np.random.default_rng(self._seed)
        imagined = self._costs(imagined_mistakes(patterns, layout, random))
        n_kinds = 1 if layout.task == "multiclass" else 2
        credit = n_kinds * _CREDIT * int((self._evaluation.support > 0).sum())
        n_imagined = imagined.shape[0]
        own = np.full(n_imagined, credit / max(n_imagined, 1))
        rows = csr_matrix(vstack([self._costs(self._seen[chosen]), imagined]))
        weights = np.concatenate([patterns.counts[chosen], own])
        return Urn(rows, weights.astype(np.float64)), Urn(imagined, own)

    @cached_property
    def _is_wrong(self) -> NDArray[np.bool_]:
        """Which patterns have an error."""
        _, false_positives, misses = self._layout.split(self._seen)
        is_wrong: NDArray[np.bool_] = (
            np.asarray((false_positives + misses).sum(axis=1)).ravel() > 0
        )
        return is_wrong

    def _costs(self, rows: csr_matrix) -> csr_matrix:
        """
        What images add beyond what they would if they were right.

        Behind that stands whether they lack the first label of a pair, and have the
        second falsely.
        """
        from scipy.sparse import csr_matrix, hstack

        _, false_positives, misses = self._layout.split(rows)
        labels = self._evaluation.labels
        tables = [rows - self._layout.right(rows)]
        for true, given in self._pairs:
            is_missed = misses[:, [labels.index(true)]].toarray() > 0
            if given == NO_PREDICTION:
                is_seen = np.asarray(false_positives.sum(axis=1)) == 0
            else:
                is_seen = false_positives[:, [labels.index(given)]].toarray() > 0
            tables.append(csr_matrix(is_missed & is_seen))
        return csr_matrix(hstack(tables)).astype(np.float64)

    def _n_wrong(
        self, random: np.random.Generator, worse_by: float, n_draws: int
    ) -> NDArray[np.int64]:
        """How many images each version has wrong."""
        n_wrong = int(self._evaluation.patterns.counts[self._is_wrong].sum())
        n_right = self._n_images - n_wrong
        shares = random.beta(n_wrong + _CREDIT, n_right + _CREDIT, n_draws)
        return random.binomial(self._n_images, np.minimum(shares + worse_by, 1.0))

    @cached_property
    def _observed(self) -> Floats:
        counts = self._evaluation.patterns.counts.astype(np.float64)
        observed: Floats = self._costs(self._seen).T @ counts
        return observed

    @cached_property
    def _changes(self) -> tuple[csr_matrix, NDArray[np.int64]]:
        """What changed images add in the other version, and how many each row is."""
        if self._other is None:
            raise ValueError("no other version is known")
        other, pairing = self._other
        here, there, counts = pair_patterns(self._evaluation, other, pairing)
        theirs = self._costs(as_rows(other.patterns, self._layout))
        change = theirs[there] - self._costs(self._seen)[here]
        chosen = np.flatnonzero(np.asarray(abs(change).sum(axis=1)).ravel())
        return change[chosen], counts[chosen]

    def _draw_changes(self, random: np.random.Generator, n_draws: int) -> Floats:
        rows, counts = self._changes
        net = draw_changes(rows, counts, n_draws, random)
        factor, n_moved = self._togetherness
        # The factor is an estimate from so many labels: as in Student's distribution.
        factors = factor * np.sqrt(n_moved / random.chisquare(n_moved, n_draws))
        _, imagined = self._wrong
        more, fewer = (
            random.poisson(imagined.weights, size=(n_draws, len(imagined.weights)))
            for _ in "+-"
        )
        extra: Floats = (imagined.rows.T.tocsr() @ (more - fewer).T).T
        return np.rint(net * factors[:, None]) + extra

    @cached_property
    def _togetherness(self) -> tuple[float, int]:
        """
        By how much labels change more than if their images changed one by one.

        Images of a label tend to change together; the factor is estimated over all
        labels, from how far each moved and how many of its images did. Also from how
        many labels that is.
        """
        rows, counts = self._changes
        n = self._layout.n_labels
        own = rows[:, n : 3 * n]
        moved = np.asarray(own.T @ counts)
        changed = own.power(2).T @ counts
        n_labels = int((changed.reshape(2, -1).sum(axis=0) > 0).sum())
        ratio = float((moved**2).sum()) / max(float(changed.sum()), 1.0)
        return float(np.sqrt(max(1.0, ratio))), max(n_labels, 4)

    def _as_draws(self, costs: Floats) -> Draws:
        n, n_columns = self._layout.n_labels, self._layout.n_columns
        missed = costs[:, 2 * n : 3 * n].clip(0.0, self._evaluation.support)
        costs[:, :n], costs[:, 2 * n : 3 * n] = -missed, missed
        right = self._layout.right(self._seen).T @ self._evaluation.patterns.counts
        totals = right + costs[:, :n_columns]
        totals[:, 3 * n :] = totals[:, 3 * n :].clip(max=self._n_images)
        of_pairs = dict(zip(self._pairs, costs[:, n_columns:].clip(0).T, strict=True))
        counts = self._layout.tally(totals, self._n_images)
        return Draws(self._evaluation.labels, counts, of_pairs)


def _hindrance(evaluation: Evaluation, baseline: Evaluation, pairing: Pairing) -> str:
    """Why two versions do not show what training anew changes; empty where they do."""
    if not pairing.is_complete or baseline.labels != evaluation.labels:
        return "the two versions were tested on other images, or have other labels"
    changed = find_changed(evaluation, baseline, pairing)
    n_right, n_broken = sorted(int(images.sum()) for images in changed)
    if n_broken == 0:
        return "no image came out right in one of the two versions alone"
    if mcnemar_p_value(n_broken, n_right) <= _UNLIKELY:
        return "the two versions differ by more than training anew explains"
    return ""
