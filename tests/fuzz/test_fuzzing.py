"""The fuzz targets, for a moment, and that they would notice."""

from __future__ import annotations

import pytest
import run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", run.TARGETS)
def test_finds_nothing_in_a_moment(name: str) -> None:
    """Damaged documents end in an error of ours, or are read; soon in any case."""
    n_tried, findings = run.fuzz(name, 0.7, seed=1)
    assert n_tried > 20
    assert not findings


def test_notices_a_parser_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another error than ours is a finding, named by its place."""

    def broken(data: bytes) -> None:
        raise KeyError(data)

    monkeypatch.setitem(run.TARGETS, "broken", (broken, [b"seed"]))
    _, findings = run.fuzz("broken", 0.05, seed=1)
    assert list(findings) == ["KeyError at broken"]


def test_notices_a_parser_that_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input past the limit is a finding."""
    monkeypatch.setattr(run, "LIMIT", -1.0)
    monkeypatch.setitem(run.TARGETS, "slow", (len, [b"seed"]))
    assert list(run.fuzz("slow", 0.05, seed=1)[1]) == ["too slow"]
