"""
Gate, then start, then stop what ran before.

    python deploy.py PROJECT_ARN VERSION [the gate's options]

The gate runs in the current folder, with `--tag-version`. Where it ends with anything
but 0, nothing is started and nothing is stopped, and this ends with its code. The old
version goes on until the new one is running.
"""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3

POLL_SECONDS = 30  # starting takes AWS some minutes
INFERENCE_UNITS = 1


def main(project_arn: str, version: str, *options: str) -> int:
    """Judge, start, wait, stop; what comes back is the exit code."""
    gate = [sys.executable, "-m", "rekmetrics", "gate", "--tag-version"]
    gate += ["--project-arn", project_arn, "--version-name", version, *options]
    code = subprocess.run(gate, check=False).returncode
    if code:
        return code
    client = boto3.client("rekognition", region_name=project_arn.split(":")[3])
    (new,) = versions(client, project_arn, VersionNames=[version])
    if new["Status"] != "RUNNING":
        client.start_project_version(
            ProjectVersionArn=new["ProjectVersionArn"],
            MinInferenceUnits=INFERENCE_UNITS,
        )
    client.get_waiter("project_version_running").wait(
        ProjectArn=project_arn,
        VersionNames=[version],
        WaiterConfig={"Delay": POLL_SECONDS, "MaxAttempts": 60},
    )
    for old in [*versions(client, project_arn)]:
        is_new = old["ProjectVersionArn"] == new["ProjectVersionArn"]
        if old["Status"] == "RUNNING" and not is_new:
            client.stop_project_version(ProjectVersionArn=old["ProjectVersionArn"])
            print(f"stopped: {old['ProjectVersionArn']}")
    print(f"running: {version}")
    return 0


def versions(client: Any, project_arn: str, **choices: Any) -> Iterator[dict[str, Any]]:
    """The descriptions of all versions, or of those named."""
    pages = client.get_paginator("describe_project_versions")
    for page in pages.paginate(ProjectArn=project_arn, **choices):
        yield from page["ProjectVersionDescriptions"]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
