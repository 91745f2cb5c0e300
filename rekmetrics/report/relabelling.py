"""
`--suspects-manifest`: the same images as a Ground Truth job takes them.

Account ids in addresses stay, whatever `--mask-account` says: the job needs them.
"""

from __future__ import annotations

import json

from rekmetrics.report.content import ReportContent
from rekmetrics.report.suspects_csv import list_suspects

__all__ = ["render_export", "render_unfinished"]


def render_export(content: ReportContent) -> str:
    """JSON Lines: `source-ref`, and what was said of the image beside it."""
    suspects = list_suspects(content)
    lines = [
        {
            "source-ref": suspect.source,
            "rekmetrics-suspect": {
                "labelled": list(suspect.truths),
                "seen-as": suspect.seen,
                "confidence": round(suspect.confidence, 6),
            },
        }
        for suspect in (suspects.found if suspects else ())
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def render_unfinished(_message: str, _exit_code: int | None) -> str:
    """Nothing, which Ground Truth refuses."""
    return ""
