"""A comparison as `--json` writes it: its JSON Schema is made from these records."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

__all__ = [
    "Comparison",
    "Group",
    "History",
    "Image",
    "Images",
    "Judged",
    "Point",
    "Rival",
    "Step",
    "Version",
]

Interval = Annotated[tuple[float, float], Meta(description="Low end, high end.")]
Number = Annotated[float | None, Meta(description="Null where it is undefined.")]


class Judged(Struct, frozen=True):
    """A number, and how sure it is."""

    value: Number
    interval: Interval | None


class Version(Struct, frozen=True, kw_only=True):
    """One version; what was not judged has a reason instead of numbers."""

    name: Annotated[str, Meta(description="Unique in the file.")]
    version_arn: str | None = None
    requested: Annotated[
        str | None, Meta(description="The word given in the name's place.")
    ] = None
    trained: Annotated[
        str | None, Meta(description="When training ended, else testing.")
    ] = None
    verdict: Literal["passed", "failed", "incomplete"] | None = None
    exit_code: Annotated[
        int, Meta(description="As of a gate; 0 without a verdict: none was wanted.")
    ]
    reason: Annotated[str | None, Meta(description="Why it was not judged.")] = None
    n_images: Annotated[int | None, Meta(description="Test images.")] = None
    metrics: Annotated[
        dict[str, Judged], Meta(description="Of the model as a whole: with a rule.")
    ] = {}
    fell_short: Annotated[
        list[str], Meta(description="Ids of the checks that block.")
    ] = []


class Rival(Struct, frozen=True, kw_only=True):
    """A version beside the best of its group."""

    name: str
    is_passed: bool
    lead: Annotated[
        float | None, Meta(description="By how much the best is better.")
    ] = None
    interval: Annotated[Interval | None, Meta(description="Of the lead, at 95 %.")] = (
        None
    )
    test: Annotated[str | None, Meta(description="Null where nothing was tested.")] = (
        None
    )
    p_value: Annotated[float | None, Meta(description="Two-sided.")] = None
    adjusted_p_value: Annotated[
        float | None,
        Meta(description="By Holm's method, as one of all pairs of those that pass."),
    ] = None
    is_beaten: Annotated[
        bool, Meta(description="Whether the best is better than noise explains.")
    ] = False


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
    said: Annotated[str, Meta(description="What most versions said.")]
    n_agreed: Annotated[int, Meta(description="How many said just that.")]
    right_in: Annotated[list[str], Meta(description="Versions that were right.")]


class Images(Struct, frozen=True):
    """So many images, and the first of them."""

    n: int
    first: list[Image]


class Group(Struct, frozen=True, kw_only=True):
    """Versions that were tested on the same images."""

    versions: Annotated[list[str], Meta(description="The newest first.")]
    n_images: int
    best: Annotated[Version | None, Meta(description="Null where none passes.")]
    rivals: Annotated[
        list[Rival],
        Meta(description="All but the best: those that pass first, the better first."),
    ]
    steps: Annotated[list[Step], Meta(description="The oldest first.")]
    share_changed: Annotated[float | None, Meta(description="The median of the steps.")]
    all_right: Images
    all_wrong: Annotated[
        Images, Meta(description="Those first of which most versions say the same.")
    ]
    some_right: Annotated[
        Images, Meta(description="Those first that changed most often.")
    ]

    @property
    def next_best(self) -> Rival | None:
        """The next of those that pass."""
        return next((rival for rival in self.rivals if rival.is_passed), None)


class Point(Struct, frozen=True, kw_only=True):
    """One version's number; `group` counts the groups from 0."""

    version: str
    value: Number
    interval: Interval | None
    is_short: Annotated[bool, Meta(description="Whether its rule does not hold.")]
    group: int


class History(Struct, frozen=True, kw_only=True):
    """One number over time, the oldest version first, and its bounds."""

    label: str | None
    metric: str
    min: float | None
    max: float | None
    points: list[Point]


class Comparison(Struct, frozen=True, kw_only=True):
    """Versions judged by one file of bounds, ranked by one metric, told apart."""

    schema: Literal[1] = 1
    exit_code: int
    time: str
    message: str
    by: Annotated[str, Meta(description="The metric that ranks.")]
    thresholds: Annotated[str, Meta(description="SHA-256 of the file with the bounds.")]
    best: Annotated[
        str | None, Meta(description="Of the first group in which a version passes.")
    ]
    versions: Annotated[
        list[Version], Meta(description="The newest first, then those not judged.")
    ]
    groups: Annotated[
        list[Group], Meta(description="That of the newest version first.")
    ]
    histories: list[History]
