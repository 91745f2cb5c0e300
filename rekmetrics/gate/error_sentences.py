"""What is said of how often a gate errs, for terminal and report."""

from __future__ import annotations

from collections.abc import Iterator

from rekmetrics.gate.error_rates import ErrorRates
from rekmetrics.gate.sentences import say_subject
from rekmetrics.texts import quote

_MOST = 5


def say_error_rates(rates: ErrorRates) -> str:
    """The lines as one text."""
    head, *rest = error_lines(rates)
    return "\n".join([head, *(f"  {line}" for line in rest)]) + "\n"


def error_lines(rates: ErrorRates) -> Iterator[str]:
    """One sentence a line: false alarms and their causes, then what would be missed."""
    yield "how often this gate errs"
    yield (
        f"{_share(rates.false_alarms)} of equally good versions would be blocked "
        f"({rates.n_draws} simulated)"
    )
    for check, share in rates.causes[:_MOST]:
        yield f"  {say_subject(check)} blocks {_share(share)}{_line(check.rule.line)}"
    if len(rates.causes) > _MOST:
        yield f"  and {len(rates.causes) - _MOST} further checks less often"
    for points, share in rates.passing.items():
        plural = "" if points == 1 else "s"
        yield (f"{_share(share)} of versions {points} point{plural} worse would pass")
    if rates.detectable is None:
        yield "no loss of up to 40 points would be blocked in 80 % of cases"
    else:
        yield (
            f"a version must be {rates.detectable:.1f} points worse to be blocked in "
            "80 % of cases"
        )
    yield from _label_lines(rates)
    yield _assumption(rates)
    if rates.not_simulated:
        named = ", ".join(map(say_subject, rates.not_simulated[:_MOST]))
        yield (
            f"not simulated, so taken to hold: {len(rates.not_simulated)} checks "
            f"({named})"
        )


def _label_lines(rates: ErrorRates) -> Iterator[str]:
    known = [
        (label, points)
        for label, points in rates.detectable_by_label.items()
        if points is not None
    ]
    if not known:
        return
    known.sort(key=lambda item: -item[1])
    yield "one label alone is blocked in 80 % of cases where its recall falls by"
    for label, points in known[:_MOST]:
        yield f"  {points:.1f} points: {quote(label)}"
    if len(known) > _MOST:
        yield f"  {known[-1][1]:.1f} to {known[_MOST][1]:.1f} points: the others"


def _assumption(rates: ErrorRates) -> str:
    if rates.basis == "retraining":
        return (
            f"taken from the {rates.n_changed} images whose outcome differs from the "
            "baseline's: a version is as good if as many change, in either direction"
        )
    why = f", since {rates.why_sampling}" if rates.why_sampling else ""
    return (
        f"taken from sampling{why}: a version is as good if it errs as often, on "
        "whichever images; one point is one image in a hundred that turns wrong"
    )


def _share(share: float) -> str:
    if 0 < share < 0.001:
        return "less than 0.1 %"
    return f"{100 * share:.1f} %"


def _line(line: int) -> str:
    return f" [{line}]" if line else ""
