"""Judge a model version, as pytest does."""

from __future__ import annotations

from rekmetrics.errors import RequestError

_USAGE = """\
usage: rekmetrics gate --project-arn ARN --version NAME [pytest's options]
       rekmetrics gate --evaluation-dir DIR [pytest's options]

The same as `pytest --project-arn ARN --version NAME`, whatever other options
follow, and independent of the start-up file. `pytest --help` lists the gate's
options under "quality gate for Rekognition Custom Labels".

examples:
  rekmetrics gate --project-arn ARN --version NAME --metrics-json metrics.json
  rekmetrics gate --project-arn ARN --version @latest --html=gate.html
  rekmetrics gate --evaluation-dir kept -n 2
"""


def run_words(words: list[str]) -> int:
    """pytest in this process, with `--version NAME` spelt as the plugin wants it."""
    if words in (["--help"], ["-h"]):
        print(_USAGE, end="")
        return 0
    try:
        from _rekmetrics_startup import is_gate, rename_version
    except ModuleNotFoundError as error:
        raise RequestError(
            "this installation of rekmetrics is incomplete: _rekmetrics_startup.py is "
            "missing; install it again with pip."
        ) from error
    if not is_gate(words):
        raise RequestError(
            "which model is to be judged? Give --project-arn ARN and --version NAME, "
            "or --evaluation-dir DIR."
        )
    import pytest

    try:
        return int(pytest.main(rename_version(words)))
    except SystemExit as error:
        raise RequestError(
            f"a plugin ended pytest while it was loaded (SystemExit: {error.code}; "
            "`-p`, PYTEST_PLUGINS), so nothing was judged."
        ) from error
