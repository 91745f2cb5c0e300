"""
`--save-evaluation`: an evaluation kept in a folder, so that a run can be repeated.

The folder holds summary.json and manifest.jsonl, byte for byte as they came, and
evaluation.json with what Rekognition said of the version. All three appear when the
evaluation was read and accepted, the last one last; until then they have temporary
names. A folder with another evaluation in it is refused, the same one is replaced.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import msgspec

from rekmetrics.errors import EvaluationError, RequestError, WriteError
from rekmetrics.files import write_atomically
from rekmetrics.loading.places import OWN_NAMES, Name, find_documents
from rekmetrics.model import Model, SourceFile
from rekmetrics.texts import quote

if TYPE_CHECKING:
    from pathlib import Path


FACTS = "evaluation.json"
_MAX_BYTES = 1 << 20


class Saved(msgspec.Struct, frozen=True):
    """What evaluation.json says; enough to be a version's description."""

    schema: Literal[1]
    model: Model
    documents: tuple[SourceFile, ...]
    endpoints: dict[str, str]
    """Where AWS was asked when the evaluation was saved, if not AWS's own place."""

    @property
    def digests(self) -> Mapping[str, str]:
        """SHA-256 of each document by its name."""
        return {document.name: document.sha256 for document in self.documents}


class SavedFolder:
    """
    A context manager that keeps copies under temporary names until `commit`.

    Raises:
        RequestError: the folder holds something else already.
        WriteError: it cannot be written.
    """

    def __init__(self, folder: Path, model: Model) -> None:
        self._folder = folder
        self._model = model
        self._copies: dict[Name, tuple[Path, BinaryIO]] = {}

    def __enter__(self) -> SavedFolder:
        with _in_words(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._refuse_another_evaluation()
        return self

    def __exit__(self, *error: object) -> None:
        for path, file in self._copies.values():
            with contextlib.suppress(OSError):
                file.close()
            with contextlib.suppress(OSError):
                path.unlink()

    def open(self, name: Name) -> BinaryIO:
        """A file that will be this document; a second call begins it anew."""
        if name in self._copies:
            file = self._copies[name][1]
            file.seek(0)
            file.truncate()
            return file
        path = self._folder / f".{OWN_NAMES[name]}.{secrets.token_hex(8)}.tmp"
        with _in_words(path):
            file = path.open("xb", buffering=0)  # a name for messages, unlike a number
        self._copies[name] = (path, file)
        return file

    def commit(
        self,
        documents: Sequence[SourceFile],
        endpoints: Mapping[str, str],
    ) -> None:
        """Give the copies of an accepted evaluation's documents their names."""
        for document in documents:
            name = document.name
            path, file = self._copies[name]
            with _in_words(path):
                os.fsync(file.fileno())
                file.close()
                path.replace(self._folder / OWN_NAMES[name])
        saved = Saved(1, self._model, tuple(documents), dict(endpoints))
        data = msgspec.json.format(msgspec.json.encode(saved), indent=1) + b"\n"
        write_atomically(self._folder / FACTS, data)

    def _refuse_another_evaluation(self) -> None:
        for name in (*OWN_NAMES.values(), FACTS):
            path = self._folder / name
            if path.is_symlink() or (path.exists() and not path.is_file()):
                raise RequestError(
                    f"{quote(str(path))} is not a regular file and is not replaced. "
                    "Give another folder to save the evaluation in."
                )
        present = {
            path.name
            for name in OWN_NAMES
            for path in find_documents(self._folder, name)
        }
        if not present and not (self._folder / FACTS).exists():
            return
        is_same = False
        with contextlib.suppress(EvaluationError):
            saved = read_saved(self._folder)
            is_same = (
                saved is not None and saved.model.version_arn == self._model.version_arn
            )
        if not is_same or not present <= set(OWN_NAMES.values()):
            raise RequestError(
                f"folder {quote(str(self._folder))} holds another evaluation already. "
                "Give another folder to save this one in, or empty it."
            )


def read_saved(folder: Path) -> Saved | None:
    """
    What `SavedFolder` wrote about the version; None if the folder was not saved so.

    Raises:
        EvaluationError: evaluation.json is there and is not what was written.
    """
    path = folder / FACTS
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
        return _parse(data)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror
    except (ValueError, msgspec.MsgspecError, RecursionError):
        reason = "it is not what was saved"
    raise EvaluationError(
        f"{quote(str(path))} cannot be used: {reason}. Fetch the evaluation again, or "
        "delete this file to judge summary and manifest alone."
    )


def _parse(data: bytes) -> Saved:
    saved = msgspec.json.decode(data, type=Saved)
    if not {"summary", "manifest"} <= set(saved.digests) or not saved.model.version_arn:
        raise ValueError("documents")
    return saved


@contextlib.contextmanager
def _in_words(path: Path) -> Any:
    try:
        yield
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WriteError(
            f"{quote(str(path))} could not be written: {reason}. Give another folder "
            "to save the evaluation in, or make room and rights for this one."
        ) from error
