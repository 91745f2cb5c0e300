"""
What there is to say of one metric, as one record, and the counts it is a function of.

Nothing heavy is imported until something is counted: commands that never compute read
the records too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rekmetrics.evaluation import Evaluation, Task

    Floats = NDArray[np.float64]
    Numeric = NDArray[Any]
    Formula = Callable[["Tally"], Floats]


Scope = Literal["overall", "label"]
AverageKind = Literal["precision", "recall"]

ALL_TASKS: frozenset[Task] = frozenset(("multiclass", "multilabel", "detection"))
IMAGES: frozenset[Task] = frozenset(("multiclass", "multilabel"))
MULTICLASS: frozenset[Task] = frozenset(("multiclass",))
MULTILABEL: frozenset[Task] = frozenset(("multilabel",))
DETECTION: frozenset[Task] = frozenset(("detection",))


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


class Share(NamedTuple):
    """
    What a rate counts: so many hits of so many cases, as functions of a `Tally`.

    `of_images` are the tasks in which an image is one case at most: Wilson's interval
    is meant for these. `curve` turns the share into the metric, where it is not the
    share itself; the ends of its interval then are those of the share, so turned.
    """

    hits: Callable[[Tally], Floats]
    total: Callable[[Tally], Floats]
    of_images: frozenset[Task]
    curve: Callable[[float], float] | None = None


@dataclass(frozen=True, slots=True)
class BoxAverage:
    """
    Which average over boxes: of precision or recall, at which overlap, of which size.

    `iou` is as the thresholds file writes it; None is what it asks for.
    """

    kind: AverageKind
    iou: float | str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """
    One metric: its name, its good direction, the range its values lie in, what it is.

    `formula` computes it from counts with any leading axes, of shape `(…)`, or
    `(…, n_labels)` for one of labels, NaN where it is undefined. What is a mean over
    images has `per_image` instead: what each image adds, given a tally of images and
    how many labels are at stake in one. What has a `share` counts cases: in the tasks
    `counted_in` its value is that share. Averages over boxes have `boxes`, and metrics
    that a team registered a `function`. `observed` counts images that a tally does not
    know: those are the hits of a rate that cannot be resampled.
    """

    name: str
    tasks: frozenset[Task]
    definition: str
    scope: Scope = "overall"
    greater_is_better: bool = True
    lowest: float = 0.0
    highest: float = 1.0
    function: Callable[[Evaluation], float | None] | None = None
    formula: Formula | None = None
    per_image: Callable[[Tally, int], Floats] | None = None
    share: Share | None = None
    counted_in: frozenset[Task] = ALL_TASKS
    boxes: BoxAverage | None = None
    observed: Callable[[Evaluation], int] | None = None

    @property
    def best(self) -> float:
        """The value that no model can exceed."""
        return self.highest if self.greater_is_better else self.lowest

    @property
    def worst(self) -> float:
        """The end of the range that no version falls short of."""
        return self.lowest if self.greater_is_better else self.highest

    @property
    def has_interval(self) -> bool:
        """Whether it is computed on resampled images, or counts images itself."""
        made_by = (self.boxes, self.observed)
        return self.can_be_tested or any(way is not None for way in made_by)

    @property
    def can_be_tested(self) -> bool:
        """Whether a drop of it can be tested: it is a function of images' counts."""
        return self.formula is not None or self.per_image is not None

    def counted(self, task: Task) -> Share | None:
        """The share that is its value, if that counts cases in this task."""
        return self.share if task in self.counted_in else None

    def values(self, counts: Tally) -> Floats:
        """The metric at these counts; only for one that has an interval."""
        if self.per_image is not None:
            return divide(counts.sums[self.name], counts.n_images)
        if self.formula is None:
            raise ValueError(f"{self.name} is no function of counts")
        return self.formula(counts)


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
