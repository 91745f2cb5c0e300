"""
The second built-in example: two detectors that look for digits on larger pictures.

Handwritten digits (those that scikit-learn carries) are pasted on noisy pictures at
known places, in three sizes, with strokes between them. A window slides over each
picture, a small classifier says what it sees, and of windows that overlap the most
confident stays. Both detectors are trained here and now and tested on the same
pictures, made from digits that neither has seen; the weak one saw far fewer pictures.

What stays is written as Rekognition would: a threshold for each label, chosen for best
F1 on the test set; below it only what lies on a missed box.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from rekmetrics.demo.example import (
    DIGIT_LABELS,
    DemoVersion,
    best_threshold,
    build_version,
)
from rekmetrics.fake_aws.files import Box, Entry, LabelledImage, write_png
from rekmetrics.metrics.boxes import (
    LabelledBoxes,
    Matching,
    find_pairs,
    match_pairs,
)
from rekmetrics.metrics.detection import average_precision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


PROJECT_ARN = (
    "arn:aws:rekognition:us-east-1:123456789012:project/digit-finder/1690000000001"
)

_VERSIONS = (
    ("digit-finder.2026-03-01T10.00.00", "1772359200001", 300),
    ("digit-finder.2026-01-10T09.00.00", "1768035600001", 6),
)
"""Name, the number at the end of its ARN, how many pictures it saw."""

_N_TEST_IMAGES = 150
_WIDTH, _HEIGHT = 128, 96
_SCALES = (2, 4, 6)
"""Digits are 8 by 8 pixels, enlarged by one of these."""

_SIDE = 8
_N_FEATURES = 800
_N_BACKGROUNDS = 40
_INK = 0.35
"""How dark a pixel must be to belong to a digit."""

_SHARPNESS = 8
"""Of confidences: the classifier says 1 for what it is sure of, else 0."""

_LOWEST_CONFIDENCE = 0.1
_OVERLAP_OF_DUPLICATES = 0.4
_MATCHING_IOU = 0.5

Floats = NDArray[np.float32]
Indexes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Picture:
    """Ink from 0 to 1 of shape `(height, width)`, and what was pasted where."""

    ink: Floats
    codes: tuple[int, ...]
    squares: tuple[Box, ...]
    """Where each digit's 8 by 8 enlarged pixels lie."""
    boxes: tuple[Box, ...]
    """The ink of each digit, closely."""


def build_example() -> tuple[DemoVersion, ...]:
    """The good version, then the weak one, which was there before it."""
    from sklearn.datasets import load_digits
    from threadpoolctl import threadpool_limits

    digits = load_digits()
    is_test = np.arange(len(digits.target)) % 3 == 2
    ink = (digits.images / 16).astype(np.float32)
    tested = _paste(ink[is_test], digits.target[is_test], _N_TEST_IMAGES, seed=1)
    n_most = _VERSIONS[0][2]
    seen = _paste(ink[~is_test], digits.target[~is_test], n_most, seed=2)
    pngs = {
        f"s3://rekmetrics-demo/pictures/{number:04}.png": write_png(
            (255 * (1 - picture.ink)).astype(np.uint8)
        )
        for number, picture in enumerate(tested)
    }
    # One thread: the same sums on every machine, and small matrices gain nothing.
    with threadpool_limits(limits=1):
        return tuple(
            _train_and_test(seen[:n_seen], tested, pngs, (name, number))
            for name, number, n_seen in _VERSIONS
        )


def _paste(
    digits: Floats, codes: Indexes, n_pictures: int, *, seed: int
) -> list[_Picture]:
    random = np.random.default_rng(seed)
    return [_paste_one(digits, codes, random) for _ in range(n_pictures)]


def _paste_one(digits: Floats, codes: Indexes, random: np.random.Generator) -> _Picture:
    ink = _scribble(random)
    found: list[tuple[int, Box, Box]] = []
    for _ in range(random.integers(2, 7)):
        which = int(random.integers(len(digits)))
        scale = int(random.choice(_SCALES, p=(0.3, 0.45, 0.25)))
        side = _SIDE * scale
        left = int(random.integers(0, _WIDTH - side + 1))
        top = int(random.integers(0, _HEIGHT - side + 1))
        square = Box(left, top, side, side)
        if (_overlaps([square], [other for _, other, _ in found]) > 0.04).any():
            continue
        large = np.kron(digits[which], np.ones((scale, scale), np.float32))
        place = _cut(ink, square)
        np.maximum(place, large * random.uniform(0.6, 1), out=place)
        found.append((int(codes[which]), square, _shrink(square, large)))
    ink += random.normal(0, 0.08, ink.shape).astype(np.float32)
    pasted, squares, boxes = zip(*found, strict=True)
    return _Picture(ink.clip(0, 1), pasted, squares, boxes)


def _scribble(random: np.random.Generator) -> Floats:
    """A sheet with a few straight strokes that are no digits."""
    ink = np.zeros((_HEIGHT, _WIDTH), np.float32)
    for _ in range(random.integers(0, 4)):
        start = random.uniform((0, 0), (_HEIGHT, _WIDTH))
        direction = random.uniform(-1, 1, 2) * random.uniform(10, 30)
        along = np.linspace(0, 1, 80)[:, None]
        rows, columns = (start + along * direction).astype(int).T
        inside = (rows >= 0) & (rows < _HEIGHT - 2)
        inside &= (columns >= 0) & (columns < _WIDTH - 2)
        for thickness in range(3):
            ink[rows[inside] + thickness, columns[inside]] = random.uniform(0.5, 0.9)
    return ink


def _cut(ink: Floats, square: Box) -> Floats:
    left, top, width, height = (int(number) for number in square)
    return ink[top : top + height, left : left + width]


def _shrink(square: Box, ink: Floats) -> Box:
    """The rectangle of what is dark within a square; all of it where nothing is."""
    rows = np.flatnonzero((ink >= _INK).any(axis=1))
    columns = np.flatnonzero((ink >= _INK).any(axis=0))
    if len(rows) == 0:
        return square
    return Box(
        square.left + int(columns[0]),
        square.top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )


def _overlaps(some: Sequence[Box] | Indexes, others: Sequence[Box]) -> Floats:
    """Intersection over union of each pair, shape `(n_some, n_others)`."""
    ones, twos = np.array(some)[:, None], np.array(others).reshape(1, -1, 4)
    starts = np.maximum(ones[..., :2], twos[..., :2])
    ends = (ones[..., :2] + ones[..., 2:]).clip(max=twos[..., :2] + twos[..., 2:])
    shared = (ends - starts).clip(0).prod(axis=-1)
    union = ones[..., 2:].prod(axis=-1) + twos[..., 2:].prod(axis=-1) - shared
    overlaps: Floats = (shared / union).astype(np.float32)
    return overlaps


def _windows(picture: _Picture) -> tuple[Floats, NDArray[np.int64]]:
    """
    What a sliding window sees, in three sizes, and where: as rows of boxes.

    Windows have shape `(n_windows, 64)`; those with hardly any ink are left out.
    """
    seen, places = [], []
    for scale in _SCALES:
        height, width = _HEIGHT // scale, _WIDTH // scale
        small = picture.ink[: height * scale, : width * scale]
        small = small.reshape(height, scale, width, scale).mean(axis=(1, 3))
        views = np.lib.stride_tricks.sliding_window_view(small, (_SIDE, _SIDE))
        tops, lefts = np.nonzero(views.mean(axis=(2, 3)) > 0.15)
        seen.append(views[tops, lefts].reshape(-1, _SIDE * _SIDE))
        sides = np.full(len(tops), _SIDE * scale)
        places.append(np.column_stack([lefts * scale, tops * scale, sides, sides]))
    return np.concatenate(seen), np.concatenate(places)


def _train(pictures: Sequence[_Picture]) -> Any:
    """Random features of windows and a linear classifier; the last class is nothing."""
    from sklearn.kernel_approximation import RBFSampler
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    random = np.random.default_rng(3)
    examples = [_examples(picture, random) for picture in pictures]
    windows, codes = (np.concatenate(part) for part in zip(*examples, strict=True))
    wanted = np.eye(len(DIGIT_LABELS) + 1, dtype=np.float32)[codes]
    features = RBFSampler(gamma=2, n_components=_N_FEATURES, random_state=3)
    detector = make_pipeline(Normalizer(), features, Ridge())
    return detector.fit(windows, wanted)


def _examples(picture: _Picture, random: np.random.Generator) -> tuple[Floats, Indexes]:
    """Windows that lie on a digit with its code, and some that lie on none."""
    windows, places = _windows(picture)
    overlaps = _overlaps(places, picture.squares)
    best = overlaps.argmax(axis=1)
    highest = overlaps.max(axis=1)
    codes = np.where(highest > 0.7, np.array(picture.codes)[best], len(DIGIT_LABELS))
    digits = np.flatnonzero(highest > 0.7)
    nothing = random.permutation(np.flatnonzero(highest < 0.5))[:_N_BACKGROUNDS]
    chosen = np.concatenate([digits, nothing])
    return windows[chosen], codes[chosen]


def _detect(pictures: Sequence[_Picture], detector: Any) -> LabelledBoxes:
    """Every box that the detector reports, however unsure."""
    rows = [
        (image, code, *box, confidence)
        for image, picture in enumerate(pictures)
        for code, box, confidence in _detect_on(picture, detector)
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 7)
    images, labels = table[:, :2].astype(np.int64).T
    confidences = table[:, 6].astype(np.float32).astype(np.float64)
    return LabelledBoxes(images, labels, table[:, 2:6], confidences)


def _detect_on(picture: _Picture, detector: Any) -> Iterator[tuple[int, Box, float]]:
    windows, places = _windows(picture)
    confidences = np.exp(_SHARPNESS * detector.predict(windows))
    confidences /= confidences.sum(axis=1, keepdims=True)
    for code in range(len(DIGIT_LABELS)):
        own = confidences[:, code]
        left = np.flatnonzero(own >= _LOWEST_CONFIDENCE)
        left = left[np.argsort(-own[left], kind="stable")]
        while len(left):
            square = Box(*places[left[0]].tolist())
            yield code, _shrink(square, _cut(picture.ink, square)), own[left[0]]
            overlaps = _overlaps(places[left], [square])[:, 0]
            left = left[overlaps <= _OVERLAP_OF_DUPLICATES]


def _train_and_test(
    seen: Sequence[_Picture],
    tested: Sequence[_Picture],
    pngs: dict[str, bytes],
    name_and_number: tuple[str, str],
) -> DemoVersion:
    truths, predictions = _true_boxes(tested), _detect(tested, _train(seen))
    pairs = find_pairs(truths, predictions, minimum_iou=_MATCHING_IOU)
    matching = match_pairs(pairs, ious=[_MATCHING_IOU], n_labels=len(DIGIT_LABELS))
    thresholds, entries = _judge(matching, truths, predictions, len(tested))
    images = [
        LabelledImage(
            source_ref,
            tuple(DIGIT_LABELS[code] for code in picture.codes),
            tuple(sorted(own, key=lambda entry: -entry.confidence)),
            picture.boxes,
            (_WIDTH, _HEIGHT),
        )
        for source_ref, picture, own in zip(pngs, tested, entries, strict=True)
    ]
    average = average_precision(matching)
    return build_version(
        images,
        pngs,
        project_arn=PROJECT_ARN,
        version_name=name_and_number[0],
        created=name_and_number[1],
        thresholds=thresholds,
        trained_on=[
            f"s3://rekmetrics-demo/trained/{number:04}.png"
            for number in range(len(seen))
        ],
        averages={
            "AveragePrecision": float(average.precision.mean()),
            "AverageRecall": float(average.recall.mean()),
        },
    )


def _true_boxes(pictures: Sequence[_Picture]) -> LabelledBoxes:
    codes, boxes = (
        np.concatenate([getattr(picture, part) for picture in pictures])
        for part in ("codes", "boxes")
    )
    images = np.repeat(np.arange(len(pictures)), [len(p.codes) for p in pictures])
    return LabelledBoxes(images, codes, boxes.astype(np.float64), np.zeros(0))


def _judge(
    matching: Matching, truths: LabelledBoxes, predictions: LabelledBoxes, n_images: int
) -> tuple[dict[str, float], list[list[Entry]]]:
    """Thresholds with the best F1 on the test set, as AWS picks; entries by image."""
    thresholds: dict[str, float] = {}
    entries: list[list[Entry]] = [[] for _ in range(n_images)]
    n_truths = np.bincount(truths.labels, minlength=len(DIGIT_LABELS))
    for code, label in enumerate(DIGIT_LABELS):
        own = slice(matching.starts[code], matching.starts[code + 1])
        rows, is_hit = matching.rows[own], matching.is_hit[0, own]
        confidences = predictions.confidences[rows]
        least = best_threshold(confidences, is_hit, int(n_truths[code]))
        thresholds[label] = least
        for row, confidence, is_right in zip(rows, confidences, is_hit, strict=True):
            if confidence < least and not is_right:
                continue
            found: Literal["TP", "FP"] = "TP" if is_right else "FP"
            kind: Literal["TP", "FP", "FN"] = found if confidence >= least else "FN"
            box = Box(*map(int, predictions.boxes[row]))
            entry = Entry(label, float(confidence), kind, box)
            entries[predictions.images[row]].append(entry)
    return thresholds, entries
