"""What S3 tells of objects without their bytes: lists of a folder, how one is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rekmetrics.aws.description import S3Location
from rekmetrics.errors import AwsError
from rekmetrics.texts import mask_account

if TYPE_CHECKING:
    from threading import Event

    from rekmetrics.aws.client import Aws


_MOST_PAGES = 10_000
_MOST_PARTS = 8
"""Images have 15 MB at most, and parts 5 MB at least."""

_HASH = re.compile(r"[0-9a-f]{32}(?:-([0-9]{1,5}))?")
_HASHED_AS_IT_IS = {None, "AES256"}
_DIRECTORY_BUCKET = "--x-s3"
"""How the names of buckets end whose ETags are no hashes."""


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One object of a list; the ETag is without its quotes."""

    key: str
    size: int
    etag: str


def locate(source: str) -> S3Location | None:
    """Where a `source-ref` leads; None if it is not of the form s3://BUCKET/KEY."""
    scheme, _, path = source.partition("://")
    bucket, _, key = path.partition("/")
    return S3Location(bucket, key) if scheme == "s3" and bucket and key else None


def list_folder(
    aws: Aws,
    bucket: str,
    folder: str,
    last: str | None = None,
    is_over: Event | None = None,
) -> Iterator[ListedObject]:
    """
    The objects of a folder, none of folders in it, a thousand a request.

    The list ends with the page that reaches the key `last`.

    Raises:
        CancelledError: `is_over` was set, before this page or the next.
        AwsError: S3 does not give the list; without s3:ListBucket, for one.
    """
    page: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        if is_over and is_over.is_set():
            raise CancelledError
        answer = aws.ask_s3(
            "list_objects_v2",
            bucket,
            "s3:ListBucket",
            Bucket=bucket,
            Prefix=folder,
            Delimiter="/",
            **page,
        )
        key = ""
        for raw in answer.get("Contents", ()):
            if {"Key", "Size", "ETag"} <= raw.keys():
                key = raw["Key"]
                yield ListedObject(key, raw["Size"], raw["ETag"].strip('"'))
        token = answer.get("NextContinuationToken")
        if not token or (last is not None and key >= last):
            return
        page = {"ContinuationToken": token}
    text = f"s3://{bucket}/{folder}: the list does not end. Check the endpoint."
    raise AwsError(mask_account(text))


def read_parts(aws: Aws, place: S3Location, etag: str) -> tuple[int, ...] | None:
    """
    The sizes of the parts that an object was uploaded in, () if it was in one piece.

    None where its ETag is no hash of its bytes (SSE-KMS, SSE-C).

    Raises:
        AwsError: S3 does not tell; without s3:GetObject, for one.
    """
    form = _HASH.fullmatch(etag)
    n_parts = int(form[1] or 0) if form else _MOST_PARTS + 1
    if n_parts > _MOST_PARTS or place.bucket.endswith(_DIRECTORY_BUCKET):
        return None
    sizes = []
    for number in range(1, n_parts + 1) if n_parts else (None,):
        answer = aws.ask_s3(
            "head_object",
            f"{place.bucket}/{place.key}",
            "s3:GetObject",
            Bucket=place.bucket,
            Key=place.key,
            **({} if number is None else {"PartNumber": number}),
        )
        is_hashed = answer.get("ServerSideEncryption") in _HASHED_AS_IT_IS
        is_as_listed = number is None or answer.get("PartsCount") == n_parts
        if answer.get("SSECustomerAlgorithm") or not (is_hashed and is_as_listed):
            return None
        sizes.append(answer.get("ContentLength", 0))
    return tuple(sizes) if n_parts else ()
