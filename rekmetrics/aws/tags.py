"""The verdict, as tags of a model version: the only thing ever written to AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rekmetrics.errors import AwsError, WriteError

if TYPE_CHECKING:
    from rekmetrics.aws.client import Aws


VERDICT = "rekmetrics:verdict"
PASSED = "passed"
_THRESHOLDS = "rekmetrics:thresholds"
_EVALUATION = "rekmetrics:evaluation"
_JUDGED = "rekmetrics:judged"
TAG_KEYS = (VERDICT, _THRESHOLDS, _EVALUATION, _JUDGED)

_N_DIGITS = 32  # of 64: half of SHA-256, 128 bits
_ADVICE = {
    "ServiceQuotaExceededException": (
        " A version holds 50 tags, and four are needed: take others away "
        "('aws rekognition untag-resource')."
    ),
    "ResourceNotFoundException": " It was deleted since it was described.",
}


@dataclass(frozen=True, slots=True)
class VerdictTags:
    """
    What the tags say; digests are SHA-256 in hexadecimal, the time ISO 8601 in UTC.

    All four keys are always written, in one request: what stands there is one gate's.
    """

    verdict: Literal["passed", "failed", "incomplete"]
    judged: str
    thresholds: str | None = None
    evaluation: str | None = None

    def as_tags(self) -> dict[str, str]:
        values = (
            self.verdict,
            (self.thresholds or "none")[:_N_DIGITS],
            (self.evaluation or "none")[:_N_DIGITS],
            self.judged,
        )
        return dict(zip(TAG_KEYS, values, strict=True))


def write_tags(aws: Aws, version_arn: str, tags: VerdictTags) -> None:
    """
    Put the tags on the version, in place of an earlier verdict; others' tags stay.

    Raises:
        WriteError: AWS did not take them, and why.
    """
    try:
        aws.tag(version_arn, tags.as_tags())
    except AwsError as error:
        raise WriteError(
            f"the verdict '{tags.verdict}' could not be written to the version: "
            f"{error}{_ADVICE.get(error.code or '', '')}"
        ) from error
