"""The thresholds file as the rest of the package sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rekmetrics.errors import ThresholdsError
from rekmetrics.thresholds.document import (
    Document,
    parse_document,
    read_document,
    sort_problems,
)
from rekmetrics.thresholds.layers import merge, test_set_layers
from rekmetrics.thresholds.models import Baseline, File
from rekmetrics.thresholds.names import Globs
from rekmetrics.thresholds.plan import build_plan, list_dropped
from rekmetrics.thresholds.rules import Check, Multiplicity
from rekmetrics.thresholds.soundness import check_soundness
from rekmetrics.thresholds.structure import validate_document

if TYPE_CHECKING:
    from rekmetrics.evaluation import Task

__all__ = ["ThresholdsFile", "parse_thresholds", "read_thresholds"]


@dataclass(frozen=True, slots=True)
class ThresholdsFile:
    """
    A thresholds file without a mistake that it could show by itself.

    `settings` is what is written, `document` where it stands.
    """

    settings: File
    document: Document

    @property
    def path(self) -> str:
        return self.document.path

    @property
    def sha256(self) -> str:
        return self.document.sha256

    @property
    def text(self) -> str:
        """The file as it is written."""
        return self.document.source

    @property
    def task(self) -> Task | Literal["auto"]:
        return self.settings.task

    @property
    def iou(self) -> float | str:
        """The overlap that makes a box count as found, or COCO's "0.50:0.95"."""
        return self.settings.iou

    @property
    def baseline(self) -> Baseline:
        return self.settings.baseline

    @property
    def multiplicity(self) -> Multiplicity:
        """How p-values are adjusted for the number of tests."""
        method: Multiplicity = self.settings.defaults.multiplicity
        return method

    @property
    def test_set_rules(self) -> frozenset[str]:
        """The names of the rules about the test set that are not off."""
        return frozenset(
            str(layer.path[1])
            for layer in test_set_layers(self.settings)
            if not merge(self.settings, [layer]).is_off
        )

    @property
    def accepted(self) -> frozenset[str]:
        """The contradictions of the evidence that are to be warnings."""
        own = self.settings.evidence.given
        return frozenset(name for name, level in own.items() if level == "warning")

    def plan(self, labels: Sequence[str], task: Task | None) -> tuple[Check, ...]:
        """
        Every check that the file asks for, in its order.

        Without a task nothing is said about metrics that some models do not have.

        Raises:
            ThresholdsError: for whatever only the label list and the task can tell: a
                name or glob that matches nothing, a metric that this kind of model
                does not have, a label that is left without a bound.
        """
        return build_plan(self.settings, self.document, labels, task)

    def dropped(self, labels: Sequence[str]) -> tuple[Check, ...]:
        """What the file says `off` to, for labels that it can be applied to."""
        return list_dropped(self.settings, self.document, labels, None)

    def min_confidences(self, labels: Sequence[str]) -> dict[str, tuple[float, int]]:
        """The `min_confidence` of each label that has one, with its line."""
        key = "min_confidence"
        special = {
            pattern: (section.min_confidence, ("labels", pattern, key))
            for pattern, section in self.settings.labels.items()
            if key in section.model_fields_set
        }
        everywhere = self.settings.given.get(key), (key,)
        patterns = Globs(special, labels)
        applied = {
            label: special[found[-1]] if (found := patterns.of(label)) else everywhere
            for label in labels
        }
        return {
            label: (value, self.document.line(path))
            for label, (value, path) in applied.items()
            if value is not None
        }


def read_thresholds(path: Path, *, has_baseline: bool = False) -> ThresholdsFile:
    """
    Read a thresholds file; `has_baseline` says that an option names a baseline.

    Raises:
        ThresholdsError: with every mistake in the file, by line.
    """
    return _check(read_document(path), has_baseline=has_baseline)


def parse_thresholds(
    data: bytes, name: str, *, has_baseline: bool = False
) -> ThresholdsFile:
    """The same, from bytes; `name` is what messages call the file."""
    return _check(parse_document(data, name), has_baseline=has_baseline)


def _check(document: Document, *, has_baseline: bool) -> ThresholdsFile:
    settings, problems = validate_document(document)
    problems = [*document.problems, *problems]
    soundness = check_soundness(
        settings, document, is_whole=not problems, has_baseline=has_baseline
    )
    problems.extend(soundness)
    if problems:
        raise ThresholdsError(sort_problems(problems))
    return ThresholdsFile(settings, document)
