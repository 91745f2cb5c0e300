"""The keys that lines have shown, and blocks of lines that have no others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import check_text, count_lines
from rekmetrics.manifest.lines import Role

__all__ = ["MAX_KEYS", "Fields", "LineShape"]

Fields = list[tuple[Any, ...]]
"""One tuple for each known key, with what every line has there; None for nothing."""

MAX_KEYS = 512
"""So many different keys are learnt: AWS allows 50 labels an image, some 200 keys."""

_NAMEABLE = re.compile(r'[^"\\\x00-\x1f]*')
"""Keys that msgspec can give to a field."""


class LineShape:
    """
    Reads blocks whose lines have only keys that single lines have shown before.

    `types` says for each role what msgspec makes of its values. `is_usable` is False
    once there were too many keys, or one that no field can be named after; then only
    the strict way is left.
    """

    def __init__(self, types: Mapping[Role, Any]) -> None:
        self.is_usable = True
        self._types = types
        self._roles: dict[str, Role] = {"source-ref": Role.SOURCE}
        self._build()

    def learn(self, roles: Mapping[str, Role]) -> None:
        """Know the keys of one more line, which was read strictly."""
        if not self.is_usable or roles.keys() <= self._roles.keys():
            return
        self._roles |= {key: roles[key] for key in roles if key not in self._roles}
        self.is_usable = len(self._roles) <= MAX_KEYS and all(
            map(_NAMEABLE.fullmatch, self._roles)
        )
        if self.is_usable:
            self._build()

    def sort(self, keys: Mapping[str, Role], role: Role) -> list[str]:
        """The keys of one role, in the order in which they were first seen."""
        wanted = [key for key, found in keys.items() if found is role]
        return sorted(wanted, key=lambda key: self._places.get(key, MAX_KEYS))

    def read(self, block: bytes) -> Fields | None:
        """
        The fields of a block's lines; None unless each line is one object of them.

        Of a key that occurs twice the last one counts.

        Raises:
            msgspec.DecodeError, UnicodeDecodeError: for what is not JSON, or has
                values of other types.
        """
        check_text(block)
        lines = self._decoder.decode_lines(block)
        if not lines or count_lines(block) != len(lines):
            return None
        fields = list(zip(*map(astuple, lines), strict=True))
        if not all(fields[0]) or not self._has_whole_pairs(fields):
            return None
        return fields

    def places(self, role: Role) -> list[int]:
        """Where in the fields the keys of a role stand."""
        return self._places_of[role]

    def pairs(self, role: Role) -> list[tuple[int, int]]:
        """Where the attributes of a role stand, and the metadata of each."""
        return self._pairs_of[role]

    def _build(self) -> None:
        self._places = {key: place for place, key in enumerate(self._roles)}
        self._places_of: dict[Role, list[int]] = {role: [] for role in Role}
        for place, role in enumerate(self._roles.values()):
            self._places_of[role].append(place)
        members = [
            (
                f"f{self._places[key]}",
                self._types[role],
                msgspec.field(name=key)
                if role is Role.SOURCE
                else msgspec.field(name=key, default=None),
            )
            for key, role in self._roles.items()
        ]
        line = msgspec.defstruct(
            "ManifestLine", members, gc=False, forbid_unknown_fields=True
        )
        self._decoder = msgspec.json.Decoder(line)
        self._pairs_of = {
            wanted: [
                (self._places[key], self._places[f"{key}-metadata"])
                for key, role in self._roles.items()
                if role is wanted
            ]
            for wanted in (Role.TRUTH, Role.ENTRY)
        }

    def _has_whole_pairs(self, fields: Fields) -> bool:
        """Whether no line has an attribute without its metadata, or the reverse."""
        return all(
            (all(fields[one]) and all(fields[other]))  # the quick case
            or [value is None for value in fields[one]]
            == [metadata is None for metadata in fields[other]]
            for pairs in self._pairs_of.values()
            for one, other in pairs
        )
