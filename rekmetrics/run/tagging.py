"""The verdict on its way to AWS (`--tag-version`); without the option nothing is."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from rekmetrics.aws import Aws
from rekmetrics.aws.tags import VERDICT, VerdictTags, write_tags
from rekmetrics.errors import WriteError

if TYPE_CHECKING:
    from rekmetrics.report.content import ReportContent
    from rekmetrics.run.request import GateRequest


def tag_unjudged(request: GateRequest, aws: Aws, version_arn: str) -> None:
    """
    Say on the version that its judging has begun: no older "passed" outlives a break.

    Raises:
        WriteError: AWS did not take the tags.
    """
    is_meant = request.version_arn is None or request.version_arn.text == version_arn
    if request.is_tagged and is_meant:
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        write_tags(aws, version_arn, VerdictTags("incomplete", now))


def tag_verdict(request: GateRequest, content: ReportContent) -> list[str]:
    """
    Say on the version what the run ended with, when all else is written.

    What was done comes back in words.

    Raises:
        WriteError: AWS did not take the tags.
    """
    if not request.is_tagged:
        return []
    region, version_arn = content.model.region, content.model.version_arn
    if region is None or version_arn is None:
        raise WriteError("the judged version has no ARN to put its verdict on.")
    verdict = content.state
    if verdict == "passed" and not (content.is_passed and content.exit_code == 0):
        verdict = "incomplete"
    tags = VerdictTags(
        verdict,
        content.time,
        content.judgement.thresholds.sha256,
        content.loaded.digest,
    )
    write_tags(Aws(region, profile=request.aws_profile), version_arn, tags)
    return [f"tagged: the version's {VERDICT} is now '{verdict}'"]
