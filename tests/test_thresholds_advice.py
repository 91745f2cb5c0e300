"""Rules worth a second look: each is found, with its line, and sound ones are not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.gate_values import beside, rate

from rekmetrics.metrics import Estimate, Numbers
from rekmetrics.thresholds import ThresholdsFile, parse_thresholds
from rekmetrics.thresholds.advice import advise

LABELS = ["defect_a", "defect_b", "ok"]
ENOUGH = "labels: {'*': {recall: 0.5}}\n"


def read(text: str) -> ThresholdsFile:
    return parse_thresholds(text.encode(), "t.yaml", has_baseline=True)


def on_labels(text: str, labels: Sequence[str] = LABELS) -> list[tuple[int, str]]:
    file = read(text)
    checks = file.plan(labels, "multiclass")
    return [(a.line, a.text) for a in advise(file, checks, labels)]


def on_numbers(text: str, numbers: Numbers, comparison=None) -> list[tuple[int, str]]:
    file = read(text)
    checks = file.plan(LABELS, "multiclass")
    found = advise(file, checks, (), numbers, comparison)
    return [(a.line, a.text) for a in found]


def test_finds_a_later_glob_that_loosens_an_earlier_one() -> None:
    """The issue's own example, metric by metric and level too."""
    text = """\
labels:
  "defect_*": {recall: 0.95, false_positive_rate: 0.01, f1: 0.9}
  "*":
    recall: 0.5
    false_positive_rate: 0.1
    f1: {min: 0.9, level: warning}
"""
    found = {a.line: a.text for a in advise(read(text))}
    assert found[4] == (
        "'*' stands later and loosens 'defect_*' of line 2: min 0.95 becomes 0.5 "
        "where both match; put the wider one first"
    )
    assert "max 0.01 becomes 0.1" in found[5]
    assert "level error becomes warning" in found[6]
    assert len(found) == 3


@pytest.mark.parametrize(
    "text",
    [
        "labels: {'*': {recall: 0.5}, 'defect_*': {recall: 0.95}}",  # tighter
        "labels: {'*': {recall: 0.9}, 'defect_*': {recall: 0.5}}",  # narrower: meant
        "labels: {'defect_*': {recall: 0.5}, '*': {recall: 0.9}}",  # tightens
        "labels: {'defect_*': {recall: 0.9}, '*': {f1: 0.5}}",  # another metric
        "labels: {ok: {recall: 0.9}, '*': {recall: 0.5}}",  # an exact name wins
        "labels: {'a*': {recall: 0.9}, '*b': {recall: 0.5}}",  # neither is wider
        "confusions: {'* -> ok': 0.1, 'defect_* -> ok': 0.01}",
        "confusions: {'defect_a -> ok': 0.01, '* -> ok': 0.1}",
    ],
)
def test_says_nothing_of_what_is_meant(text: str) -> None:
    """Exceptions from a general rule, and rules that go well together."""
    assert advise(read(text)) == ()


def test_finds_a_later_pair_that_loosens_an_earlier_one() -> None:
    """Confusions too."""
    text = "confusions:\n  'defect_* -> ok': 0.01\n  '* -> *': 0.2\n"
    ((line, said),) = [(a.line, a.text) for a in advise(read(text))]
    assert line == 3
    assert "max_rate 0.01 becomes 0.2 where both match" in said


def test_finds_rules_that_defaults_switch_off() -> None:
    """A limit without a level of its own is dropped."""
    text = """\
defaults: {level: off}
metrics:
  accuracy: 0.9
  f1_macro: {min: 0.8, level: error}
labels:
  ok: {recall: 0.7}
test_set: {duplicate_images: 0.1}
"""
    file = read(text)
    assert file.test_set_rules == frozenset()
    found = [(a.line, a.text) for a in advise(file)]
    cause = "by 'level: off' under defaults (line 1); say 'level: error' in the rule"
    assert found == [
        (3, f"accuracy: its min is dropped {cause}"),
        (6, f"'ok' recall: its min is dropped {cause}"),
        (7, f"duplicate_images: its max_rate is dropped {cause}"),
    ]


def test_finds_bounds_that_no_value_misses() -> None:
    """Once for each rule, without labels too; a warning promises nothing."""
    text = """\
metrics:
  accuracy: 0
  f1_macro: {min: 0, level: warning}
  precision_macro: {max_regression: 1}
  recall_macro: {max_relative_regression: 1}
labels:
  "*": {recall: {min: 0}, precision: 0.5}
confusions: {"ok -> defect_a": 1}
"""
    found = [(a.line, a.text) for a in advise(read(text))]
    assert found == on_labels(text)
    assert found == [
        (2, "accuracy: no value misses this bound"),
        (4, "precision_macro: no loss exceeds what may be lost"),
        (5, "recall_macro: no loss exceeds what may be lost"),
        (7, "'*' recall: no value misses this bound"),
        (8, "'ok -> defect_a': no value misses this bound"),
    ]


def test_finds_a_confidence_that_precision_alone_watches() -> None:
    """Dropping predictions can only raise precision."""
    line = "min_confidence: 0.7\n"
    rules = "labels: {'*': {precision: 0.9}}\n"
    ((at, said),) = on_labels(line + rules)
    assert at == 1
    assert "recognises half as much would pass" in said
    own = "labels:\n  '*': {precision: 0.9}\n  ok: {min_confidence: 0.7}\n"
    assert [at for at, _ in on_labels(own)] == [3]
    for enough in ("recall: 0.5", "f1: 0.5"):
        assert not on_labels(line + f"labels: {{'*': {{precision: 0.9, {enough}}}}}\n")
    assert not on_labels(rules)


def test_finds_labels_without_a_rule() -> None:
    """All, some, and none of them."""
    assert on_labels("metrics: {accuracy: 0.9}\n") == [
        (1, "no rule looks at single labels; one may fail while the averages hold")
    ]
    text = "labels: {'defect_*': {recall: 0.9}}\n"
    assert on_labels(text) == [(1, "no rule of their own: 'ok'")]
    assert not on_labels(ENOUGH)
    many = [f"l{i}" for i in range(12)]
    ((_, said),) = on_labels("labels: {l0: {recall: 0.9}}\n", many)
    assert said.endswith("'l8' and 3 more")


def test_finds_labels_without_images_that_averages_hide() -> None:
    """Where a rule looks at the label, an undefined check says it already."""
    labels = {
        label: {"support": Estimate(0.0 if label == "ok" else 5.0)} for label in LABELS
    }
    text = "metrics: {f1_macro: 0.9}\nlabels: {'defect_*': {recall: 0.5}}\n"
    assert on_numbers(text, Numbers({}, labels)) == [
        (1, "no test image has these labels, and only averages are bounded: 'ok'")
    ]
    assert not on_numbers(ENOUGH, Numbers({}, labels))


def test_finds_labels_lost_since_the_baseline() -> None:
    """They are checked by nothing any more."""
    text = ENOUGH + "baseline: {version_name: v1}\n"
    comparison = beside(labels_only_there=("dog",))
    assert on_numbers(text, Numbers({}), comparison) == [
        (2, "the baseline knew labels that this version lacks: 'dog'")
    ]
    assert not on_numbers(text, Numbers({}), beside())


@pytest.mark.parametrize(
    ("metric", "ours", "theirs", "is_found"),
    [
        ("accuracy", rate(90, 100), rate(79, 100), True),
        ("accuracy", rate(90, 100), rate(80, 100), False),
        ("accuracy", rate(79, 100), rate(90, 100), False),
        ("hamming_loss", rate(5, 100), rate(30, 100), True),
        ("hamming_loss", rate(30, 100), rate(5, 100), False),
        ("accuracy", Estimate(None), rate(5, 100), False),
        ("accuracy", rate(5, 100), Estimate(None), False),
    ],
)
def test_finds_a_baseline_that_any_version_beats(metric, ours, theirs, is_found):
    """More than 0.1 worse: no regression would show beside it."""
    rule = f"{metric}: {{max_regression: 0.1}}"
    text = f"baseline: {{version_name: v1}}\nmetrics: {{{rule}}}\n"
    comparison = beside(Numbers({metric: theirs}))
    found = on_numbers(text, Numbers({metric: ours}), comparison)
    assert [line for line, _ in found] == [1] * is_found
