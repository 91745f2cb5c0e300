"""Rules worth a second look: sound by the grammar, and perhaps not what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from rekmetrics.metrics import registry
from rekmetrics.texts import quote
from rekmetrics.thresholds.document import KeyPath
from rekmetrics.thresholds.file import ThresholdsFile
from rekmetrics.thresholds.globs import is_glob
from rekmetrics.thresholds.keys import KEYS
from rekmetrics.thresholds.layers import Layer, written_rules
from rekmetrics.thresholds.pairs import split_pair
from rekmetrics.thresholds.plan import can_block
from rekmetrics.thresholds.rules import Check

if TYPE_CHECKING:
    from rekmetrics.metrics import Numbers
    from rekmetrics.statistics import Comparison

__all__ = [
    "Advice",
    "advise",
    "advise_on_labels",
    "advise_on_numbers",
    "advise_on_version",
]

_MOST_NAMED = 8
_LEVELS = ("error", "warning", "off")
_PRECISE = ("precision", "false_positive_rate")
_FAR_WORSE = 0.1


@dataclass(frozen=True, slots=True)
class Advice:
    """What may not be meant, and the line of the thresholds file that it is about."""

    line: int
    text: str


def advise_on_version(
    file: ThresholdsFile,
    checks: Sequence[Check],
    numbers: Numbers,
    comparison: Comparison | None,
    *,
    labels: Sequence[str],
) -> tuple[Advice, ...]:
    """All that shows, in the order of the file."""
    found = (
        *advise(file),
        *advise_on_labels(file, checks, labels),
        *advise_on_numbers(file, checks, numbers, comparison),
    )
    return tuple(sorted(found, key=lambda advice: advice.line))


def advise(file: ThresholdsFile) -> tuple[Advice, ...]:
    """What the file shows by itself."""
    found = [*_loosened_rules(file), *_switched_off(file)]
    return tuple(sorted(found, key=lambda advice: advice.line))


def advise_on_labels(
    file: ThresholdsFile, checks: Sequence[Check], labels: Sequence[str]
) -> tuple[Advice, ...]:
    """What shows once the labels are known."""
    checks = _of_the_model(checks)
    return (
        *_never_missed(checks),
        *_precision_alone(file, checks),
        *_uncovered(file, checks, labels),
    )


def advise_on_numbers(
    file: ThresholdsFile,
    checks: Sequence[Check],
    numbers: Numbers,
    comparison: Comparison | None,
) -> tuple[Advice, ...]:
    """What shows once a version and its baseline are known."""
    checks = _of_the_model(checks)
    found = list(_untested(file, checks, numbers))
    if comparison is not None:
        line = file.document.line(("baseline",))
        if lost := comparison.labels_only_there:
            text = f"the baseline knew labels that this version lacks: {_names(lost)}"
            found.append(Advice(line, text))
        found += _weak_baseline(checks, numbers, comparison.baseline, line)
    return tuple(found)


def _of_the_model(checks: Sequence[Check]) -> list[Check]:
    """Those that bound the model; rules about the test set leave it unbounded."""
    return [check for check in checks if check.kind != "test_set"]


def _loosened_rules(file: ThresholdsFile) -> Iterator[Advice]:
    """A later, wider glob that takes back what an earlier one asks for."""
    rules = [rule for rule in written_rules(file.settings) if is_glob(rule.path[1])]
    for place, late in enumerate(rules):
        for early in rules[:place]:
            if _is_wider(late.path, early.path):
                yield from _loosened(file, early, late)


def _is_wider(late: KeyPath, early: KeyPath) -> bool:
    """Whether a rule applies to all that another of its kind does, and to more."""
    if (late[0], late[2:]) != (early[0], early[2:]):
        return False
    wide, narrow = [late[1]], [early[1]]
    if late[0] == "confusions":
        pairs = split_pair(late[1]), split_pair(early[1])
        if not all(pairs):
            return False
        wide, narrow = [*pairs[0][0]], [*pairs[1][0]]
    return wide != narrow and all(map(fnmatchcase, narrow, wide))


def _loosened(file: ThresholdsFile, early: Layer, late: Layer) -> Iterator[Advice]:
    for key, value in late.keys.items():
        old = early.keys.get(key)
        if key == "level" and old is None:
            old = file.settings.defaults.given.get("level", "error")
        if old is None or not _is_looser(key, old, value):
            continue
        line = file.document.line((*early.path, key))
        text = (
            f"{quote(late.path[1])} stands later and loosens {quote(early.path[1])} "
            f"of line {line}: {key} {old} becomes {value} where both match; put the "
            "wider one first"
        )
        yield Advice(file.document.line((*late.path, key)), text)


def _is_looser(key: str, old: Any, new: Any) -> bool:
    if key == "level":
        return _LEVELS.index(new) > _LEVELS.index(old)
    if not KEYS[key].is_limit:
        return False
    return bool(new < old) if key == "min" else bool(new > old)


def _switched_off(file: ThresholdsFile) -> Iterator[Advice]:
    """Limits that `defaults: {level: off}` drops."""
    if file.settings.defaults.given.get("level") != "off":
        return
    line = file.document.line(("defaults", "level"))
    for rule in written_rules(file.settings):
        path, given = rule.path, rule.keys
        limit = next((key for key in given if KEYS[key].is_limit), None)
        if limit is not None and "level" not in given:
            text = (
                f"{_show(path)}: its {limit} is dropped by 'level: off' under defaults "
                f"(line {line}); say 'level: error' in the rule"
            )
            yield Advice(file.document.line((*path, limit)), text)


def _show(path: tuple[str, ...]) -> str:
    return " ".join(
        quote(part) if is_name else part
        for part, is_name in zip(path[1:], (path[0] != "metrics", False), strict=False)
    )


def _never_missed(checks: Sequence[Check]) -> Iterator[Advice]:
    """Bounds that no value misses, each line once."""
    seen = set()
    for check in checks:
        if check.rule.level != "error" or can_block(check):
            continue
        what = (
            "loss exceeds what may be lost"
            if check.kind == "regression"
            else ("value misses this bound")
        )
        advice = Advice(check.rule.line, f"{check.metric}: no {what}")
        if advice not in seen:
            seen.add(advice)
            yield advice


def _precision_alone(file: ThresholdsFile, checks: Sequence[Check]) -> Iterator[Advice]:
    """`min_confidence` with rules that dropped predictions can only please."""
    lines = file.min_confidence_lines([c.label for c in checks if c.label is not None])
    whole = file.settings.given.get("min_confidence")
    if whole is None and not lines:
        return
    line = file.document.line(("min_confidence",)) if whole is not None else 0
    if all(any(name in check.metric for name in _PRECISE) for check in checks):
        text = (
            "min_confidence drops predictions, and all rules are about precision: a "
            "version that recognises half as much would pass; bound recall too"
        )
        yield Advice(line or min(lines.values()), text)


def _uncovered(
    file: ThresholdsFile, checks: Sequence[Check], labels: Sequence[str]
) -> Iterator[Advice]:
    rest = _without_rule(checks, labels)
    line = file.document.line(("labels",))
    if len(rest) == len(labels):
        text = "no rule looks at single labels; one may fail while the averages hold"
        yield Advice(line, text)
    elif rest:
        yield Advice(line, f"no rule of their own: {_names(rest)}")


def _without_rule(checks: Sequence[Check], labels: Iterable[str]) -> list[str]:
    covered = {check.label for check in checks}
    return [label for label in labels if label not in covered]


def _untested(
    file: ThresholdsFile, checks: Sequence[Check], numbers: Numbers
) -> Iterator[Advice]:
    """Labels without test images of which only averages are bounded."""
    empty = []
    for label in _without_rule(checks, numbers.labels):
        support = numbers.estimate(label, "support")
        if support is not None and support.value == 0:
            empty.append(label)
    if empty:
        text = (
            "no test image has these labels, and only averages are bounded: "
            f"{_names(empty)}"
        )
        yield Advice(file.document.line(("metrics",)), text)


def _weak_baseline(
    checks: Sequence[Check], numbers: Numbers, baseline: Numbers, line: int
) -> Iterator[Advice]:
    """A baseline that any version would beat."""
    for name in dict.fromkeys(c.metric for c in checks if c.kind == "regression"):
        metric = registry.find(name, "overall")
        ours, theirs = (n.estimate(None, name) for n in (numbers, baseline))
        if metric is None or ours is None or theirs is None:
            continue
        if ours.value is None or theirs.value is None:
            continue
        gain = ours.value - theirs.value
        gain = gain if metric.greater_is_better else -gain
        if gain > _FAR_WORSE * min(1.0, metric.highest - metric.lowest):
            text = (
                f"the baseline is far worse than this version ({name} "
                f"{theirs.value:.3f} beside {ours.value:.3f}), so that no regression "
                "would show; name the version that runs today"
            )
            yield Advice(line, text)
            return


def _names(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(quote(label) for label in labels[:_MOST_NAMED]) + more
