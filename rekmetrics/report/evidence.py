"""What the verdict rests on: files, their agreement, software, the bounds applied."""

from __future__ import annotations

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    render_details,
    render_list,
    render_pre,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import format_count

__all__ = ["render_evidence"]

_LEVELS = {"error": "contradiction", "warning": "warning", "info": "noted"}
"""The worst first."""


def render_evidence(content: ReportContent) -> str:
    """The section of the evidence."""
    agreed = "<p>Summary, manifest and description agree in all that was compared.</p>"
    return render_section(
        "evidence",
        "Evidence",
        _findings(content) or agreed,
        _documents(content),
        _endpoints(content),
        _thresholds(content),
        _versions(content),
    )


def _findings(content: ReportContent) -> str:
    ranks = [*_LEVELS]
    rows = [
        [
            content.show(finding.name.replace("_", " ")),
            _LEVELS[finding.level],
            content.show(finding.message),
            content.show(finding.expected or ""),
            content.show(finding.found or ""),
        ]
        for finding in sorted(
            content.loaded.findings, key=lambda found: ranks.index(found.level)
        )
    ]
    headers = ["Compared", "Result", "What was seen", "Expected", "Found"]
    return render_table("Summary against manifest", headers, rows, is_titled=True)


def _documents(content: ReportContent) -> str:
    files = [("this version", file) for file in content.loaded.documents]
    files += [("baseline", file) for file in content.judgement.baseline_documents]
    rows = []
    for whose, file in files:
        location = content.show(file.location)
        if file.version:
            location += f"<br><small>version {content.show(file.version)}</small>"
        digest = f"<code>{content.show(file.sha256)}</code>"
        size = format_count(file.n_bytes)
        rows.append([content.show(file.name), whose, location, size, digest])
    headers = ["File", "Of", "From", "Bytes", "SHA-256"]
    return render_table(
        "Files", headers, rows, numeric=(3,), name="rm-files", is_titled=True
    )


def _endpoints(content: ReportContent) -> str:
    endpoints = content.loaded.endpoints.items()
    shown = (f"{content.show(name)}: {content.show(url)}" for name, url in endpoints)
    title = "<h3>Endpoints other than AWS’s own</h3>"
    return f"{title}{render_list(shown)}" if endpoints else ""


def _thresholds(content: ReportContent) -> str:
    thresholds = content.judgement.thresholds
    if not thresholds.text:
        return ""
    name = content.show(thresholds.path)
    body = render_pre(name, content.show_lines(thresholds.text))
    return f"<h3>Bounds</h3>{render_details(f'{name}, as applied', body)}"


def _versions(content: ReportContent) -> str:
    shown = ", ".join(
        f"{content.show(name)} {content.show(version)}"
        for name, version in content.versions.items()
    )
    return f"<h3>Software</h3><p>{shown}</p>" if shown else ""
