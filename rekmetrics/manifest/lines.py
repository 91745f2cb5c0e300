"""One line of a manifest, read strictly: what its keys mean and what is wrong."""

from __future__ import annotations

import enum
import functools
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import astuple

from rekmetrics.manifest.blocks import check_text
from rekmetrics.manifest.columns import EntryKind, LineError

CLASSIFICATION = "groundtruth/image-classification"
DETECTION = "groundtruth/object-detection"
EVALUATION_DETAILS = "rekognition-custom-labels-evaluation-details"

Part = TypeVar("Part")


class _Metadata(msgspec.Struct):
    type: str | None = None


_RAW_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_METADATA = msgspec.json.Decoder(_Metadata)
_TEXT = msgspec.json.Decoder(str)
_OWN_KEY = re.compile(
    r"rekognition-custom-labels-(?:(training-[0-9]+)|evaluation(?:-[0-9]+)?)(-metadata)?"
)
_OWN_PREFIXES = (
    "rekognition-custom-labels-training",
    "rekognition-custom-labels-evaluation",
)


DECIMALS = 5
"""Of a confidence, at most; rounding may have put it below its threshold."""

_UNIT = 10.0**-DECIMALS
Confidence = Annotated[float, msgspec.Meta(ge=-_UNIT, le=1 + _UNIT)]
"""What lies farther out is no rounding."""

TRUE_NEGATIVE = 0
"""The kind of entries that are only there until the manifest is tidied."""


class Details(msgspec.Struct, frozen=True, gc=False, rename="kebab"):
    """What Rekognition says of one entry; exactly one flag is true."""

    is_true_positive: bool = False
    is_true_negative: bool = False
    is_false_positive: bool = False
    is_false_negative: bool = False


KINDS = {
    Details(is_true_positive=True): int(EntryKind.TRUE_POSITIVE),
    Details(is_true_negative=True): TRUE_NEGATIVE,
    Details(is_false_positive=True): int(EntryKind.FALSE_POSITIVE),
    Details(is_false_negative=True): int(EntryKind.FALSE_NEGATIVE),
}


def kinds_of(details: Sequence[Details], place: Callable[[int], str]) -> bytes:
    """The one flag that is true of each; LineError for none or several, with place."""
    try:
        return bytes([KINDS[one] for one in details])
    except KeyError:
        number = next(n for n, one in enumerate(details) if one not in KINDS)
        raise LineError(
            f"{place(number)}: wanted exactly one of is-true-positive, "
            "is-false-positive and is-false-negative to be true, found "
            f"{sum(astuple(details[number]))}."
        ) from None


class Role(enum.Enum):
    """What a key of a line is for."""

    SOURCE = "source"
    TRUTH = "truth"
    TRUTH_METADATA = "truth metadata"
    ENTRY = "entry"
    ENTRY_METADATA = "entry metadata"
    IGNORED = "ignored"


@functools.lru_cache(1024)
def role_of(key: str) -> Role:
    """What a key is for; LineError if it only looks like a prediction or a truth."""
    if key == "source-ref":
        return Role.SOURCE
    match = _OWN_KEY.fullmatch(key)
    if match is None:
        if key.startswith(_OWN_PREFIXES):
            raise LineError(
                f"found the key {_quote(key)}, wanted rekognition-custom-labels-"
                "training-<i>, -evaluation or -evaluation-<k>, or one of these with "
                "-metadata."
            )
        return Role.IGNORED
    is_truth, is_metadata = match[1] is not None, match[2] is not None
    if is_truth:
        return Role.TRUTH_METADATA if is_metadata else Role.TRUTH
    return Role.ENTRY_METADATA if is_metadata else Role.ENTRY


class Line:
    """The members of one line by role, and the JSON text of each as `raw`."""

    def __init__(self, raw: dict[str, msgspec.Raw]) -> None:
        self.raw = raw
        self.roles = {key: role_of(key) for key in raw}
        self._check_pairs()
        self._check_truth()
        self.source = self._read_source()

    @property
    def type(self) -> str:
        """The metadata's type, which must be the same all over the line."""
        types = {
            _type_of(self.raw[key])
            for key, role in self.roles.items()
            if role in (Role.TRUTH_METADATA, Role.ENTRY_METADATA)
        }
        if len(types) == 1 and types <= {CLASSIFICATION, DETECTION}:
            return str(types.pop())
        if types == {CLASSIFICATION, DETECTION}:
            raise LineError(
                "holds image-classification and object-detection metadata at once."
            )
        found = ", ".join(sorted(_quote(found) for found in types)) or "nothing"
        raise LineError(
            f"found metadata of type {found}, wanted {CLASSIFICATION} or {DETECTION}."
        )

    def _check_pairs(self) -> None:
        for key, role in self.roles.items():
            if role is Role.SOURCE or role is Role.IGNORED:
                continue
            attribute = key.removesuffix("-metadata")
            partner = f"{key}-metadata" if attribute == key else attribute
            if partner not in self.raw:
                raise LineError(f"found {key} without {partner}.")

    def _check_truth(self) -> None:
        if Role.TRUTH in self.roles.values():
            return
        if "cl-errors" in self.raw or "cl-metadata" in self.raw:
            raise LineError(
                "this is the validation manifest (it has cl-errors or cl-metadata, and "
                "no predictions); the test manifest is what TestingDataResult.Output "
                "points to, TestingGroundTruth-….json."
            )
        if "source-ref" not in self.raw:
            raise LineError(
                f"found no source-ref and no ground truth, but {_list_keys(self.raw)}: "
                "this is not a test manifest; TestingDataResult.Output points to it."
            )
        raise LineError(
            "found no ground truth (rekognition-custom-labels-training-<i>), but "
            f"{_list_keys(self.raw)}: is this the manifest of a data set, rather than "
            "the test manifest, TestingDataResult.Output?"
        )

    def _read_source(self) -> str:
        source = None
        if "source-ref" in self.raw:
            source = decode_part(self, "source-ref", _TEXT)
        if not source:
            raise LineError("wanted source-ref with the image's location as a text.")
        return source


def read_line(text: bytes) -> Line:
    """Take one line apart; LineError for what is not a test manifest's."""
    try:
        check_text(text)
        raw = _RAW_MEMBERS.decode(text)
    except msgspec.ValidationError as error:
        raise LineError("found JSON, wanted one JSON object a line.") from error
    except msgspec.DecodeError as error:
        raise LineError(f"broken JSON ({error}).{_hint(text)}") from error
    except UnicodeDecodeError as error:
        raise LineError(f"not UTF-8 text (byte {error.start} of the line).") from error
    except RecursionError as error:
        raise LineError("objects or lists are nested too deeply.") from error
    return Line(raw)


def decode_part(line: Line, key: str, decoder: msgspec.json.Decoder[Part]) -> Part:
    """One member of the line as its type; LineError naming the path to a fault."""
    try:
        return decoder.decode(line.raw[key])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text = str(error).replace("`$.", f"`{key}.").replace("`$[", f"`{key}[")
        if key not in text:
            text = f"{text} - at `{key}`"
        raise LineError(f"{text}.") from error


def _type_of(metadata: msgspec.Raw) -> str | None:
    try:
        return _METADATA.decode(metadata).type
    except msgspec.ValidationError:
        return None


def _hint(text: bytes) -> str:
    if text.strip() in (b"{", b"["):
        return " The file is pretty-printed; wanted one JSON object a line."
    return ""


def _quote(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _list_keys(members: Iterable[str]) -> str:
    keys = [_quote(key) for key in members]
    return ", ".join(keys[:5]) + (" …" if len(keys) > 5 else "") if keys else "nothing"
