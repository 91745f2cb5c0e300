"""
IAM's decision, small enough to read: statements, wildcards, conditions.

moto's enforcement ignores conditions, and no evaluator on PyPI that is kept honours
them offline. What is here follows AWS's "Policy evaluation logic" and "Condition
operators"; what the policies of this project do not use is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Ask", "is_allowed"]

Policy = Mapping[str, Any]


@dataclass(frozen=True)
class Ask:
    """A request to one resource: who, what, the tags there and the tags it brings."""

    principal: str
    action: str
    resource: str
    tags: Mapping[str, str] = field(default_factory=dict)
    new_tags: Mapping[str, str] | None = None
    tag_keys: Sequence[str] | None = None
    prefix: str | None = None
    """Of the keys that a bucket is asked to list."""

    @property
    def context(self) -> dict[str, list[str]]:
        """Condition keys, whose names have no case, with their values."""
        found = {"aws:principalarn": [self.principal]}
        for key, value in self.tags.items():
            found[f"aws:resourcetag/{key.lower()}"] = [value]
        for key, value in (self.new_tags or {}).items():
            found[f"aws:requesttag/{key.lower()}"] = [value]
        if self.prefix is not None:
            found["s3:prefix"] = [self.prefix]
        keys = self.tag_keys if self.new_tags is None else [*self.new_tags]
        if keys:
            found["aws:tagkeys"] = [*keys]
        return found


def is_allowed(policies: Iterable[Policy], *asks: Ask) -> bool:
    """Whether every resource is allowed by one statement and denied by none."""
    statements = [s for policy in policies for s in policy["Statement"]]
    return all(
        "Deny" not in (effects := {s["Effect"] for s in statements if _applies(s, ask)})
        and "Allow" in effects
        for ask in asks
    )


def _applies(statement: Mapping[str, Any], ask: Ask) -> bool:
    unknown = {*statement} - {"Sid", "Effect", "Action", "Resource", "Condition"}
    assert not unknown, unknown
    return (
        any(_like(a.lower(), ask.action.lower()) for a in _list(statement["Action"]))
        and any(_like(r, ask.resource) for r in _list(statement["Resource"]))
        and all(
            _holds(operator, _list(wanted), ask.context.get(key.lower()))
            for operator, block in statement.get("Condition", {}).items()
            for key, wanted in block.items()
        )
    )


def _holds(operator: str, wanted: list[str], found: list[str] | None) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        return (found is None) == (wanted == ["true"])
    is_negated = "Not" in name
    compare = _COMPARISONS[name.replace("Not", "")]

    def fits(value: str) -> bool:
        return any(compare(pattern, value) for pattern in wanted) != is_negated

    if quantifier == "ForAnyValue":
        return any(fits(value) for value in found or [])
    if quantifier == "ForAllValues":
        return all(fits(value) for value in found or [])
    assert quantifier == "", quantifier
    if found is None:
        return is_negated
    assert len(found) == 1, f"{operator} needs a quantifier"
    return fits(found[0])


def _like(pattern: str, value: str) -> bool:
    parts = [{"*": ".*", "?": "."}.get(char) or re.escape(char) for char in pattern]
    return re.fullmatch("".join(parts), value, re.S) is not None


def _arn_like(pattern: str, value: str) -> bool:
    ours, theirs = pattern.split(":", 5), value.split(":", 5)
    return len(ours) == len(theirs) and all(map(_like, ours, theirs))


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


_COMPARISONS: Mapping[str, Callable[[str, str], bool]] = {
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": _like,
}
