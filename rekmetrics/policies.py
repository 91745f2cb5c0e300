"""
IAM policies around a verdict: what the gate's role needs, and a guard for the rest.

The guard denies, whatever else is allowed: to start and to copy versions whose tag is
not "passed" (one without the tag is denied, too, since `StringNotEquals` holds where
its key is missing), and to write these tags, for all but the gate's role.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rekmetrics.arns import ProjectArn
from rekmetrics.aws.tags import PASSED, TAG_KEYS, VERDICT
from rekmetrics.errors import RequestError
from rekmetrics.texts import mask_account, quote

PLACEHOLDER = "s3://OUTPUT-BUCKET/OUTPUT-PREFIX"
"""No bucket can have this name, so it grants nothing until it is filled in."""

_ROLE = re.compile(r"arn:([a-z0-9-]+):iam::([0-9]{12}):role/([\w+=,.@/-]{1,576})", re.A)
_S3 = re.compile(r"s3://([\w.-]+)(/[\w.=+@/-]*)?", re.A)

Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Guarded:
    """
    A project, who judges its versions, and what is denied to all others.

    Raises:
        RequestError: the role or the address in S3 is not one that can be meant.
    """

    project: ProjectArn
    gate_role: str | None = None
    training_output: str = PLACEHOLDER
    kind: Literal["identity", "scp"] = "identity"
    denies_use: bool = False
    images: str | None = None
    """Where the images lie that `--check-images` compares."""

    def __post_init__(self) -> None:
        if self.gate_role is not None:
            _check_role(self.gate_role, self.project)
        elif self.kind == "scp":
            raise RequestError(
                "a service control policy binds the gate's role as well, so nobody "
                "could write a verdict; give --gate-role ARN."
            )
        for option, place in (
            ("--training-output", self.training_output),
            ("--images", self.images),
        ):
            if place is not None and not _S3.fullmatch(place):
                raise RequestError(
                    f"{option} {quote(place)} does not read s3://BUCKET/PREFIX."
                )

    @property
    def everything(self) -> str:
        """The project itself, its versions and its datasets, as policies write it."""
        return f"{self.project.text.removesuffix(f'/{self.project.created}')}/*"

    @property
    def versions(self) -> str:
        """All versions of the project."""
        return f"{self.everything[:-1]}version/*/*"


def gate_policy(guarded: Guarded) -> Policy:
    """What the gate's role needs, and nothing else."""
    head = f"arn:{guarded.project.partition}:s3:::"
    describe = "rekognition:DescribeProjectVersions"
    return _policy(
        _statement("ReadVersions", describe, guarded.project.text),
        _statement(
            "ReadEvaluations",
            ["s3:GetObject", "s3:GetObjectVersion"],
            head + "/".join([*_split(guarded.training_output), "*"]),
        ),
        *(() if guarded.images is None else _about_images(guarded.images, head)),
        _statement(
            "WriteVerdicts",
            "rekognition:TagResource",
            guarded.versions,
            {
                "ForAllValues:StringEquals": {"aws:TagKeys": [*TAG_KEYS]},
                # "For all" is true of none: tags there must be.
                "Null": {"aws:TagKeys": "false"},
            },
        ),
    )


def _about_images(images: str, head: str) -> tuple[dict[str, Any], ...]:
    """To list the folders of images, and to ask how one is kept."""
    bucket, *prefix = _split(images)
    below = {"StringLike": {"s3:prefix": [f"{prefix[0]}/*"]}} if prefix else None
    return (
        _statement("ListImages", "s3:ListBucket", head + bucket, below),
        _statement(
            "AskAboutImages", "s3:GetObject", head + "/".join([bucket, *prefix, "*"])
        ),
    )


def _split(place: str) -> list[str]:
    """Bucket and, if there is one, prefix of s3://BUCKET/PREFIX."""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    return [*filter(None, (bucket, prefix.strip("/")))]


def guard_policy(guarded: Guarded) -> Policy:
    """What is denied to all; the gate's role is excepted where it writes verdicts."""
    actions = ["rekognition:StartProjectVersion", "rekognition:CopyProjectVersion"]
    if guarded.denies_use:
        actions.append("rekognition:DetectCustomLabels")
    # Names of tags are compared without case where policies read them, and with case
    # where they are written: "Rekmetrics:Verdict" must not be writable either.
    condition: dict[str, Any] = {
        "ForAnyValue:StringEqualsIgnoreCase": {"aws:TagKeys": [*TAG_KEYS]}
    }
    if guarded.gate_role is not None:
        condition["ArnNotEquals"] = {"aws:PrincipalArn": guarded.gate_role}
    untagged = {"StringNotEquals": {f"aws:ResourceTag/{VERDICT}": PASSED}}
    # Training and copying can tag what they make.
    writing = ("TagResource", "UntagResource", "CreateProjectVersion")
    return _policy(
        _statement(
            "OnlyPassedVersions", actions, guarded.versions, untagged, effect="Deny"
        ),
        _statement(
            "OnlyTheGateWritesVerdicts",
            [f"rekognition:{name}" for name in (*writing, "CopyProjectVersion")],
            guarded.everything,
            condition,
            effect="Deny",
        ),
    )


def render_policies(
    guarded: Guarded,
    *,
    form: Literal["json", "cloudformation", "terraform"] = "json",
    only: Literal["gate", "guard"] | None = None,
) -> str:
    """
    Both policies, or one of them, as a text that a tool of AWS's or Terraform reads.

    Raises:
        RequestError: they cannot stand in one file of this form.
    """
    if guarded.kind == "scp" and only is None and form != "json":
        raise RequestError(
            "a service control policy belongs to the organization's management account "
            "and the gate's policy to the gate's; give --only guard, then --only gate."
        )
    made = {"gate": gate_policy(guarded), "guard": guard_policy(guarded)}
    chosen = {name: made[name] for name in made if only in {None, name}}
    if form == "terraform":
        return "\n".join(_terraform(guarded, *item) for item in chosen.items())
    if form == "cloudformation":
        resources = {
            name.title(): _cloudformation(guarded, name, policy)
            for name, policy in chosen.items()
        }
        return _dump({"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
    return _dump(chosen if only is None else chosen[only])


def _cloudformation(guarded: Guarded, name: str, policy: Policy) -> dict[str, Any]:
    if name == "guard" and guarded.kind == "scp":
        return {
            "Type": "AWS::Organizations::Policy",
            "Properties": {
                "Name": _name(guarded, name),
                "Type": "SERVICE_CONTROL_POLICY",
                "Content": policy,
            },
        }
    properties = {"ManagedPolicyName": _name(guarded, name), "PolicyDocument": policy}
    if name == "gate" and guarded.gate_role is not None:
        properties["Roles"] = [_role_name(guarded.gate_role)]
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}


def _terraform(guarded: Guarded, name: str, policy: Policy) -> str:
    is_scp = name == "guard" and guarded.kind == "scp"
    kind = "aws_organizations_policy" if is_scp else "aws_iam_policy"
    member = "content" if is_scp else "policy"
    # As an expression of HCL, laid out as `terraform fmt` does.
    document = json.dumps(policy, indent=2, separators=(",", " : "))
    indented = document.replace("\n", "\n  ")
    text = (
        f'resource "{kind}" "rekmetrics_{name}" {{\n'
        f'  name = "{_name(guarded, name)}"\n'
        f"  {member} = jsonencode({indented})\n"
        "}\n"
    )
    if name == "gate" and guarded.gate_role is not None:
        text += (
            '\nresource "aws_iam_role_policy_attachment" "rekmetrics_gate" {\n'
            f'  role       = "{_role_name(guarded.gate_role)}"\n'
            "  policy_arn = aws_iam_policy.rekmetrics_gate.arn\n"
            "}\n"
        )
    return text


def _policy(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": [*statements]}


def _statement(
    name: str,
    actions: str | list[str],
    resource: str,
    condition: Policy | None = None,
    *,
    effect: str = "Allow",
) -> Policy:
    made = {"Sid": name, "Effect": effect, "Action": actions, "Resource": resource}
    return made if condition is None else {**made, "Condition": condition}


def _name(guarded: Guarded, name: str) -> str:
    return f"rekmetrics-{name}-{guarded.project.project_name}"[:128]


def _role_name(role: str) -> str:
    return role.rpartition("/")[2]


def _dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def _check_role(text: str, project: ProjectArn) -> None:
    match = _ROLE.fullmatch(text)
    shown = mask_account(quote(text))
    if match is None:
        hint = ""
        if ":assumed-role/" in text:
            hint = "; this is a session of a role: give the role's own ARN"
        raise RequestError(
            f"gate role {shown} does not read arn:aws:iam::ACCOUNT:role/NAME{hint}."
        )
    if (match[1], match[2]) != (project.partition, project.account):
        raise RequestError(
            f"gate role {shown} is of another account or partition than the project, "
            "whose versions it could not tag."
        )
