"""What the verdict rests on: files, their agreement, software, the bounds applied."""

from __future__ import annotations

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import (
    add_small,
    render_details,
    render_list,
    render_pre,
    render_section,
    render_table,
)
from rekmetrics.report.numerals import format_count

_LEVELS = {"error": "contradiction", "warning": "warning", "info": "noted"}
"""The worst first."""


def render_evidence(content: ReportContent) -> str:
    """The section of the evidence."""
    agreed = "<p>Summary, manifest and description agree in all that was compared.</p>"
    endpoints, thresholds = content.loaded.endpoints, content.judgement.thresholds
    others, applied = "", ""
    if endpoints:
        pairs = endpoints.items()
        shown = render_list(f"{content.show(k)}: {content.show(v)}" for k, v in pairs)
        others = f"<h3>Endpoints other than AWS’s own</h3>{shown}"
    if thresholds.text:
        name = content.show(thresholds.path)
        body = render_pre(name, content.show_lines(thresholds.text))
        applied = f"<h3>Bounds</h3>{render_details(f'{name}, as applied', body)}"
    software = ", ".join(content.show(f"{k} {v}") for k, v in content.versions.items())
    return render_section(
        "evidence",
        "Evidence",
        _findings(content) or agreed,
        _documents(content),
        others,
        applied,
        f"<h3>Software</h3><p>{software}</p>" if software else "",
    )


def _findings(content: ReportContent) -> str:
    ranks = [*_LEVELS]
    findings = sorted(content.loaded.findings, key=lambda f: ranks.index(f.level))
    rows = [
        [
            content.show(finding.name.replace("_", " ")),
            _LEVELS[finding.level],
            content.show(finding.message),
            content.show(finding.expected or ""),
            content.show(finding.found or ""),
        ]
        for finding in findings
    ]
    headers = ["Compared", "Result", "What was seen", "Expected", "Found"]
    return render_table("Summary against manifest", headers, rows, is_titled=True)


def _documents(content: ReportContent) -> str:
    files = [("this version", file) for file in content.loaded.documents]
    files += [("baseline", file) for file in content.judgement.baseline_documents]
    rows = []
    for whose, file in files:
        version = f"version {content.show(file.version)}" if file.version else ""
        location = add_small(content.show(file.location), version)
        digest = f"<code>{content.show(file.sha256)}</code>"
        size = format_count(file.n_bytes)
        rows.append([content.show(file.name), whose, location, size, digest])
    headers = ["File", "Of", "From", "Bytes", "SHA-256"]
    return render_table(
        "Files", headers, rows, numeric=(3,), name="rm-files", is_titled=True
    )
