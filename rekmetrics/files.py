"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
import sys
from pathlib import Path

from rekmetrics.errors import WriteError


def open_standard_streams() -> None:
    """Have output that was closed (`>&-`) go nowhere, and not into a file of ours."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (stays)
            setattr(sys, name, nowhere)


def write_atomically(path: Path, data: bytes) -> None:
    """
    Put these bytes at `path`, and make the folders that lead there.

    Whoever looks at the path sees the old file or the new one, never a part. What is
    there already must be a regular file: a link is not followed, a device not replaced.

    Raises:
        WriteError: saying why the file could not be written; what was there stays.
    """
    try:
        _refuse_all_but_files(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.tmp")
        try:
            _write_new(temporary, data)
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise WriteError(
            f"{str(path)!r} could not be written: {reason}; "
            "give another path, or make room and rights for this one."
        ) from error


def write_json(path: Path, document: object) -> None:
    """
    The same of a record, as indented JSON in ASCII; numbers without a value are null.

    Raises:
        WriteError: as above.
    """
    import msgspec

    plain = json.loads(msgspec.json.encode(document))
    write_atomically(path, json.dumps(plain, indent=1).encode() + b"\n")


def remove_file(path: Path) -> None:
    """
    Take a file away, if there is one.

    Raises:
        WriteError: it is a link, a device or a folder, or may not be removed.
    """
    try:
        _refuse_all_but_files(path)
        path.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WriteError(
            f"{str(path)!r} cannot be replaced: {reason}; give another path."
        ) from error


def _refuse_all_but_files(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise OSError(0, "it is a symbolic link, and links are not followed")
    if not stat.S_ISREG(mode):
        raise OSError(0, "it is there and is not a regular file")


def _write_new(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
