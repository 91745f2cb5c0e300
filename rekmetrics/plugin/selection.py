"""Which tests a gate runs when the caller names none."""

from __future__ import annotations

import pytest

from rekmetrics.packed import packed_tests
from rekmetrics.plugin.options import find_own

__all__ = ["select_tests"]

_TESTS = "quality_tests"


def select_tests(config: pytest.Config) -> None:
    """
    Point pytest at the repository's own quality_tests/, else at the packed ones.

    Paths on the command line are left alone, `testpaths` is not: that is where a team
    keeps the tests of its code.
    """
    if config.args_source is pytest.Config.ArgsSource.ARGS:
        return
    own = find_own(config, _TESTS)
    config.args = [str(own if own.is_dir() else packed_tests())]
