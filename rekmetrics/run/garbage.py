"""The garbage collector's work, which a short run does not need."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

__all__ = ["kept_out_of_collections"]


@contextlib.contextmanager
def kept_out_of_collections() -> Iterator[None]:
    """
    Collect nothing inside, and leave out of later collections what is there at the end.

    scikit-learn, scipy and botocore bring some hundred thousand objects that live as
    long as the process. pytest collects ten times when it ends, and would go through
    all of them each time: a second of a gate that takes four (benchmarks/RESULTS.md).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
