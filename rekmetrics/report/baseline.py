"""The version under test beside its baseline: numbers, labels, images that changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rekmetrics.evaluation.mistakes import Images, group_by_truth
from rekmetrics.metrics import Estimate
from rekmetrics.report.content import RATES, ReportContent
from rekmetrics.report.images import render_image_list
from rekmetrics.report.markup import (
    escape_text,
    render_note,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import (
    format_change,
    format_count,
    format_fraction,
    format_p_value,
    plural,
)

if TYPE_CHECKING:
    from rekmetrics.statistics import Comparison


_ANCHOR = "rm-broken"
_MOST_IMAGES = 12
_MOST_IN_ALL = 200
"""Newly broken images of all labels together; each label shows at least one."""
_MOST_LABELS = 10


def render_baseline(content: ReportContent) -> str:
    """The section of the comparison, or nothing where there is no baseline."""
    comparison = content.comparison
    if comparison is None:
        return ""
    return render_section(
        "baseline",
        "Against the baseline",
        f"<p>{render_comparison_line(content)}</p>",
        _label_list(content, "lost since the baseline", comparison.labels_only_there),
        _label_list(content, "that are new", comparison.labels_only_here),
        _metrics(content, comparison),
        _labels(content, comparison),
        _broken(content, comparison),
        _newly_right(content, comparison),
    )


def render_comparison_line(content: ReportContent) -> str:
    """How the two compare, in one sentence; empty without a baseline."""
    if content.baseline is None:
        return ""
    name = content.show(content.baseline.model.told_name)
    comparison = content.comparison
    if comparison is None:
        return f"Beside the baseline <b>{name}</b>."
    broken = plural(comparison.n_newly_broken, "image")
    if comparison.n_newly_broken:
        broken = f'<a href="#{_ANCHOR}">{broken}</a>'
    n_right = format_count(comparison.n_newly_right)
    changed = f"<b>{broken} newly broken, {n_right} newly right</b>"
    if comparison.is_paired:
        return f"Beside the baseline <b>{name}</b>, on the same images: {changed}."
    reason = content.show(comparison.reason.rstrip("."))
    return (
        f"Beside the baseline <b>{name}</b>, not on the same images"
        f"{f' ({reason})' if reason else ''}: differences may come from the images. "
        f"Among those that both have, {changed}."
    )


def _label_list(content: ReportContent, what: str, labels: Iterable[str]) -> str:
    """Labels that only one of the two knows; a lost one is news."""
    shown = ", ".join(map(content.show_label, labels))
    return f"<p>Labels {what}: {shown}.</p>" if shown else ""


def _metrics(content: ReportContent, comparison: Comparison) -> str:
    rows = []
    for name, estimate in content.numbers.overall.items():
        old = comparison.baseline.overall.get(name)
        if old is not None:
            p_value = escape_text(format_p_value(comparison.p_values.get((None, name))))
            rows.append([content.show(name), *_change(estimate, old), p_value])
    headers, note = ["Metric", "Value", "Baseline", "Change"], ""
    if any(row[-1] for row in rows):
        headers.append("p-value")
        note = render_note(
            "A p-value says how likely a loss of at least this size would be by chance "
            "alone; it stands where a rule asked for a test, before the adjustment for "
            "the number of tests."
        )
    rows = [row[: len(headers)] for row in rows]
    title = "Metrics against the baseline"
    return render_table(title, headers, rows, numeric=range(1, 5)) + note


def _labels(content: ReportContent, comparison: Comparison) -> str:
    """The rates of labels that fell most."""
    falls = []
    for label, metrics in content.numbers.labels.items():
        for name in RATES:
            new, old = metrics.get(name), comparison.baseline.estimate(label, name)
            if new and old and new.value is not None and old.value is not None:
                falls.append((new.value - old.value, label, name, new, old))
    falls.sort(key=lambda fall: fall[0])
    rows = [
        [f"{content.show_label(label)}: {name}", *_change(new, old)]
        for change, label, name, new, old in falls[:_MOST_LABELS]
        if change < 0
    ]
    headers = ["Label", "Value", "Baseline", "Change"]
    title = "Labels that lost most"
    table = render_table(title, headers, rows, numeric=range(1, 4), is_titled=True)
    return table or "<p>No label lost precision, recall or F1.</p>"


def _change(new: Estimate, old: Estimate) -> list[str]:
    both = new.value is not None and old.value is not None
    change = format_change((new.value or 0) - (old.value or 0)) if both else ""
    return [format_fraction(new.value), format_fraction(old.value), change]


def _broken(content: ReportContent, comparison: Comparison) -> str:
    """The images that the baseline had right, label by label, the most first."""
    images = comparison.newly_broken
    if not len(images):
        return ""
    groups = group_by_truth(content.evaluation, images)
    n_each = max(1, min(_MOST_IMAGES, _MOST_IN_ALL // len(groups)))
    parts = [f'<h3 id="{_ANCHOR}">Newly broken: {_count(images)}, by true label</h3>']
    for code, group in groups.items():
        label = content.show_label(content.evaluation.labels[code])
        parts.append(f"<h4>{label}: {_count(group)}</h4>")
        parts.append(render_image_list(content, group, n_each))
    return "\n".join(parts)


def _newly_right(content: ReportContent, comparison: Comparison) -> str:
    images = comparison.newly_right
    title = f"<h3>Newly right: {_count(images)}</h3>\n"
    return title + render_image_list(content, images) if len(images) else ""


def _count(images: Images) -> str:
    return plural(len(images), "image")
