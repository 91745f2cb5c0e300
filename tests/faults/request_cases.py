"""Command line, environment, ARNs, regions and partitions."""

from __future__ import annotations

from bench import Bench, Case
from support.gates import ARN, GOOD

__all__ = ["ARNS", "REQUESTS"]


def _words(*words: str):
    def spoil(bench: Bench) -> None:
        bench.words = list(words)

    return spoil


def _arn(text: str):
    return _words("--project-arn", text, f"--version-name={GOOD}")


def _name(text: str):
    return _words("--project-arn", ARN, f"--version-name={text}")


def _name_in_a_file(bench: Bench) -> None:
    (bench.folder / "words.txt").write_text(f"--version-name={GOOD}\n")
    bench.words = ["--version-name=other", *FOLDER, "@words.txt"]


FOLDER = ("--evaluation-dir", "evaluation")
AWS = ("--project-arn", ARN, f"--version-name={GOOD}")

REQUESTS = [
    Case("no-model", 4, ("which model",), _words("--metrics-markdown", "x.md"), False),
    Case("only-mask", 4, ("which model",), _words("--mask-account")),
    Case("only-images", 4, ("which model",), _words("--check-images")),
    Case("only-name", 4, ("which model",), _words(f"--version-name={GOOD}")),
    Case("only-arn", 4, ("--version NAME",), _words("--project-arn", ARN), False, True),
    Case("name-empty", 4, ("empty", "CI variable"), _name("")),
    Case("name-blank", 4, ("version name",), _name("  ")),
    Case("name-long", 4, ("255",), _name("x" * 256)),
    Case("name-slash", 4, ("version name",), _name("a/b")),
    Case("name-climbs", 4, ("version name",), _name("../../x")),
    Case("name-newline", 4, ("version name",), _name("a\nb")),
    Case("name-glob", 4, ("version name",), _name("zoo.*")),
    Case("name-emoji", 4, ("version name",), _name("zoo🐜")),
    Case("name-escape-code", 4, ("version name",), _name("zoo\x1b[2J")),
    Case("name-is-an-arn", 4, ("version name",), _name(ARN)),
    Case("name-is-a-placeholder", 4, ("version name",), _name("${VERSION}")),
    Case("folder-empty", 4, ("empty",), _words("--evaluation-dir", "")),
    Case("folder-missing", 4, ("cannot be read",), _words("--evaluation-dir", "no")),
    Case(
        "folder-is-a-file",
        4,
        ("cannot be read",),
        _words("--evaluation-dir", "thresholds.yaml"),
    ),
    Case("css-missing", 4, ("--css=no.css: no such",), _words(*FOLDER, "--css=no.css")),
    Case(
        "thresholds-missing", 4, ("n: no such file",), _words(*FOLDER, "--thresholds=n")
    ),
    Case("thresholds-folder", 4, ("directory",), _words(*FOLDER, "--thresholds=.")),
    Case("thresholds-empty-name", 4, ("empty",), _words(*FOLDER, "--thresholds=")),
    Case(
        "saves-what-it-reads",
        4,
        ("cannot be given together",),
        _words(*FOLDER, "--save-evaluation=kept"),
    ),
    Case(
        "two-baselines",
        4,
        ("cannot be given together",),
        _words(*AWS, f"--baseline-version={GOOD}", "--baseline-dir=evaluation"),
    ),
    Case(
        "baseline-without-project",
        4,
        ("--baseline-dir",),
        _words(*FOLDER, f"--baseline-version={GOOD}"),
    ),
    Case("baseline-empty", 4, ("empty",), _words(*AWS, "--baseline-version=")),
    Case("baseline-missing", 4, ("cannot",), _words(*FOLDER, "--baseline-dir=n")),
    Case("images-word", 4, ("whole number",), _words(*AWS, "--report-images=many")),
    Case("images-minus", 4, ("whole number",), _words(*AWS, "--report-images=-1")),
    Case("images-huge", 4, ("1000",), _words(*AWS, f"--report-images={'9' * 50}")),
    Case("images-arabic", 4, ("whole number",), _words(*AWS, "--report-images=٣")),
    Case("profile-empty", 4, ("empty",), _words(*AWS, "--aws-profile=")),
    Case("no-such-home", 4, ("home",), _words(*FOLDER, "--baseline-dir=~nobody-1/x")),
    Case("asks-pytests-version", 4, ("own version",), _words(*FOLDER, "-VV")),
    Case(
        "another-name-than-the-folders",
        6,
        ("wanted version other",),
        _words(*FOLDER, "--version-name=other"),
        is_representative=True,
    ),
    Case(
        "another-project-than-the-folders",
        6,
        ("wanted project arn", "project/bar"),
        _words(*FOLDER, "--project-arn", ARN.replace("project/zoo", "project/bar")),
    ),
    Case(
        "two-names",
        4,
        ("twice", "--version-name"),
        _words("--version-name=other", *FOLDER, f"--version-name={GOOD}"),
    ),
    Case(
        "another-name-in-a-file-of-words",
        4,
        ("twice", "--version-name"),
        _name_in_a_file,
    ),
    Case(
        "two-arns",
        4,
        ("twice", "--project-arn"),
        _words("--project-arn", ARN.replace("zoo", "bar"), *AWS),
    ),
]

ARNS = [
    Case("empty", 4, ("empty", "CI variable"), _arn("")),
    Case("blank", 4, ("ARN",), _arn("   ")),
    Case("a-name", 4, ("arn:aws:rekognition",), _arn("zoo"), False, True),
    Case("unset-variable", 4, ("arn:aws:rekognition",), _arn("$PROJECT_ARN")),
    Case("upper-case", 4, ("ARN",), _arn(ARN.upper())),
    Case("of-s3", 4, ("ARN",), _arn("arn:aws:s3:::bucket/key")),
    Case("of-a-version", 4, ("version",), _arn(ARN.replace("/1", "/version/x/1"))),
    Case("of-a-dataset", 4, ("ARN",), _arn(ARN.replace("/1", "/dataset/test/1"))),
    Case("without-number", 4, ("ARN",), _arn(ARN.rpartition("/")[0])),
    Case("without-account", 4, ("ARN",), _arn(ARN.replace("123456789012", ""))),
    Case("account-too-short", 4, ("ARN",), _arn(ARN.replace("9012", "901"))),
    Case("account-not-ascii", 4, ("ARN",), _arn(ARN.replace("12345", "١٢٣٤٥"))),
    Case("without-region", 4, ("ARN",), _arn(ARN.replace("us-east-1", ""))),
    Case("region-is-a-host", 4, ("ARN",), _arn(ARN.replace("us-east-1", "evil.com/"))),
    Case("region-climbs", 4, ("ARN",), _arn(ARN.replace("us-east-1", "../x"))),
    Case("partition-unknown", 4, ("ARN",), _arn(ARN.replace("aws:", "azure:"))),
    Case(
        "partition-of-another-region",
        4,
        ("ARN",),
        _arn(ARN.replace("aws:", "aws-cn:")),
    ),
    Case("newline-at-the-end", 4, ("ARN",), _arn(f"{ARN}\n")),
    Case("in-quotes", 4, ("ARN",), _arn(f'"{ARN}"')),
    Case("two", 4, ("ARN",), _arn(f"{ARN},{ARN}")),
    Case("escape-code", 4, ("ARN",), _arn(f"\x1b[2J{ARN}")),
    Case("nul", 4, ("ARN",), _arn(f"{ARN}\0")),
    Case("long", 4, ("ARN",), _arn(ARN.replace("zoo", "z" * 300))),
]
