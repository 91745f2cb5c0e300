"""Signs that say the same by shape as by colour, drawn without a style sheet."""

from __future__ import annotations

from rekmetrics.gate import Outcome
from rekmetrics.report.content import State

__all__ = ["render_state_symbol", "render_symbol"]

_RIGHT = (
    '<circle cx="8" cy="8" r="8" fill="#0b5cab"/>'
    '<path d="M4.2 8.4l2.6 2.6l5-5.6" fill="none" stroke="#fff" stroke-width="2"/>'
)
_WRONG = (
    '<path d="M4.7 0h6.6L16 4.7v6.6L11.3 16H4.7L0 11.3V4.7z" fill="#a33b00"/>'
    '<path d="M4.7 4.7l6.6 6.6m0-6.6l-6.6 6.6" stroke="#fff" stroke-width="2"/>'
)
_WARNING = (
    '<path d="M8 0.5L16 15H0z" fill="#7a5b00"/>'
    '<path d="M8 5.2v4.6m0 1.4v2" stroke="#fff" stroke-width="2"/>'
)
_INCOMPLETE = (
    '<circle cx="8" cy="8" r="8" fill="#a33b00"/>'
    '<path d="M3.6 8h8.8" stroke="#fff" stroke-width="2.4"/>'
)
_SYMBOLS = {
    "passed": ("rm-s-right", _RIGHT),
    "failed": ("rm-s-wrong", _WRONG),
    "warning": ("rm-s-warn", _WARNING),
    "incomplete": ("rm-s-wrong", _INCOMPLETE),
}


def render_symbol(outcome: Outcome) -> str:
    """The sign of one check; the word beside it says the same."""
    if outcome.is_warning:
        return _symbol("warning", 14)
    return _symbol("passed" if outcome.status == "passed" else "failed", 14)


def render_state_symbol(state: State, size: int = 30) -> str:
    """The sign of the whole run."""
    return _symbol(state, size)


def _symbol(name: str, size: int) -> str:
    kind, shape = _SYMBOLS[name]
    return (
        f'<svg class="rm-s {kind}" width="{size}" height="{size}" viewBox="0 0 16 16" '
        f'aria-hidden="true">{shape}</svg>'
    )
