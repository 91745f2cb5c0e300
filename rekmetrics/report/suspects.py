"""
Test images that are not fit to judge by: in the report, and those that are probably
mislabelled as files: `--suspects-csv` for a spreadsheet, `--suspects-manifest` as a
Ground Truth job takes them. Account ids in addresses of the latter stay, whatever
`--mask-account` says: the job needs them.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    render_list,
    render_note,
    render_picture,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import format_count, format_fraction, plural
from rekmetrics.test_set import Share, Suspects, find_suspects

_MOST = 20
_TITLES = {
    "overlap_with_training": "Training images too",
    "duplicate_images": "Images that repeat another",
}
_HEADER = (
    "image",
    "labelled",
    "seen_as",
    "confidence",
    "own_confidence",
    "in_baseline",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def render_test_set(content: ReportContent) -> str:
    """The section of the test set; empty where no rule asks for one."""
    study = content.judgement.study
    if study is None:
        return ""
    lists = [
        _share(content, title, study.shares[name])
        for name, title in _TITLES.items()
        if name in study.shares
    ]
    if study.suspects is not None:
        lists.append(_suspects(content, study.suspects))
    return render_section("test-set", "Test set", *lists)


def _share(content: ReportContent, title: str, share: Share) -> str:
    parts = [f"<h3>{title}</h3>"]
    if share.images or not share.unknown:
        n, total = format_count(len(share.images)), plural(share.n_total, "image")
        parts.append(f"<p>{n} of {total}{_more(share.images)}</p>")
    if share.unknown:
        parts.append(f"<p>It cannot be told: {content.show(share.unknown)}.</p>")
    parts.append(render_list(_copy(content, share, i) for i in share.images[:_MOST]))
    return "".join(parts)


def _copy(content: ReportContent, share: Share, image: int) -> str:
    shown, other = _image(content, content.evaluation.sources[image]), share.copies
    if image not in other:
        return shown
    return f"{shown} is <code>{content.show(other[image])}</code>"


def _suspects(content: ReportContent, suspects: Suspects) -> str:
    title = "Probably mislabelled"
    note = f"<p>{plural(len(suspects.found), 'image')}{_more(suspects.found)}.</p>"
    if suspects.cut_labels:
        shown = ", ".join(map(content.show_label, suspects.cut_labels[:_MOST]))
        note += render_note(
            "There may be more: Rekognition writes no confidence below the assumed "
            f"threshold, which hides contradictions by {shown}."
        )
    rows = [
        [
            _image(content, suspect.source),
            ", ".join(map(content.show_label, suspect.truths)) or "no box",
            content.show_label(suspect.seen),
            format_fraction(suspect.confidence),
            format_fraction(suspect.own_confidence),
            "yes" if suspect.is_in_baseline else "",
        ]
        for suspect in suspects.found[:_MOST]
    ]
    headers = ["Image", "Labelled", "Seen as", "Confidence", "Of its label", "Baseline"]
    table = render_table(title, headers, rows, numeric=(3, 4))
    return f"<h3>{title}</h3>{note}{table}"


def _image(content: ReportContent, source: str) -> str:
    picture = render_picture(content.thumbnails.get(source))
    return f"{picture}<code>{content.show(source)}</code>"


def _more(items: Sequence[object]) -> str:
    return f", the first {_MOST} listed" if len(items) > _MOST else ""


def _list_suspects(content: ReportContent) -> Suspects:
    """Those of the verdict, or found now."""
    study = content.judgement.study
    if study is not None and study.suspects is not None:
        return study.suspects
    baseline = content.baseline.evaluation if content.baseline else None
    return find_suspects(content.loaded.evaluation, baseline)


def render_csv(content: ReportContent) -> str:
    """One line for each suspect, the most probable first."""
    suspects = _list_suspects(content)
    rows = [
        (
            content.mask(suspect.source),
            ", ".join(suspect.truths),
            suspect.seen,
            f"{suspect.confidence:.6g}",
            "" if suspect.own_confidence is None else f"{suspect.own_confidence:.6g}",
            "yes" if suspect.is_in_baseline else "no",
        )
        for suspect in suspects.found
    ]
    return _write([_HEADER, *rows])


def render_unfinished_csv(message: str, _exit_code: int | None) -> str:
    """No header: nobody is to take it for a list without suspects."""
    return _write([(f"incomplete: {message}",)])


def render_manifest(content: ReportContent) -> str:
    """JSON Lines: `source-ref`, and what was said of the image beside it."""
    suspects = _list_suspects(content)
    lines = [
        {
            "source-ref": suspect.source,
            "rekmetrics-suspect": {
                "labelled": list(suspect.truths),
                "seen-as": suspect.seen,
                "confidence": round(suspect.confidence, 6),
            },
        }
        for suspect in suspects.found
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def render_unfinished_manifest(_message: str, _exit_code: int | None) -> str:
    """Nothing, which Ground Truth refuses."""
    return ""


def _write(rows: Iterable[Iterable[str]]) -> str:
    """The rows as CSV, in which no spreadsheet computes a text."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell for cell in row]
        for row in rows
    )
    return text.getvalue()
