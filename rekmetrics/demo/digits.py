"""
The built-in example: classifiers of handwritten digits, a good, a weak and a middling.

All are trained here and now on the images that scikit-learn carries, and tested on the
same third of them. The weak one saw four images of each digit, the good one sixty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rekmetrics.demo.example import (
    DIGIT_LABELS,
    DemoVersion,
    best_threshold,
    build_version,
)
from rekmetrics.fake_aws.files import LabelledImage, entries_from_scores, write_png

PROJECT_ARN = "arn:aws:rekognition:us-east-1:123456789012:project/digits/1690000000000"

_VERSIONS = (
    ("digits.2026-03-01T10.00.00", "1772359200000", 60),
    ("digits.2026-01-10T09.00.00", "1768035600000", 4),
    ("digits.2026-02-10T09.30.00", "1770715800000", 30),
)
"""Name, the number at the end of its ARN, how many images of each digit it saw."""

_N_NEIGHBOURS = 15
_SCALE = 8
"""The images are 8 by 8 pixels: enlarged, so that a person can see something."""

Floats = NDArray[np.float64]


def build_example() -> tuple[DemoVersion, ...]:
    """The good version, then a weak and a middling one, which were there before it."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    is_test = np.arange(len(digits.target)) % 3 == 2
    features, truth = digits.data / 16, digits.target
    pictures = _draw(digits.images[is_test], truth[is_test])
    versions = []
    for name, created, n_seen in _VERSIONS:
        seen = np.concatenate(
            [np.flatnonzero(~is_test & (truth == code))[:n_seen] for code in range(10)]
        )
        scores = _score(features[seen], truth[seen], features[is_test])
        refs = [f"s3://rekmetrics-demo/training/{number:04}.png" for number in seen]
        version = _evaluate(scores, truth[is_test], pictures, name, created, refs)
        versions.append(version)
    return tuple(versions)


def _evaluate(
    scores: NDArray[np.float32],
    truth: NDArray[np.int64],
    pictures: dict[str, bytes],
    name: str,
    created: str,
    trained_on: list[str],
) -> DemoVersion:
    thresholds = {
        label: best_threshold(scores[:, code], truth == code, (truth == code).sum())
        for code, label in enumerate(DIGIT_LABELS)
    }
    images = []
    for source_ref, code, row in zip(pictures, truth, scores.tolist(), strict=True):
        label = DIGIT_LABELS[code]
        by_label = dict(zip(DIGIT_LABELS, row, strict=True))
        entries = entries_from_scores(label, by_label, thresholds)
        images.append(LabelledImage(source_ref, (label,), entries))
    return build_version(
        images,
        pictures,
        project_arn=PROJECT_ARN,
        version_name=name,
        created=created,
        thresholds=thresholds,
        trained_on=trained_on,
    )


def _score(
    seen: Floats, truth: NDArray[np.int64], tested: Floats
) -> NDArray[np.float32]:
    """Shape `(n_images, n_labels)`: how sure a classifier is of each label."""
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(_N_NEIGHBOURS, weights=_nearness)
    scores: NDArray[np.float64] = classifier.fit(seen, truth).predict_proba(tested)
    return scores.astype(np.float32)


def _nearness(distances: Floats) -> Floats:
    nearness: Floats = np.exp(-(distances**2))
    return nearness


def _draw(pixels: Floats, truth: NDArray[np.int64]) -> dict[str, bytes]:
    """The test images as PNG, dark on light, by source-ref."""
    pictures = {}
    for number, (image, code) in enumerate(zip(pixels, truth, strict=True)):
        grey = (255 - image * (255 / 16)).astype(np.uint8)
        large = np.kron(grey, np.ones((_SCALE, _SCALE), dtype=np.uint8))
        source_ref = f"s3://rekmetrics-demo/images/{DIGIT_LABELS[code]}-{number:04}.png"
        pictures[source_ref] = write_png(large)
    return pictures
