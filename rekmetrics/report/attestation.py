"""
The result as an in-toto Statement (v1): `--attestation`.

It is not signed here; docs/deploy.md says how to sign and to verify it. A run without a
verdict leaves a file that is no Statement, so that nobody can sign it as one.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from rekmetrics.report.result import encode_document

if TYPE_CHECKING:
    from rekmetrics.loading import Loaded
    from rekmetrics.report.content import ReportContent


STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

Document = dict[str, Any]


def render_export(content: ReportContent) -> str:
    """The Statement of a judged run."""
    if content.state == "incomplete":
        return render_unfinished(content.exit_sentence, content.exit_code)
    arn = content.model.version_arn
    subject = [] if arn is None else [_resource(arn, content.loaded.digest)]
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": subject + _files(content.loaded),
        "predicateType": PREDICATE_TYPE,
        "predicate": _predicate(content),
    }
    return content.mask(encode_document(statement))


def render_unfinished(message: str, exit_code: int | None) -> str:
    """What is no Statement, and why."""
    return encode_document({"unfinished": message, "exit_code": exit_code})


def _predicate(content: ReportContent) -> Document:
    thresholds = content.judgement.thresholds
    by_fate: dict[str, list[str]] = {"passed": [], "warned": [], "failed": []}
    for outcome in content.verdict.outcomes:
        fate = "passed" if outcome.status == "passed" else "warned"
        by_fate["failed" if outcome.is_blocking else fate].append(outcome.check.id)
    configuration = [_resource(PurePath(thresholds.path).name, thresholds.sha256)]
    if content.baseline is not None:
        configuration += _files(content.baseline)
    passed = "WARNED" if by_fate["warned"] else "PASSED"
    is_passed = content.is_passed and content.exit_code == 0
    return {
        "result": passed if is_passed else "FAILED",
        "configuration": configuration,
        **{f"{fate}Tests": ids for fate, ids in by_fate.items()},
    }


def _files(loaded: Loaded) -> list[Document]:
    return [_resource(file.location, file.sha256) for file in loaded.documents]


def _resource(name: str, sha256: str) -> Document:
    return {"name": name, "digest": {"sha256": sha256}}
