"""What the process is spared, and what is shown of a download that takes long."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator

import pytest
from support.gates import GOOD, Gate

from rekmetrics.run.process import Progress, fold, kept_out_of_collections


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


class Clock:
    """Time that goes on when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("rekmetrics.run.process.time", clock)
    return clock


class Terminal:
    """A pseudo-terminal as standard error; `read` gives what was written to it."""

    def __init__(self) -> None:
        self._ours, theirs = os.openpty()
        self._file = os.fdopen(theirs, "w")

    def __enter__(self) -> Terminal:
        self._before, sys.stderr = sys.stderr, self._file
        return self

    def __exit__(self, *_: object) -> None:
        sys.stderr = self._before
        self._file.close()
        os.close(self._ours)

    def read(self) -> str:
        self._file.write("#")  # so that there is something to read, and an end
        self._file.flush()
        text = ""
        while not text.endswith("#"):
            text += os.read(self._ours, 1 << 16).decode()
        return text.removesuffix("#")


def go_on(progress: Progress, clock: Clock, *, until: float) -> None:
    """A megabyte and three thousand images every tenth of a second."""
    for tenth in range(1, round(until * 10) + 1):
        clock.now = 100 + tenth / 10
        progress(tenth * 1_000_000, tenth * 3000)


def test_is_silent_for_two_seconds(clock):
    """What is quick needs no line, and none is taken away."""
    with Terminal() as terminal:
        progress = Progress("reading")
        go_on(progress, clock, until=1.9)
        progress.close()
        assert terminal.read() == ""


def test_rewrites_one_line_on_a_terminal(clock):
    """Five times a second at most; `close` leaves the line empty."""
    with Terminal() as terminal:
        progress = Progress("reading")
        go_on(progress, clock, until=2.5)
        shown = terminal.read()
        progress.close()
        cleared = terminal.read()
    assert shown.startswith("\rreading: 20 MB, 60,000 images\rreading: 2")
    assert shown.count("\r") == 3
    assert "\n" not in shown
    assert cleared == "\r\x1b[K"


def test_leaves_one_line_in_a_log(clock, capsys):
    """Nothing until the end; then how much it was, and how long it took."""
    progress = Progress("reading")
    go_on(progress, clock, until=7)
    assert capsys.readouterr().err == ""
    progress.close()
    assert capsys.readouterr().err == (
        "rekmetrics: reading: 70 MB, 210,000 images in 7 seconds\n"
    )


def test_leaves_nothing_in_a_log_when_it_was_quick(clock, capsys):
    """Most gates take less than two seconds to read."""
    progress = Progress("reading")
    go_on(progress, clock, until=1)
    progress.close()
    assert capsys.readouterr().err == ""


def test_breaks_long_lines_between_words_on_a_terminal(monkeypatch):
    """A log keeps each on one line, for whatever reads it."""
    monkeypatch.setenv("COLUMNS", "20")
    line = "one two three a/path/that-is-longer-than-it four"
    assert fold(line, is_terminal=False) == line
    assert fold(line, is_terminal=True).splitlines() == [
        "one two three",
        "  a/path/that-is-longer-than-it",
        "  four",
    ]
