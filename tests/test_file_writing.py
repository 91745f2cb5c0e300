"""Files are written whole or not at all, and nowhere but where they were asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rekmetrics.errors import WriteError
from rekmetrics.files import write_atomically


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_writes_and_replaces(tmp_path):
    """The folders are made, the old file gives way, nothing else stays behind."""
    path = tmp_path / "new" / "result.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["result.json"]


def test_follows_no_link(tmp_path):
    """A link at the path is refused, and what it points to stays as it was."""
    target = tmp_path / "precious"
    target.write_text("mine")
    link = tmp_path / "result.json"
    link.symlink_to(target)
    with pytest.raises(WriteError, match=r"result\.json.*symbolic link"):
        write_atomically(link, b"new")
    assert (target.read_text(), link.is_symlink()) == ("mine", True)


@pytest.mark.parametrize("name", [".", "a\0b", "file/below", "x" * 300])
def test_says_why_it_could_not_write(tmp_path, name):
    """Folders, names that cannot be, files taken for folders: one sentence each."""
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"could not be written: .+; give another"):
        write_atomically(tmp_path / name, b"new")
    assert names(tmp_path) == ["file"]


def test_replaces_no_device():
    """`/dev/null` stays what it is."""
    with pytest.raises(WriteError, match="not a regular file"):
        write_atomically(Path(os.devnull), b"new")


def test_keeps_the_old_file_when_the_disk_is_full(tmp_path, monkeypatch):
    """A write that fails at the end leaves the old file, and no half of a new one."""
    path = tmp_path / "result.json"
    path.write_bytes(b"old")

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["result.json"]
