"""The version under test beside its baseline: numbers, labels, images that changed."""

from __future__ import annotations

from rekmetrics.evaluation.mistakes import Images, group_by_truth
from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.report.content import ReportContent
from rekmetrics.report.images import render_image_list
from rekmetrics.report.markup import render_section, render_table
from rekmetrics.report.numerals import (
    format_change,
    format_count,
    format_fraction,
    plural,
)

__all__ = ["render_baseline", "render_comparison_line"]

_ANCHOR = "rm-broken"
_MOST_IMAGES = 12
_MOST_IN_ALL = 200
"""Newly broken images of all labels together; each label shows at least one."""
_MOST_LABELS = 10
_LABEL_METRICS = ("precision", "recall", "f1")


def render_baseline(content: ReportContent) -> str:
    """The section of the comparison, or nothing where there is no baseline."""
    if content.baseline is None or content.comparison is None:
        return ""
    before = content.comparison.baseline
    return render_section(
        "baseline",
        "Against the baseline",
        f"<p>{render_comparison_line(content)}</p>",
        _label_lists(content),
        _metrics(content, before),
        _labels(content, before),
        _changed(content),
    )


def render_comparison_line(content: ReportContent) -> str:
    """How the two compare, in one sentence; empty without a baseline."""
    if content.baseline is None:
        return ""
    name = content.show(content.baseline.model.told_name)
    comparison = content.comparison
    if comparison is None:
        return f"Beside the baseline <b>{name}</b>."
    changed = (
        f"<b>{_link(comparison.n_newly_broken)} newly broken, "
        f"{format_count(comparison.n_newly_right)} newly right</b>"
    )
    if comparison.is_paired:
        return f"Beside the baseline <b>{name}</b>, on the same images: {changed}."
    reason = content.show(comparison.reason.rstrip("."))
    return (
        f"Beside the baseline <b>{name}</b>, not on the same images"
        f"{f' ({reason})' if reason else ''}: differences may come from the images. "
        f"Among those that both have, {changed}."
    )


def _label_lists(content: ReportContent) -> str:
    """Labels that only one of the two knows; a lost one is news."""
    if content.comparison is None:
        return ""
    lists = {
        "Labels lost since the baseline": content.comparison.labels_only_there,
        "Labels that are new": content.comparison.labels_only_here,
    }
    return "\n".join(
        f"<p>{title}: {', '.join(map(content.show_label, labels))}.</p>"
        for title, labels in lists.items()
        if labels
    )


def _link(n_broken: int) -> str:
    told = plural(n_broken, "image")
    return f'<a href="#{_ANCHOR}">{told}</a>' if n_broken else told


def _metrics(content: ReportContent, before: Numbers) -> str:
    comparison = content.comparison
    p_values = comparison.p_values if comparison else {}
    rows = []
    for name, estimate in content.numbers.overall.items():
        old = before.overall.get(name)
        if old is not None:
            p_value = _p_value(p_values.get((None, name)))
            rows.append([content.show(name), *_change(estimate, old), p_value])
    headers = ["Metric", "Value", "Baseline", "Change", "p-value"]
    title = "Metrics against the baseline"
    if not any(row[-1] for row in rows):
        rows = [row[:-1] for row in rows]
        return render_table(title, headers[:-1], rows, numeric=range(1, 4))
    note = (
        "A p-value says how likely a loss of at least this size would be by chance "
        "alone; it stands where a rule asked for a test, before the adjustment for "
        "the number of tests."
    )
    table = render_table(title, headers, rows, numeric=range(1, 5))
    return f'{table}<p class="rm-note">{note}</p>'


def _labels(content: ReportContent, before: Numbers) -> str:
    """The rates of labels that fell most."""
    falls = []
    for label, metrics in content.numbers.labels.items():
        for name in _LABEL_METRICS:
            new, old = metrics.get(name), before.estimate(label, name)
            if new and old and new.value is not None and old.value is not None:
                falls.append((new.value - old.value, label, name, new, old))
    falls.sort(key=lambda fall: fall[0])
    rows = [
        [f"{content.show_label(label)}: {name}", *_change(new, old)]
        for change, label, name, new, old in falls[:_MOST_LABELS]
        if change < 0
    ]
    if not rows:
        return "<p>No label lost precision, recall or F1.</p>"
    headers = ["Label", "Value", "Baseline", "Change"]
    title = "Labels that lost most"
    table = render_table(title, headers, rows, numeric=range(1, 4))
    return f"<h3>{title}</h3>\n{table}"


def _change(new: Estimate, old: Estimate) -> list[str]:
    both = new.value is not None and old.value is not None
    change = format_change((new.value or 0) - (old.value or 0)) if both else ""
    return [format_fraction(new.value), format_fraction(old.value), change]


def _p_value(p_value: float | None) -> str:
    if p_value is None:
        return ""
    return "under 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _changed(content: ReportContent) -> str:
    comparison = content.comparison
    if comparison is None:
        return ""
    parts = [_broken(content, comparison.newly_broken)]
    if len(comparison.newly_right):
        parts += [
            f"<h3>Newly right: {plural(comparison.n_newly_right, 'image')}</h3>",
            render_image_list(content, comparison.newly_right),
        ]
    return "\n".join(part for part in parts if part)


def _broken(content: ReportContent, images: Images) -> str:
    """The images that the baseline had right, label by label, the most first."""
    if not len(images):
        return ""
    groups = group_by_truth(content.evaluation, images)
    n_each = max(1, min(_MOST_IMAGES, _MOST_IN_ALL // len(groups)))
    lists = [
        f"<h4>{content.show_label(content.evaluation.labels[code])}: "
        f"{plural(len(group), 'image')}</h4>\n"
        f"{render_image_list(content, group, n_each)}"
        for code, group in groups.items()
    ]
    title = f"Newly broken: {plural(len(images), 'image')}, by true label"
    return "\n".join([f'<h3 id="{_ANCHOR}">{title}</h3>', *lists])
