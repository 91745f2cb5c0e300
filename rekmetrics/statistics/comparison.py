"""
One version beside another: which images changed, and whether a fall is more than noise.

On the same images both versions meet the same difficulties, so they are compared image
by image: far smaller losses show than between two separate intervals. All tests are
one-sided: only a loss counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rekmetrics.errors import RequestError
from rekmetrics.statistics.differences import Differences, Key
from rekmetrics.statistics.intervals import IntervalRequest
from rekmetrics.statistics.multiplicity import N_RESAMPLES
from rekmetrics.statistics.pairing import Pairing, pair_images
from rekmetrics.statistics.rates import Interval

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from rekmetrics.evaluation import Evaluation
    from rekmetrics.metrics import Numbers


Floats: TypeAlias = NDArray[np.float64]
Test: TypeAlias = tuple[str | None, str, Literal["mcnemar", "bootstrap"]]
"""Label (None: overall), metric, and the test that is wanted."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    A version beside its baseline.

    `newly_broken` and `newly_right` are indexes of images of the version under test,
    among those that both have with the same ground truth: right in the one and wrong
    in the other. An image is right if all its labels (boxes) are.
    """

    baseline: Numbers
    pairing: Pairing
    newly_broken: NDArray[np.intp]
    newly_right: NDArray[np.intp]
    labels_only_here: tuple[str, ...]
    labels_only_there: tuple[str, ...]
    p_values: Mapping[Key, float | None]
    """By label (None: overall) and metric; None where no test was possible."""
    tests: Mapping[Key, str]
    """The test behind each p-value: McNemar's, or a paired or unpaired bootstrap."""
    newly_broken_by_label: Mapping[str, int]
    """Images by label that both know: right in that label there, and wrong here."""
    newly_right_by_label: Mapping[str, int]
    intervals: Mapping[IntervalRequest, Interval | None] = field(default_factory=dict)
    """What is lost, as an interval, where it was asked for; negative is a gain."""
    is_same_version: bool = False
    """Whether the baseline is this very version, so that nothing is compared."""

    @property
    def is_paired(self) -> bool:
        """Whether both were tested on the same images, with the same ground truth."""
        return self.pairing.is_complete

    @property
    def reason(self) -> str:
        """Why they cannot be paired; empty where they are."""
        return self.pairing.reason

    @property
    def n_newly_broken(self) -> int:
        return len(self.newly_broken)

    @property
    def n_newly_right(self) -> int:
        return len(self.newly_right)


def compare(
    evaluation: Evaluation,
    baseline: Evaluation,
    tests: Iterable[Test] = (),
    *,
    intervals: Iterable[IntervalRequest] = (),
    baseline_numbers: Numbers,
    is_same_version: bool = False,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Comparison:
    """
    Compare a version with its baseline, and test the falls that are asked for.

    Labels are matched by name, images by source. McNemar's test is for accuracy on the
    same images; wherever else it is asked for, a bootstrap takes its place, and
    `Comparison.tests` says so.

    Raises:
        RequestError: if the two are models of different kinds.
    """
    _require_one_task(evaluation, baseline)
    pairing = pair_images(evaluation, baseline)
    losses = Differences(evaluation, baseline, pairing, n_resamples, seed)
    found = {(test[0], test[1]): losses.test(*test) for test in tests}
    here, there = evaluation.labels, baseline.labels
    return Comparison(
        baseline_numbers,
        pairing,
        pairing.here[losses.changed[0]],
        pairing.here[losses.changed[1]],
        tuple(sorted({*here} - {*there}, key=here.index)),
        tuple(sorted({*there} - {*here}, key=there.index)),
        {key: p_value for key, (p_value, _) in found.items()},
        {key: test for key, (_, test) in found.items()},
        *_count_changes(evaluation, baseline, pairing),
        {request: losses.interval(*request) for request in intervals},
        is_same_version,
    )


def _require_one_task(evaluation: Evaluation, baseline: Evaluation) -> None:
    if evaluation.task != baseline.task:
        raise RequestError(
            f"The baseline was read as a {baseline.task} model, the version under test "
            f"as {evaluation.task}: they cannot be compared; choose another baseline, "
            f"or say in the thresholds file how to read both (task: …)."
        )


def _count_changes(
    evaluation: Evaluation, baseline: Evaluation, pairing: Pairing
) -> tuple[dict[str, int], dict[str, int]]:
    """For labels that both know: the images newly broken in it, and newly right."""
    known = set(baseline.labels)
    shared = [label for label in evaluation.labels if label in known]
    is_wrong = _wrong_labels(evaluation, pairing.here, shared)
    was_wrong = _wrong_labels(baseline, pairing.there, shared)
    broken, mended = (
        np.asarray(changed.sum(axis=0), dtype=np.int64).ravel().tolist()
        for changed in (is_wrong > was_wrong, was_wrong > is_wrong)
    )
    return dict(zip(shared, broken, strict=True)), dict(
        zip(shared, mended, strict=True)
    )


def _wrong_labels(
    evaluation: Evaluation, images: NDArray[np.intp], labels: list[str]
) -> csr_matrix:
    """Shape `(n_images, n_labels)`: whether an image is wrong in a label."""
    patterns = evaluation.patterns
    code_of = {label: code for code, label in enumerate(evaluation.labels)}
    wrong = (patterns.false_positives + patterns.false_negatives) > 0
    own = wrong.tocsc()[:, [code_of[label] for label in labels]].tocsr()
    return own[patterns.pattern_of_image[images]]
