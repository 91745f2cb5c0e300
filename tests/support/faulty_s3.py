"""
An S3 on loopback that misbehaves on cue.

`FaultyS3(data)` answers every GET with `data` and the headers that S3 gives. Whatever
is put into `faults` is done instead, one for each request, oldest first.
"""

from __future__ import annotations

import base64
import contextlib
import http.server
import socket
import struct
import threading
import zlib
from collections.abc import Callable
from types import TracebackType

__all__ = [
    "Fault",
    "FaultyS3",
    "chunked",
    "composite_checksum",
    "corrupt",
    "cut_silently",
    "gzipped",
    "html",
    "refuse",
    "reset",
    "reset_midway",
    "stall",
    "trickle",
    "truncate",
    "without_length",
]


class Handler(http.server.BaseHTTPRequestHandler):
    """One request; `server` is the socket server, `server.owner` the FaultyS3."""

    protocol_version = "HTTP/1.1"

    @property
    def owner(self) -> FaultyS3:
        owner = self.server.owner  # type: ignore[attr-defined]
        assert isinstance(owner, FaultyS3)
        return owner

    def do_GET(self) -> None:
        self.owner.requests.append(self.path)
        fault = self.owner.faults.pop(0) if self.owner.faults else send
        with contextlib.suppress(ConnectionError):
            fault(self)

    def do_HEAD(self) -> None:
        self.do_GET()

    def begin(self, length: int | None, *, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """Clients that hang up are what this server is for."""

    def handle_error(self, *arguments: object) -> None:
        pass


Fault = Callable[[Handler], None]


class FaultyS3:
    """A context manager; `url` is the endpoint to give to botocore."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.faults: list[Fault] = []
        self.requests: list[str] = []
        self.is_closing = threading.Event()
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.owner = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def checksum(self) -> str:
        return base64.b64encode(zlib.crc32(self.data).to_bytes(4, "big")).decode()

    def __enter__(self) -> FaultyS3:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def send(handler: Handler) -> None:
    """What S3 does."""
    data = handler.owner.data
    handler.begin(len(data), x_amz_checksum_crc32=handler.owner.checksum)
    handler.wfile.write(data)


def truncate(handler: Handler) -> None:
    """Half of what was announced, then the connection ends."""
    data = handler.owner.data
    handler.begin(len(data))
    handler.wfile.write(data[: len(data) // 2])
    handler.hang_up()


def cut_silently(handler: Handler) -> None:
    """Half of the object, and a length that fits the half; the checksum does not."""
    data = handler.owner.data
    handler.begin(len(data) // 2, x_amz_checksum_crc32=handler.owner.checksum)
    handler.wfile.write(data[: len(data) // 2])


def corrupt(handler: Handler) -> None:
    """One bit is another."""
    data = bytearray(handler.owner.data)
    data[len(data) // 2] ^= 1
    handler.begin(len(data), x_amz_checksum_crc32=handler.owner.checksum)
    handler.wfile.write(data)


def composite_checksum(handler: Handler) -> None:
    """The checksum of an object that was uploaded in parts: of no use here."""
    data = handler.owner.data
    handler.begin(len(data), x_amz_checksum_crc32="AAAAAA==-3")
    handler.wfile.write(data)


def without_length(handler: Handler) -> None:
    """All of it, but nobody can know."""
    handler.begin(None, Connection="close")
    handler.wfile.write(handler.owner.data)
    handler.hang_up()


def chunked(handler: Handler) -> None:
    """As a proxy passes it on that does not know the length."""
    data = handler.owner.data
    handler.begin(None, Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data))


def gzipped(handler: Handler) -> None:
    """Somebody has stored the object compressed."""
    data = handler.owner.data
    handler.begin(len(data), Content_Encoding="gzip")
    handler.wfile.write(data)


def html(handler: Handler) -> None:
    """A login page, as a captive proxy gives it."""
    page = b"<html><body>Please log in</body></html>"
    handler.begin(len(page), Content_Type="text/html")
    handler.wfile.write(page)


def stall(handler: Handler) -> None:
    """Half of it, then nothing, with the connection open."""
    data = handler.owner.data
    handler.begin(len(data))
    handler.wfile.write(data[: len(data) // 2])
    handler.wfile.flush()
    handler.owner.is_closing.wait(20)


def trickle(handler: Handler) -> None:
    """A byte now and then: no single read ever times out."""
    handler.begin(len(handler.owner.data))
    for number in range(len(handler.owner.data)):
        handler.wfile.write(handler.owner.data[number : number + 1])
        handler.wfile.flush()
        if handler.owner.is_closing.wait(0.02):
            return


def reset(handler: Handler) -> None:
    """No answer at all."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True


def reset_midway(handler: Handler) -> None:
    """Half of it, then a reset."""
    data = handler.owner.data
    handler.begin(len(data))
    handler.wfile.write(data[: len(data) // 2])
    handler.wfile.flush()
    reset(handler)


def refuse(status: int, code: str, message: str = "", **headers: str) -> Fault:
    """An error as S3 writes it."""

    def fault(handler: Handler) -> None:
        body = (
            f"<?xml version='1.0'?><Error><Code>{code}</Code>"
            f"<Message>{message}</Message></Error>"
        ).encode()
        handler.begin(
            len(body), status=status, Content_Type="application/xml", **headers
        )
        if handler.command != "HEAD":
            handler.wfile.write(body)

    return fault
