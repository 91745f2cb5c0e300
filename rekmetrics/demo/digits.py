"""
The built-in example: two classifiers of handwritten digits, one of them weak.

Both are trained here and now on the images that scikit-learn carries, and both are
tested on the same third of them. The weak one saw four images of each digit, the good
one six hundred in all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rekmetrics.arns import parse_project_arn
from rekmetrics.demo.example import (
    DIGIT_LABELS,
    DemoVersion,
    best_threshold,
    build_version,
)
from rekmetrics.fake_aws.files import LabelledImage, entries_from_scores, write_png

__all__ = ["PROJECT_ARN", "build_digits_example"]

PROJECT_ARN = "arn:aws:rekognition:us-east-1:123456789012:project/digits/1690000000000"

_GOOD = ("digits.2026-03-01T10.00.00", "1772359200000")
_WEAK = ("digits.2026-01-10T09.00.00", "1768035600000")
"""Name of the version, and the number at the end of its ARN."""

_N_NEIGHBOURS = 15
_N_FEW = 4
_SCALE = 8
"""The images are 8 by 8 pixels: enlarged, so that a person can see something."""

Floats = NDArray[np.float64]


def build_digits_example() -> tuple[DemoVersion, DemoVersion]:
    """The good version, then the weak one, which was there before it."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels, truth = digits.images, digits.target
    index = np.arange(len(truth))
    is_test = index % 3 == 2
    half = ~is_test & (index % 2 == 0)
    few = np.zeros(len(truth), dtype=bool)
    for code in range(len(DIGIT_LABELS)):
        few[index[~is_test & (truth == code)][:_N_FEW]] = True
    pictures = _draw(pixels[is_test], truth[is_test])
    return (
        _train_and_test(pixels, truth, half, is_test, pictures, _GOOD),
        _train_and_test(pixels, truth, few, is_test, pictures, _WEAK),
    )


def _train_and_test(
    pixels: Floats,
    truth: NDArray[np.int64],
    is_training: NDArray[np.bool_],
    is_test: NDArray[np.bool_],
    pictures: dict[str, bytes],
    name_and_number: tuple[str, str],
) -> DemoVersion:
    scores = _score(pixels, truth, is_training, is_test)
    wanted = truth[is_test]
    thresholds = {
        label: best_threshold(
            scores[:, code], wanted == code, int((wanted == code).sum())
        )
        for code, label in enumerate(DIGIT_LABELS)
    }
    images = []
    for source_ref, code, row in zip(pictures, wanted, scores.tolist(), strict=True):
        label = DIGIT_LABELS[code]
        by_label = dict(zip(DIGIT_LABELS, row, strict=True))
        entries = entries_from_scores(label, by_label, thresholds)
        images.append(LabelledImage(source_ref, (label,), entries))
    return build_version(
        images,
        pictures,
        project=parse_project_arn(PROJECT_ARN),
        version_name=name_and_number[0],
        created=name_and_number[1],
        thresholds=thresholds,
        n_training_images=int(is_training.sum()),
    )


def _score(
    pixels: Floats,
    truth: NDArray[np.int64],
    is_training: NDArray[np.bool_],
    is_test: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Shape `(n_images, n_labels)`: how sure a classifier is of each label."""
    from sklearn.neighbors import KNeighborsClassifier

    features = pixels.reshape(len(pixels), -1) / 16
    classifier = KNeighborsClassifier(_N_NEIGHBOURS, weights=_nearness)
    classifier.fit(features[is_training], truth[is_training])
    scores: NDArray[np.float32] = classifier.predict_proba(features[is_test])
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
