"""The metrics that a team registers in its conftest.py, for commands outside pytest."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from rekmetrics.errors import RequestError

_REGISTRY = b"rekmetrics.metrics"


def load_own_metrics(folder: Path) -> None:
    """
    Run the conftest.py of a repository, as pytest does before a gate.

    One that does not name our registry is left alone: it was written for pytest.

    Raises:
        RequestError: if it cannot be run.
    """
    path = folder / "conftest.py"
    try:
        is_ours = _REGISTRY in path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise RequestError(f"{path.name} cannot be read: {error.strerror}.") from error
    spec = importlib.util.spec_from_file_location("conftest", path)
    if not is_ours or spec is None or spec.loader is None:
        return
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except (Exception, SystemExit) as error:  # whatever a team's own code raises
        raise RequestError(
            f"{path.name} was run for the metrics that it registers, and ended with "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove(str(folder))
