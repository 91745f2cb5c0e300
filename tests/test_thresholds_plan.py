"""From rules to checks: which keys win, what matches nothing, what ids look like."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rekmetrics.errors import ThresholdsError
from rekmetrics.evaluation import NO_PREDICTION, Task
from rekmetrics.thresholds import Check, parse_thresholds
from rekmetrics.thresholds.plan import MAX_CHECKS
from rekmetrics.thresholds.rules import can_block

LABELS = ("ok", "scratch", "defect_a", "defect_b")


def plan(
    text: str, labels: tuple[str, ...] = LABELS, task: Task = "multiclass"
) -> tuple[Check, ...]:
    file = parse_thresholds(text.encode(), "t.yaml", has_baseline=True)
    return file.plan(labels, task)


def complaints(
    text: str, labels: tuple[str, ...] = LABELS, task: Task = "multiclass"
) -> str:
    """What the plan says against the file, which reads well by itself."""
    file = parse_thresholds(text.encode(), "t.yaml", has_baseline=True)
    with pytest.raises(ThresholdsError) as caught:
        file.plan(labels, task)
    return "\n".join(str(problem) for problem in caught.value.problems)


def recall_of(text: str, label: str, labels: tuple[str, ...] = LABELS) -> Check | None:
    return {c.label: c for c in plan(text, labels) if c.metric == "recall"}.get(label)


def test_keeps_the_order_of_the_file_and_of_the_labels() -> None:
    """Sections as they are written, labels as the evaluation has them."""
    text = "labels: {'*': {precision: 0.1, recall: 0.1}}\nmetrics: {f1_macro: 0.1}"
    ids = [check.id for check in plan(text, ("b", "a"))]
    assert ids == ["b-precision", "b-recall", "a-precision", "a-recall", "f1_macro"]


def test_makes_two_checks_of_a_bound_and_a_regression() -> None:
    """Each with its own keys and its own line."""
    bound, regression = plan(
        "metrics:\n  accuracy:\n    min: 0.9\n    max_regression: 0.02\n"
    )
    assert (bound.kind, bound.id, bound.rule.line) == ("metric", "accuracy", 3)
    assert bound.rule.max_regression is None
    assert (regression.kind, regression.id) == ("regression", "accuracy-regression")
    assert regression.rule.line == 4
    assert regression.rule.minimum is None


def test_lets_an_exact_name_beat_a_glob_wherever_it_stands() -> None:
    """Even if the glob comes later."""
    text = "labels: {scratch: {recall: 0.9}, '*': {recall: 0.5}}"
    check = recall_of(text, "scratch")
    assert check is not None
    assert check.rule.minimum == 0.9


def test_lets_a_later_glob_beat_an_earlier_one_key_by_key() -> None:
    """Keys that the later one does not give stay, each with its line."""
    text = (
        "labels:\n"
        "  '*': {recall: {min: 0.75, min_support: 20, on_undefined: warning}}\n"
        "  'defect_*': {recall: {min: 0.95}}\n"
        "  defect_a: {recall: {level: warning}, precision: 0.5}\n"
    )
    check = recall_of(text, "defect_a")
    assert check is not None
    rule = check.rule
    assert (rule.minimum, rule.min_support, rule.level) == (0.95, 20, "warning")
    lines = {"min": 3, "min_support": 2, "on_undefined": 2, "level": 4}
    assert rule.lines == lines
    assert rule.line == 3


def test_fills_in_defaults_below_every_rule() -> None:
    """A key of a rule wins over the same key of the defaults."""
    text = (
        "defaults: {min_support: 9, confidence_level: 0.9}\n"
        "labels: {'*': {recall: 0.5}, ok: {recall: {min_support: 3}}}"
    )
    for label, support in (("ok", 3), ("scratch", 9)):
        check = recall_of(text, label)
        assert check is not None
        assert check.rule.min_support == support
        assert check.rule.confidence_level == 0.9


def test_drops_what_is_off_and_takes_it_up_again() -> None:
    """A later bound counts; a later key that is no bound does not."""
    off = "labels: {'*': {recall: 0.5, precision: 0.5}, scratch: {recall: off}}"
    assert recall_of(off, "scratch") is None
    again = "labels: {'*': {recall: off}, 'defect_*': {recall: 0.9}}"
    check = recall_of(again, "defect_a")
    assert check is not None
    assert check.rule.level == "error"
    still = (
        "labels: {'*': {recall: {min: 0.5, level: off}, precision: 0.5}, "
        "ok: {recall: {min_support: 3}}}"
    )
    assert recall_of(still, "ok") is None
    on = still.replace("min_support: 3", "level: error")
    check = recall_of(on, "ok")
    assert check is not None
    assert check.rule.minimum == 0.5


def test_takes_a_label_with_glob_characters_for_itself() -> None:
    """A key that is a label stands for no other label."""
    text = "labels: {'*': {recall: 0.9}, ok: {recall: 0.2}, 'd?': {recall: 0.3}}"
    labels = ("*", "ok", "do", "d?")
    bounds = [check.rule.minimum for check in plan(text, labels)]
    assert bounds == [0.9, 0.2, 0.3]
    assert [check.label for check in plan(text, labels)] == ["*", "ok", "d?"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "labels: {scrach: {recall: 0.5}}",
            "1:10: labels.scrach: matches no label; did",
        ),
        ("labels: {Scratch: {recall: 0.5}}", "did you mean 'scratch'?"),
        (
            "labels: {'x*': {recall: 0.5}}",
            "matches no label; labels are 'ok', 'scratch'",
        ),
        ("labels: {'[z-a]': {recall: 0.5}}", "matches no label"),
        ("labels: {'': {recall: 0.5}}", "labels.'': matches no label"),
        ("confusions: {'x* -> ok': 0.1}", "'x*' matches no label"),
        (
            "confusions: {'ok -> background': 0.1}",
            "'background' matches no label; write 'no prediction'",
        ),
        ("confusions: {'ok -> scrach': 0.1}", "did you mean 'scratch'?"),
        ("confusions: {'ok -> ok': 0.1}", "not confused with itself"),
        ("confusions: {'no prediction -> ok': 0.1}", "is no true label"),
        ("metrics: {average_precision: 0.5}", "1:11: metrics.average_precision"),
        ("labels: {'*': {average_precision: 0.5}}", "1:16: labels.*.average_precision"),
        ("iou: 0.5\nmetrics: {accuracy: 0.5}", "1:1: iou: iou is for object detection"),
        (
            "labels: {'*': {recall: {min_support: 3}}, ok: {recall: 0.5}}",
            "1:16: labels.*.recall: no bound; give min (label 'scratch' and 2 more)",
        ),
        (
            "labels: {'*': {recall: 0.5}, 'd*': {recall: {max: 0.3}}}",
            "min 0.5 is above max 0.3 (label 'defect_a' and 1 more)",
        ),
        (
            "labels: {'*': {recall: {min: 0.1, level: warning}}, 'o*': {recall: 0.5}}",
            "1:1: no check can block",
        ),
        (
            "confusions: {'ok -> *': {min_support: 9}, 'ok -> scratch': 0.1}",
            "1:14: confusions.'ok -> *': no bound; give max_rate",
        ),
        ("metrics: {accuracy: 0}", "no check can block"),
        ("metrics: {hamming_loss: 1.0}", "no check can block"),
    ],
)
def test_refuses_what_only_the_labels_can_tell(text: str, words: str) -> None:
    """A rule that would judge nothing is a mistake, never a pass."""
    assert words in complaints(text)


def test_reports_all_that_does_not_fit_at_once() -> None:
    """Three names that match nothing are three lines."""
    text = (
        "labels:\n  x: {recall: 0.5}\n  y: {recall: 0.5}\nconfusions:\n  a -> b: 0.1\n"
    )
    assert len(complaints(text).splitlines()) == 3


def test_tells_a_name_in_another_unicode_form() -> None:
    """Both look the same on the screen."""
    found = complaints("labels: {cafe\u0301: {recall: 0.5}}", ("caf\xe9",))
    assert "'caf\\xe9' is the same text in another Unicode form" in found


def test_refuses_more_checks_than_anyone_reads() -> None:
    """Every pair of 250 labels would be 62,250 tests."""
    labels = tuple(f"label {i}" for i in range(250))
    found = complaints("confusions: {'* -> *': 0.1}", labels)
    assert f"62250 checks, more than {MAX_CHECKS}" in found


def test_makes_pairs_of_labels() -> None:
    """A label is not confused with itself; no prediction may be named."""
    text = (
        "confusions:\n  'defect_* -> *': {max_rate: 0.01}\n"
        f"  'ok -> {NO_PREDICTION}': 0.1\n  'defect_a -> ok': {{level: warning}}\n"
    )
    checks = plan(text)
    pairs = [(check.label, check.predicted) for check in checks]
    assert pairs == [
        ("defect_a", "ok"),
        ("defect_a", "scratch"),
        ("defect_a", "defect_b"),
        ("defect_b", "ok"),
        ("defect_b", "scratch"),
        ("defect_b", "defect_a"),
        ("ok", NO_PREDICTION),
    ]
    assert checks[0].rule.level == "warning"
    assert checks[0].rule.maximum == 0.01
    assert {(check.kind, check.metric) for check in checks} == {
        ("confusion", "confusion_rate")
    }
    assert checks[0].id == "defect_a-as-ok"


def test_reads_labels_that_hold_an_arrow() -> None:
    """Where one reading fits it counts; where two do it is an error."""
    labels = ("a -> b", "c")
    assert plan("confusions: {'a -> b -> c': 0.1}", labels)[0].label == "a -> b"
    both = ("a", "b -> c", "a -> b", "c")
    assert "more than one pair" in complaints("confusions: {'a -> b -> c': 0.1}", both)


def test_gives_each_label_its_confidence() -> None:
    """The file's own, unless a glob or the name says otherwise."""
    text = (
        "min_confidence: 0.5\nmetrics: {accuracy: 0.5}\n"
        "labels: {'defect_*': {min_confidence: 0.7}, defect_b: {min_confidence: 0.8}}"
    )
    file = parse_thresholds(text.encode(), "t.yaml")
    assert file.min_confidences(LABELS) == {
        "ok": (0.5, 1),
        "scratch": (0.5, 1),
        "defect_a": (0.7, 3),
        "defect_b": (0.8, 3),
    }
    none = parse_thresholds(b"metrics: {accuracy: 0.5}", "t.yaml")
    assert none.min_confidences(LABELS) == {}


SAFE_ID = re.compile(r"[A-Za-z0-9_.-]+")


def test_makes_ids_that_read() -> None:
    """`front yard` gives `front-yard-recall`."""
    checks = plan("labels: {'*': {recall: 0.5}}", ("front yard", "caf\xe9", "a::b[1]"))
    ids = [check.id for check in checks]
    assert ids == ["front-yard-recall", "cafe-recall", "a-b-1-recall"]


def test_tells_clashing_ids_apart_whatever_the_order() -> None:
    """All that clash get a digest of their own, so that it stays."""
    labels = ("A b", "A-b", "c")
    text = "labels: {'*': {recall: 0.5}}"
    ids = {check.label: check.id for check in plan(text, labels)}
    assert len(set(ids.values())) == 3
    assert ids["c"] == "c-recall"
    assert re.fullmatch("A-b-recall-[0-9a-f]{8}", ids["A b"])
    turned = {check.label: check.id for check in plan(text, labels[::-1])}
    assert turned == ids


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=300), min_size=1, max_size=6, unique=True))
def test_makes_safe_and_unique_ids_of_any_labels(labels: list[str]) -> None:
    """Emoji, brackets, newlines, NUL, right-to-left: one harmless id each."""
    text = "labels: {'*': {recall: 0.5}}"
    ids = [check.id for check in plan(text, tuple(labels))]
    if "*" not in labels:
        assert len(ids) == len(labels)
    assert len(set(ids)) == len(ids)
    assert all(SAFE_ID.fullmatch(name) and len(name) < 120 for name in ids)


def test_knows_which_checks_can_block() -> None:
    """A bound that no value misses is none."""
    text = "metrics: {accuracy: 0.5, f1_macro: 0, matthews_corrcoef: -0.5}"
    assert [can_block(check) for check in plan(text)] == [True, False, True]


def test_plans_a_large_file_in_good_time() -> None:
    """250 labels with a rule of their own each, two metrics, and globs below."""
    labels = tuple(f"label {i}" for i in range(250))
    text = "labels:\n  '*': {recall: 0.5, precision: 0.5}\n" + "".join(
        f"  '{label}': {{recall: 0.6}}\n" for label in labels
    )
    checks = plan(text, labels)
    assert len(checks) == 500
    assert checks[0].rule.minimum == 0.6


@pytest.mark.parametrize(
    ("keys", "level"),
    [
        ("", "warning"),
        (", on_inconclusive: error", "error"),
        (", on_inconclusive: warning", "warning"),
    ],
)
def test_warns_of_a_loss_that_cannot_be_told_unless_told_to_block(keys, level) -> None:
    """A bound on few images blocks as before; the file may say so of both."""
    rule = f"{{min: 0.5, max_regression: 0.1, regression_test: bootstrap{keys}}}"
    bound, loss = plan(f"metrics: {{f1_macro: {rule}}}")
    assert loss.rule.on_inconclusive == level
    assert bound.rule.on_inconclusive == ("warning" if "warning" in keys else "error")
    defaults = "defaults: {on_inconclusive: error}\n"
    (loss,) = plan(defaults + "metrics: {f1_macro: {max_regression: 0.1}}")
    assert loss.rule.on_inconclusive == "error"


@pytest.mark.parametrize(
    ("rule", "can"),
    [
        ("accuracy: {max_regression: 0.999}", True),
        ("accuracy: {max_regression: 1}", False),
        ("accuracy: {max_relative_regression: 1}", False),
        ("accuracy: {max_relative_regression: 0.99}", True),
        ("accuracy: {max_regression: 1, max_relative_regression: 0.1}", True),
        ("hamming_loss: {max_relative_regression: 1}", True),  # it may double
        ("matthews_corrcoef: {max_regression: 1.5}", True),  # from 1 to -1
        ("matthews_corrcoef: {max_regression: 2}", False),
    ],
)
def test_knows_losses_that_no_version_can_have(rule: str, can: bool) -> None:
    """A gate of such rules alone could never block, and is refused."""
    text = f"metrics: {{f1_macro: 0.5, {rule}}}"
    *_, check = plan(text)
    assert can_block(check) == can


def test_refuses_an_alpha_that_resamples_do_not_tell() -> None:
    """2,000 resamples count to 1 in 2,001; the exact test has no such end."""
    for test, metric, alpha, is_refused in (
        ("bootstrap", "f1_macro", 0.0004, True),
        ("bootstrap", "f1_macro", 0.0005, False),
        ("bootstrap", "f1_macro", 0.01, False),
        ("mcnemar", "accuracy", 0.0004, False),
    ):
        rule = f"{{max_regression: 0.1, regression_test: {test}, alpha: {alpha}}}"
        text = f"metrics: {{{metric}: {rule}}}"
        if is_refused:
            with pytest.raises(ThresholdsError, match=r"alpha: .*tells nothing apart"):
                plan(text)
        else:
            assert plan(text)


def test_reads_how_many_tests_share_an_error_rate() -> None:
    """Holm's method, unless the file says otherwise."""
    rest = "metrics: {accuracy: 0.5}"
    assert parse_thresholds(rest.encode(), "t").multiplicity == "holm"
    for method in ("holm", "benjamini-hochberg", "none"):
        text = f"defaults: {{multiplicity: {method}}}\n{rest}"
        assert parse_thresholds(text.encode(), "t").multiplicity == method


def test_refuses_a_decision_that_two_keys_would_make() -> None:
    """A test decides on a loss; decide_on then is for the bound beside it."""
    both = (
        "max_regression: 0.1, regression_test: bootstrap, decide_on: confidence_bound"
    )
    with pytest.raises(ThresholdsError, match="so decide_on does nothing; drop one"):
        plan(f"metrics: {{f1_macro: {{{both}}}}}")
    assert plan(f"metrics: {{f1_macro: {{min: 0.1, {both}}}}}")
    defaults = "defaults: {decide_on: confidence_bound}\n"
    rule = "{max_regression: 0.1, regression_test: bootstrap}"
    assert plan(f"{defaults}metrics: {{f1_macro: {rule}}}")
