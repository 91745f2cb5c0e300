"""What S3 tells of the bytes of images without reading them: sizes and ETags."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from rekmetrics.aws import S3Location
from rekmetrics.aws.objects import list_folder, locate, read_parts
from rekmetrics.errors import EvaluationError
from rekmetrics.manifest.sources import Stored
from rekmetrics.streams import DEADLINE

if TYPE_CHECKING:
    from rekmetrics.aws import Aws


SECONDS = DEADLINE - 30.0
"""For all requests; the reader of the list would give up later, and not end them."""

_N_THREADS = 16


def list_images(
    aws: Aws, tested: Iterable[str], trained: Iterable[str], *, seconds: float = SECONDS
) -> io.BytesIO:
    """
    What S3 tells of images as JSON Lines, in the order of their source-refs.

    Folders are listed, a thousand objects a request. How an object is kept takes a
    request of its own, and is asked only where a test image has the size of another
    image and not its ETag.

    Raises:
        AwsError: a folder cannot be listed.
        EvaluationError: it took longer than `seconds`.
    """
    deadline = time.monotonic() + seconds
    test_images = frozenset(tested)
    wanted = test_images.union(trained)
    last: dict[tuple[str, str], str] = {}
    for place in filter(None, map(locate, wanted)):
        folder = (place.bucket, place.key[: place.key.rfind("/") + 1])
        last[folder] = max(place.key, last.get(folder, ""))
    last = dict(sorted(last.items()))  # of several that are denied, always one is named
    is_over = threading.Event()
    with _pool(seconds, is_over) as pool:
        ask = partial(_list, aws, wanted, is_over)
        listed = pool.map(ask, last, last.values(), timeout=seconds)
        stored = {one.source: one for found in listed for one in found}
        doubtful = _find_doubtful(stored, test_images)
        left = deadline - time.monotonic()
        for told in pool.map(partial(_tell_parts, aws), doubtful, timeout=left):
            stored[told.source] = told
    lines = msgspec.json.Encoder().encode_lines(stored[key] for key in sorted(stored))
    return io.BytesIO(lines)


@contextmanager
def _pool(seconds: float, is_over: threading.Event) -> Iterator[ThreadPoolExecutor]:
    """Threads that ask nothing more once the context is left, however it is."""
    pool = ThreadPoolExecutor(_N_THREADS, "rekmetrics-images")
    try:
        yield pool
    except FutureTimeoutError:
        raise EvaluationError(
            f"S3's lists took longer than {seconds:g} seconds; the connection is too "
            "slow or has stalled. Run again."
        ) from None
    finally:
        is_over.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _list(
    aws: Aws,
    wanted: frozenset[str],
    is_over: threading.Event,
    folder: tuple[str, str],
    last: str,
) -> list[Stored]:
    return [
        Stored(source, one.size, one.etag)
        for one in list_folder(aws, *folder, last, is_over)
        if (source := S3Location(folder[0], one.key).uri) in wanted
    ]


def _find_doubtful(
    stored: Mapping[str, Stored], test_images: frozenset[str]
) -> list[Stored]:
    """Images of a test image's size where not all have one ETag."""
    etags: dict[int, set[str]] = {
        stored[source].size: set() for source in test_images & stored.keys()
    }
    for one in stored.values():
        etags.get(one.size, set()).add(one.etag)
    return [one for one in stored.values() if len(etags.get(one.size, ())) > 1]


def _tell_parts(aws: Aws, one: Stored) -> Stored:
    place = locate(one.source)
    parts = None
    with suppress(EvaluationError):
        parts = read_parts(aws, place, one.etag) if place else None
    return msgspec.structs.replace(one, parts=parts)
