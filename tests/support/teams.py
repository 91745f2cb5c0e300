"""A team's folder, from which programs see an AWS, as one role or another."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from support.gates import ARN

if TYPE_CHECKING:
    import pytest

    from rekmetrics.fake_aws.server import DemoAws

__all__ = ["ADMIN", "GATE", "KEYS", "Team", "record_requests"]

GATE = "arn:aws:iam::123456789012:role/gate"
ADMIN = "arn:aws:iam::123456789012:role/admin"
KEYS = {"AKIAGATEGATEGATEGATE": GATE, "AKIAADMINADMINADMIN0": ADMIN}
"""Who signs with which access key."""


@dataclass
class Team:
    """The folder and the AWS."""

    aws: DemoAws
    folder: Path

    def gate(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Judge a version of the zoo."""
        command = ("-m", "rekmetrics", "gate", "--project-arn", ARN)
        return self.python(*command, "--version-name", name, *words)

    def python(self, *words: str, who: str = GATE) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**self.aws.environment(), "AWS_ACCESS_KEY_ID": _key_of(who)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def client(self, who: str = ADMIN) -> Any:
        return boto3.client(
            "rekognition",
            region_name=self.aws.region,
            endpoint_url=self.aws.url,
            aws_access_key_id=_key_of(who),
            aws_secret_access_key="demo",
        )

    def tag(self, version_arn: str, name: str = "verdict") -> str | None:
        return self.aws.projects.tags.get(version_arn, {}).get(f"rekmetrics:{name}")


def record_requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """
    Whatever reaches this process's AWS from now on: Rekognition's operation, or S3's
    method, in order.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication

    seen: list[str] = []
    answer = DomainDispatcherApplication.__call__

    def record(self: Any, environ: dict[str, Any], start_response: Any) -> Any:
        target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        seen.append(target or f"S3 {environ['REQUEST_METHOD']}")
        return answer(self, environ, start_response)

    monkeypatch.setattr(DomainDispatcherApplication, "__call__", record)
    return seen


def _key_of(who: str) -> str:
    return next(key for key, role in KEYS.items() if role == who)
