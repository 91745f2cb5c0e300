"""thresholds.yaml."""

from __future__ import annotations

from bench import Bench, Case

__all__ = ["THRESHOLDS"]


def _file(text: str | bytes):
    def spoil(bench: Bench) -> None:
        bench.thresholds = text.encode() if isinstance(text, str) else text

    return spoil


def _metric(value: str):
    return _file(f"metrics:\n  accuracy: {value}\n")


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
AT = ("thresholds.yaml:2:",)

THRESHOLDS = [
    Case("empty", 4, ("empty",), _file("")),
    Case("comment-alone", 4, ("thresholds.yaml",), _file("# later\n")),
    Case("no-rules", 4, ("rule",), _file("metrics: {}\n"), False, True),
    Case("nothing-under-a-key", 4, ("thresholds.yaml:1",), _file("metrics:\n")),
    Case("all-off", 4, ("thresholds.yaml",), _metric("off")),
    Case(
        "all-warnings", 4, ("no rule can block",), _metric("{min: 0.1, level: warning}")
    ),
    Case(
        "defaults-warning",
        4,
        ("no rule can block",),
        _file("defaults: {level: warning}\nmetrics: {accuracy: 0.1}\n"),
    ),
    Case("unknown-key", 4, ("unknown key",), _file("metric: {accuracy: 0.9}\n")),
    Case("unknown-metric", 4, ("accuracy",), _file("metrics:\n  acuracy: 0.9\n")),
    Case("key-of-a-rule", 4, ("min",), _metric("{minimum: 0.9}")),
    Case("twice", 4, ("twice",), _file("metrics:\n  accuracy: 0.9\n  accuracy: 0.1\n")),
    Case("min-above-max", 4, AT, _metric("{min: 0.9, max: 0.1}")),
    Case("max-on-a-score", 4, AT, _metric("{max: 0.9}")),
    Case("min-on-a-loss", 4, AT, _file("metrics:\n  hamming_loss: {min: 0.1}\n")),
    Case("bound-that-never-fails", 4, ("no value misses",), _metric("0")),
    Case("minus", 4, AT, _metric("-0.5")),
    Case("ninety-five", 4, ("0.95",), _metric("95")),
    Case("percent", 4, ("0.95",), _metric("95%")),
    Case("comma", 4, ("0.95",), _metric("0,95")),
    Case("nan", 4, AT, _metric(".nan")),
    Case("infinity", 4, AT, _metric(".inf")),
    Case("minus-infinity", 4, AT, _metric("-.inf")),
    Case("huge", 4, AT, _metric("1e999")),
    Case("many-digits", 4, AT, _metric("9" * 5000)),
    Case("hexadecimal", 4, AT, _metric("0x1")),
    Case("sexagesimal", 4, AT, _metric("1:30")),
    Case("yes", 4, AT, _metric("yes")),
    Case("no", 4, AT, _metric("no")),
    Case("true", 4, AT, _metric("true")),
    Case("null", 4, AT, _metric("null")),
    Case("quoted", 4, ("without quotes",), _metric('"0.9"')),
    Case("date", 4, AT, _metric("2026-03-01")),
    Case("list", 4, AT, _metric("[0.9]")),
    Case("environment", 4, AT, _metric("${MINIMUM}")),
    Case("support-zero", 4, AT, _metric("{min: 0.9, min_support: 0}")),
    Case("support-half", 4, AT, _metric("{min: 0.9, min_support: 2.5}")),
    Case("level-typo", 4, ("warning",), _metric("{min: 0.9, level: warn}")),
    Case("alpha-five", 4, ("0.05",), _file("defaults:\n  alpha: 5\n")),
    Case("regression-alone", 4, ("baseline",), _metric("{max_regression: 0.01}")),
    Case(
        "baseline-of-nowhere",
        4,
        ("--baseline-dir",),
        _file(
            "baseline: {version_name: x}\nmetrics:\n"
            "  accuracy: {min: 0.9, max_regression: 0.1}\n"
        ),
    ),
    Case("tab", 4, ("tab",), _file("metrics:\n\taccuracy: 0.9\n")),
    Case("broken", 4, ("thresholds.yaml:",), _file("metrics: {accuracy: 0.9\n")),
    Case("a-list", 4, ("a list",), _file("- accuracy: 0.9\n")),
    Case("a-word", 4, ("thresholds.yaml:1",), _file("accuracy\n")),
    Case("two-documents", 4, ("document",), _file("metrics: {}\n---\nmetrics: {}\n")),
    Case("json-of-aws", 4, ("unknown key",), _file('{"Version": 1}')),
    Case(
        "python-object",
        4,
        ("tag",),
        _metric("!!python/object/apply:os.system ['touch owned']"),
        False,
        True,
    ),
    Case("python-name", 4, ("tag",), _metric("!!python/name:os.system ''")),
    Case("binary", 4, ("thresholds.yaml",), _metric("!!binary aGVsbG8=")),
    Case("anchors-explode", 4, ("anchor",), _file(BOMB)),
    Case("anchor-in-itself", 4, ("thresholds.yaml",), _file("metrics: &m {x: *m}\n")),
    Case(
        "merge-key", 4, ("thresholds.yaml",), _file("metrics:\n  <<: {f1_macro: 1}\n")
    ),
    Case("ten-megabytes", 4, ("bytes",), _file(b"# " + b"x" * (10 << 20))),
    Case("nested-deep", 4, ("thresholds.yaml",), _file("[" * 100_000)),
    Case("latin-1", 4, ("UTF-8",), _file(b"metrics: {\xe9: 1}")),
    Case("utf-16", 4, ("UTF-8",), _file("metrics: {accuracy: 0.9}".encode("utf-16"))),
    Case("nul", 4, ("thresholds.yaml",), _file(b"metrics: \0")),
    Case("label-typo", 4, ("'bee'",), _file('labels:\n  "bea": {recall: 0.9}\n')),
    Case("label-glob", 4, ("dog*",), _file('labels:\n  "dog*": {recall: 0.9}\n')),
    Case("label-case", 4, ("'cat'",), _file("labels:\n  Cat: {recall: 0.9}\n")),
    Case("label-metric", 4, ("recall",), _file("labels:\n  cat: {recal: 0.9}\n")),
    Case("label-list", 4, AT, _file("labels:\n  cat: [recall]\n")),
    Case(
        "label-surrogates",
        4,
        ("matches no label",),
        _file('labels: {"\\ud83d\\udc1c": {recall: 0.9}}'),
    ),
    Case("label-no", 4, ("no",), _file("labels:\n  no: {recall: 0.9}\n")),
    Case("pair-without-arrow", 4, AT, _file("confusions:\n  cat bee: 0.1\n")),
    Case("pair-with-itself", 4, AT, _file("confusions:\n  cat -> cat: 0.1\n")),
    Case("pair-unknown", 4, AT, _file("confusions:\n  cat -> dog: 0.1\n")),
    Case(
        "confidence-below-threshold",
        4,
        ("confidence", "threshold 0.5"),
        _file("min_confidence: 0.1\nmetrics: {accuracy: 0.5}\n"),
    ),
    Case(
        "metric-of-another-task",
        4,
        ("average_precision",),
        _file("metrics:\n  average_precision: 0.5\n"),
    ),
    Case(
        "task-unknown", 4, ("multiclass",), _file("task: both\nmetrics: {accuracy: 1}")
    ),
]
