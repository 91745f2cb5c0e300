"""A comparison as `--json` writes it; its JSON Schema is made from these records."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

__all__ = ["Comparison", "Group", "Image", "Images", "Number", "Rival", "Step"]
__all__ += ["Version"]

Interval = tuple[float, float]


class Number(Struct, frozen=True):
    """A number of a version, how sure it is, and what it is held against."""

    value: float | None
    """Null where it is undefined."""
    interval: Interval | None = None
    min: float | None = None
    max: float | None = None
    is_short: bool = False
    """Whether the bound does not hold."""


class Version(Struct, frozen=True, kw_only=True):
    """One version; what was not judged has a reason instead of numbers."""

    name: str
    """Unique in the file."""
    version_arn: str | None = None
    requested: str | None = None
    """The word that was given in the name's place."""
    trained: str | None = None
    """When training ended; of a folder, when testing did."""
    verdict: Literal["passed", "failed", "incomplete"] | None = None
    exit_code: int
    """As of a gate; 0 without a verdict where none was wanted."""
    reason: str | None = None
    """Why it was not judged."""
    n_images: int | None = None
    metrics: dict[str, Number] = {}
    """Of the model as a whole: those with a bound, and the one that ranks."""
    labels: dict[str, dict[str, Number]] = {}
    """By label, then metric: those with a bound; F1 of a label without one."""
    fell_short: list[str] = []
    """Ids of the checks that block."""


class Rival(Struct, frozen=True, kw_only=True):
    """A version beside the best of its group; only what passes is tested."""

    name: str
    is_passed: bool
    lead: float | None = None
    """By how much the best is better."""
    interval: Interval | None = None
    """Of the lead, at 95 %."""
    test: str | None = None
    p_value: float | None = None
    """Two-sided."""
    adjusted_p_value: float | None = None
    """By Holm's method, as one of all pairs of those that pass."""
    is_beaten: bool = False
    """Whether the best is better by more than noise explains."""


class Step(Struct, frozen=True, kw_only=True):
    """From one version to the next that was tested on the same images."""

    before: str
    after: str
    n_newly_broken: int
    n_newly_right: int
    share_changed: float


class Image(Struct, frozen=True, kw_only=True):
    """One image, and what versions said of it."""

    source_ref: str
    truths: list[str]
    said: str
    """What most versions said."""
    n_agreed: int
    """How many said just that."""
    right_in: list[str]
    """The versions that were right."""


class Images(Struct, frozen=True):
    """So many images, and the first of them."""

    n: int
    first: list[Image]


class Group(Struct, frozen=True, kw_only=True):
    """Versions that were tested on the same images."""

    versions: list[str]
    """The newest first."""
    n_images: int
    best: str | None
    """Null where none passes."""
    rivals: list[Rival]
    """All but the best: those that pass first, the better first."""
    steps: list[Step]
    """The oldest first."""
    share_changed: float | None
    """The median of the steps; what a training alone changes, where no more differs."""
    all_right: Images
    all_wrong: Images
    """Those first of which most versions say the same."""
    some_right: Images
    """Those first that changed most often."""

    @property
    def next_best(self) -> Rival | None:
        """The next of those that pass."""
        return next((rival for rival in self.rivals if rival.is_passed), None)


class Comparison(Struct, frozen=True, kw_only=True):
    """Versions judged by one file of bounds, ranked by one metric, told apart."""

    schema: Literal[1] = 1
    exit_code: int
    time: str
    message: str
    by: str
    """The metric that ranks."""
    thresholds: str
    """SHA-256 of the file with the bounds."""
    best: str | None
    """Of the first group in which a version passes."""
    versions: list[Version]
    """The newest first, then those that were not judged."""
    groups: list[Group]
    """That of the newest version first."""

    def version(self, name: str) -> Version:
        """The version of this name."""
        return next(version for version in self.versions if version.name == name)
