"""ARNs and version names: read, check, and say what is wrong with one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rekmetrics.errors import RequestError
from rekmetrics.texts import mask_account, quote

LATEST = "@latest"
RUNNING = "@running"
"""Words in place of a version's name, which cannot have the sign in it."""

PROJECT_FORM = "arn:aws:rekognition:REGION:ACCOUNT:project/NAME/NUMBER"

_LETTER = r"[a-zA-Z0-9_.\-]"
_NAME = _LETTER + "{1,255}"
_HEAD = r"arn:([a-z0-9-]+):rekognition:([a-z0-9-]+):([0-9]{12}):project/"
_PROJECT = re.compile(rf"{_HEAD}({_NAME})/([0-9]+)")
_VERSION = re.compile(rf"{_HEAD}({_NAME})/version/({_NAME})/([0-9]+)")
_UNEXPANDED = re.compile(r"\$\w+|\$\{.*\}|\$\(.*\)|%\w+%|\{\{.*\}\}")

# By the region's beginning; whatever is not listed is left to AWS to judge.
_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


@dataclass(frozen=True, slots=True)
class ProjectArn:
    """A Custom Labels project, by its ARN; `created` is the number at the end."""

    text: str
    partition: str
    region: str
    account: str
    project_name: str
    created: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class VersionArn:
    """A model version, by its ARN; `created` is its own number, not the project's."""

    text: str
    partition: str
    region: str
    account: str
    project_name: str
    version_name: str
    created: str

    def is_of(self, project: ProjectArn) -> bool:
        """Whether it is one of the project's versions."""
        names = ("partition", "region", "account", "project_name")
        return all(getattr(self, name) == getattr(project, name) for name in names)

    def __str__(self) -> str:
        return self.text


def parse_project_arn(text: str) -> ProjectArn:
    """
    Read the ARN of a project.

    Raises:
        RequestError: saying what is wrong with the text, and what to give instead.
    """
    match = _PROJECT.fullmatch(text)
    if match is None:
        raise _refusal("project ARN", text, _explain_project(text))
    arn = ProjectArn(text, *match.groups())
    _check_partition("project ARN", arn.partition, arn.region)
    return arn


def parse_version_arn(text: str) -> VersionArn:
    """
    Read the ARN of a model version.

    Raises:
        RequestError: saying what is wrong with the text.
    """
    match = _VERSION.fullmatch(text)
    if match is None:
        form = PROJECT_FORM.replace("/NUMBER", "/version/VERSION/NUMBER")
        raise RequestError(f"version ARN {_shown(text)} does not read {form}.")
    arn = VersionArn(text, *match.groups())
    _check_partition("version ARN", arn.partition, arn.region)
    return arn


def is_word(text: str | None) -> bool:
    """Whether it stands for a version's name, as `@latest` does, and is none itself."""
    return (text or "").startswith("@")


def parse_version_choice(text: str) -> str:
    """
    Read the name of a model version, or `@latest` or `@running` in its place.

    Raises:
        RequestError: saying what is wrong with the text, and what to give instead.
    """
    if text in (LATEST, RUNNING):
        return text
    if is_word(text):
        raise RequestError(
            f"version name {_shown(text)}: the words in place of a name are {LATEST} "
            f"(the newest with an evaluation) and {RUNNING} (the one that runs)."
        )
    return parse_version_name(text)


def parse_version_name(text: str) -> str:
    """
    Read the name of a model version.

    Raises:
        RequestError: saying what is wrong with the text, and what to give instead.
    """
    if not re.fullmatch(_NAME, text):
        raise _refusal("version name", text, _explain_version_name(text))
    return text


def _refusal(what: str, text: str, explanation: str) -> RequestError:
    shown = f"{_shown(text)} " if text.strip() else ""
    return RequestError(f"{what} {shown}{explanation}")


def _shown(text: str) -> str:
    return mask_account(quote(text))


def _check_partition(what: str, partition: str, region: str) -> None:
    for prefix, wanted in _PARTITIONS.items():
        if region.startswith(prefix) and partition != wanted:
            raise RequestError(
                f"{what}: region {region} is in partition {wanted}, "
                f"but the ARN says {partition}; copy the whole ARN again."
            )
        if partition == wanted and not region.startswith(prefix):
            raise RequestError(
                f"{what}: partition {partition} has no region {region}; "
                "copy the whole ARN again."
            )
    if not re.fullmatch("aws(-[a-z0-9-]+)?", partition):
        raise RequestError(f"{what}: the partition is {partition}; 'aws' is usual.")


def _explain_any(text: str) -> str | None:
    """What goes wrong with any value that passes through a CI system or a shell."""
    if not text.strip():
        return "is empty; a CI variable that is not set gives this."
    if text != text.strip():
        return "begins or ends with white space; remove it."
    if text[0] in "\"'`" or text[-1] in "\"'`":
        return "has quotation marks in the value itself; remove them."
    if _UNEXPANDED.search(text):
        return "holds a variable that was not filled in."
    return None if text.isprintable() else "holds characters that cannot be printed."


def _explain_version_name(text: str) -> str:
    explanation = _explain_any(text)
    if explanation:
        return explanation
    if match := _VERSION.fullmatch(text):
        return f"is the whole ARN of a version; give its name alone: {match[5]}"
    if _PROJECT.fullmatch(text):
        return "is the ARN of a project; give a version's name."
    if len(text) > 255:
        return f"has {len(text)} characters; at most 255 are possible."
    bad = ", ".join(quote(char) for char in sorted({*re.sub(_LETTER, "", text)}))
    return f"holds {bad}; only letters, digits and _ . - are possible."


def _explain_project(text: str) -> str:
    explanation = _explain_any(text)
    if explanation:
        return f"{explanation} Wanted: {PROJECT_FORM}"
    if not text.startswith("arn:"):
        return _explain_no_arn(text)
    fields = text.split(":", 5)
    if len(fields) < 6:
        return f"is cut off. Wanted: {PROJECT_FORM}"
    _, partition, service, region, account, resource = fields
    if service != "rekognition":
        return f"is of service {quote(service)}, not 'rekognition'."
    if not re.fullmatch(r"[a-z0-9-]+", partition):
        return f"has the partition {quote(partition)}; 'aws' is usual."
    if not re.fullmatch(r"[a-z0-9-]+", region):
        return f"has the region {quote(region)}, not one like us-east-1."
    if not re.fullmatch(r"[0-9]{12}", account):
        return f"has an account of {len(account)} characters; an account is 12 digits."
    return _explain_resource(text, resource, region)


def _explain_no_arn(text: str) -> str:
    if re.fullmatch(_NAME, text):
        return (
            f"is a name, not an ARN. Wanted: {PROJECT_FORM}; "
            f"'aws rekognition describe-projects --project-names {text}' prints it."
        )
    return f"is not an ARN. Wanted: {PROJECT_FORM}"


def _explain_resource(text: str, resource: str, region: str) -> str:
    if match := _VERSION.fullmatch(text):
        return (
            "is the ARN of a model version. Give the project's, which ends with a "
            "number of its own ('aws rekognition describe-projects --project-names "
            f"{match[4]} --region {region}' prints it), and --version {match[5]}"
        )
    if re.fullmatch(rf"project/{_NAME}/dataset/.*", resource):
        return "is the ARN of a dataset; give its project's ARN."
    if re.fullmatch(rf"project/{_NAME}/?", resource):
        return f"lacks the number that a project ARN ends with: {PROJECT_FORM}"
    if not resource.startswith("project/"):
        return "is not the ARN of a Custom Labels project."
    return f"does not read {PROJECT_FORM}"
