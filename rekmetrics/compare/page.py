"""The page: which is best, the versions side by side, where they differ."""

from __future__ import annotations

from collections.abc import Sequence

from rekmetrics.compare.histories import render_histories
from rekmetrics.compare.records import (
    Comparison,
    Group,
    Image,
    Images,
    Rival,
    Version,
)
from rekmetrics.compare.sentences import (
    say_best,
    say_comparison,
    say_retraining,
)
from rekmetrics.report.bar import render_state_symbol
from rekmetrics.report.markup import (
    escape_text,
    render_details,
    render_list,
    render_note,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import (
    format_count,
    format_fraction,
    format_interval,
    format_p_value,
    format_share,
    format_time,
    plural,
)
from rekmetrics.report.page import render_overview
from rekmetrics.run.settling import state_of
from rekmetrics.texts import hide_signature, list_first, mask_account

_MOST_DRAWN = 60
_MOST_IMAGES = 30
_DATE = len("2026-03-01")


def render_comparison(comparison: Comparison) -> str:
    """A page that needs neither script nor style; account ids are hidden."""
    several = [group for group in comparison.groups if len(group.versions) > 1]
    return render_overview(
        state_of(comparison.exit_code),
        [mask_account(sentence) for sentence in say_comparison(comparison)],
        _versions(comparison) if comparison.groups else "",
        _unjudged([version for version in comparison.versions if version.reason]),
        _histories(comparison) if comparison.groups else "",
        *(_differing(group, comparison.groups.index(group)) for group in several),
    )


def _show(text: str) -> str:
    return escape_text(mask_account(hide_signature(text)))


def _versions(comparison: Comparison) -> str:
    """A table for each set of test images."""
    parts = []
    for number, group in enumerate(comparison.groups, start=1):
        if len(comparison.groups) > 1:
            n_images = plural(group.n_images, "test image")
            parts.append(f"<h3>Test set {number}: {n_images}</h3>")
            parts.append(f"<p>{_show(' '.join(say_best(group, comparison)))}</p>")
        parts.append(_table(group, [*map(comparison.version, group.versions)]))
    note = (
        "Small figures are confidence intervals. The lead is how much better the best "
        f"is by {_show(comparison.by)}; its p-value is two-sided, from the images that "
        "both were tested on, and counts for all pairs of those that pass (Holm)."
    )
    if len(comparison.groups) > 1:
        note += (
            " Versions that were tested on other images stand apart: their numbers "
            "differ by the images as well."
        )
    return render_section("versions", "Versions", *parts, render_note(note))


def _table(group: Group, versions: Sequence[Version]) -> str:
    rivals = {rival.name: rival for rival in group.rivals}
    names = [*dict.fromkeys(name for version in versions for name in version.metrics)]
    headers = ["Version", "Trained", "Verdict", *map(_show, names)]
    headers.append("The best’s lead")
    rows = [
        [
            _show(version.name),
            f"<small>{_show(format_time(version.trained)[:_DATE])}</small>",
            _verdict(version),
            *(_number(version, name) for name in names),
            "the best"
            if version.name == group.best
            else _lead(rivals.get(version.name)),
        ]
        for version in versions
    ]
    columns = range(3, 4 + len(names))
    return render_table("Versions, the newest first", headers, rows, numeric=columns)


def _verdict(version: Version) -> str:
    """The word, and what fell short below it."""
    state = version.verdict or "incomplete"
    told = f"{render_state_symbol(state, 14)} {state}"
    shown = _show(list_first(version.fell_short))
    return f'{told}<div class="rm-why">{shown}</div>' if shown else told


def _number(version: Version, name: str) -> str:
    known = version.metrics.get(name)
    if known is None:
        return ""
    interval = format_interval(known.interval)
    small = f"<br><small>{interval}</small>" if interval else ""
    return f"{format_fraction(known.value)}{small}"


def _lead(rival: Rival | None) -> str:
    if rival is None or rival.lead is None:
        return ""
    told = [format_interval(rival.interval)]
    if rival.adjusted_p_value is not None:
        told.append(escape_text(format_p_value(rival.adjusted_p_value)))
    small = "".join(f"<br><small>{text}</small>" for text in told if text)
    return f"{format_fraction(rival.lead)}{small}"


def _unjudged(versions: Sequence[Version]) -> str:
    rows = [
        [_show(one.name), str(one.exit_code or ""), _show(one.reason or "")]
        for one in versions
    ]
    table = render_table("Not judged", ["Version", "Exit code", "Why"], rows)
    return render_section("unjudged", "Not judged", table) if rows else ""


def _histories(comparison: Comparison) -> str:
    drawn = render_histories(comparison)
    n_left = len(drawn) - _MOST_DRAWN
    note = (
        "From the oldest version on the left to the newest; lines join those that were "
        "tested on the same images. The level line is the bound, its shaded side falls "
        "short; dot (holds) or diamond (does not): the value; upright line: its "
        "interval. Labels that fell short come first"
        + (f"; {plural(n_left, 'more number')} left out." if n_left > 0 else ".")
    )
    return render_section(
        "labels",
        "Over time",
        f'<div class="rm-curves">{"".join(drawn[:_MOST_DRAWN])}</div>',
        render_note(note),
    )


def _differing(group: Group, at: int) -> str:
    rows = [
        [
            f"{_show(step.before)} → {_show(step.after)}",
            format_count(step.n_newly_broken),
            format_count(step.n_newly_right),
            format_share(step.n_newly_broken + step.n_newly_right, group.n_images),
        ]
        for step in group.steps
    ]
    headers = ["From → to", "Newly broken", "Newly right", "Changed"]
    n_versions = len(group.versions)
    return render_section(
        f"images-{at + 1}",
        f"Images of test set {at + 1}" if at else "Images",
        f"<p>{say_retraining(group)}</p>",
        render_table("What changed", headers, rows, numeric=(1, 2, 3)),
        f"<h3>All get wrong: {plural(group.all_wrong.n, 'image')}</h3>",
        render_note(
            "Hard cases, or wrong labels: those first of which most versions say the "
            "same."
        ),
        _images(group.all_wrong, n_versions),
        f"<h3>Come and go: {plural(group.some_right.n, 'image')}</h3>",
        _images(group.some_right, n_versions),
        f"<h3>All get right: {plural(group.all_right.n, 'image')}</h3>",
        render_details("The first of them", _images(group.all_right, n_versions)),
    )


def _images(images: Images, n_versions: int) -> str:
    shown = images.first[:_MOST_IMAGES]
    n_left = images.n - len(shown)
    more = [f"and {plural(n_left, 'more image')}"] if n_left else []
    items = [_image(image, n_versions) for image in shown]
    return render_list([*items, *more], "rm-index")


def _image(image: Image, n_versions: int) -> str:
    truths = ", ".join(f"<b><bdi>{_show(label)}</bdi></b>" for label in image.truths)
    said = f"{image.n_agreed} of {n_versions} say <bdi>{_show(image.said)}</bdi>"
    right = ", ".join(map(_show, image.right_in))
    return (
        f"<code>{_show(image.source_ref)}</code><br>true {truths or 'nothing'}; {said}"
        + (f"; right in {right}" if 0 < len(image.right_in) < n_versions else "")
    )
