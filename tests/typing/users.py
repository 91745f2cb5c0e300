"""What teams write in conftest.py and tests, held by mypy in strict mode; never run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from typing_extensions import assert_type

from rekmetrics.errors import RekmetricsError
from rekmetrics.evaluation import Evaluation
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.metrics.registry import Metric, find, register
from rekmetrics.thresholds import read_thresholds


def ants_seen_as_bees(evaluation: Evaluation) -> float | None:
    """A metric of a team's own."""
    ant, bee = map(evaluation.labels.index, ("ant", "bee"))
    return float(evaluation.confusion[ant, bee] / evaluation.support[ant])


register("ants_seen_as_bees", ants_seen_as_bees, greater_is_better=False)
register("nothing", lambda evaluation: None, greater_is_better=True, highest=9)
register("no_number", lambda evaluation: "x", greater_is_better=True)  # type: ignore[arg-type, return-value]
register("no_direction", lambda evaluation: 0.5)  # type: ignore[call-arg]


def test_ants_are_tested_and_found(evaluation: Evaluation, metrics: Numbers) -> None:
    """A test of a team's own: both fixtures have types."""
    assert_type(evaluation.labels, tuple[str, ...])
    assert_type(metrics.labels["ant"]["recall"], Estimate)
    assert_type(metrics.overall, Mapping[str, Estimate])
    assert_type(metrics.overall["accuracy"].value, float | None)
    evaluation.labels = ()  # type: ignore[misc]


assert_type(find("accuracy"), Metric | None)
assert_type(read_thresholds(Path("thresholds.yaml")).path, str)
assert_type(RekmetricsError("no").exit_code, int)
