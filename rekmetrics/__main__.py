"""`python -m rekmetrics …` is `rekmetrics …`."""

from __future__ import annotations

import sys

from rekmetrics.cli import main

if __name__ == "__main__":
    sys.exit(main())
