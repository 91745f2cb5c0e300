"""A judgement in words: what report, exports and terminal say of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from importlib import metadata

from rekmetrics.errors import ExitCode
from rekmetrics.judgement import Judgement
from rekmetrics.report.content import ReportContent
from rekmetrics.run.settling import Ends, state_of

_LIBRARIES = ("rekmetrics", "pytest", "pytest-html", "boto3", "numpy", "scikit-learn")
_MOST_NAMED = 5


def build_content(
    judgement: Judgement,
    *,
    exit_code: int,
    hide_account: bool,
    ends: Ends | None = None,
) -> ReportContent:
    """
    Everything that report and exports say.

    `ends` is what became of the tests; without tests, every check counts as reported.
    """
    return ReportContent(
        judgement=judgement,
        state=state_of(exit_code),
        exit_code=exit_code,
        exit_sentence=_sentence(judgement, exit_code, ends),
        obstacle=(ends or Ends()).obstacle,
        time=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        versions={name: metadata.version(name) for name in _LIBRARIES},
        mask_account=hide_account,
    )


def withhold(content: ReportContent, why: str, exit_code: int) -> ReportContent:
    """The content of a run that was judged, and broke before its verdict was told."""
    return replace(
        content,
        state="incomplete",
        exit_code=exit_code,
        exit_sentence=f"{_judged(content.judgement)}, but {why}",
        withheld="The run broke before its verdict was told",
    )


def describe(judgement: Judgement) -> list[str]:
    """What is judged, and where the evidence came from, for pytest's header."""
    model, loaded = judgement.loaded.model, judgement.loaded
    evaluation = judgement.evaluation
    counts = f"{evaluation.n_images:,} test images, {evaluation.n_labels} labels"
    lines = [
        f"model: {model.project_name or 'not named'}, version {model.told_name}"
        + (f", in {model.region}" if model.region else ""),
        f"evaluation: {counts}, {evaluation.task}",
        "read from:",
        *(f"- {document.location}" for document in loaded.documents),
        *(
            f"endpoint override: {service} is {url}"
            for service, url in loaded.endpoints.items()
        ),
    ]
    if judgement.baseline is not None:
        lines.append(f"baseline: version {judgement.baseline.model.told_name}")
    return lines


def list_warnings(judgement: Judgement) -> list[str]:
    """What stays green but should be seen: warnings of checks and of the evidence."""
    findings = [f.message for f in judgement.loaded.findings if f.level == "warning"]
    return [*(o.message for o in judgement.verdict.warnings), *findings]


def _judged(judgement: Judgement) -> str:
    model = judgement.loaded.model
    name = "The version, which no file names,"
    if model.version_name:
        name = f"Version {model.told_name} of {model.project_name}"
    return f"{name} was judged on {judgement.evaluation.n_images:,} test images"


def _sentence(judgement: Judgement, exit_code: int, ends: Ends | None) -> str:
    judged = _judged(judgement)
    ids = [outcome.check.id for outcome in judgement.verdict.outcomes]
    missing = [name for name in ids if ends and name not in ends.reported]
    if exit_code == ExitCode.INCOMPLETE and ends and missing:
        return f"{judged}, but {_tell_missing(missing, len(ids), ends.why_missing)}."
    if exit_code == ExitCode.INCOMPLETE and not judgement.verdict.has_judged:
        return (
            f"{judged}, but every check that may block ended as a warning, undefined "
            "or inconclusive: that is no evidence for a pass."
        )
    if state_of(exit_code) == "incomplete":
        return f"{judged}, but pytest ended with code {exit_code}."
    return f"{judged}."


def _tell_missing(missing: Sequence[str], n_checks: int, why: str) -> str:
    if len(missing) == n_checks:
        return f"none of {n_checks} checks was run: " + (
            why
            or "either the tests that report them are missing (`rekmetrics init` "
            "writes quality_tests/), or they were deselected (-k, --lf and the like)"
        )
    named = ", ".join(missing[:_MOST_NAMED])
    more = ", …" if len(missing) > _MOST_NAMED else ""
    told = f"{len(missing)} of {n_checks} checks were not run ({named}{more})"
    if why:
        return f"{told}: {why}"
    return (
        f"{told}; run the gate without -k, --lf, -x and the like, or, where none of "
        "them was given, move quality_tests/ away: it may be of an older rekmetrics, "
        "and `rekmetrics init` writes it anew"
    )
