"""
Copy a version that passed into another project, and judge it again there.

    python promote.py VERSION_ARN SOURCE_PROJECT_ARN TARGET_PROJECT_ARN s3://BUCKET/PREFIX
        [the gate's options]

The copy bears the name of its source and none of its tags: under a guard nobody can
start it until the target's own gate, with the target's thresholds.yaml, has passed it.
Its evaluation is copied byte for byte, so `rekmetrics:evaluation` comes out the same.
This ends with the gate's code.
"""

import subprocess
import sys
import time

import boto3

POLL_SECONDS = 30


def main(version_arn: str, source: str, target: str, output: str, *options: str) -> int:
    """Copy, wait, judge."""
    bucket, _, prefix = output.removeprefix("s3://").partition("/")
    version = version_arn.split("/")[3]
    client = boto3.client("rekognition", region_name=target.split(":")[3])
    client.copy_project_version(
        SourceProjectArn=source,
        SourceProjectVersionArn=version_arn,
        DestinationProjectArn=target,
        VersionName=version,
        OutputConfig={"S3Bucket": bucket, "S3KeyPrefix": prefix},
    )
    status = "COPYING_IN_PROGRESS"
    while status == "COPYING_IN_PROGRESS":
        found = client.describe_project_versions(
            ProjectArn=target, VersionNames=[version]
        )
        status = found["ProjectVersionDescriptions"][0]["Status"]
        time.sleep(POLL_SECONDS)
    print(f"{version}: {status}")
    gate = [sys.executable, "-m", "rekmetrics", "gate", "--tag-version"]
    gate += ["--project-arn", target, "--version-name", version, *options]
    return subprocess.run(gate, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
