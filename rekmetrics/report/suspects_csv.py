"""`--suspects-csv`: images that are probably mislabelled, for a spreadsheet."""

from __future__ import annotations

import csv
import io

from rekmetrics.report.content import ReportContent
from rekmetrics.test_set import Suspects, find_suspects
from rekmetrics.texts import mask_account

__all__ = ["list_suspects", "render_export", "render_unfinished"]

_HEADER = (
    "image",
    "labelled",
    "seen_as",
    "confidence",
    "own_confidence",
    "in_baseline",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def list_suspects(content: ReportContent) -> Suspects | None:
    """Those of the verdict, or found now; None for boxes, which are not looked at."""
    study = content.judgement.study
    if study is not None and study.suspects is not None:
        return study.suspects
    if content.evaluation.task == "detection":
        return None
    baseline = content.baseline.evaluation if content.baseline else None
    return find_suspects(content.loaded.evaluation, baseline)


def render_export(content: ReportContent) -> str:
    """One line for each suspect, the most probable first."""
    suspects = list_suspects(content)
    if suspects is None:
        return render_unfinished("suspects are not looked for among boxes", None)
    rows = [
        (
            _safe(mask_account(source) if content.mask_account else source),
            _safe(", ".join(suspect.truths)),
            _safe(suspect.seen),
            f"{suspect.confidence:.6g}",
            "" if suspect.own_confidence is None else f"{suspect.own_confidence:.6g}",
            "yes" if suspect.is_in_baseline else "no",
        )
        for suspect in suspects.found
        for source in [suspect.source]
    ]
    return _write([_HEADER, *rows])


def render_unfinished(message: str, _exit_code: int | None) -> str:
    """No header: nobody is to take it for a list without suspects."""
    return _write([(f"incomplete: {message}",)])


def _write(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _safe(text: str) -> str:
    """Text that no spreadsheet computes."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
