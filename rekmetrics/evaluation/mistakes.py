"""Which images stand behind a wrong cell or a label's rule, most confident first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rekmetrics.evaluation.arrays import Evaluation
from rekmetrics.manifest import EntryKind, owners

Images = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing the model said of an image, or held back (`is_prediction` false)."""

    label: int
    confidence: float
    is_prediction: bool
    is_right: bool


@dataclass(frozen=True, eq=False)
class Mistakes:
    """
    What was missed and what was seen falsely, as pairs of an image and a label.

    The false ones are sorted by confidence, the highest first.
    """

    missed_images: Images
    missed_labels: Images
    false_images: Images
    false_labels: Images

    def false(self, label: int) -> Images:
        """Images where the label was seen falsely."""
        return distinct(self.false_images[self.false_labels == label])

    def missed(self, label: int) -> Images:
        """Images that lack the label; those that were given another falsely first."""
        missed = self.missed_images[self.missed_labels == label]
        confident = self.false_images[np.isin(self.false_images, missed)]
        return distinct(np.concatenate([confident, missed]))

    def confused(self, label: int, seen: int) -> Images:
        """Images that lack a label and were given another one falsely."""
        missed = self.missed_images[self.missed_labels == label]
        false = self.false(seen)
        return false[np.isin(false, missed)]

    def unseen(self, label: int) -> Images:
        """Images that lack a label and were given none falsely."""
        missed = self.missed_images[self.missed_labels == label]
        return distinct(missed[~np.isin(missed, self.false_images)])


def find_mistakes(evaluation: Evaluation) -> Mistakes:
    """All mistakes of an evaluation, by the rules of its task."""
    if evaluation.task == "multiclass":
        return _find_single(evaluation)
    images = owners(evaluation.entry_starts)
    labels = evaluation.entry_labels.astype(np.int64)
    false = np.flatnonzero(evaluation.entry_kinds == EntryKind.FALSE_POSITIVE)
    false = false[np.argsort(-evaluation.entry_confidences[false], kind="stable")]
    missed_images, missed_labels = find_missed(evaluation)
    return Mistakes(missed_images, missed_labels, images[false], labels[false])


def find_missed(evaluation: Evaluation) -> tuple[Images, Images]:
    """Images and labels of the truths that no prediction names; boxes by their flag."""
    images = owners(evaluation.entry_starts)
    labels = evaluation.entry_labels.astype(np.int64)
    if evaluation.task == "detection":
        is_missed = evaluation.entry_kinds == EntryKind.FALSE_NEGATIVE
        return images[is_missed], labels[is_missed]
    n, predicted = evaluation.n_labels, evaluation.is_prediction
    truths = owners(evaluation.truth_starts) * n + evaluation.truth_labels
    missed = np.setdiff1d(truths, images[predicted] * n + labels[predicted])
    return missed // n, missed % n


def group_by_truth(evaluation: Evaluation, images: Images) -> dict[int, Images]:
    """Images under each of their true labels, in their order; the most first."""
    starts, labels = evaluation.truth_starts, evaluation.truth_labels
    groups: dict[int, list[int]] = {}
    for image in images.tolist():
        for code in dict.fromkeys(labels[starts[image] : starts[image + 1]].tolist()):
            groups.setdefault(code, []).append(image)
    by_size = sorted(groups.items(), key=lambda item: -len(item[1]))
    return {code: np.array(found, dtype=np.int64) for code, found in by_size}


def list_seen(evaluation: Evaluation, image: int) -> list[Seen]:
    """What the evaluation holds of one image, the most confident first."""
    first, last = (int(evaluation.entry_starts[i]) for i in (image, image + 1))
    seen = [
        Seen(
            int(evaluation.entry_labels[i]),
            float(evaluation.entry_confidences[i]),
            bool(evaluation.is_prediction[i]),
            bool(evaluation.entry_kinds[i] == EntryKind.TRUE_POSITIVE),
        )
        for i in range(first, last)
    ]
    return sorted(seen, key=lambda s: (not s.is_prediction, -s.confidence))


def _find_single(evaluation: Evaluation) -> Mistakes:
    """One label an image: an image is one mistake at most."""
    wrong = np.flatnonzero(evaluation.y_true != evaluation.y_pred)
    confidences = _best_confidence(evaluation)[wrong]
    wrong = wrong[np.argsort(-confidences, kind="stable")]
    seen = np.asarray(evaluation.y_pred, dtype=np.int64)[wrong]
    is_seen = seen < evaluation.n_labels
    truths = np.asarray(evaluation.y_true, dtype=np.int64)[wrong]
    return Mistakes(wrong, truths, wrong[is_seen], seen[is_seen])


def _best_confidence(evaluation: Evaluation) -> NDArray[np.float64]:
    """Shape `(n_images,)`: the highest confidence of a prediction, 0 without one."""
    best = np.zeros(evaluation.n_images)
    predicted = evaluation.is_prediction
    images = owners(evaluation.entry_starts)[predicted]
    np.maximum.at(best, images, evaluation.entry_confidences[predicted])
    return best


def distinct(images: Images) -> Images:
    """Each image once, where it stands first."""
    return images[np.sort(np.unique(images, return_index=True)[1])]
