"""Where summary and manifest lie in a folder: by name, else by what is in a file."""

from __future__ import annotations

import filecmp
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from rekmetrics.errors import EvaluationError, RequestError
from rekmetrics.texts import mask_account, quote

Name = Literal["summary", "manifest", "training", "images"]

OWN_NAMES: Mapping[Name, str] = {
    "summary": "summary.json",
    "manifest": "manifest.jsonl",
    "training": "training.jsonl",
    "images": "images.jsonl",
}
_AWS_NAMES: Mapping[Name, str] = {
    "summary": "EvaluationResultSummary-",
    "manifest": "TestingGroundTruth-",
    "training": "TrainingGroundTruth-",
}
_TELLING: Mapping[Name, tuple[bytes, ...]] = {
    "summary": (b'"AggregatedEvaluationResults"',),
    "manifest": (b'"source-ref"', b'"rekognition-custom-labels-evaluation'),
}
"""What stands near the beginning of each."""

_SUFFIXES = frozenset(("", ".json", ".jsonl", ".manifest", ".txt"))
_HEAD = 1 << 18
_COPY = re.compile(r" ?\([0-9]+\)$")
"""What browsers put behind the name of a file that was downloaded before."""

_MISTAKEN = {
    "TestingManifestWithValidation-": (
        "is the manifest that training validated, without predictions"
    ),
    "TrainingManifestWithValidation-": "is of the training images",
    "TrainingGroundTruth-": "is of the training images",
    "ManifestSummary-": "is about the validation of the manifests",
}


def find_documents(folder: Path, name: Name) -> list[Path]:
    """All files in the folder that by their names are this document, sorted."""
    own = OWN_NAMES[name]
    prefix = _AWS_NAMES.get(name, own)
    return sorted(
        path
        for path in _list(folder)
        if path.name == own
        or (path.name.startswith(prefix) and path.suffix in {".json", ".jsonl"})
    )


def _list(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise RequestError(
            f"evaluation folder {quote(str(folder))} cannot be read: {reason}. Give a "
            "folder with the summary and the test manifest."
        ) from error


def the_one(folder: Path, name: Name) -> Path:
    """
    The one file in the folder that is this document; of equal copies the first.

    Raises:
        RequestError: the folder cannot be listed.
        EvaluationError: there is no such file, there are several, or it is no file.
    """
    found = find_documents(folder, name) or _find_by_content(folder, name)
    if not found:
        raise EvaluationError(_explain_absence(folder, name))
    for path in found:
        _require_file(path)
    if not all(filecmp.cmp(found[0], other, shallow=False) for other in found[1:]):
        raise EvaluationError(
            f"folder {quote(str(folder))} holds {len(found)} files that could be the "
            f"{name}: {_listed(found)}. Leave one."
        )
    return found[0]


def _find_by_content(folder: Path, name: Name) -> list[Path]:
    """The files that begin as this document does, whatever they are called."""
    return [
        path
        for path in sorted(_list(folder))
        if path.suffix in _SUFFIXES
        and path.is_file()
        and all(telling in _read_head(path) for telling in _TELLING[name])
    ]


def _read_head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def require_like_names(paths: Mapping[Name, Path]) -> None:
    """EvaluationError for names, as AWS gives them, of different versions."""
    endings = {
        name: _COPY.sub("", path.stem).removeprefix(_AWS_NAMES[name])
        for name, path in paths.items()
        if path.name.startswith(_AWS_NAMES[name])
    }
    if len(set(endings.values())) > 1:
        found = _join([_listed([paths[name]]) for name in endings])
        raise EvaluationError(
            f"{found} are by their names of different versions. Put the files of one "
            "version into the folder, or call them "
            f"{_join([OWN_NAMES[name] for name in endings])} if they are."
        )


def _join(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _explain_absence(folder: Path, name: Name) -> str:
    text = (
        f"folder {quote(str(folder))} holds no {name}; wanted {OWN_NAMES[name]} or "
        f"{_AWS_NAMES[name]}….json"
    )
    if name == "summary":
        return f"{text}."
    for path in sorted(_list(folder)):
        for prefix, what in _MISTAKEN.items():
            if path.name.startswith(prefix):
                return f"{text}. {_listed([path])} {what}: not this one."
    return f"{text}."


def _require_file(path: Path) -> None:
    # Reading a pipe or a device might never end.
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except OSError as error:
        raise EvaluationError(
            f"{quote(str(path))} cannot be read: {error.strerror}."
        ) from error
    if not is_file:
        raise EvaluationError(f"{quote(str(path))} is not a regular file.")


def _listed(paths: Iterable[Path]) -> str:
    return mask_account(", ".join(quote(path.name) for path in paths))
