"""Names, globs and pairs against the labels that there are; ids of checks."""

from __future__ import annotations

import fnmatch
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from rekmetrics.texts import did_you_mean, quote

ARROW = "->"
_AS_IN_THE_MAP = {"background", "nothing instead"}
"""What the report's map calls the same column, by the kind of model."""

Pair = tuple[str, str]
"""True label, predicted label (or `NO_PREDICTION`)."""
_LONGEST = 60


def is_glob(text: str) -> bool:
    """Whether a text can stand for more than itself."""
    return not {"*", "?", "["}.isdisjoint(text)


class Globs:
    """
    Which labels each name or glob stands for.

    A text that is a label stands for that label alone, even if it looks like a glob.
    Case counts.
    """

    def __init__(self, patterns: Iterable[str], labels: Sequence[str]) -> None:
        self._known = frozenset(labels)
        self._labels = {pattern: self._find(pattern, labels) for pattern in patterns}

    @property
    def unmatched(self) -> list[str]:
        """The patterns that stand for no label."""
        return [pattern for pattern, found in self._labels.items() if not found]

    def labels(self, pattern: str) -> list[str]:
        """The labels that a pattern stands for, in their own order."""
        return list(self._labels[pattern])

    def is_exact(self, pattern: str) -> bool:
        return pattern in self._known

    def of(self, label: str) -> list[str]:
        """The patterns that stand for a label, weakest first: globs, then its name."""
        found = [p for p, labels in self._labels.items() if label in labels]
        return sorted(found, key=lambda pattern: pattern == label)

    def _find(self, pattern: str, labels: Sequence[str]) -> dict[str, None]:
        if pattern in self._known:
            return {pattern: None}
        if not is_glob(pattern):
            return {}
        try:
            form = re.compile(fnmatch.translate(pattern))
        except re.error:
            return {}
        return {label: None for label in labels if form.match(label)}


def split_pair(key: str) -> list[Pair]:
    """Every way to read a key as two names; labels may hold an arrow themselves."""
    parts = key.split(ARROW)
    readings = [
        (ARROW.join(parts[:i]).strip(), ARROW.join(parts[i:]).strip())
        for i in range(1, len(parts))
    ]
    return [(left, right) for left, right in readings if left and right]


def expand_confusions(
    keys: Iterable[str], labels: Sequence[str]
) -> tuple[dict[Pair, list[str]], dict[str, str]]:
    """
    The pairs, each with the keys that stand for it, weakest first; and the complaint
    about each key that stands for none.
    """
    globs: dict[Pair, list[str]] = {}
    exact: dict[Pair, list[str]] = {}
    complaints: dict[str, str] = {}
    for key in keys:
        readings = [found for found in _readings(key, labels) if found[0]]
        if len(readings) != 1:
            complaints[key] = _explain(key, labels, n_readings=len(readings))
            continue
        pairs, is_exact = readings[0]
        for pair in pairs:
            globs.setdefault(pair, [])
            (exact if is_exact else globs).setdefault(pair, []).append(key)
    return {pair: [*globs[pair], *exact.get(pair, [])] for pair in globs}, complaints


def _readings(key: str, labels: Sequence[str]) -> Iterator[tuple[list[Pair], bool]]:
    from rekmetrics.evaluation import NO_PREDICTION  # arrays: only with labels

    for left, right in split_pair(key):
        true, predicted = Globs([left], labels), Globs([right], labels)
        answers = predicted.labels(right)
        if right == NO_PREDICTION and not answers:
            answers = [NO_PREDICTION]
        pairs = [(a, b) for a in true.labels(left) for b in answers if a != b]
        is_named = predicted.is_exact(right) or right == NO_PREDICTION
        yield pairs, true.is_exact(left) and is_named


def _explain(key: str, labels: Sequence[str], *, n_readings: int) -> str:
    from rekmetrics.evaluation import NO_PREDICTION  # arrays: only with labels

    if n_readings > 1:
        return "can be read as more than one pair of labels; use ? for the arrow in one"
    left, right = split_pair(key)[0]
    if left == right and left in labels:
        return "a label is not confused with itself"
    for side, name in (("left", left), ("right", right)):
        if not Globs([name], labels).labels(name) and name != NO_PREDICTION:
            known = [*labels, NO_PREDICTION] if side == "right" else labels
            if side == "right" and name in _AS_IN_THE_MAP:
                return f"{quote(name)} matches no label; write '{NO_PREDICTION}'"
            return f"{quote(name)} matches no label{did_you_mean(name, known)}"
    if left == NO_PREDICTION and left not in labels:
        return f"{quote(left)} is no true label; it can stand on the right only"
    return "matches no pair of labels"


def slug(text: str) -> str:
    """
    The text in ASCII letters, digits, `_`, `.` and single hyphens.

    Accents go, everything else becomes a hyphen. Where nothing is left, or much would
    be cut off, a digest of the text stands for it.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9_.]+", "-", plain).strip("-.")
    if not plain:
        return f"label-{digest(text)}"
    if len(plain) > _LONGEST:
        return f"{plain[:_LONGEST].rstrip('-.')}-{digest(text)}"
    return plain


def digest(text: str) -> str:
    """Enough of a hash to tell labels apart."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
