"""The plugin's command-line options; every pytest run declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = [
    "FLAGS",
    "MASK",
    "add_options",
    "is_gate_asked_for",
    "is_gate_in_arguments",
    "value_of",
]

_PREFIX = "rekmetrics_"
FLAGS = {
    "--project-arn": dict(
        metavar="ARN",
        help="judge a version of this Rekognition Custom Labels project; "
        "`--version NAME` then names the version",
    ),
    "--version-name": dict(
        metavar="NAME", help="the model version to judge (also: `--version NAME`)"
    ),
    "--evaluation-dir": dict(
        metavar="DIR", help="read the evaluation from this folder instead of AWS"
    ),
    "--save-evaluation": dict(
        metavar="DIR", help="keep what was fetched, to repeat the run offline"
    ),
    "--thresholds": dict(
        metavar="FILE",
        help="the bounds (default: thresholds.yaml here, else in the rootdir)",
    ),
    "--baseline-version": dict(
        metavar="NAME", help="compare with this version of the same project"
    ),
    "--baseline-dir": dict(
        metavar="DIR", help="compare with the evaluation in this folder"
    ),
    "--aws-profile": dict(metavar="NAME", help="profile of the AWS configuration"),
    "--metrics-json": dict(
        metavar="FILE", help="write verdict, metrics and checks to this file"
    ),
    "--metrics-markdown": dict(
        metavar="FILE", help="write a short report in Markdown to this file"
    ),
    "--report-images": dict(
        metavar="N",
        help="embed thumbnails of up to N misjudged images into the HTML report",
    ),
}
MASK = "--mask-account"


def add_options(parser: pytest.Parser) -> None:
    """Declare the options, in one group of `pytest --help`."""
    group = parser.getgroup("rekmetrics", "quality gate for Rekognition Custom Labels")
    for flag, settings in FLAGS.items():
        group.addoption(flag, dest=_dest(flag), default=None, **settings)
    group.addoption(
        MASK,
        dest=_dest(MASK),
        action="store_true",
        default=False,
        help="mask AWS account ids in the terminal and the exports too "
        "(the HTML report always does)",
    )


def is_gate_asked_for(config: pytest.Config) -> bool:
    """True if any of our options was given, be it with an empty value."""
    return any(value_of(config, flag) is not None for flag in FLAGS) or bool(
        value_of(config, MASK)
    )


def is_gate_in_arguments(early_config: pytest.Config) -> bool:
    """The same before conftest files are loaded, as far as is known by then."""
    known = early_config.known_args_namespace
    return any(getattr(known, _dest(flag), None) is not None for flag in FLAGS)


def _dest(flag: str) -> str:
    return _PREFIX + flag.lstrip("-").replace("-", "_")


def value_of(config: pytest.Config, flag: str) -> str | None:
    """What was given for one of our options; None if nothing was."""
    value: str | None = config.getoption(_dest(flag))
    return value
