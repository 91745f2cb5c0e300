"""Thumbnails for the report: what can be read is shrunk, the rest is skipped."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from rekmetrics.errors import AwsError
from rekmetrics.loading.pictures import MOST_BYTES, fetch_pictures


def picture(kind: str = "PNG", size: tuple[int, int] = (800, 400)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


class Bucket:
    """Stands in for `Aws`: objects by key."""

    def __init__(self, **objects: bytes) -> None:
        self.objects = objects

    def open(self, location):
        if location.key not in self.objects:
            raise AwsError("no such key", code="NoSuchKey")
        return io.BytesIO(self.objects[location.key])


def test_shrinks_pictures():
    """A thumbnail is a small JPEG of the same shape."""
    aws = Bucket(one=picture(), two=picture("JPEG"))
    found = fetch_pictures(["s3://zoo/one", "s3://zoo/two"], aws=aws)
    assert found.n_skipped == 0
    assert found.note == ""
    for data in found.thumbnails.values():
        with Image.open(io.BytesIO(data)) as image:
            assert (image.format, image.size) == ("JPEG", (192, 96))


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg onload='alert(1)'/>", picture()[:100], picture("GIF"), b"\x89PNG"],
)
def test_skips_what_is_no_picture(data):
    """Hostile, truncated and foreign files are left out with a note."""
    found = fetch_pictures(["s3://zoo/one"], aws=Bucket(one=data))
    assert found.thumbnails == {}
    assert found.note.startswith("1 picture could not be read")


@pytest.mark.parametrize("source", ["s3://zoo/gone", "https://zoo/one", "s3://zoo", ""])
def test_skips_what_cannot_be_read(source):
    """Denied, missing or elsewhere: never an error."""
    found = fetch_pictures([source], aws=Bucket(one=picture()))
    assert (found.thumbnails, found.n_skipped) == ({}, 1)


def test_skips_what_is_too_large():
    """Rekognition reads at most 15 MB from S3, so a larger object is no test image."""
    data = picture() + b"\0" * MOST_BYTES
    assert fetch_pictures(["s3://zoo/one"], aws=Bucket(one=data)).n_skipped == 1


def test_stops_when_time_is_up():
    """Pictures are decoration; they do not hold up the gate."""
    found = fetch_pictures(["s3://zoo/one"] * 3, aws=Bucket(one=picture()), seconds=0)
    assert found.n_skipped == 3
