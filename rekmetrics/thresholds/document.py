"""
A YAML file as plain values, each with its place; nothing in it is ever executed.

Only the part of YAML that a thresholds file needs is read: mappings, lists and
scalars of one document. Names (keys) are taken as they are written, so that a label
may be called `no` or `1`. Values are numbers, `true`, `false`, nothing, or text, by
the rules of YAML 1.2: `1e-3` is a number, `12:30` and `no` are text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from rekmetrics.errors import Problem, ThresholdsError
from rekmetrics.texts import quote
from rekmetrics.thresholds.rules import INIT_WRITES

KeyPath = tuple[str, ...]
MAX_BYTES = 1 << 20
MAX_DEPTH = 12

NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = {"null": None, "": None, "~": None, "true": True, "false": False}
_NOT_FINITE = re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[\w*?-]+")


class Place(NamedTuple):
    """Line and column, both from 1; 0 is the file as a whole."""

    line: int
    column: int


_NOWHERE = Place(0, 0)


@dataclass(slots=True)
class Document:
    """
    What stands in the file, and where.

    `keys` has the place of each key, `places` of each value, `texts` each scalar as
    it is written; all by the path of keys that leads there.
    """

    path: str
    sha256: str
    source: str = ""
    tree: Any = None
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    texts: dict[KeyPath, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def known_part(self, path: KeyPath) -> KeyPath:
        """The longest beginning of a path that stands in the file."""
        while path not in self.places:
            path = path[:-1]
        return path

    def line(self, path: KeyPath) -> int:
        """The line of the key at the end of a path."""
        path = self.known_part(path)
        return self.keys.get(path, self.places[path]).line

    def problem(self, path: KeyPath, text: str, *, at_value: bool = False) -> Problem:
        """A mistake at a key or, if that says more, at its value."""
        path = self.known_part(path)
        place = self.places[path]
        if not at_value:
            place = self.keys.get(path, place)
        where = f"{show_path(path)}: " if path else ""
        return Problem(self.path, *place, where + text)


def show_path(path: KeyPath) -> str:
    """Keys joined by dots, for messages; whatever is not a plain name in quotes."""
    return ".".join(
        key if _PLAIN_NAME.fullmatch(key) and len(key) < 80 else quote(key)
        for key in path
    )


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """The problems by their place, each once."""
    unique = {str(problem): problem for problem in problems}
    return sorted(unique.values(), key=lambda p: (p.line, p.column))


def read_document(path: Path, *, advice: str = INIT_WRITES) -> Document:
    """
    Read a YAML file of at most 1 MiB, UTF-8; `advice` is for where there is none.

    Raises:
        ThresholdsError: where it cannot be read, or see `parse_document`.
    """
    return parse_document(_read_bytes(path, advice), str(path))


def parse_document(data: bytes, name: str) -> Document:
    """
    Read the bytes of a YAML file; mistakes that allow to go on are in its `problems`.

    Raises:
        ThresholdsError: where there is nothing to go on with: no text, no YAML.
    """
    if len(data) > MAX_BYTES:
        message = "is larger than 1 MiB; a thresholds file is some kilobytes of YAML"
        raise _refusal(name, Place(1, 1), message)
    document = Document(name, hashlib.sha256(data).hexdigest())
    text = document.source = _decode(data, name)
    try:
        _Reader(text, document).read()
    except yaml.reader.ReaderError as error:
        place = _place_of(text, error.position)
        message = f"the character {quote(chr(error.character))} is not allowed in YAML"
        raise _refusal(name, place, message) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else Place(1, 1)
        raise _refusal(name, place, _explain(error)) from error
    document.problems = sort_problems(document.problems)
    return document


def _read_bytes(path: Path, advice: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise _refusal(str(path), _NOWHERE, f"no such file; {advice}") from error
    except IsADirectoryError as error:
        message = "is a directory; wanted a YAML file"
        raise _refusal(str(path), _NOWHERE, message) from error
    except (OSError, ValueError) as error:
        message = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise _refusal(str(path), _NOWHERE, message) from error


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        message = "is written in UTF-16; save it as UTF-8"
        raise _refusal(name, Place(1, 1), message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8; save it as UTF-8"
        raise _refusal(name, _place_of(before, len(before)), message) from error


def _place_of(text: str, position: int) -> Place:
    before = text[:position]
    return Place(before.count("\n") + 1, position - before.rfind("\n"))


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _refusal(name: str, place: Place, text: str) -> ThresholdsError:
    return ThresholdsError([Problem(name, *place, text)])


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "'\\t'" in problem:
        return "a tab stands where YAML wants spaces; indent with spaces"
    if error.context == "while scanning an alias":
        return _QUOTE_THE_GLOB
    parts = [part for part in (error.context, problem) if part]
    return f"not YAML: {', '.join(parts)}"


_QUOTE_THE_GLOB = (
    "a name that begins with * needs quotes, as in \"*\": or '*_ok': "
    "(without them it is a YAML alias, and aliases are not read)"
)


_EMPTY = "the file is empty; a gate without any rule never passes"


class _Reader(yaml.SafeLoader):
    """PyYAML's composer; what is not read is complained of where it stands."""

    peek_event: Any  # the stubs have no types for these two
    get_event: Any

    def __init__(self, text: str, document: Document) -> None:
        super().__init__(text)
        self._document = document
        self._depth = 0

    def read(self) -> None:
        document = self._document
        document.places[()] = Place(1, 1)
        if self.check_node():
            document.tree = self._value(self.get_node(), ())
        if document.tree is None:
            self._complain(Place(1, 1), _EMPTY)
        if self.check_node():
            text = "a second YAML document begins; wanted one document"
            self._complain(_place(self.peek_event().start_mark), text)

    def compose_node(self, parent: Any, index: Any) -> Any:
        """The next node; one without anything where an alias stands."""
        event = self.peek_event()
        start, end = event.start_mark, event.end_mark
        place = _place(start)
        if isinstance(event, yaml.AliasEvent):
            self._complain(place, f"alias *{event.anchor}: {_QUOTE_THE_GLOB}")
            self.get_event()
            return yaml.ScalarNode("", "", start, end)
        if event.anchor:
            text = f"anchor &{event.anchor}: anchors are not read; write the value out"
            self._complain(place, text)
            event.anchor = None
        if event.tag:
            text = f"tag {quote(event.tag)}: tags are not read; write the plain value"
            self._complain(place, text)
        if self._depth > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} levels deep; a thresholds file has 4"
            raise _refusal(self._document.path, place, message)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _complain(self, place: Place, text: str) -> None:
        self._document.problems.append(Problem(self._document.path, *place, text))

    def _value(self, node: Any, path: KeyPath) -> Any:
        self._document.places[path] = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(n, (*path, str(i))) for i, n in enumerate(node.value)]
        self._document.texts[path] = node.value
        return _resolve(node)

    def _mapping(self, node: Any, path: KeyPath) -> dict[str, Any]:
        items: dict[str, Any] = {}
        for key, value in node.value:
            place = _place(key.start_mark)
            where = (*path, str(key.value))
            if why := self._why_no_name(key, where, items):
                self._complain(place, why)
            else:
                self._document.keys[where] = place
                items[key.value] = self._value(value, where)
        return items

    def _why_no_name(self, key: Any, where: KeyPath, items: dict[str, Any]) -> str:
        if not isinstance(key, yaml.ScalarNode):
            return "a key is a list or a mapping; wanted a name"
        if key.style is None and key.value == "<<":
            return "<<: merge keys are not read; write the keys out"
        if key.value not in items:
            return ""
        first = self._document.keys[where].line
        return f"{show_path(where)}: the key is given twice, first on line {first}"


def _resolve(node: Any) -> Any:
    """The value of a scalar by YAML 1.2's core schema; quoted ones are text."""
    text = node.value
    if node.style is not None:
        return text
    if text in _SPECIAL or text.lower() in _SPECIAL:
        return _SPECIAL[text.lower()]
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    if not NUMBER.fullmatch(text):
        return text
    is_integer = text.lstrip("+-").isdigit() and len(text) < 20
    return int(text) if is_integer else float(text)
