"""The thresholds file: its grammar, and every mistake at once with its line."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rekmetrics.errors import ThresholdsError
from rekmetrics.metrics import registry
from rekmetrics.thresholds import ThresholdsFile, parse_thresholds, read_thresholds
from rekmetrics.thresholds.keys import KEYS, wanted
from rekmetrics.thresholds.models import (
    Baseline,
    ConfusionRule,
    Defaults,
    Evidence,
    File,
    Fitness,
    FitnessRule,
    ImagesRule,
    LabelRules,
    MetricRule,
)

ROOT = Path(__file__).parent.parent

WHOLE_GRAMMAR = """\
task: auto
min_confidence: 0.5
defaults:
  level: error
  confidence_level: 0.95
  decide_on: point_estimate
  min_support: 20
  on_inconclusive: warning
  on_undefined: error
baseline:
  version_name: rooms.2026-01-10T09.00.00
  on_missing: error
  require_same_images: true
metrics:
  accuracy: {min: 0.92, max_regression: 0.01, regression_test: mcnemar, alpha: 0.05}
  f1_macro:
    min: 0.85
    max_regression: 0.02
    max_relative_regression: 0.05
    regression_test: bootstrap
  hamming_loss: {max: 0.05}
  matthews_corrcoef: {min: 0.80, level: warning}
  reported_f1: 0.85
labels:
  "*": {recall: 0.75, precision: {min: 0.75, level: warning}}
  "defect_*": {recall: {min: 0.95, decide_on: confidence_bound, min_support: 60}}
  scratch: {recall: off, min_confidence: 0.7}
confusions:
  "defect_* -> ok": {max_rate: 0.01}
  "scratch -> ok": 0.02
  "scratch -> dent": off
"""


def parse(text: str, *, has_baseline: bool = False) -> ThresholdsFile:
    return parse_thresholds(text.encode(), "t.yaml", has_baseline=has_baseline)


def complaints(text: str, *, has_baseline: bool = False) -> list[str]:
    """Every problem of a text, as `line:column: words`; empty if it is accepted."""
    try:
        parse(text, has_baseline=has_baseline)
    except ThresholdsError as error:
        return [str(problem).removeprefix("t.yaml:") for problem in error.problems]
    return []


@pytest.fixture
def own_metric() -> Iterator[None]:
    """A metric of a team's own, for one test."""
    registry.register(
        "cost", lambda _: 1.0, greater_is_better=False, highest=float("inf")
    )
    yield
    registry.unregister("cost")


def test_accepts_the_whole_grammar() -> None:
    """Every key that the reference page names, in one file."""
    file = parse(WHOLE_GRAMMAR)
    assert file.task == "auto"
    assert file.baseline.version_name == "rooms.2026-01-10T09.00.00"
    assert file.iou == 0.5


def test_accepts_the_thresholds_of_the_example() -> None:
    """Those of both examples are files that the gate takes, and name their schema."""
    for path, labels, task in (
        (ROOT / "thresholds.yaml", ["four", "nine"], "multiclass"),
        (ROOT / "rekmetrics/demo/thresholds-detection.yaml", ["four"], "detection"),
    ):
        assert read_thresholds(path).plan(labels, task)
        first = path.read_text(encoding="utf-8").splitlines()[0]
        schema = first.removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / schema).is_file()


def test_takes_a_bare_number_in_the_good_direction() -> None:
    """A score gets a minimum, a loss a maximum."""
    file = parse("metrics: {accuracy: 0.9, hamming_loss: 0.1}")
    score, loss = file.plan(["a"], "multiclass")
    assert (score.rule.minimum, score.rule.maximum) == (0.9, None)
    assert (loss.rule.minimum, loss.rule.maximum) == (None, 0.1)


def test_judges_strictly_where_nothing_is_said() -> None:
    """Without defaults every doubt blocks."""
    rule = parse("metrics: {accuracy: 0.9}").plan(["a"], "multiclass")[0].rule
    assert (rule.level, rule.on_inconclusive, rule.on_undefined) == ("error",) * 3
    assert (rule.min_support, rule.decide_on) == (1, "point_estimate")
    assert rule.on_missing_baseline == "error"
    assert rule.require_same_images


def test_knows_the_overlaps_of_coco() -> None:
    """Another number, or COCO's ten by the text that COCO has for them."""
    rest = "\ntask: detection\nmetrics: {f1_macro: 0.9}"
    assert parse(f"iou: 0.75{rest}").iou == 0.75
    assert parse(f"iou: 0.50:0.95{rest}").iou == "0.50:0.95"


TESTED = "baseline: {{version_name: v}}\nmetrics: {{{0}: {{max_regression: 0.1, {1}}}}}"

FAULTS = {
    # what is there, line:column and the words that must be said
    "unknown section": (
        "metrcs: {accuracy: 0.9}",
        "1:1: metrcs: unknown key",
        "metric",
    ),
    "metric at the top": ("accuracy: 0.9", "1:1: accuracy: unknown key", "below the"),
    "unknown metric": ("metrics: {acuracy: 0.9}", "1:11:", "did you mean 'accuracy'?"),
    "label metric above": ("metrics: {recall: 0.9}", "1:11:", "'recall_macro'"),
    "overall metric below": ("labels: {a: {accuracy: 0.9}}", "1:14:", "under metrics"),
    "unknown key of a rule": (
        "metrics: {accuracy: {minimum: 0.9}}",
        "1:22: metrics.accuracy.minimum: unknown key 'minimum'",
        "did you mean 'min'?",
    ),
    "percent": ("metrics: {accuracy: 95}", "1:21: metrics.accuracy: found 95", "0.95?"),
    "percent sign": ("metrics: {accuracy: 95%}", "found '95%'", "did you mean 0.95?"),
    "percent sign in min": ("metrics: {accuracy: {min: 5%}}", "1:27:", "mean 0.05?"),
    "decimal comma": ('metrics: {accuracy: "0,95"}', "1:21:", "did you mean 0.95?"),
    "underscore": ("metrics: {accuracy: 0.9_5}", "'0.9_5'", "did you mean 0.95?"),
    "full-width digits": ("metrics: {accuracy: ０.９}", "1:21:", "did you mean 0.9?"),
    "quoted number": ('metrics: {accuracy: "0.95"}', "1:21:", "without quotes"),
    "nan": ("metrics: {accuracy: .nan}", "1:21:", "found .nan"),
    "infinite": ("metrics: {accuracy: {min: -.inf}}", "1:27:", "found -.inf"),
    "huge": ("metrics: {accuracy: 1e999}", "1:21:", "found 1e999"),
    "many digits": (f"metrics: {{accuracy: {'9' * 5000}}}", "1:21:", "wanted a number"),
    "boolean": ("metrics: {accuracy: true}", "1:21:", "found true"),
    "no": ("metrics: {accuracy: no}", "1:21:", "found 'no'"),
    "nothing": ("metrics: {accuracy: }", "metrics.accuracy: found nothing", "wanted"),
    "list": ("metrics: {accuracy: [0.9]}", "1:21:", "found a list"),
    "empty section": ("metrics:", "metrics: found nothing", "wanted metrics"),
    "list of metrics": ("metrics:\n- accuracy: 0.9", "2:1:", "found a list"),
    "list at the top": ("- metrics", "1:1: found a list", "wanted keys"),
    "text at the top": ("metrics", "1:1: found 'metrics'", "wanted keys"),
    "below the range": ("metrics: {accuracy: {min: -1}}", "1:27:", "from 0 to 1"),
    "correlation": ("metrics: {matthews_corrcoef: -2}", "1:30:", "from -1 to 1"),
    "min above max": (
        "metrics: {accuracy: {min: 0.9, max: 0.8}}",
        "1:22:",
        "above max",
    ),
    "max on a score": (
        "metrics: {accuracy: {max: 0.9}}",
        "1:22:",
        "did you mean 'min'?",
    ),
    "min on a loss": ("metrics: {hamming_loss: {min: 0.1}}", "1:26:", "mean 'max'?"),
    "no bound": ("metrics: {accuracy: {level: error}}", "1:11:", "no bound; give min"),
    "no bound on a label": (
        "labels: {'*': {recall: {min_support: 3}}}",
        "1:16:",
        "no b",
    ),
    "key for a metric": ("labels: {a: {min: 0.9}}", "1:14:", "METRIC: {min: …}"),
    "number for a label": ("labels: {a: 0.9}", "1:13: labels.a: found 0.9", "{recall:"),
    "wrong level": ("defaults: {level: eror}", "1:19:", "did you mean 'error'?"),
    "off where it cannot": (
        "defaults: {on_undefined: off}",
        "1:26:",
        "error or warning",
    ),
    "support of a half": ("defaults: {min_support: 2.5}", "1:25:", "a whole number"),
    "support of nothing": ("defaults: {min_support: 0}", "1:25:", "a whole number"),
    "certainty": ("defaults: {confidence_level: 1}", "1:30:", "below 1"),
    "confidence in percent": (
        "defaults: {confidence_level: 95}",
        "1:30:",
        "mean 0.95?",
    ),
    "no alpha": ("defaults: {alpha: 0}", "1:19:", "above 0"),
    "yes": ("baseline: {require_same_images: yes}", "1:33:", "true or false"),
    "number as a name": ("baseline: {version_name: 3}", "1:26:", "put it in quotes"),
    "impossible name": ("baseline: {version_name: a b}", "1:26:", "version name"),
    "negative regression": (
        "metrics: {accuracy: {max_regression: -1}}",
        "1:38:",
        "from 0",
    ),
    "regression in percent": (
        "metrics: {accuracy: {max_regression: 2}}",
        "1:38:",
        "0.02?",
    ),
    "no baseline": ("metrics: {accuracy: {max_regression: 0}}", "1:22:", "no baseline"),
    "test of nothing": (
        "metrics: {accuracy: {min: 0.9, regression_test: mcnemar}}",
        "1:32:",
        "tests nothing",
    ),
    "mcnemar on a composite": (
        TESTED.format("f1_macro", "regression_test: mcnemar"),
        "2:43:",
        "use bootstrap",
    ),
    "bootstrap on accuracy": (
        TESTED.format("accuracy", "regression_test: bootstrap"),
        "2:43:",
        "use mcnemar",
    ),
    "test of a reported figure": (
        TESTED.format("reported_f1", "regression_test: bootstrap"),
        "2:46:",
        "cannot be tested",
    ),
    "interval of a reported figure": (
        "metrics: {reported_f1: {min: 0.9, decide_on: confidence_bound}}",
        "1:35:",
        "no confidence interval",
    ),
    "interval by default": (
        "defaults: {decide_on: confidence_bound}\nmetrics: {reported_f1: 0.9}",
        "2:11:",
        "give it 'decide_on: point_estimate'",
    ),
    "unknown task": ("task: multi", "1:7: task: found 'multi'", "'multilabel'?"),
    "metric of another task": (
        "task: detection\nmetrics: {accuracy: 0.9}",
        "2:11:",
        "not defined for object detection",
    ),
    "overlap of images": (
        "task: multiclass\niou: 0.5\nmetrics: {accuracy: 0.9}",
        "2:1: iou:",
        "object detection",
    ),
    "overlap in percent": ("iou: 50", "1:6:", "did you mean 0.5?"),
    "overlap of nothing": ("iou: 0", "1:6:", "above 0"),
    "confidence": ("min_confidence: 50", "1:17:", "did you mean 0.5?"),
    "confidence of a label": ("labels: {a: {min_confidence: x}}", "1:30:", "0 to 1"),
    "no arrow": ("confusions: {a b: 0.1}", "1:14:", "true label -> predicted label"),
    "arrow to nothing": (
        "confusions: {'a ->': 0.1}",
        "1:14:",
        "true label -> predicted",
    ),
    "max of a confusion": ("confusions: {a -> b: {max: 0.1}}", "1:23:", "'max_rate'"),
    "confusion without": (
        "confusions: {a -> b: {level: error}}",
        "1:14:",
        "give max_rate",
    ),
    "rate in percent": ("confusions: {a -> b: 5}", "1:22:", "did you mean 0.05?"),
    "all warnings": (
        "metrics: {accuracy: {min: 0.9, level: warning}}",
        "1:1:",
        "can block",
    ),
    "all off": ("metrics: {accuracy: off}", "1:1:", "no rule can block"),
    "off by default": (
        "defaults: {level: off}\nmetrics: {accuracy: 0.9}",
        "1:1:",
        "block",
    ),
    "no rule": ("task: auto", "1:1: no rule can block", "never passes"),
    "no label": ("labels: {}", "1:1:", "no rule can block"),
    "null": ("task: null\nmetrics: {accuracy: 0.9}", "1:7:", "found nothing"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_names_the_mistake_and_its_place(fault: str) -> None:
    """What was found, where, and what was wanted."""
    text, *words = FAULTS[fault]
    found = "\n".join(complaints(text))
    for word in words:
        assert word in found


def test_reports_all_mistakes_of_a_file_at_once() -> None:
    """Wrong grammar, wrong names and wrong numbers, in the order of the lines."""
    text = (
        "taks: auto\nmetrics:\n  acuracy: 0.9\n  f1_macro: {min: 95%, mx: 1}\n"
        "  hamming_loss: {min: 0.5, max: 0.1}\nlabels:\n  '*': {recal: 0.5}\n"
        "  a: {recall: 0.5}\n  a: {recall: 0.6}\nconfusions: {a: 1}\n"
    )
    lines = [found.split(":")[0] for found in complaints(text)]
    assert lines == ["1", "3", "4", "4", "5", "7", "9", "10"]


def test_says_nothing_is_missing_where_something_was_wrong() -> None:
    """A bound that could not be read is not also called absent."""
    assert len(complaints("metrics: {accuracy: {min: x}}")) == 1


def test_takes_a_baseline_from_an_option() -> None:
    """--baseline-version stands for the section."""
    text = "metrics: {accuracy: {max_regression: 0.1}}"
    assert complaints(text)
    assert not complaints(text, has_baseline=True)


def test_lets_a_first_release_have_no_baseline() -> None:
    """on_missing: warning says that there may be none."""
    section = "baseline: {on_missing: warning}\n"
    assert not complaints(section + "metrics: {accuracy: {max_regression: 0.1}}")


def test_allows_a_band_around_a_score() -> None:
    """A maximum beside a minimum is meant: too good to be true."""
    assert not complaints("metrics: {accuracy: {min: 0.8, max: 0.99}}")


@pytest.mark.usefixtures("own_metric")
def test_knows_metrics_that_a_team_registered() -> None:
    """Their range and direction hold; they have no interval."""
    assert not complaints("metrics: {cost: 250}")
    assert "min" in complaints("metrics: {cost: {min: 1}}")[0]
    text = "metrics: {cost: {max: 9, decide_on: confidence_bound}}"
    assert "no confidence interval" in complaints(text)[0]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_raises_nothing_but_its_own_error_on_bytes(data: bytes) -> None:
    """Whatever stands in the file."""
    with contextlib.suppress(ThresholdsError):
        parse_thresholds(data, "t.yaml")


_WORDS = st.sampled_from(
    [
        *KEYS,
        *File.model_fields,
        "off",
        "a",
        "*",
        "accuracy",
        "f1_macro",
        "recall",
        "hamming_loss",
    ]
)
_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), _WORDS
)
_TREES = st.recursive(
    _LEAVES,
    lambda node: st.one_of(
        st.lists(node, max_size=3),
        st.dictionaries(st.one_of(_WORDS, st.text(max_size=4)), node, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(_WORDS, _TREES, min_size=1, max_size=4))
def test_raises_nothing_but_its_own_error_on_trees(tree: dict[str, object]) -> None:
    """Known keys with values of any shape; JSON is YAML."""
    data = json.dumps(tree, ensure_ascii=True).encode()
    with contextlib.suppress(ThresholdsError):
        file = parse_thresholds(data, "t.yaml", has_baseline=True)
        file.plan(["a", "b"], "multiclass")


def test_has_words_for_every_key() -> None:
    """What may stand behind a key, and what it means, is written down for each."""
    for model in (
        *(File, Baseline, Defaults, Evidence, MetricRule, LabelRules, ConfusionRule),
        *(Fitness, FitnessRule, ImagesRule),
    ):
        for info in model.model_fields.values():
            assert len(wanted(info)) > 8
            assert info.description


def test_shows_an_example_that_the_reader_accepts() -> None:
    """The reference page opens with a file one can start from."""
    page = (ROOT / "docs" / "thresholds.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    labels = ["defect_a", "ok", "scratch"]
    assert parse(example).plan(labels, "multiclass")
