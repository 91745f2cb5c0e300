"""The plugin's command-line options; every pytest run declares them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.errors import RequestError
from rekmetrics.run.results import EXPORTS

if TYPE_CHECKING:
    import argparse

    import pytest

    from rekmetrics.run.request import Given


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
    **{
        export.option: dict(metavar="FILE", help=export.help)
        for export in EXPORTS.values()
    },
    "--report-images": dict(
        metavar="N",
        help="embed thumbnails of up to N misjudged images into the HTML report",
    ),
}
_MASK = "--mask-account"
_TAG = "--tag-version"
_COMPARE = "--check-images"
SWITCHES = {
    _MASK: "mask AWS account ids in the terminal and the exports too "
    "(the HTML report always does)",
    _TAG: "write the verdict to the model version, as tags that IAM can decide on",
    _COMPARE: "have rules about the test set find copies of images under other names, "
    "by what S3 lists of them",
}


def add_options(parser: pytest.Parser) -> None:
    """Declare the options, in one group of `pytest --help`."""
    group = parser.getgroup("rekmetrics", "quality gate for Rekognition Custom Labels")
    for flag, settings in FLAGS.items():
        group.addoption(flag, dest=_dest(flag), default=None, **settings)
    for flag, text in SWITCHES.items():
        group.addoption(
            flag, dest=_dest(flag), action="store_true", default=False, help=text
        )


def is_gate_asked_for(options: argparse.Namespace) -> bool:
    """True if any of our options was given, be it with an empty value."""
    is_given = any(getattr(options, _dest(flag), None) is not None for flag in FLAGS)
    return is_given or any(getattr(options, _dest(flag), False) for flag in SWITCHES)


def read_given(
    config: pytest.Config, options: argparse.Namespace | None = None
) -> Given:
    """What was asked for, as it was typed; as far as is known, where `options` say."""
    from rekmetrics.run.request import Given

    options = options or config.option
    return Given(
        values={flag: getattr(options, _dest(flag), None) for flag in FLAGS},
        here=config.invocation_params.dir,
        thresholds=find_own(config, "thresholds.yaml"),
        report=getattr(options, "htmlpath", None),
        is_account_masked=bool(getattr(options, _dest(_MASK), False)),
        is_tagged=bool(getattr(options, _dest(_TAG), False)),
        compares_images=bool(getattr(options, _dest(_COMPARE), False)),
    )


def refuse_mistaken(config: pytest.Config) -> None:
    """
    Refuse words that argparse would take for less than they say.

    Raises:
        RequestError: for pytest's own version beside a gate, and a model named twice.
    """
    if config.option.version:
        raise RequestError(
            "pytest was asked for its own version beside a gate (`-VV`, `-qV`?); "
            "write `--version NAME` or `--version-name=NAME`."
        )
    _refuse_twice(config.invocation_params.args)


def find_own(config: pytest.Config, name: str) -> Path:
    """
    Where the team's file or folder of this name is expected: here, else in the rootdir.

    pytest may take the value of an option for a test path, and its folder for the
    rootdir, so a rootdir that does not lead here is not theirs.
    """
    here, root = config.invocation_params.dir, config.rootpath
    if (here / name).exists() or not here.is_relative_to(root):
        return here / name
    return root / name


def _refuse_twice(arguments: Sequence[object]) -> None:
    """Let no model be judged in another's place: argparse takes the last of two."""
    words = list(_expand(map(str, arguments)))
    for flag in ("--project-arn", "--version-name", "--evaluation-dir"):
        given = [
            word.partition("=")[2] for word in words if word.startswith(f"{flag}=")
        ]
        given += [after for word, after in pairwise(words) if word == flag]
        if len(set(given)) > 1:
            raise RequestError(
                f"{flag} was given twice, as {' and as '.join(map(repr, given))}; "
                "give the one that is meant."
            )


def _expand(words: Iterable[str]) -> Iterator[str]:
    """The words, with those of files (`@FILE`) in their place, as pytest reads them."""
    for word in words:
        if word.startswith("@"):
            with contextlib.suppress(OSError, ValueError):
                yield from Path(word[1:]).read_text().splitlines()
        else:
            yield word


def _dest(flag: str) -> str:
    return _PREFIX + flag.lstrip("-").replace("-", "_")
