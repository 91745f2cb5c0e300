"""What the garbage collector is spared in a gate."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from support.gates import GOOD, Gate

from rekmetrics.run.garbage import kept_out_of_collections


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """The collector as it was before."""
    yield
    gc.unfreeze()
    gc.enable()


def test_collects_nothing_inside_and_goes_on_afterwards():
    """Also after an error, which is not swallowed."""
    seen = []

    def fail() -> None:
        with kept_out_of_collections():
            seen.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == [False]
    assert gc.isenabled()


def test_keeps_what_is_there_out_of_later_collections():
    """Frozen objects are in no generation that a collection goes through."""
    with kept_out_of_collections():
        mine = [[]]
    assert gc.get_freeze_count() > 1000
    assert not any(one is mine for one in gc.get_objects())


def test_leaves_a_collector_that_was_off_alone():
    """Whoever switched it off had a reason."""
    gc.disable()
    with kept_out_of_collections():
        pass
    assert not gc.isenabled()


@pytest.mark.slow
def test_spares_a_gate_collections(gate: Gate):
    """By the time the tests run, the libraries are frozen and the collector is on."""
    gate.write(
        "quality_tests/test_own.py",
        "import gc\n\n"
        "def test_metric(metric_check):\n    metric_check.assert_holds()\n\n"
        "def test_label(label_check):\n    label_check.assert_holds()\n\n"
        "def test_collector():\n"
        "    assert gc.isenabled()\n"
        "    assert gc.get_freeze_count() > 50_000\n",
    )
    result = gate.judge(GOOD)
    assert result.returncode == 0, result.stdout
