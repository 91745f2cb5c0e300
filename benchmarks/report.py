"""
How long our part of the report takes to render, and how large it is.

    python benchmarks/report.py FOLDER THRESHOLDS
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from rekmetrics.judgement import judge_version
from rekmetrics.loading import load_from_folder
from rekmetrics.report.page import render_summary
from rekmetrics.run.telling import build_content
from rekmetrics.thresholds import read_thresholds


def measure(folder: str, thresholds: str) -> dict[str, float]:
    """Seconds of the processor and bytes, with every check missed."""
    loaded = load_from_folder(Path(folder))
    judgement = judge_version(loaded, read_thresholds(Path(thresholds)))
    start = time.process_time()
    content = build_content(judgement, exit_code=1, hide_account=True)
    html = render_summary(content)
    return {"seconds": time.process_time() - start, "size": len(html.encode())}


def main() -> None:
    found = measure(*sys.argv[1:])
    print(f"{found['seconds']:.2f} s, {found['size'] / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
