"""What the verdict rests on: files, their agreement, software, the bounds applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rekmetrics.report.content import ReportContent
from rekmetrics.report.markup import render_details, render_section, render_table
from rekmetrics.report.numerals import format_count

if TYPE_CHECKING:
    from rekmetrics.evidence import Finding
    from rekmetrics.model import SourceFile

__all__ = ["render_evidence"]

_LEVELS = {"error": "contradiction", "warning": "warning", "info": "noted"}
_ORDER = {"error": 0, "warning": 1, "info": 2}


def render_evidence(content: ReportContent) -> str:
    """The section of the evidence."""
    return render_section(
        "evidence",
        "Evidence",
        _findings(content, content.loaded.findings),
        _documents(content),
        _endpoints(content),
        _thresholds(content),
        _versions(content),
    )


def _findings(content: ReportContent, findings: Sequence[Finding]) -> str:
    if not findings:
        return (
            "<p>Summary, manifest and description agree in all that was compared.</p>"
        )
    ranked = sorted(findings, key=lambda f: _ORDER.get(f.level, 0))
    rows = [
        [
            content.show(finding.name.replace("_", " ")),
            _LEVELS.get(finding.level, "contradiction"),
            content.show(finding.message),
            content.show(finding.expected or ""),
            content.show(finding.found or ""),
        ]
        for finding in ranked
    ]
    title = "Summary against manifest"
    headers = ["Compared", "Result", "What was seen", "Expected", "Found"]
    return f"<h3>{title}</h3>\n{render_table(title, headers, rows)}"


def _documents(content: ReportContent) -> str:
    pairs = [("this version", d) for d in content.loaded.documents]
    pairs += [("baseline", d) for d in content.judgement.baseline_documents]
    if not pairs:
        return ""
    rows = [_document(content, whose, document) for whose, document in pairs]
    headers = ["File", "Of", "From", "Bytes", "SHA-256"]
    table = render_table("Files", headers, rows, numeric=(3,), name="rm-files")
    return f"<h3>Files</h3>\n{table}"


def _document(content: ReportContent, whose: str, document: SourceFile) -> list[str]:
    location = content.show(document.location)
    if document.version:
        location += f"<br><small>version {content.show(document.version)}</small>"
    return [
        content.show(document.name),
        whose,
        location,
        format_count(document.n_bytes),
        f"<code>{content.show(document.sha256)}</code>",
    ]


def _endpoints(content: ReportContent) -> str:
    if not content.loaded.endpoints:
        return ""
    items = "".join(
        f"<li>{content.show(service)}: {content.show(url)}</li>"
        for service, url in content.loaded.endpoints.items()
    )
    return f"<h3>Endpoints other than AWS’s own</h3><ul>{items}</ul>"


def _thresholds(content: ReportContent) -> str:
    if not content.judgement.thresholds.text:
        return ""
    name = content.show(content.judgement.thresholds.path)
    body = (
        f'<pre class="rm-pre" tabindex="0" role="region" aria-label="{name}">'
        f"{content.show_lines(content.judgement.thresholds.text)}</pre>"
    )
    return f"<h3>Bounds</h3>{render_details(f'{name}, as applied', body)}"


def _versions(content: ReportContent) -> str:
    if not content.versions:
        return ""
    shown = ", ".join(
        f"{content.show(name)} {content.show(version)}"
        for name, version in content.versions.items()
    )
    return f"<h3>Software</h3><p>{shown}</p>"
