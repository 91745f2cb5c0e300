"""
Hold a verified attestation against the version that is about to be started.

    python check_attestation.py FILE VERSION_ARN

Verify the signature first; this reads what was signed. Exit code 0 means: the file is
an in-toto Statement of a test that passed, about this version, and about the evaluation
that the version's tag names.
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3

TYPES = {
    "_type": "https://in-toto.io/Statement/v1",
    "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
}


def main(file: str, version_arn: str) -> int:
    """Exit code 0 where the file and the version's tags agree on a pass."""
    statement = json.loads(Path(file).read_text())
    head, *parts = version_arn.split(":")
    if head != "arn" or len(parts) < 5:
        print(f"{version_arn} is no ARN of a model version.")
        return 1
    client = boto3.client("rekognition", region_name=parts[2])
    tags = client.list_tags_for_resource(ResourceArn=version_arn)["Tags"]
    complaint = complain(statement, version_arn, tags)
    print(complaint or f"{file} says that {version_arn} passed.")
    return 1 if complaint else 0


def complain(statement: Any, version_arn: str, tags: dict[str, str]) -> str:
    """What speaks against the start; nothing where nothing does."""
    if any(statement.get(key) != value for key, value in TYPES.items()):
        return "This is no attestation of a test."
    if statement["predicate"]["result"] not in ("PASSED", "WARNED"):
        return f"The test's result is {statement['predicate']['result']}."
    digests = {
        subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]
    }
    if version_arn not in digests:
        return "The attestation is about another version."
    if tags.get("rekmetrics:verdict") != "passed":
        return f"The version's tag says {tags.get('rekmetrics:verdict')}."
    evaluation = tags.get("rekmetrics:evaluation", "")
    if len(evaluation) != 32 or not digests[version_arn].startswith(evaluation):
        return "The version's tag names another evaluation."
    return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
