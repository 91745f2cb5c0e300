"""
Print the IAM policies that let what failed not be started.

One is what the gate's role needs, the other a guard for everybody else. Nothing is
asked of AWS, and nothing is changed there; docs/deploy.md says where each belongs.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


EXAMPLES = (
    "rekmetrics policy --project-arn ARN --gate-role ROLE-ARN",
    "rekmetrics policy --project-arn ARN --only gate --format terraform",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare whose versions are guarded, from whom, and the form of the policies."""
    parser.add_argument(
        "--project-arn", metavar="ARN", required=True, help="the guarded project"
    )
    parser.add_argument(
        "--gate-role",
        metavar="ARN",
        help="the role that the gate runs as, the only one to write verdicts",
    )
    parser.add_argument(
        "--training-output",
        metavar="S3-URI",
        help="where Rekognition writes evaluations, as s3://BUCKET/PREFIX",
    )
    parser.add_argument(
        "--images", metavar="S3-URI", help="where images lie, for --check-images"
    )
    parser.add_argument(
        "--guard",
        choices=("identity", "scp"),
        default="identity",
        help="the guard's kind: a policy for roles and groups, or a service control "
        "policy of the organization (default: %(default)s)",
    )
    parser.add_argument(
        "--deny-use",
        action="store_true",
        help="also deny DetectCustomLabels on versions that did not pass",
    )
    parser.add_argument(
        "--only", choices=("gate", "guard"), help="print this one of the two"
    )
    parser.add_argument(
        "--format",
        choices=("json", "cloudformation", "terraform"),
        default="json",
        help="as policy documents, or as a file to deploy (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the policies, and to stderr what is left to be filled in."""
    from rekmetrics.arns import parse_project_arn
    from rekmetrics.policies import PLACEHOLDER, Guarded, render_policies

    guarded = Guarded(
        parse_project_arn(arguments.project_arn),
        arguments.gate_role,
        arguments.training_output or PLACEHOLDER,
        arguments.guard,
        arguments.deny_use,
        arguments.images,
    )
    print(render_policies(guarded, form=arguments.format, only=arguments.only), end="")
    if arguments.training_output is None and arguments.only != "guard":
        _note(f"fill in {PLACEHOLDER}, or give --training-output.")
    if arguments.gate_role is None and arguments.only != "gate":
        _note("the guard excepts nobody: do not attach it to the gate's own role.")
    return 0


def _note(text: str) -> None:
    print(f"rekmetrics: {text}", file=sys.stderr)
