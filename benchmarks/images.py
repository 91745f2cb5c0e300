"""
Whether test images are training images too: by name, and by what S3 lists of them.

    python benchmarks/images.py FOLDER 250000

compares the folder's manifest with as many training images, one in a hundred of them
the same; then has both listed, and some asked about, by a server on loopback that
sends prepared pages. Seconds by the clock; memory is what the comparison adds.
"""

from __future__ import annotations

import http.server
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from processes import Child

HOST, BUCKET, PAGE = "127.0.0.1", "pictures", 1000
N_ASKED = 5000
OBJECT = (
    "<Contents><Key>{key}</Key><LastModified>2026-03-01T10:00:00.000Z</LastModified>"
    '<ETag>"{etag:032x}"</ETag><Size>{size}</Size>'
    "<StorageClass>STANDARD</StorageClass></Contents>"
)


def measure(folder: str, n_trained: int) -> dict[str, Any]:
    """Seconds to read both manifests, to compare them, to list and to ask; MiB."""
    from rekmetrics.manifest import parse_manifest
    from rekmetrics.manifest.sources import Training, parse_sources
    from rekmetrics.test_set import TrainingSet
    from rekmetrics.test_set.overlap import find_duplicates, find_overlap

    path, training = Path(folder) / "manifest.jsonl", Path(folder) / "training.jsonl"
    write_training(path, training, n_trained)
    start = time.perf_counter()
    tested = parse_manifest(read_chunks(path)).sources
    trained = parse_sources(read_chunks(training))
    read = time.perf_counter() - start
    before, start = peak(), time.perf_counter()
    share = find_overlap(tested, TrainingSet(Training(trained), None, False))
    n_repeated = len(find_duplicates(tested).images)
    compared = time.perf_counter() - start
    training.unlink()
    found = {
        "n_shared": len(share.images),
        "n_repeated": n_repeated,
        "read": read,
        "compared": compared,
        "ratio": (read + compared) / read,
        "memory": peak() - before,
    }
    return {**found, **measure_lists(len(tested))}


def write_training(path: Path, training: Path, n_trained: int) -> None:
    """Lines of the usual length; every hundredth image is a test image."""
    with path.open() as lines, training.open("w") as file:
        for number, text in zip(range(n_trained), lines, strict=False):
            line = {k: v for k, v in json.loads(text).items() if "evaluation" not in k}
            if number % 100:
                line["source-ref"] = line["source-ref"].replace("s3://", "s3://other-")
            file.write(json.dumps(line) + "\n")


def measure_lists(n_images: int) -> dict[str, Any]:
    """Two folders of so many images listed, then compared; then objects asked about."""
    from rekmetrics.aws import Aws
    from rekmetrics.loading.images import list_images
    from rekmetrics.manifest.sources import Images, Training, parse_images
    from rekmetrics.test_set import TrainingSet
    from rekmetrics.test_set.overlap import find_overlap

    server = Child(["images.py", "--serve", str(n_images)])
    os.environ |= {
        "AWS_ENDPOINT_URL": server.read_line(),
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_CONFIG_FILE": os.devnull,
        "NO_PROXY": HOST,
    }
    try:
        aws = Aws("us-east-1")
        assert "s3" in aws.endpoints
        tested, trained, alike = (
            [f"s3://{BUCKET}/{folder}/{key:08}.jpg" for key in range(n_images)]
            for folder in ("test", "train", "alike")
        )
        before, start = peak(), time.perf_counter()
        images = Images(parse_images([list_images(aws, tested, trained).read()]))
        listed, memory = time.perf_counter() - start, peak() - before
        start = time.perf_counter()
        known = TrainingSet(Training(trained), None, False)  # type: ignore[arg-type]
        share = find_overlap(tested, known, images)  # type: ignore[arg-type]
        compared = time.perf_counter() - start
        assert (share.images, share.unknown) == ((), "")
        start = time.perf_counter()
        n_asked = min(N_ASKED, n_images)
        list_images(aws, alike[:n_asked], [])
        asked = (time.perf_counter() - start) / n_asked
    finally:
        server.end()
    return {
        "n_listed": len(tested) + len(trained),
        "listed": listed,
        "list_memory": memory,
        "list_compared": compared,
        "asked": 1000 * asked,
    }


class Handler(http.server.BaseHTTPRequestHandler):
    """Lists of folders in pages; in "alike" all objects have one size."""

    protocol_version = "HTTP/1.1"
    n_images = 0

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        start = int(query.get("continuation-token", ["0"])[0])
        folder = query["prefix"][0]
        end = min(start + PAGE, self.n_images)
        more = f"<NextContinuationToken>{end}</NextContinuationToken>"
        body = (
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<IsTruncated>{str(end < self.n_images).lower()}</IsTruncated>"
            f"{more if end < self.n_images else ''}"
            f"{''.join(contents(folder, number) for number in range(start, end))}"
            "</ListBucketResult>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "9")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def contents(folder: str, number: int) -> str:
    size = {"test/": 2 * number, "train/": 2 * number + 1}.get(folder, 9)
    key = f"{folder}{number:08}.jpg"
    return OBJECT.format(key=key, etag=number * 7919 + len(folder), size=size)


def read_chunks(path: Path):
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(n_images: int) -> None:
    Handler.n_images = n_images
    server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://{HOST}:{server.server_port}", flush=True)
    sys.stdin.read()


def main() -> None:
    if sys.argv[1] == "--serve":
        serve(int(sys.argv[2]))
    else:
        for name, figure in measure(sys.argv[1], int(sys.argv[2])).items():
            print(f"{name:14} {figure:,.2f}")


if __name__ == "__main__":
    main()
