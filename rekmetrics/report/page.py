"""The page: its own part, put together from its sections, and the whole around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape
from importlib.resources import files

from rekmetrics.report.bar import render_state_symbol
from rekmetrics.report.baseline import render_baseline
from rekmetrics.report.confusions import render_confusions
from rekmetrics.report.content import ReportContent, State
from rekmetrics.report.evidence import render_evidence
from rekmetrics.report.images import render_cells, render_detection, render_images
from rekmetrics.report.labels import render_curves, render_labels, render_numbers
from rekmetrics.report.markup import escape_text, render_note, render_section
from rekmetrics.report.suspects import render_test_set
from rekmetrics.report.verdict import (
    render_advice,
    render_checks,
    render_errors,
    render_title,
    render_verdict,
)

_VIEWPORT = '<meta name="viewport" content="width=device-width, initial-scale=1">'
"""Phones obey it in the body too; pytest-html's head has none."""
_TESTS = render_section(
    "tests",
    "Tests",
    render_note(
        "pytest-html’s own list, made by a script: where scripts are blocked it stays "
        "empty, and all it says stands above."
    ),
)
SECTIONS: Mapping[str, tuple[str, Callable[[ReportContent], str]]] = {
    "checks": ("Checks", render_checks),
    "confusions": ("Confusions", render_confusions),
    "images": ("Images", render_images),
    "boxes": ("Boxes", render_detection),
    "baseline": ("Baseline", render_baseline),
    "labels": ("Labels", render_labels),
    "numbers": ("All numbers", render_numbers),
    "curves": ("Thresholds", render_curves),
    "advice": ("Second look", render_advice),
    "test-set": ("Test set", render_test_set),
    "errors": ("Error rates", render_errors),
    "evidence": ("Evidence", render_evidence),
    "cells": ("Mistakes", render_cells),
}
"""By anchor: a name for links that lead there, and what makes the part, if any."""


def render_summary(content: ReportContent, *, has_tests: bool = True) -> str:
    """
    All that a report says, as one piece of HTML that needs neither script nor style.

    It answers in this order: may the version go out, what fell short, what is confused
    with what, on which images, and how that compares with the baseline. `has_tests`
    says whether pytest-html's list stands below.
    """
    parts = {anchor: render(content) for anchor, (_, render) in SECTIONS.items()}
    links = {anchor: SECTIONS[anchor][0] for anchor, part in parts.items() if part}
    head = render_verdict(content, links | ({"tests": "Tests"} if has_tests else {}))
    body = "\n".join([head, *filter(None, parts.values())])
    tests = _TESTS if has_tests else ""
    script = f"<script>\n{_read('script.js')}</script>"
    return f'{_VIEWPORT}<main class="rm">\n{body}\n{tests}</main>{script}'


def render_page(content: ReportContent) -> str:
    """The whole page of one version, where pytest-html makes none; it loads nothing."""
    body = render_summary(content, has_tests=False)
    return _render_document(render_title(content), body)


def _render_document(title: str, body: str) -> str:
    """A page with the report's style; the title is plain text, the body HTML."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"{_VIEWPORT}\n<title>{escape(title)}</title>\n"
        f"<style>\n{_read('style.css')}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def render_overview(state: State, sentences: Sequence[str], *sections: str) -> str:
    """A page about several versions; sentences are plain text, the first its title."""
    title, *rest = sentences
    lead = "".join(f'<p class="rm-lead">{escape_text(text)}</p>' for text in rest)
    head = (
        f'<section class="rm-verdict rm-{state}" aria-labelledby="rm-verdict">'
        f'<h2 id="rm-verdict">{render_state_symbol(state)} {escape_text(title)}</h2>'
        f"{lead}</section>"
    )
    body = "\n".join([head, *filter(None, sections)])
    return _render_document(title, f'<main class="rm">\n{body}\n</main>')


@lru_cache(maxsize=2)
def _read(name: str) -> str:
    return (files("rekmetrics.report") / name).read_text(encoding="utf-8")
