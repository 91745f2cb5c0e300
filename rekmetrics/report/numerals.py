"""Numbers to text: the same digits everywhere, and a miss never looks like a tie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

UNDEFINED = "undefined"
_DECIMALS = 3
_MOST_DECIMALS = 17


def format_fraction(value: float | None, *, decimals: int = _DECIMALS) -> str:
    """A number between 0 and 1, such as 0.912; a wrong one never reads as 1.000."""
    if value is None or value != value:
        return UNDEFINED
    return _write(value, lambda x: x == value or x not in (-1.0, 0.0, 1.0), decimals)


def format_value_and_bound(value: float | None, bound: float) -> tuple[str, str]:
    """
    Both with as many decimals as it takes to tell them apart.

    Nobody wrote a bound to be rounded: it keeps all its own digits.
    """
    decimals = _DECIMALS
    if value is not None:
        while value != bound and decimals < _MOST_DECIMALS:
            if f"{value:.{decimals}f}" != f"{bound:.{decimals}f}":
                break
            decimals += 1
    shown = format_fraction(value, decimals=decimals)
    return shown, _write(bound, lambda x: x == bound, decimals)


def format_change(change: float | None) -> str:
    """A difference with its sign; one that is not zero never reads as zero."""
    if change is None or change != change:
        return ""
    shown = _write(change, lambda x: bool(x or not change))
    return f"+{shown}" if change > 0 else shown


def format_interval(interval: tuple[float, float] | None) -> str:
    """Such as 0.871 to 0.944, or nothing."""
    return " to ".join(_write(end, lambda _: True) for end in interval or ())


def _write(value: float, is_told: Callable[[float], bool], decimals: int = 3) -> str:
    """The value with as many decimals as tell it, by what it is rounded to."""
    if abs(value) > 1 and float(value).is_integer():
        decimals = 0
    while decimals < _MOST_DECIMALS and not is_told(float(f"{value:.{decimals}f}")):
        decimals += 1
    return f"{value:.{decimals}f}".replace("-", "\u2212")


def format_p_value(p: float | None) -> str:
    """Such as p = 0.012, or nothing."""
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def format_count(number: int) -> str:
    """Such as 12,345."""
    return f"{number:,}"


def format_share(part: int, whole: int) -> str:
    """Such as 4.2%; part of a whole never reads as 100.0%, nor as 0.0%."""
    if not whole:
        return ""
    text = f"{100 * part / whole:.1f}%"
    if text == "100.0%" and part != whole:
        return "over 99.9%" if part < whole else "over 100%"
    return "under 0.1%" if text == "0.0%" and part else text


def format_time(text: str | None) -> str:
    """An ISO time to the minute, its zone named where it has one."""
    if not text:
        return "not known"
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    if time.utcoffset() is not None:
        return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
    return f"{time:%Y-%m-%d %H:%M}"


def plural(number: int, one: str, many: str = "") -> str:
    """Such as "1 image" or "2 images"."""
    return f"{format_count(number)} {one if number == 1 else many or one + 's'}"
