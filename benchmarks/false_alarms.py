"""
How often the gate blocks versions that are as good, and lets pass worse ones.

    python benchmarks/false_alarms.py [n_versions]

One recipe is trained many times, or one model's versions are simulated. Bounds are made
from each version, as `rekmetrics init` makes them, and every other version is held
against them: what is blocked is a false alarm. Then versions are made 1, 2, 5 and 10
points worse. Beside it stands what `rekmetrics explain` says beforehand.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rekmetrics.allowances import find_bounds
from rekmetrics.evaluation import Boxes, Evaluation, Task
from rekmetrics.gate import judge
from rekmetrics.gate.bounds import Evidence
from rekmetrics.gate.error_rates import ErrorRates, Known, error_rates
from rekmetrics.manifest import Texts
from rekmetrics.metrics import Numbers
from rekmetrics.metrics.numbers import measure
from rekmetrics.scaffold import Origin, render_thresholds, wanted_bounds
from rekmetrics.statistics.pairing import pair_images
from rekmetrics.statistics.simulation import Simulation
from rekmetrics.thresholds import Check, parse_thresholds

Flags = NDArray[np.bool_]

POINTS = (1, 2, 5, 10)
N_EXPLAINED = 6
README = """
metrics:
  accuracy: 0.92
  f1_macro: 0.85
  hamming_loss: {max: 0.05}
  matthews_corrcoef: {min: 0.80, level: warning}
labels:
  "*": {recall: 0.75}
"""


@dataclass(frozen=True)
class Version:
    """What a version said of images, as indicators of shape `(n_images, n_labels)`."""

    truth: Flags
    given: Flags
    task: Task

    @cached_property
    def evaluation(self) -> Evaluation:
        return make_evaluation(self.truth, self.given, self.task)

    @cached_property
    def numbers(self) -> Numbers:
        return measure(self.evaluation)

    def make_worse(self, points: int, random: np.random.Generator) -> Version:
        """So many more images in a hundred are wrong."""
        right = np.flatnonzero((self.truth == self.given).all(axis=1))
        n_more = min(round(points / 100 * len(self.truth)), len(right))
        chosen = random.choice(right, n_more, replace=False)
        given = self.given.copy()
        for image in chosen:
            given[image] = self._spoil(image, random)
        return Version(self.truth, given, self.task)

    def _spoil(self, image: int, random: np.random.Generator) -> Flags:
        """Another label for one that the image has; sometimes none."""
        given = self.truth[image].copy()
        given[random.choice(np.flatnonzero(given))] = False
        others = np.flatnonzero(~self.truth[image])
        if self.task == "multiclass" or random.random() < 0.5:
            given[random.choice(others)] = True
        return given


@dataclass(frozen=True)
class Family:
    """Versions of one recipe on the same images, and on others of the same kind."""

    name: str
    versions: Sequence[Version]
    elsewhere: Sequence[Version]


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 30
    print("Shares in %, bounds of `rekmetrics init --false-alarm-rate 0.05`")
    print(
        "false alarms: other versions on the same images / on other images / where the "
        "bounds were\nmeasured from two versions; caught: versions 1, 2, 5, 10 points "
        "worse; said: by explain\n"
    )
    print(f"{'':36} {'false alarms':>19}  {'said':>5}  {'caught':>19}  {'said':>19}")
    for family in families(n):
        show(family)
    print(f"\nThe bounds of the README\n{'':36} {'false alarms':>19}  {'said':>5}")
    for family in digits(n):
        show_readme(family)


def families(n: int) -> Iterator[Family]:
    yield from digits(n)
    for task in ("multilabel", "detection"):
        for n_images in (100, 900, 10_000):
            yield simulated(task, n_images, n if n_images < 5000 else min(n, 12))


def show(family: Family) -> None:
    versions = family.versions
    worse = [
        [v.make_worse(points, np.random.default_rng(place)) for points in POINTS]
        for place, v in enumerate(versions)
    ]
    same, other, paired, caught = [], [], [], []
    said: list[ErrorRates] = []
    for place, version in enumerate(versions):
        checks = make_checks(version)
        others = [k for k, v in enumerate(versions) if v is not version]
        same += [is_blocked(checks, versions[k]) for k in others]
        other += [is_blocked(checks, v) for v in family.elsewhere[: len(others)]]
        caught += [[is_blocked(checks, v) for v in worse[k]] for k in others]
        partner = others[place % len(others)]
        measured = make_checks(version, versions[partner])
        paired += [is_blocked(measured, versions[k]) for k in others if k != partner]
        if place < N_EXPLAINED:
            said.append(explain(checks, version))
    alarms = " /".join(f"{share(x):5.1f}" for x in (same, other, paired))
    said_passing = [[1 - one.passing[p] for one in said] for p in POINTS]
    print(
        f"{family.name:36} {alarms:>19}  {share([s.false_alarms for s in said]):5.1f}  "
        + " ".join(f"{share(column):4.0f}" for column in zip(*caught, strict=True))
        + "   "
        + " ".join(f"{share(column):4.0f}" for column in said_passing)
    )


def show_readme(family: Family) -> None:
    version = family.versions[0]
    file = parse_thresholds(README.encode(), "README")
    checks = file.plan(version.evaluation.labels, version.task)
    found = [is_blocked(checks, v) for v in family.versions]
    said = [explain(checks, v).false_alarms for v in family.versions[:N_EXPLAINED]]
    print(f"{family.name:36} {share(found):19.1f}  {share(said):5.1f}")


def make_checks(version: Version, partner: Version | None = None) -> Sequence[Check]:
    """The checks of the file that `rekmetrics init` writes."""
    evaluation = version.evaluation
    labels, task = evaluation.labels, evaluation.task
    simulation = Simulation(evaluation)
    if partner is not None:
        other = partner.evaluation
        pairing = pair_images(evaluation, other)
        simulation = Simulation(evaluation, baseline=other, pairing=pairing)
    bounds = find_bounds(
        wanted_bounds(labels, task),
        version.numbers,
        simulation.draw(),
        false_alarm_rate=0.05,
    )
    origin = Origin("v", 0.05, simulation.basis)
    text = render_thresholds(bounds, labels, task, origin=origin)
    return parse_thresholds(text.encode(), "t.yaml").plan(labels, task)


def is_blocked(checks: Sequence[Check], version: Version) -> bool:
    return bool(judge(checks, version.numbers, task=version.task).blocking)


def explain(checks: Sequence[Check], version: Version) -> ErrorRates:
    known = Known(Evidence(version.numbers, version.task, {}, {}))
    return error_rates(checks, Simulation(version.evaluation, n_draws=1000), known)


def share(values: Sequence[float | bool]) -> float:
    return 100 * float(np.mean(values)) if len(values) else float("nan")


def digits(n: int) -> Iterator[Family]:
    """Two recipes on scikit-learn's digits, each trained on 400 random images."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    pixels, truth = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(truth))
    test, pool = order[:899], order[899:]
    recipes = {
        "digits, logistic regression, 899": LogisticRegression(max_iter=300),
        "digits, 5 nearest neighbours, 899": KNeighborsClassifier(),
    }
    for name, recipe in recipes.items():
        versions, elsewhere = [], []
        for seed in range(n):
            chosen = np.random.default_rng(seed).permutation(pool)
            recipe.fit(pixels[chosen[:400]] / 16, truth[chosen[:400]])
            given = recipe.predict(pixels / 16)
            unseen = chosen[400:]
            versions.append(of_codes(truth[test], given[test]))
            elsewhere.append(of_codes(truth[unseen], given[unseen]))
        yield Family(name, versions, elsewhere)


def of_codes(truth: NDArray[np.int64], given: NDArray[np.int64]) -> Version:
    return Version(
        np.eye(10, dtype=bool)[truth], np.eye(10, dtype=bool)[given], "multiclass"
    )


def simulated(task: Task, n_images: int, n: int, n_labels: int = 10) -> Family:
    """Some images are harder than others, for every version; labels differ too."""
    random = np.random.default_rng(n_images)

    def draw_images() -> tuple[Flags, NDArray[np.float64]]:
        truth = random.random((n_images, n_labels)) < 0.15
        truth[np.arange(n_images), random.integers(n_labels, size=n_images)] = True
        hardness = random.normal(0, 1, (n_images, 1)) + random.normal(
            0, 0.5, (1, n_labels)
        )
        return truth, hardness

    def draw_version(truth: Flags, hardness: NDArray[np.float64]) -> Version:
        missed = random.random(truth.shape) < 1 / (1 + np.exp(3.2 - hardness))
        seen = random.random(truth.shape) < 1 / (1 + np.exp(5.5 - hardness))
        return Version(truth, np.where(truth, ~missed, seen), task)

    here, there = draw_images(), draw_images()
    versions = [draw_version(*here) for _ in range(n)]
    elsewhere = [draw_version(there[0], here_hardness(here, there)) for _ in range(n)]
    return Family(f"{task}, simulated, {n_images}", versions, elsewhere)


def here_hardness(here, there) -> NDArray[np.float64]:
    """The other images' hardness, with the labels' own share as here."""
    of_labels = here[1].mean(axis=0, keepdims=True)
    return there[1] - there[1].mean(axis=0, keepdims=True) + of_labels


def make_evaluation(truth: Flags, given: Flags, task: Task) -> Evaluation:
    """Every label has a place of its own in an image."""
    n_images, n_labels = truth.shape
    either = truth | given
    _, codes = np.nonzero(either)
    _, true_codes = np.nonzero(truth)
    kinds = np.where(truth, np.where(given, 1, 3), 2)[either]
    names = [str(index).encode() for index in range(n_images)]
    ends = np.cumsum([len(name) for name in names]).tolist()
    return Evaluation(
        task=task,
        labels=tuple(f"label {code}" for code in range(n_labels)),
        sources=Texts(b"".join(names), array("Q", ends)),
        truth_starts=starts(truth),
        truth_labels=true_codes.astype(np.uint16),
        entry_starts=starts(either),
        entry_labels=codes.astype(np.uint16),
        entry_kinds=kinds.astype(np.uint8),
        entry_confidences=np.full(len(codes), 0.9, dtype=np.float32),
        assumed_thresholds=np.full(n_labels, 0.5),
        boxes=Boxes(place(true_codes), place(codes), np.full((n_images, 2), 640))
        if task == "detection"
        else None,
    )


def starts(flags: Flags) -> NDArray[np.uint32]:
    return np.concatenate([[0], np.cumsum(flags.sum(axis=1))]).astype(np.uint32)


def place(codes: NDArray[np.int64]) -> NDArray[np.float32]:
    boxes = np.stack([codes * 40, codes * 40, codes * 0 + 30, codes * 0 + 30], axis=1)
    return boxes.astype(np.float32)


if __name__ == "__main__":
    main()
