"""
An evaluation's files without what they tell of their owner.

The text is changed token by token: order, white space, flags, numbers and even broken
JSON stay as they are. What is not known to be harmless is replaced, never passed on,
and equal texts by equal ones in both files, so that numbers and errors stay the same.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    rb'"(?:[^"\\\n]|\\.)*(?:"|\\?$|(?=\n))'
    rb"|-?(?:[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)"
    rb"|[A-Za-z]+"
    rb"|[\s\S]"
)
_LITERALS = frozenset((b"true", b"false", b"null", b"NaN", b"Infinity"))
_PUNCTUATION = frozenset(b"{}[]:,\"'<>-+.\\/ \t\r\n\0")
_KEYWORD = re.compile(rb"\s*:")
_OWN_KEY = re.compile(
    r"rekognition-custom-labels-(?:training-[0-9]{1,4}|evaluation(?:-[0-9]{1,4})?)"
    r"(?:-metadata)?"
)
_OWN_PREFIXES = (
    "rekognition-custom-labels-training-",
    "rekognition-custom-labels-evaluation-",
)
"""What a key that is none of Rekognition's keeps, for the error that it makes."""

_STARTS = (b"\xef\xbb\xbf", b"\x1f\x8b", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")
"""What other kinds of files begin with."""

_CLASS_ID = re.compile(r"[0-9]{1,4}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?")
_VERSION_ARN = re.compile(
    r"arn:[a-z\d-]+:rekognition:[a-z\d-]+:[^:/]+:project/([^/]+)/version/([^/]+)/([0-9]+)"
)

_NUMBERS = re.compile(
    "Version|F1Score|Precision|Recall|Value|Threshold|AveragePrecision|AverageRecall"
    "|NumberOf(Testing|Training)Images|confidence|class_id|left|top|width|height|depth"
    "|version|is-(true|false)-(positive|negative)|is-present-in-ground-truth"
    "|line-idx|resize-ratio"
)
"""Keys whose numbers are kept."""

_KINDS = {
    **dict.fromkeys(("class-name", "class-map", "Label", "Labels"), "label"),
    **dict.fromkeys(("GroundTruthLabel", "PredictedLabel"), "label"),
    "source-ref": "image",
    "job-name": "job",
    "ground-truth-labelling-jobs": "job",
}
"""What a text below a key is called once it is replaced."""

_STRUCTURE = re.compile(
    "AggregatedEvaluationResults|ConfusionMatrix|EvaluationDetails|Metrics"
    "|LabelEvaluationResults|EvaluationEndTimestamp|ProjectVersionArn|type"
    "|human-annotated|creation-date|annotations|image_size|objects|cl-errors"
    "|cl-metadata|statistics|ProjectVersionDescriptions|ContentModeration"
    "|rekognition-custom-labels-(evaluation-details|object-id|training-job)"
)
"""Other keys of Rekognition's."""

_VALUES = frozenset(
    (
        ("type", "groundtruth/image-classification"),
        ("type", "groundtruth/object-detection"),
        ("human-annotated", "yes"),
        ("human-annotated", "no"),
    )
)
"""Texts that are kept below their key."""


@dataclass
class _Place:
    """Where in a document the reader is: the key at hand, and whether it is known."""

    key: str = ""
    is_known: bool = True
    above: list[tuple[str, bool]] = field(default_factory=list)

    def enter(self, key: str, is_known: bool) -> None:
        inherited = self.above[-1][1] if self.above else True
        self.key, self.is_known = key, is_known and inherited

    def open(self) -> None:
        self.above.append((self.key, self.is_known))

    def close(self) -> None:
        if self.above:
            self.key, self.is_known = self.above.pop()


class Anonymizer:
    """Replaces equal texts by equal ones, in all the documents that it is given."""

    def __init__(self) -> None:
        self._replaced: dict[str, str] = {}
        self._n_of: dict[str, int] = {}

    def lines(self, data: bytes) -> bytes:
        """A manifest: a document in every line."""
        return b"".join(map(self.document, data.splitlines(keepends=True)))

    def document(self, data: bytes) -> bytes:
        """One JSON document, whole or broken."""
        place = _Place()
        start = next(filter(data.startswith, _STARTS), b"")
        tokens = _TOKEN.finditer(data, len(start))
        return start + b"".join(self._replace(match, place) for match in tokens)

    def _replace(self, match: re.Match[bytes], place: _Place) -> bytes:
        token = match[0]
        if token[:1] == b'"':
            is_key = _KEYWORD.match(match.string, match.end()) is not None
            return self._key(token, place) if is_key else self._text(token, place)
        if token in (b"{", b"["):
            place.open()
        elif token in (b"}", b"]"):
            place.close()
        if token[:1].isdigit() or token[1:2].isdigit():
            return token if place.is_known and _is_kept(token, place) else _mask(token)
        if token in _LITERALS or token[0] in _PUNCTUATION:
            return token
        return _mask(token)

    def _key(self, token: bytes, place: _Place) -> bytes:
        text, fault = _read(token)
        in_class_map = bool(place.above) and place.above[-1][0] == "class-map"
        if in_class_map:
            is_known = _CLASS_ID.fullmatch(text) is not None
            place.enter("class-map", True)
        else:
            is_known = text in _KINDS or any(
                keys.fullmatch(text) for keys in (_NUMBERS, _STRUCTURE, _OWN_KEY)
            )
            place.enter(text, is_known)
        if is_known and not fault:
            return token
        prefix = next(filter(text.startswith, _OWN_PREFIXES), "")
        return _write(self._name(text, f"{prefix}key"), fault, token)

    def _text(self, token: bytes, place: _Place) -> bytes:
        text, fault = _read(token)
        if not fault and (
            not text or ((place.key, text) in _VALUES and place.is_known)
        ):
            return token
        kind = _KINDS.get(place.key, "text")
        return _write(self._name(text, kind), fault, token)

    def _name(self, text: str, kind: str) -> str:
        """The text's replacement, the same wherever it stands."""
        if text not in self._replaced:
            self._replaced[text] = self._invent(text, kind)
        return self._replaced[text]

    def _invent(self, text: str, kind: str) -> str:
        if match := _VERSION_ARN.fullmatch(text):
            project, version = (self._name(match[i], "name") for i in (1, 2))
            number = self._count("arn")
            return (
                "arn:aws:rekognition:us-east-1:111111111111:project/"
                f"{project}/version/{version}/{number}"
            )
        if _DATE.fullmatch(text):
            return f"2020-01-01T00:00:00.{self._count('date'):06d}"
        n = self._count(kind)
        return f"s3://bucket/image-{n}.jpg" if kind == "image" else f"{kind}-{n}"

    def _count(self, kind: str) -> int:
        self._n_of[kind] = self._n_of.get(kind, 0) + 1
        return self._n_of[kind]


def _is_kept(number: bytes, place: _Place) -> bool:
    """Whether a number belongs to the evaluation; an attribute's own value is 1."""
    if _OWN_KEY.fullmatch(place.key):
        return number in (b"0", b"1")
    return _NUMBERS.fullmatch(place.key) is not None


def _mask(token: bytes) -> bytes:
    """As many characters, each of its class, none of them telling."""
    masked = re.sub(rb"[0-9]", b"1", token)
    if token[:1].isdigit() or token[1:2].isdigit():
        return re.sub(rb"[eE][-+]?1+", b"", masked)
    return re.sub(rb"[^ -~]", b"\xff", re.sub(rb"[A-Za-z]", b"x", masked))


def _read(token: bytes) -> tuple[str, bytes]:
    """The text that a token stands for, and what is wrong with it."""
    inside = token[1:-1] if len(token) > 1 and token.endswith(b'"') else token[1:]
    try:
        text = inside.decode()
    except UnicodeDecodeError:
        return inside.decode("latin-1"), b"\xff"
    try:
        read = json.loads(f'"{text}"')
    except ValueError:
        return text, b"\x01" if re.search(r"[\0-\x1f]", text) else b"\\x"
    is_torn = any("\ud800" <= character <= "\udfff" for character in read)
    return str(read), b"\\ud800" if is_torn else b""


def _write(text: str, fault: bytes, token: bytes) -> bytes:
    end = b'"' if len(token) > 1 and token.endswith(b'"') else b""
    return b'"' + text.encode() + fault + end
