"""Test images that are not fit to judge by, one by one."""

from __future__ import annotations

from collections.abc import Sequence

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_section, render_table
from rekmetrics.report.numerals import format_count, format_fraction, plural
from rekmetrics.report.pictures import render_picture
from rekmetrics.test_set import Share, Suspects

__all__ = ["render_test_set"]

_MOST = 20
_TITLES = {
    "overlap_with_training": "Training images too",
    "duplicate_images": "Images that repeat another",
}


def render_test_set(content: ReportContent) -> str:
    """The section of the test set; empty where no rule asks for one."""
    study = content.judgement.study
    if study is None:
        return ""
    lists = [_share(content, name, study.shares.get(name)) for name in _TITLES]
    if study.suspects is not None:
        lists.append(_suspects(content, study.suspects))
    return render_section("test-set", "Test set", *filter(None, lists))


def _share(content: ReportContent, name: str, share: Share | None) -> str:
    if share is None:
        return ""
    if share.unknown:
        text = f"<p>It cannot be told: {content.show(share.unknown)}.</p>"
        return f"<h3>{_TITLES[name]}</h3>{text}"
    sources = [content.evaluation.sources[image] for image in share.images[:_MOST]]
    items = "".join(f"<li>{_image(content, source)}</li>" for source in sources)
    counted = (
        f"<p>{format_count(len(share.images))} of {plural(share.n_total, 'image')}"
    )
    listed = f"<ul>{items}</ul>" if items else ""
    return f"<h3>{_TITLES[name]}</h3>{counted}{_more(share.images)}</p>{listed}"


def _suspects(content: ReportContent, suspects: Suspects) -> str:
    title = "Probably mislabelled"
    note = f"<p>{plural(len(suspects.found), 'image')}{_more(suspects.found)}.</p>"
    if suspects.cut_labels:
        shown = ", ".join(map(content.show_label, suspects.cut_labels[:_MOST]))
        note += (
            '<p class="rm-note">There may be more: Rekognition writes no confidence '
            f"below the assumed threshold, which hides contradictions by {shown}.</p>"
        )
    rows = [
        [
            _image(content, suspect.source),
            ", ".join(map(content.show_label, suspect.truths)),
            content.show_label(suspect.seen),
            format_fraction(suspect.confidence),
            format_fraction(suspect.own_confidence),
            "yes" if suspect.is_in_baseline else "",
        ]
        for suspect in suspects.found[:_MOST]
    ]
    headers = ["Image", "Labelled", "Seen as", "Confidence", "Of its label", "Baseline"]
    table = render_table(title, headers, rows, numeric=(3, 4)) if rows else ""
    return f"<h3>{title}</h3>{note}{table}"


def _image(content: ReportContent, source: str) -> str:
    found = content.thumbnails.get(source)
    picture = render_picture(found) if found else ""
    return f"{picture}<code>{content.show(source)}</code>"


def _more(items: Sequence[object]) -> str:
    return f", the first {_MOST} listed" if len(items) > _MOST else ""
