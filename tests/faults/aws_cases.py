"""Credentials, Rekognition's answers, S3."""

from __future__ import annotations

import json
from typing import Any

from bench import Bench, Case
from support import faulty_s3
from support.gates import ARN, GOOD

__all__ = ["CREDENTIALS", "REKOGNITION", "S3"]

OPERATION = "DescribeProjectVersions"


def _aws(name: str, code: int, words: tuple[str, ...], spoil: Any, real: bool = False):
    return Case(name, code, words, spoil, needs_aws=True, is_representative=real)


def _described(**changes: Any):
    return lambda bench: bench.description.update(changes)


def _answered(body: Any, status: int = 200, n: int = 9):
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda bench: bench.answers.extend([(OPERATION, status, text)] * n)


def _refused(code: str, status: int = 400):
    return _answered({"__type": code, "message": "no"}, status)


def _variables(**variables: str):
    return lambda bench: bench.variables.update(variables)


def _profile(text: str, name: str = "team"):
    """A configuration file with this profile, and the profile asked for."""

    def spoil(bench: Bench) -> None:
        path = bench.folder / "aws-config"
        path.write_text(text.replace("FOLDER", str(bench.folder)))
        bench.words = [
            *("--project-arn", ARN, f"--version-name={GOOD}", "--aws-profile", name)
        ]
        bench.variables |= {"AWS_CONFIG_FILE": str(path)}
        bench.variables |= {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    return spoil


def _s3(*faults: faulty_s3.Fault):
    return lambda bench: bench.s3_faults.extend(faults * (1 if len(faults) > 1 else 9))


PENDING = ("TRAINING_IN_PROGRESS", "COPYING_IN_PROGRESS")
ENDED = ("TRAINING_FAILED", "COPYING_FAILED", "DELETING")

CREDENTIALS = [
    _aws(
        "none",
        6,
        ("credentials",),
        _variables(AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY=""),
        True,
    ),
    _aws("half", 6, ("credentials",), _variables(AWS_SECRET_ACCESS_KEY="")),
    _aws("expired", 6, ("expired",), _refused("ExpiredTokenException")),
    _aws(
        "token-unknown",
        6,
        ("does not know the credentials",),
        _refused("UnrecognizedClientException", 403),
    ),
    _aws("signature", 6, ("Rekognition",), _refused("InvalidSignatureException", 403)),
    _aws(
        "denied",
        6,
        ("rekognition:DescribeProjectVersions",),
        _refused("AccessDeniedException"),
    ),
    _aws("profile-missing", 6, ("nobody",), _profile("[default]\n", "nobody")),
    _aws("profile-empty", 6, ("credentials",), _profile("[profile team]\n")),
    _aws("profile-broken", 6, ("configuration",), _profile("[profile team\n")),
    _aws(
        "sso-not-logged-in",
        6,
        ("aws sso login",),
        _profile(
            "[profile team]\nsso_start_url=https://x.example.org\nsso_region=us-east-1\n"
            "sso_account_id=123456789012\nsso_role_name=reader\n"
        ),
    ),
    _aws(
        "process-missing",
        6,
        ("credential",),
        _profile("[profile team]\ncredential_process=/no/such/program\n"),
    ),
    _aws(
        "process-garbage",
        6,
        ("credential",),
        _profile("[profile team]\ncredential_process=echo hello\n"),
    ),
    _aws(
        "source-missing",
        6,
        ("profile",),
        _profile(
            "[profile team]\nrole_arn=arn:aws:iam::123456789012:role/r\n"
            "source_profile=nobody\n"
        ),
    ),
    _aws(
        "web-token-missing",
        6,
        ("no-such-token, which cannot be used", "WEB_IDENTITY"),
        _profile(
            "[profile team]\nrole_arn=arn:aws:iam::123456789012:role/r\n"
            "web_identity_token_file=FOLDER/no-such-token\n"
        ),
    ),
]

REKOGNITION = [
    *(_aws(s.lower(), 6, (s,), _described(Status=s), s == PENDING[0]) for s in PENDING),
    *(_aws(s.lower(), 6, (s,), _described(Status=s)) for s in ENDED),
    _aws(
        "status-new", 6, ("NEWBORN",), _described(Status="NEWBORN", EvaluationResult={})
    ),
    _aws("adapter", 4, ("adapter",), _described(Feature="CONTENT_MODERATION")),
    _aws("no-evaluation", 6, ("evaluation",), _described(EvaluationResult={})),
    _aws(
        "no-summary",
        6,
        ("summary",),
        _described(EvaluationResult={"F1Score": 0.9}),
    ),
    _aws("no-manifest", 6, ("manifest",), _described(TestingDataResult={})),
    _aws(
        "f1-of-another",
        6,
        ("F1", "not this version"),
        _described(EvaluationResult=...),
    ),
    _aws("empty-answer", 6, ("proxy",), _answered({})),
    _aws(
        "nothing",
        6,
        ("no model version",),
        _answered({"ProjectVersionDescriptions": []}),
    ),
    _aws("garbage", 6, ("Rekognition",), _answered("garbage")),
    _aws("html", 6, ("Rekognition",), _answered("<html>log in</html>")),
    _aws("null", 6, ("Rekognition",), _answered("null")),
    _aws("cut-json", 6, ("Rekognition",), _answered('{"ProjectVersionDescr')),
    _aws(
        "of-another-project",
        6,
        ("not used",),
        _answered(
            {
                "ProjectVersionDescriptions": [
                    {"ProjectVersionArn": ARN.replace("/zoo", "/bar/version/x")}
                ]
            }
        ),
    ),
    _aws(
        "without-arn",
        6,
        ("ARN",),
        _answered({"ProjectVersionDescriptions": [{"Status": "TRAINING_COMPLETED"}]}),
    ),
    _aws(
        "endless-pages",
        6,
        ("does not end",),
        _answered({"ProjectVersionDescriptions": [], "NextToken": "again"}, n=50),
    ),
    _aws("throttled", 6, ("limiting requests",), _refused("ThrottlingException")),
    _aws(
        "too-much",
        6,
        ("Rekognition",),
        _refused("ProvisionedThroughputExceededException"),
    ),
    _aws("internal", 6, ("Rekognition",), _refused("InternalServerError", 500)),
    _aws("unavailable", 6, ("Rekognition",), _answered("", 503)),
    _aws("invalid", 6, ("Rekognition",), _refused("InvalidParameterException")),
    _aws("unknown-error", 6, ("Rekognition",), _refused("BrandNewException")),
    _aws("empty-error", 6, ("Rekognition",), _answered("", 400)),
    _aws(
        "nobody-there",
        6,
        ("127.0.0.1:9",),
        _variables(AWS_ENDPOINT_URL="http://127.0.0.1:9"),
    ),
    _aws("endpoint-garbage", 6, ("AWS",), _variables(AWS_ENDPOINT_URL="garbage")),
]

REFUSED = "s3:GetObject"
S3 = [
    _aws("no-key", 6, ("NoSuchKey",), _s3(faulty_s3.refuse(404, "NoSuchKey")), True),
    _aws(
        "no-bucket",
        6,
        ("bucket does not exist",),
        _s3(faulty_s3.refuse(404, "NoSuchBucket")),
    ),
    _aws("denied", 6, (REFUSED,), _s3(faulty_s3.refuse(403, "AccessDenied"))),
    _aws(
        "kms",
        6,
        ("kms:Decrypt", "key/k"),
        _s3(
            faulty_s3.refuse(
                403,
                "AccessDenied",
                "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: "
                "kms:Decrypt on resource: arn:aws:kms:us-east-1:123456789012:key/k",
            )
        ),
    ),
    _aws(
        "version-gone",
        6,
        ("no longer exists",),
        _s3(faulty_s3.refuse(404, "NoSuchVersion")),
    ),
    _aws(
        "archived",
        6,
        ("archived",),
        _s3(faulty_s3.refuse(403, "InvalidObjectState")),
    ),
    _aws(
        "slow-down", 6, ("limiting requests",), _s3(faulty_s3.refuse(503, "SlowDown"))
    ),
    _aws(
        "internal", 6, ("InternalError",), _s3(faulty_s3.refuse(500, "InternalError"))
    ),
    _aws("expired", 6, ("xpired",), _s3(faulty_s3.refuse(400, "ExpiredToken"))),
    _aws("changed", 6, ("s3://",), _s3(faulty_s3.refuse(412, "PreconditionFailed"))),
    _aws("truncated", 6, ("s3://",), _s3(faulty_s3.truncate)),
    _aws("cut-silently", 6, ("checksum",), _s3(faulty_s3.cut_silently)),
    _aws("corrupt", 6, ("checksum",), _s3(faulty_s3.corrupt)),
    _aws("no-length", 6, ("length",), _s3(faulty_s3.without_length)),
    _aws("gzip", 6, ("gzip",), _s3(faulty_s3.gzipped)),
    _aws("html", 6, ("summary",), _s3(faulty_s3.html)),
    _aws("reset", 6, ("s3://",), _s3(faulty_s3.reset)),
    _aws("reset-midway", 6, ("s3://",), _s3(faulty_s3.reset_midway)),
    _aws("stalled", 6, ("s3://",), _s3(faulty_s3.stall)),
]
