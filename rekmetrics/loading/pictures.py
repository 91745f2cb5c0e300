"""Small pictures of test images, for the report."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rekmetrics.aws.objects import locate
from rekmetrics.errors import EvaluationError, RequestError

if TYPE_CHECKING:
    from rekmetrics.aws import Aws


MOST_BYTES = 15 << 20
"""The largest image that Rekognition reads from S3."""

_SECONDS = 60.0
_EDGE = 192
_CHUNK = 1 << 20


@dataclass
class Pictures:
    """Thumbnails (JPEG) by source-ref, and how many images gave none."""

    thumbnails: dict[str, bytes] = field(default_factory=dict)
    n_skipped: int = 0

    @property
    def note(self) -> str:
        """What to tell the reader; empty where every image could be shown."""
        if not self.n_skipped:
            return ""
        n = self.n_skipped
        what = "1 picture" if n == 1 else f"{n} pictures"
        return f"{what} could not be read from S3, or not in time, and were left out."


def fetch_pictures(
    sources: Iterable[str], *, aws: Aws, seconds: float = _SECONDS
) -> Pictures:
    """
    Fetch images and shrink them; what cannot be read in time is skipped, and counted.

    Raises:
        RequestError: Pillow is not installed.
    """
    require_pillow()
    pictures = Pictures()
    deadline = time.monotonic() + seconds
    for source in sources:
        thumbnail = None
        if time.monotonic() < deadline:
            with contextlib.suppress(EvaluationError):
                thumbnail = _shrink(_read(source, aws))
        if thumbnail is None:
            pictures.n_skipped += 1
        else:
            pictures.thumbnails[source] = thumbnail
    return pictures


def require_pillow() -> None:
    """Raise RequestError unless thumbnails can be made."""
    try:
        import PIL  # noqa: F401
    except ImportError as error:
        raise RequestError(
            "--report-images needs Pillow: pip install 'rekmetrics[thumbnails]'"
        ) from error


def _read(source: str, aws: Aws) -> bytes | None:
    """The bytes behind an S3 URI; None for other addresses and oversized objects."""
    place = locate(source)
    if place is None:
        return None
    stream = aws.open(place)
    data = bytearray()
    with contextlib.closing(stream):
        while chunk := stream.read(_CHUNK):
            data += chunk
            if len(data) > MOST_BYTES:
                return None
    return bytes(data)


def _shrink(data: bytes | None) -> bytes | None:
    if data is None:
        return None
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            small = ImageOps.exif_transpose(image).convert("RGB")
            small.thumbnail((_EDGE, _EDGE))
            buffer = io.BytesIO()
            small.save(buffer, "JPEG", quality=80)
    except Exception:  # noqa: BLE001 (hostile pictures fail in many ways; none matters)
        return None
    return buffer.getvalue()
