"""
Print what is generated from the result's records: `python -m rekmetrics.report WHAT`.

    python -m rekmetrics.report schema > rekmetrics/report/result.schema.json
    python -m rekmetrics.report reference > docs/result.md
"""

from __future__ import annotations

import sys

from rekmetrics.report.schema import render_reference, render_schema

_PRINTED = {"schema": render_schema, "reference": render_reference}


def main(arguments: list[str]) -> int:
    """Print one thing, or say what there is."""
    if len(arguments) != 1 or arguments[0] not in _PRINTED:
        sys.stderr.write(f"wanted one of: {', '.join(_PRINTED)}\n")
        return 4
    sys.stdout.write(_PRINTED[arguments[0]]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
