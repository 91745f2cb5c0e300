"""An object's bytes on their way, with nothing missing at the end."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from rekmetrics.aws.trouble import Request, translate_transfer
from rekmetrics.errors import AwsError


class Body:
    """
    The answer of GetObject as a `ByteStream`.

    botocore checks length and checksum only in the `read(n)` that finds the end of
    the stream, and knows neither where S3 gives none: so an answer without a length is
    refused, and the bytes are counted here, too.

    Raises:
        AwsError: the transfer broke, or its end is not the object's end.
    """

    def __init__(self, answer: Mapping[str, Any], request: Request) -> None:
        self._request = request
        self._body = answer["Body"]
        self._n_bytes = 0
        length = answer.get("ContentLength")
        encoding = answer.get("ContentEncoding") or ""
        if encoding not in {"", "identity", "aws-chunked"}:
            self._refuse(
                f"the object is stored in the encoding {encoding[:20]!r}; Rekognition "
                "writes plain text, so somebody has rewritten it. Restore the original."
            )
        if length is None:
            self._refuse(
                "the answer does not tell its length, so that a part could be missing. "
                "Check the proxy or endpoint between here and S3."
            )
        self._n_expected: int = length or 0

    def read(self, n: int, /) -> bytes:
        try:
            chunk: bytes = self._body.read(n)
        except Exception as error:
            raise translate_transfer(error, self._request) from error
        self._n_bytes += len(chunk)
        if not chunk and n and self._n_bytes != self._n_expected:
            self._refuse(
                f"{self._n_bytes:,} of {self._n_expected:,} bytes arrived. Run again."
            )
        return chunk

    def close(self) -> None:
        self._body.close()

    def abort(self) -> None:
        """End a `read` that another thread is waiting in."""
        # urllib3 has `shutdown` since 2.3; without it the read timeout ends the read.
        raw = getattr(self._body, "_raw_stream", None)
        with contextlib.suppress(AttributeError, OSError, RuntimeError, ValueError):
            raw.shutdown()  # type: ignore[union-attr]

    def _refuse(self, text: str) -> None:
        subject, region = self._request.subject, self._request.region
        self._body.close()
        raise AwsError(f"{subject} ({region}): {text}", code="Transfer")
