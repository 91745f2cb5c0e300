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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation import NO_PREDICTION
from rekmetrics.metrics.numbers import image_scores
from rekmetrics.metrics.records import Tally, divide
from rekmetrics.metrics.registry import find_for
from rekmetrics.statistics.rates import mcnemar_p_value
from rekmetrics.statistics.rows import imagined_mistakes, layout_of
from rekmetrics.statistics.urn import Urn, draw_changes

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation, ImagePatterns
    from rekmetrics.statistics.pairing import Pairing

__all__ = ["Draws", "Simulation"]

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
        if metric is None or metric.formula is None:
            return None
        key = (label is None, name)
        if key not in self._values:
            self._values[key] = metric.values(self.counts)
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
    it is that of sampling.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        *,
        baseline: Evaluation | None = None,
        pairing: Pairing | None = None,
        pairs: Iterable[Pair] = (),
        n_draws: int = 2000,
        seed: int = 0,
    ) -> None:
        self._evaluation = evaluation
        self._pairs = tuple(pairs)
        self.n_draws = n_draws
        self._seed = seed
        self._other = None
        if baseline is not None and pairing is not None and pairing.is_complete:
            is_alike = baseline.labels == evaluation.labels
            is_alike = is_alike and _are_equally_good(evaluation, baseline, pairing)
            self._other = (baseline, pairing) if is_alike else None

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
            return self._as_draws(self._wrong.draw(n_wrong, random))
        totals = self._observed + self._draw_changes(random, n_draws)
        if worse_by:
            n_more = random.binomial(self._n_images, worse_by, n_draws)
            totals = totals + self._wrong.draw(n_more, random)
        return self._as_draws(totals)

    @cached_property
    def n_changed(self) -> int | None:
        """Images whose outcome training anew has changed; None where not measured."""
        return None if self._other is None else int(self._changes[1].sum())

    @property
    def _n_images(self) -> int:
        return self._evaluation.n_images

    @cached_property
    def _wrong(self) -> Urn:
        """Wrong images: the patterns that were seen, and imagined ones behind them."""
        from scipy.sparse import csr_matrix, vstack

        patterns = self._evaluation.patterns
        table = self._errors(self._rows_of_patterns)
        chosen = np.flatnonzero(_is_wrong(patterns))
        random = np.random.default_rng(self._seed)
        mistakes = imagined_mistakes(patterns, self._evaluation.task, random)
        n_mistakes = mistakes[0].shape[0]
        n_occurring = int((self._evaluation.support > 0).sum())
        n_kinds = 1 if self._evaluation.task == "multiclass" else 2
        credit = n_kinds * _CREDIT * n_occurring / max(n_mistakes, 1)
        weights = [patterns.counts[chosen], np.full(n_mistakes, credit)]
        rows = csr_matrix(vstack([table[chosen], self._errors(mistakes)]))
        return Urn(rows, np.concatenate(weights).astype(np.float64))

    @property
    def _n_seen(self) -> int:
        """How many patterns of wrong images there are."""
        return int(_is_wrong(self._evaluation.patterns).sum())

    @property
    def _rows_of_patterns(self) -> tuple[csr_matrix, csr_matrix, csr_matrix]:
        patterns = self._evaluation.patterns
        return (
            patterns.true_positives,
            patterns.false_positives,
            patterns.false_negatives,
        )

    def _errors(self, parts: tuple[csr_matrix, csr_matrix, csr_matrix]) -> csr_matrix:
        """
        What images add beyond those that are right: false positives and negatives.

        Then the loss (or gain) of each mean over images, then the pairs asked for.
        """
        from scipy.sparse import csr_matrix, hstack

        hits, false_positives, misses = parts
        task = self._evaluation.task
        given = image_scores(hits, false_positives, misses, task)
        nothing = hits * 0
        best = image_scores(hits + misses, nothing, nothing, task)
        columns = [given[name] - best[name] for name in given]
        columns += [
            self._taken_for(pair, false_positives, misses) for pair in self._pairs
        ]
        tables = [false_positives, misses]
        if columns:
            tables.append(csr_matrix(np.stack(columns, axis=1)))
        return csr_matrix(hstack(tables)).astype(np.float64)

    def _taken_for(
        self, pair: Pair, false_positives: csr_matrix, misses: csr_matrix
    ) -> Floats:
        """Whether an image lacks the first label and has the second falsely."""
        labels = self._evaluation.labels
        is_missed = misses[:, labels.index(pair[0])].toarray().ravel() > 0
        if pair[1] == NO_PREDICTION:
            is_seen = np.asarray(false_positives.sum(axis=1)).ravel() == 0
        else:
            is_seen = false_positives[:, labels.index(pair[1])].toarray().ravel() > 0
        return np.asarray(is_missed & is_seen, dtype=np.float64)

    def _n_wrong(
        self, random: np.random.Generator, worse_by: float, n_draws: int
    ) -> NDArray[np.int64]:
        """How many images each version has wrong."""
        patterns = self._evaluation.patterns
        n_wrong = int(patterns.counts[_is_wrong(patterns)].sum())
        n_right = self._n_images - n_wrong
        shares = random.beta(n_wrong + _CREDIT, n_right + _CREDIT, n_draws)
        return random.binomial(self._n_images, np.minimum(shares + worse_by, 1.0))

    @cached_property
    def _observed(self) -> Floats:
        table = self._errors(self._rows_of_patterns)
        totals: Floats = table.T @ self._evaluation.patterns.counts.astype(np.float64)
        return totals

    @cached_property
    def _changes(self) -> tuple[csr_matrix, NDArray[np.int64]]:
        """What changed images add in the other version, and how many each row is."""
        if self._other is None:
            raise ValueError("no other version is known")
        other, pairing = self._other
        ours, theirs = self._evaluation.patterns, other.patterns
        both, counts = np.unique(
            ours.pattern_of_image[pairing.here] * len(theirs.counts)
            + theirs.pattern_of_image[pairing.there],
            return_counts=True,
        )
        left, right = np.divmod(both, len(theirs.counts))
        there = self._errors(
            (theirs.true_positives, theirs.false_positives, theirs.false_negatives)
        )
        change = there[right] - self._errors(self._rows_of_patterns)[left]
        is_changed = np.asarray(abs(change).sum(axis=1)).ravel() > 0
        chosen = np.flatnonzero(is_changed)
        return change[chosen], counts[chosen].astype(np.int64)

    def _draw_changes(self, random: np.random.Generator, n_draws: int) -> Floats:
        rows, counts = self._changes
        net = draw_changes(rows, counts, n_draws, random)
        factor, n_moved = self._togetherness
        # The factor is an estimate from so many labels: as in Student's distribution.
        factors = factor * np.sqrt(n_moved / random.chisquare(n_moved, n_draws))
        imagined = self._wrong.rows[self._n_seen :]
        weights = self._wrong.weights[self._n_seen :]
        more, fewer = (
            random.poisson(weights, size=(n_draws, len(weights))) for _ in "+-"
        )
        extra: Floats = (imagined.T.tocsr() @ (more - fewer).T).T
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
        own = rows[:, : 2 * self._evaluation.n_labels]
        moved = np.asarray(own.T @ counts)
        changed = own.power(2).T @ counts
        n_labels = int((changed.reshape(2, -1).sum(axis=0) > 0).sum())
        ratio = float((moved**2).sum()) / max(float(changed.sum()), 1.0)
        return float(np.sqrt(max(1.0, ratio))), max(n_labels, 4)

    def _as_draws(self, totals: Floats) -> Draws:
        n = self._evaluation.n_labels
        layout = layout_of(self._evaluation)
        support = self._evaluation.support
        misses = totals[:, n : 2 * n].clip(0, support)
        best = self._best_sums
        sums = {
            name: (best[name] + totals[:, 2 * n + place]).clip(0, self._n_images)
            for place, name in enumerate(layout.scores)
        }
        counts = Tally(
            support - misses,
            totals[:, :n].clip(0),
            misses,
            np.full(len(totals), self._n_images),
            sums,
        )
        of_pairs = totals[:, 2 * n + len(layout.scores) :].clip(0)
        labels = self._evaluation.labels
        return Draws(labels, counts, dict(zip(self._pairs, of_pairs.T, strict=True)))

    @cached_property
    def _best_sums(self) -> dict[str, float]:
        """The sums over images if all were right."""
        hits, _, misses = self._rows_of_patterns
        nothing = hits * 0
        scores = image_scores(hits + misses, nothing, nothing, self._evaluation.task)
        counts = self._evaluation.patterns.counts
        return {name: float(counts @ values) for name, values in scores.items()}


def _are_equally_good(
    evaluation: Evaluation, baseline: Evaluation, pairing: Pairing
) -> bool:
    """Whether chance may have made the difference; else it is no noise to measure."""
    is_wrong, was_wrong = (
        _is_wrong(p)[p.pattern_of_image]
        for p in (evaluation.patterns, baseline.patterns)
    )
    here, there = is_wrong[pairing.here], was_wrong[pairing.there]
    n_broken, n_right = int((here & ~there).sum()), int((there & ~here).sum())
    one_sided = mcnemar_p_value(max(n_broken, n_right), min(n_broken, n_right))
    return one_sided > _UNLIKELY


def _is_wrong(patterns: ImagePatterns) -> NDArray[np.bool_]:
    """Which patterns have an error."""
    errors = patterns.false_positives + patterns.false_negatives
    is_wrong: NDArray[np.bool_] = np.asarray(errors.sum(axis=1)).ravel() > 0
    return is_wrong
