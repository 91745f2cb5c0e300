"""
Print what is generated from the grammar: `python -m rekmetrics.thresholds WHAT`.

    python -m rekmetrics.thresholds schema > rekmetrics/thresholds.schema.json
    python -m rekmetrics.thresholds reference > docs/thresholds.md
"""

from __future__ import annotations

import sys

from rekmetrics.thresholds.reference import render_reference
from rekmetrics.thresholds.schema import render_schema

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
