"""Reading ahead: every byte once, every error in the consumer, no thread left."""

from __future__ import annotations

import hashlib
import io
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rekmetrics.errors import EvaluationError, WriteError
from rekmetrics.streams import FileStream, ReadAhead

DATA = bytes(range(256)) * 40


class Failing:
    """A stream that hands out some chunks and then raises."""

    def __init__(self, n_chunks: int) -> None:
        self.n_chunks = n_chunks
        self.n_reads = 0
        self.is_closed = False
        self.has_read_six = threading.Event()

    def read(self, n: int, /) -> bytes:
        if self.n_chunks == 0:
            raise ConnectionResetError("reset by peer")
        self.n_chunks -= 1
        self.n_reads += 1
        if self.n_reads == 6:
            self.has_read_six.set()
        return b"x" * n

    def close(self) -> None:
        self.is_closed = True


class Stalling:
    """A stream that never answers until it is aborted."""

    def __init__(self) -> None:
        self.is_aborted = threading.Event()

    def read(self, n: int, /) -> bytes:
        self.is_aborted.wait(20)
        return b""

    def close(self) -> None:
        pass

    def abort(self) -> None:
        self.is_aborted.set()


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Each test ends with the threads that it began with."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_hands_out_every_byte_with_digest_and_count() -> None:
    """Chunks put together are the stream; digest and count are of the whole."""
    with ReadAhead(lambda: io.BytesIO(DATA), chunk=1000) as ahead:
        assert b"".join(ahead) == DATA
    assert ahead.sha256 == hashlib.sha256(DATA).hexdigest()
    assert ahead.n_bytes == len(DATA) == 10240


def test_reads_an_empty_stream() -> None:
    """No bytes are no chunks, and a digest all the same."""
    with ReadAhead(lambda: io.BytesIO()) as ahead:
        assert list(ahead) == []
    assert ahead.sha256 == hashlib.sha256().hexdigest()


def test_keeps_a_copy_and_tells_progress() -> None:
    """The copy holds all bytes; bytes and lines only grow and end at the size."""
    copy, progress = io.BytesIO(), []
    with ReadAhead(
        lambda: io.BytesIO(DATA),
        tee=copy,
        on_progress=lambda *so_far: progress.append(so_far),
        chunk=4096,
    ) as ahead:
        list(ahead)
    assert copy.getvalue() == DATA
    assert [n_bytes for n_bytes, _ in progress] == [4096, 8192, 10240]
    ends = [DATA[:n_bytes].count(b"\n") for n_bytes, _ in progress]
    assert [n_lines for _, n_lines in progress] == ends


def test_raises_in_the_consumer_what_the_thread_met() -> None:
    """Chunks before the error arrive; then comes the very error."""
    stream = Failing(2)
    seen: list[bytes] = []
    with (
        ReadAhead(lambda: stream, chunk=10) as ahead,
        pytest.raises(ConnectionResetError, match="reset by peer"),
    ):
        seen.extend(ahead)
    assert seen == [b"x" * 10] * 2
    assert stream.is_closed
    with pytest.raises(ValueError, match="not been read to its end"):
        _ = ahead.sha256


def test_raises_what_opening_met() -> None:
    """The stream is opened by the thread; its error is the consumer's."""

    def refuse() -> io.BytesIO:
        raise EvaluationError("denied")

    with ReadAhead(refuse) as ahead, pytest.raises(EvaluationError, match="denied"):
        list(ahead)


def test_ends_the_thread_when_left_early() -> None:
    """A consumer that stops reading leaves no thread waiting for room."""
    stream = Failing(1000)
    with ReadAhead(lambda: stream, chunk=10) as ahead:
        assert next(iter(ahead)) == b"x" * 10
        # One was taken, four wait, and the sixth finds no room.
        assert stream.has_read_six.wait(5)
    assert stream.is_closed
    assert stream.n_reads == 6


def test_leaves_the_interpreter_as_it_was() -> None:
    """Threads take turns more often while a stream is read, and not after it."""
    before = sys.getswitchinterval()
    with ReadAhead(lambda: io.BytesIO(DATA)) as ahead:
        assert sys.getswitchinterval() < before
        assert b"".join(ahead) == DATA
    assert sys.getswitchinterval() == before
    with pytest.raises(ConnectionResetError), ReadAhead(lambda: Failing(0)) as ahead:
        list(ahead)
    assert sys.getswitchinterval() == before


def test_gives_up_at_the_deadline() -> None:
    """A server that never sends ends in a sentence, and its connection is aborted."""
    stream = Stalling()
    with (
        ReadAhead(lambda: stream, deadline=0.05) as ahead,
        pytest.raises(EvaluationError, match=r"only 0 bytes .* 0\.05 seconds"),
    ):
        list(ahead)
    assert stream.is_aborted.is_set()


def test_says_when_the_copy_cannot_be_written() -> None:
    """A full disk is a matter of the copy, not of the evaluation."""
    with (
        Path("/dev/full").open("wb", buffering=0) as full,
        ReadAhead(lambda: io.BytesIO(DATA), tee=full) as ahead,
        pytest.raises(WriteError, match=r"/dev/full cannot .*No space"),
    ):
        list(ahead)


def test_reads_a_file(tmp_path: Path) -> None:
    """Files travel through the same machinery."""
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(DATA)
    with ReadAhead(lambda: FileStream(path), chunk=1000) as ahead:
        assert b"".join(ahead) == DATA


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_says_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    """A missing file and a folder are one sentence each."""
    with pytest.raises(EvaluationError, match="cannot be read: "):
        FileStream(tmp_path / name)
