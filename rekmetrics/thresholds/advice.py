"""Rules worth a second look: sound by the grammar, and perhaps not what was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, Any

from rekmetrics.metrics import registry
from rekmetrics.texts import quote
from rekmetrics.thresholds.document import KeyPath
from rekmetrics.thresholds.file import ThresholdsFile
from rekmetrics.thresholds.keys import KEYS
from rekmetrics.thresholds.layers import Layer, merge, test_set_layers, written_rules
from rekmetrics.thresholds.names import is_glob, split_pair
from rekmetrics.thresholds.rules import Check, can_block

if TYPE_CHECKING:
    from rekmetrics.metrics import Numbers
    from rekmetrics.statistics import Comparison


_MOST_NAMED = 8
_LEVELS = ("error", "warning", "off")
_PRECISE = ("precision", "false_positive_rate")
_FAR_WORSE = 0.1


@dataclass(frozen=True, slots=True)
class Advice:
    """What may not be meant, and the line of the thresholds file that it is about."""

    line: int
    text: str


def advise(
    file: ThresholdsFile,
    checks: Sequence[Check] = (),
    labels: Sequence[str] = (),
    numbers: Numbers | None = None,
    comparison: Comparison | None = None,
) -> tuple[Advice, ...]:
    """
    All that shows, in the order of the file.

    That is more once its `checks` on a model's labels are known, and the numbers of
    the version and of its baseline.
    """
    # Rules about the test set leave the model unbounded.
    checks = [check for check in checks if check.kind != "test_set"]
    found = [*_loosened(file), *_switched_off(file), *_never_missed(file)]
    if labels:
        found += _precision_alone(file, checks)
        found += _uncovered(file, checks, labels)
    if numbers is not None:
        found += _untested(file, checks, numbers)
    if numbers is not None and comparison is not None:
        found += _baseline(file, checks, numbers, comparison)
    return tuple(sorted(found, key=lambda advice: advice.line))


def _loosened(file: ThresholdsFile) -> Iterator[Advice]:
    """What a later, wider glob takes back of what an earlier one asks for."""
    rules = [rule for rule in written_rules(file.settings) if is_glob(rule.path[1])]
    for place, late in enumerate(rules):
        for early in rules[:place]:
            if _is_wider(late.path, early.path):
                yield from _loosened_keys(file, early, late)


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


def _loosened_keys(file: ThresholdsFile, early: Layer, late: Layer) -> Iterator[Advice]:
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
    rules = chain(written_rules(file.settings), test_set_layers(file.settings))
    for rule in rules:
        path, given = rule.path, rule.keys
        limit = next((key for key in given if KEYS[key].is_limit), None)
        if limit is not None and "level" not in given:
            text = (
                f"{_show(path)}: its {limit} is dropped by 'level: off' under defaults "
                f"(line {line}); say 'level: error' in the rule"
            )
            yield Advice(file.document.line((*path, limit)), text)


def _show(path: KeyPath) -> str:
    name, *rest = path[1:]
    return " ".join(
        [quote(name) if path[0] in ("labels", "confusions") else name, *rest]
    )


def _never_missed(file: ThresholdsFile) -> Iterator[Advice]:
    """Bounds that no value misses, and losses that none exceeds."""
    for layer in written_rules(file.settings):
        merged = merge(file.settings, [layer])
        if merged.keys.get("level", "error") != "error":
            continue
        rule, name = merged.rule(file.document, file.baseline), layer.path[-1]
        label = None if layer.path[0] == "metrics" else layer.path[1]
        if rule.has_bound and not can_block(Check("", "metric", name, rule, label)):
            line = merged.line(file.document, "value")
            yield Advice(line, f"{_show(layer.path)}: no value misses this bound")
        loss = Check("", "regression", name, rule, label)
        if rule.has_regression and not can_block(loss):
            line = merged.line(file.document, "loss")
            yield Advice(line, f"{_show(layer.path)}: no loss exceeds what may be lost")


def _precision_alone(file: ThresholdsFile, checks: Sequence[Check]) -> Iterator[Advice]:
    """`min_confidence` with rules that dropped predictions can only please."""
    labels = [check.label for check in checks if check.label is not None]
    lines = [line for _, line in file.min_confidences(labels).values()]
    whole = file.settings.given.get("min_confidence")
    if whole is None and not lines:
        return
    line = file.document.line(("min_confidence",)) if whole is not None else 0
    if all(any(name in check.metric for name in _PRECISE) for check in checks):
        text = (
            "min_confidence drops predictions, and all rules are about precision: a "
            "version that recognises half as much would pass; bound recall too"
        )
        yield Advice(line or min(lines), text)


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


def _baseline(
    file: ThresholdsFile,
    checks: Sequence[Check],
    numbers: Numbers,
    comparison: Comparison,
) -> Iterator[Advice]:
    line = file.document.line(("baseline",))
    if lost := comparison.labels_only_there:
        text = f"the baseline knew labels that this version lacks: {_names(lost)}"
        yield Advice(line, text)
    for name in dict.fromkeys(c.metric for c in checks if c.kind == "regression"):
        metric = registry.find(name, "overall")
        pair = [n.estimate(None, name) for n in (numbers, comparison.baseline)]
        ours, theirs = (None if found is None else found.value for found in pair)
        if metric is None or ours is None or theirs is None:
            continue
        gain = ours - theirs if metric.greater_is_better else theirs - ours
        if gain > _FAR_WORSE * min(1.0, metric.highest - metric.lowest):
            text = (
                f"the baseline is far worse than this version ({name} {theirs:.3f} "
                f"beside {ours:.3f}), so that no regression would show; name the "
                "version that runs today"
            )
            yield Advice(line, text)
            return


def _names(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
    return ", ".join(quote(label) for label in labels[:_MOST_NAMED]) + more
