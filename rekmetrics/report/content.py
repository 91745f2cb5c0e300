"""What a report says, as one value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Literal

from rekmetrics.evaluation.mistakes import Images, Mistakes, find_mistakes
from rekmetrics.metrics.confusions import Cell, Grid, count_confusions, find_images
from rekmetrics.report.markup import escape_lines, escape_text
from rekmetrics.texts import hide_signature, isolate, mask_account, reveal

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation
    from rekmetrics.gate import Outcome, Verdict
    from rekmetrics.judgement import Judgement
    from rekmetrics.loading import Loaded
    from rekmetrics.metrics import Numbers
    from rekmetrics.model import Model
    from rekmetrics.statistics import Comparison


RATES = ("precision", "recall", "f1")
"""What is shown of every label, judged or not."""

_MOST_CELLS = 600
"""Wrong cells beyond these are counted, and their images not listed."""
State = Literal["passed", "failed", "incomplete"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ReportContent:
    """
    A judgement, and how its run ended; texts are raw and escaped later.

    `state` has no default, and a page says "passed" only where state and verdict both
    do; `obstacle` is what failed a run whose checks hold, `withheld` why a verdict that
    was found does not count. `time` is when the run ended, ISO 8601. `thumbnails` are
    pictures by source-ref (PNG, JPEG, GIF or WebP), `picture_note` says what became of
    the others.
    """

    judgement: Judgement
    state: State
    exit_code: int
    exit_sentence: str
    obstacle: str = "another test failed"
    withheld: str = ""
    time: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)
    picture_note: str = ""
    mask_account: bool = False
    # The judgement's own parts, at hand:
    verdict: Verdict = field(init=False)
    numbers: Numbers = field(init=False)
    evaluation: Evaluation = field(init=False)
    loaded: Loaded = field(init=False)
    baseline: Loaded | None = field(init=False)
    comparison: Comparison | None = field(init=False)

    def __post_init__(self) -> None:
        for part in fields(self):
            if not part.init:
                found = getattr(self.judgement, part.name)
                object.__setattr__(self, part.name, found)

    @property
    def model(self) -> Model:
        return self.loaded.model

    @cached_property
    def label_intervals(self) -> Mapping[str, Mapping[str, tuple[float, float]]]:
        """By label, then metric."""
        labels = self.evaluation.labels
        by_label: dict[str, dict[str, tuple[float, float]]] = {n: {} for n in labels}
        for (whose, metric, _), interval in self.judgement.intervals.items():
            if isinstance(whose, str) and interval is not None:
                by_label.setdefault(whose, {})[metric] = interval
        return by_label

    def show(self, text: str) -> str:
        """One line of text as HTML, account ids hidden where that was asked for."""
        return escape_text(self._clean(text))

    def show_lines(self, text: str) -> str:
        """Text of several lines as HTML, for `<pre>`."""
        return escape_lines(self._clean(text))

    def show_label(self, label: str) -> str:
        """A label as HTML, which keeps its direction of writing to itself."""
        return f"<bdi>{self.show(label)}</bdi>"

    def plain(self, text: str) -> str:
        """Text for a tooltip or drawing, still to be escaped."""
        return isolate(reveal(self._clean(text)))

    @property
    def unit(self) -> str:
        """What the test counts: "image", or "box" in detection."""
        return "box" if self.evaluation.task == "detection" else "image"

    @property
    def unit_plural(self) -> str:
        return "boxes" if self.unit == "box" else "images"

    @property
    def is_passed(self) -> bool:
        return self.state == "passed" and self.verdict.is_passed

    def rate(self, label: str, metric: str) -> float | None:
        """A label's number; None where it is undefined."""
        estimate = self.numbers.estimate(label, metric)
        return None if estimate is None else estimate.value

    @property
    def labels_worst_first(self) -> Sequence[tuple[int, str]]:
        """Codes and labels by F1; one without an F1 has no errors and comes last."""

        def key(item: tuple[int, str]) -> tuple[bool, float]:
            f1 = self.rate(item[1], "f1")
            return f1 is None, f1 or 0.0

        return sorted(enumerate(self.evaluation.labels), key=key)

    @cached_property
    def blocking(self) -> Sequence[Outcome]:
        """What decides against the version, the farthest from its bound first."""
        return sorted(self.verdict.blocking, key=_distance)

    @cached_property
    def warnings(self) -> Sequence[Outcome]:
        return sorted(self.verdict.warnings, key=_distance)

    @cached_property
    def grid(self) -> Grid:
        return count_confusions(self.evaluation, iou=self.judgement.thresholds.iou)

    @cached_property
    def mistakes(self) -> Mistakes:
        return find_mistakes(self.evaluation)

    @cached_property
    def wrong_cells(self) -> Mapping[Cell, Images]:
        """The images behind each wrong cell of the grid, the fullest cells first."""
        iou = self.judgement.thresholds.iou
        return find_images(self.grid, self.evaluation, _MOST_CELLS, iou=iou)

    @cached_property
    def cells_by_label(self) -> Mapping[int, Sequence[Cell]]:
        """By label, the listed cells that it is the true one of, or was seen in."""
        found: dict[int, list[Cell]] = defaultdict(list)
        for cell in self.wrong_cells:
            for code in cell:
                if code < self.grid.n_labels:
                    found[code].append(cell)
        return dict(found)

    def mask(self, text: str) -> str:
        """The text, account ids hidden where that was asked for."""
        return mask_account(text) if self.mask_account else text

    def _clean(self, text: str) -> str:
        return self.mask(hide_signature(text))


def _distance(outcome: Outcome) -> float:
    """The margin; what has none comes before all that has."""
    return -inf if outcome.margin is None else outcome.margin
