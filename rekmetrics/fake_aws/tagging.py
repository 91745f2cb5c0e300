"""Tags on model versions, within AWS's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rekmetrics.fake_aws.answers import Refusal
from rekmetrics.fake_aws.projects import Call, Projects

__all__ = ["check_tags", "list_tags", "tag", "untag"]

_MAX_TAGS = 50
_TEXT = re.compile(r"[\w\s.:/=+\-@]*")


def tag(projects: Projects, call: Call) -> dict[str, Any]:
    """Write tags beside those that are there; one of the same key gives way."""
    kept = _tags_of(projects, call)
    kept.update(check_tags({**kept, **call.parameters["Tags"]}))
    return {}


def untag(projects: Projects, call: Call) -> dict[str, Any]:
    """Take tags away; a key that is not there is no error."""
    kept = _tags_of(projects, call)
    for key in call.parameters["TagKeys"]:
        kept.pop(key, None)
    return {}


def list_tags(projects: Projects, call: Call) -> dict[str, Any]:
    """All tags of a version."""
    return {"Tags": dict(_tags_of(projects, call))}


def check_tags(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The same tags; refused where AWS's limits do not allow them."""
    for key, value in tags.items():
        is_short = 1 <= len(key) <= 128 and len(value) <= 256
        is_plain = _TEXT.fullmatch(key) and _TEXT.fullmatch(value)
        if key.lower().startswith("aws:") or not (is_short and is_plain):
            raise Refusal("InvalidParameterException", f"The tag {key} is not valid")
    if len(tags) > _MAX_TAGS:
        message = f"A resource has at most {_MAX_TAGS} tags"
        raise Refusal("ServiceQuotaExceededException", message)
    return tags


def _tags_of(projects: Projects, call: Call) -> dict[str, str]:
    arn = call.parameters.get("ResourceArn")
    version_arn = projects.find_version(arn)["ProjectVersionArn"]
    return projects.tags.setdefault(version_arn, {})
