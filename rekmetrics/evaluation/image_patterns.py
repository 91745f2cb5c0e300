"""Images with equal outcomes, counted: what resampling of images works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class ImagePatterns:
    """
    The different outcomes that images had, and how many images had each.

    `counts` has shape `(n_patterns,)`; the three matrices have shape `(n_patterns,
    n_labels)` and say what one image of the pattern contributes to the counts of each
    label. Image `i` has pattern `pattern_of_image[i]`. The order of the patterns does
    not depend on the order of the images.
    """

    counts: Counts
    true_positives: csr_matrix
    false_positives: csr_matrix
    false_negatives: csr_matrix
    pattern_of_image: NDArray[np.intp]


def find_cell_patterns(y_true: Counts, y_pred: Counts, n_labels: int) -> ImagePatterns:
    """Multiclass: the pattern of an image is its cell of the confusion matrix."""
    from scipy.sparse import csr_matrix

    width = n_labels + 1
    cells, which, counts = np.unique(
        y_true * width + y_pred, return_inverse=True, return_counts=True
    )
    truth, predicted = np.divmod(cells, width)

    def mark(chosen: NDArray[np.bool_], labels: Counts) -> csr_matrix:
        rows = np.flatnonzero(chosen)
        ones = np.ones(len(rows), dtype=np.int32)
        shape = (len(cells), n_labels)
        return csr_matrix((ones, (rows, labels[chosen])), shape=shape)

    is_right = truth == predicted
    return ImagePatterns(
        counts=counts.astype(np.int64),
        true_positives=mark(is_right, truth),
        false_positives=mark(~is_right & (predicted < n_labels), predicted),
        false_negatives=mark(~is_right, truth),
        pattern_of_image=which.astype(np.intp),
    )


def find_row_patterns(
    outcomes: tuple[csr_matrix, csr_matrix, csr_matrix],
) -> ImagePatterns:
    """
    Other tasks: images whose rows are equal in all three tables share a pattern.

    Rows are told apart by 64-bit sums of random weights, which are the same in every
    run; two different rows meet by chance once in a billion evaluations.
    """
    random = np.random.default_rng(20_190_906)
    digest = np.zeros(outcomes[0].shape[0], dtype=np.uint64)
    for table in outcomes:
        size = table.shape[1]
        weights = random.integers(2**64, size=size, dtype=np.uint64)
        digest += table.astype(np.uint64) @ weights
    _, first, which, counts = np.unique(
        digest, return_index=True, return_inverse=True, return_counts=True
    )
    hits, false_positives, misses = (table[first] for table in outcomes)
    return ImagePatterns(
        counts=counts.astype(np.int64),
        true_positives=hits,
        false_positives=false_positives,
        false_negatives=misses,
        pattern_of_image=which.astype(np.intp),
    )
