"""The version under test beside its baseline: numbers, labels, images that changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.report.content import ReportContent
from rekmetrics.report.html import render_section, render_table
from rekmetrics.report.images import render_image_list
from rekmetrics.report.numerals import format_change, format_fraction, plural

__all__ = ["render_baseline", "render_comparison_line"]

_MOST_LABELS = 10
_LABEL_METRICS = ("precision", "recall", "f1")


def render_baseline(content: ReportContent) -> str:
    """The section of the comparison, or nothing where there is no baseline."""
    if content.baseline_model is None or content.baseline_numbers is None:
        return ""
    before = content.baseline_numbers
    return render_section(
        "baseline",
        "Against the baseline",
        f"<p>{render_comparison_line(content)}</p>",
        _metrics(content, before),
        _labels(content, before),
        _images(content, "Newly broken", content.newly_broken),
        _images(content, "Newly right", content.newly_right),
    )


def render_comparison_line(content: ReportContent) -> str:
    """How the two compare, in one sentence; empty without a baseline."""
    if content.baseline_model is None:
        return ""
    name = content.show(content.baseline_model.version_name or "not named")
    comparison = content.comparison
    if comparison is None:
        return f"Beside the baseline <b>{name}</b>."
    if not comparison.is_paired:
        reason = content.show(comparison.reason)
        return (
            f"Beside the baseline <b>{name}</b>, tested on other images"
            f"{f' ({reason})' if reason else ''}: differences mix both changes."
        )
    broken, right = comparison.n_newly_broken, comparison.n_newly_right
    if broken is None or right is None:
        return f"Beside the baseline <b>{name}</b>, on the same images."
    return (
        f"Beside the baseline <b>{name}</b>, on the same images: "
        f"<b>{plural(broken, 'image')} newly broken, {right:,} newly right</b>."
    )


def _metrics(content: ReportContent, before: Numbers) -> str:
    p_values = content.comparison.p_values if content.comparison else {}
    rows = []
    for name, estimate in content.numbers.overall.items():
        old = before.overall.get(name)
        if old is not None:
            p_value = _p_value(p_values.get((None, name)))
            rows.append([content.show(name), *_change(estimate, old), p_value])
    headers = ["Metric", "Value", "Baseline", "Change", "p-value"]
    if not any(row[-1] for row in rows):
        headers, rows = headers[:-1], [row[:-1] for row in rows]
    note = (
        "A p-value says how likely a loss of this size would be by chance alone; it "
        "stands where a rule asked for a test."
        if len(headers) == 5
        else ""
    )
    title = "Metrics against the baseline"
    table = render_table(title, headers, rows, numeric=range(1, 5))
    return table + (f'<p class="rm-note">{note}</p>' if note else "")


def _labels(content: ReportContent, before: Numbers) -> str:
    """The rates of labels that fell most."""
    falls = []
    for label, metrics in content.numbers.labels.items():
        for name in _LABEL_METRICS:
            new, old = metrics.get(name), before.labels.get(label, {}).get(name)
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


def _images(content: ReportContent, title: str, images: Sequence[int]) -> str:
    if not len(images):
        return ""
    found = np.asarray(images, dtype=np.int64)
    return (
        f"<h3>{title}: {plural(len(found), 'image')}</h3>\n"
        f"{render_image_list(content, found)}"
    )
