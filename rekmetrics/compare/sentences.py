"""The comparison in sentences of plain text."""

from __future__ import annotations

from rekmetrics.compare.records import Comparison, Group, Rival
from rekmetrics.report.numerals import (
    format_fraction,
    format_interval,
    format_p_value,
    plural,
)


def say_comparison(comparison: Comparison) -> list[str]:
    """Which version is best, how surely, and what kept others away: sentences."""
    n_missing = sum(v.exit_code > 0 and not v.verdict for v in comparison.versions)
    parts = []
    if n_missing:
        told = plural(n_missing, "version")
        parts.append(f"Incomplete: {told} could not be judged.")
    leading = next((group for group in comparison.groups if group.best), None)
    if leading is not None:
        parts += say_best(leading, comparison)
        if leading is not comparison.groups[0]:
            parts.append("None passes of those tested on the newest one's images.")
    elif comparison.groups:
        parts.append("No version passes.")
    return parts


def say_best(group: Group, comparison: Comparison) -> list[str]:
    """The best of a group, and whether it is better than the next."""
    if group.best is None:
        return ["No version passes."]
    number = comparison.version(group.best).metrics[comparison.by]
    told = f"{group.best}, {comparison.by} {format_fraction(number.value)}"
    return [f"Best of those that pass: {told}.", _say_next(group.next_best)]


def say_retraining(group: Group) -> str:
    """On how many images versions differ in being right, whatever the cause."""
    share = f"{100 * (group.share_changed or 0):.1f}%"
    if len(group.steps) == 1:
        told = f"{share} of the images became right or wrong between the two versions"
    else:
        told = (
            "Between one version and the next, so many images became right or wrong: "
            f"{share}, the median of the {len(group.steps)} steps below"
        )
    return (
        f"{told}. Only where nothing but the training was repeated is this what a new "
        "training alone moves."
    )


def _say_next(rival: Rival | None) -> str:
    if rival is None:
        return "No other version passes on these images."
    if rival.lead is None:
        return f"The next, {rival.name}, has no such number."
    if rival.lead == 0:
        return f"The next, {rival.name}, is as good."
    how = f"by {format_fraction(rival.lead)}"
    if rival.interval is not None:
        how += f" ({format_interval(rival.interval)})"
    if rival.adjusted_p_value is None:
        return f"It leads the next, {rival.name}, {how}; this metric can't be tested."
    how += f", {format_p_value(rival.adjusted_p_value)}"
    if rival.is_beaten:
        return (
            f"It is better than the next, {rival.name}, by more than noise explains: "
            f"{how}."
        )
    return f"It leads the next, {rival.name}, {how}; noise may explain that."
