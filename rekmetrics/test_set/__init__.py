"""Whether the test set is fit to judge by: what it shares with training, and so on."""

from __future__ import annotations

from rekmetrics.test_set.overlap import Share, TrainingSet
from rekmetrics.test_set.study import Study, n_for_width, study_test_set
from rekmetrics.test_set.suspects import (
    Suspect,
    Suspects,
    find_suspects,
)

__all__ = [
    "Share",
    "Study",
    "Suspect",
    "Suspects",
    "TrainingSet",
    "find_suspects",
    "n_for_width",
    "study_test_set",
]
