"""What the request is refused for before anything is asked of AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from rekmetrics.errors import RequestError
from rekmetrics.plugin.options import FLAGS
from rekmetrics.run.request import Given, read_exports, read_request


def given(here: Path, root: Path, **values: str) -> Given:
    asked = dict.fromkeys(FLAGS) | {"--evaluation-dir": "kept"} | values
    return Given(
        values=asked,
        here=here,
        thresholds=root / "thresholds.yaml",
        report=None,
        is_account_masked=False,
    )


def test_takes_the_reports_place_for_taken(tmp_path: Path) -> None:
    """Also where no option names it."""
    with pytest.raises(RequestError, match="names the file of --html"):
        read_exports(given(tmp_path, tmp_path, **{"--metrics-json": "report.html"}))
    named = given(tmp_path, tmp_path, **{"--metrics-json": "report.json"})
    assert read_exports(named) == {"--metrics-json": tmp_path / "report.json"}


def test_names_both_places_where_the_thresholds_may_stand(tmp_path: Path) -> None:
    """Here, and in the rootdir; only where neither has the file."""
    here = tmp_path / "here"
    with pytest.raises(RequestError) as caught:
        read_request(given(here, tmp_path))
    assert f"is neither in {here} nor in {tmp_path}; `rekmetrics init`" in str(
        caught.value
    )
    named = given(here, tmp_path, **{"--thresholds": "other.yaml"})
    assert read_request(named).thresholds == here / "other.yaml"
    assert read_request(given(here, here)).thresholds == here / "thresholds.yaml"
    (tmp_path / "thresholds.yaml").touch()
    assert read_request(given(here, tmp_path)).thresholds.parent == tmp_path
