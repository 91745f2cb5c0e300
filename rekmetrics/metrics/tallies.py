"""
Counts that metrics are functions of, for many sets of counts at once.

Nothing heavy is imported until something is counted: the records of the metrics hold
formulas over these counts, and are read by commands that never compute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Numeric = NDArray[Any]

__all__ = ["Tally", "divide", "zeroed"]


@dataclass(frozen=True, eq=False)
class Tally:
    """
    Counts per label, of shape `(…, n_labels)`, and of images, of shape `(…)`.

    The leading axes are anything: resamples, for example. `sums` holds, by the name of
    a metric that is a mean over images, the sum over images of its `per_image`.
    """

    true_positives: Numeric
    false_positives: Numeric
    false_negatives: Numeric
    n_images: Numeric
    sums: Mapping[str, Numeric] = field(default_factory=dict)

    @cached_property
    def support(self) -> Numeric:
        return self.true_positives + self.false_negatives

    @cached_property
    def predicted(self) -> Numeric:
        return self.true_positives + self.false_positives

    @cached_property
    def errors(self) -> Numeric:
        return self.false_positives + self.false_negatives

    @cached_property
    def union(self) -> Numeric:
        """Cases of a label, in the truth or in the predictions."""
        return self.true_positives + self.errors

    @cached_property
    def images(self) -> Numeric:
        """Images beside the labels, of shape `(…, 1)`."""
        import numpy as np

        return np.asarray(self.n_images)[..., None]

    @cached_property
    def others(self) -> Numeric:
        """Images without the label."""
        return self.images - self.support


def divide(numerator: Numeric, denominator: Numeric | int) -> Floats:
    """The quotient; NaN where there is nothing to divide by."""
    import numpy as np

    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    quotient = np.full(shape, np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.not_equal(denominator, 0))
    return quotient


def zeroed(values: Floats) -> Floats:
    """The values, 0 where they are undefined."""
    import numpy as np

    return np.nan_to_num(values)
