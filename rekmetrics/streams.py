"""Bytes as they arrive: read ahead by a thread, counted, hashed, kept on the way."""

from __future__ import annotations

import hashlib
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from rekmetrics.errors import EvaluationError, WriteError

CHUNK = 1 << 20
DEADLINE = 900.0
"""Seconds for one document: a gigabyte at 1.2 MB/s."""

_SWITCH = 0.0005
"""
Seconds after which a thread that computes lets another one go on.

Python's own 5 ms are longer than the network takes for a chunk: the reading thread
would wait for the parser most of the time, and then the parser for it.
"""

_DEPTH = 4
_PATIENCE = 5.0


class ByteStream(Protocol):
    """What can be read to its end by `read(n)`; b"" is the end."""

    def read(self, n: int, /) -> bytes: ...

    def close(self) -> None: ...


class FileStream:
    """
    A file as a `ByteStream`.

    Raises:
        EvaluationError: the file cannot be opened or read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise self._trouble(error) from error

    def read(self, n: int, /) -> bytes:
        try:
            return self._file.read(n) or b""
        except OSError as error:
            raise self._trouble(error) from error

    def close(self) -> None:
        self._file.close()

    def _trouble(self, error: OSError) -> EvaluationError:
        reason = error.strerror or type(error).__name__
        return EvaluationError(f"{self._path} cannot be read: {reason}.")


class ReadAhead:
    """
    The chunks of a stream, read by a thread while the consumer works on earlier ones.

    A context manager that is iterated once. Whatever the thread meets is raised in
    the consumer; leaving the context ends the thread. `tee` gets every byte before
    the consumer does; `on_progress` is called by the consumer's thread with the numbers
    of bytes and of line ends so far. `deadline` counts from entering: a server that
    sends a byte a second never meets a read timeout.

    Raises:
        EvaluationError: the deadline passed.
        WriteError: the copy could not be written.
    """

    def __init__(
        self,
        open_stream: Callable[[], ByteStream],
        *,
        tee: BinaryIO | None = None,
        on_progress: Callable[[int, int], None] | None = None,
        chunk: int = CHUNK,
        deadline: float = DEADLINE,
    ) -> None:
        self._open_stream = open_stream
        self._tee = tee
        self._on_progress = on_progress
        self._chunk = chunk
        self._deadline = deadline
        self._digest = hashlib.sha256()
        self._n_bytes = 0
        self._n_lines = 0
        self._is_complete = False
        self._is_closed = threading.Event()
        self._stream: ByteStream | None = None
        self._queue: queue.Queue[bytes | BaseException] = queue.Queue(_DEPTH)
        self._thread = threading.Thread(
            target=self._run, name="rekmetrics-read-ahead", daemon=True
        )
        self._end = 0.0
        self._interval = 0.0

    @property
    def sha256(self) -> str:
        """The digest of all bytes, in hexadecimal; only after the last chunk."""
        self._require_completeness()
        return self._digest.hexdigest()

    @property
    def n_bytes(self) -> int:
        """The number of bytes; only after the last chunk."""
        self._require_completeness()
        return self._n_bytes

    def __enter__(self) -> ReadAhead:
        self._end = time.monotonic() + self._deadline
        self._interval = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        sys.setswitchinterval(self._interval)
        self.close()

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self._next():
            self._n_bytes += len(chunk)
            if self._on_progress is not None:
                self._n_lines += chunk.count(b"\n")
                self._on_progress(self._n_bytes, self._n_lines)
            yield chunk
        self._is_complete = True

    def close(self) -> None:
        """End the thread, also in the middle of the stream."""
        self._is_closed.set()
        abort = getattr(self._stream, "abort", None)
        if abort is not None and self._thread.is_alive():
            abort()
        end = time.monotonic() + _PATIENCE
        while self._thread.is_alive() and time.monotonic() < end:
            self._make_room()
            self._thread.join(0.02)

    def _next(self) -> bytes:
        if self._is_complete:
            return b""
        try:
            item = self._queue.get(timeout=max(0.0, self._end - time.monotonic()))
        except queue.Empty:
            raise EvaluationError(
                f"only {self._n_bytes:,} bytes arrived within {self._deadline:g} "
                "seconds; the connection is too slow or has stalled. Run again."
            ) from None
        if isinstance(item, BaseException):
            raise item
        return item

    def _make_room(self) -> None:
        try:
            while True:
                self._queue.get_nowait()
        except queue.Empty:
            return

    def _run(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001 the consumer raises it
            self._queue.put(error)
        finally:
            if self._stream is not None:
                self._stream.close()

    def _read(self) -> None:
        self._stream = self._open_stream()
        while not self._is_closed.is_set():
            chunk = self._stream.read(self._chunk)
            self._digest.update(chunk)
            self._keep(chunk)
            self._queue.put(chunk)
            if not chunk:
                return

    def _keep(self, chunk: bytes) -> None:
        if self._tee is None:
            return
        try:
            self._tee.write(chunk)
        except OSError as error:
            name = getattr(self._tee, "name", "the copy")
            raise WriteError(
                f"{name} cannot be written: {error.strerror or error}."
            ) from error

    def _require_completeness(self) -> None:
        if not self._is_complete:
            raise ValueError("the stream has not been read to its end")
