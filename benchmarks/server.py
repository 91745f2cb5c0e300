"""
Just enough of Rekognition and S3, on loopback, to serve documents of any size.

    python benchmarks/server.py FOLDER

prints its URL and serves `summary.json` and `manifest.jsonl` of the folder as one
version's evaluation until its standard input ends. Files are sent by the kernel, so
the server takes little from the processor that it shares with those who are measured.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import http.server
import json
import sys
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from manifests import VERSION_ARN
from processes import Child

PROJECT_ARN = "arn:aws:rekognition:us-east-1:123456789012:project/benchmark/1700000000"
VERSION_NAME = "benchmark.1"
BUCKET = "benchmark"
HOST = "127.0.0.1"


class Handler(http.server.BaseHTTPRequestHandler):
    """POST is Rekognition, GET is S3."""

    protocol_version = "HTTP/1.1"
    folder: Path
    checksums: Mapping[str, str]
    delay: float

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._begin(body := json.dumps(describe(self.folder)).encode())
        self.wfile.write(body)

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].rpartition("/")[2]
        path = self.folder / name
        self._begin(path, {"x-amz-checksum-crc32": self.checksums[name]})
        with path.open("rb") as file, contextlib.suppress(ConnectionError):
            self.wfile.flush()
            self.connection.sendfile(file)

    def _begin(self, body: bytes | Path, headers: Mapping[str, str] = {}) -> None:
        time.sleep(self.delay)
        length = len(body) if isinstance(body, bytes) else body.stat().st_size
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


def describe(folder: Path) -> dict[str, object]:
    summary = json.loads((folder / "summary.json").read_bytes())
    f1 = summary["AggregatedEvaluationResults"]["F1Score"]

    def place(name: str) -> dict[str, dict[str, str]]:
        return {"S3Object": {"Bucket": BUCKET, "Name": name}}

    manifest = {"GroundTruthManifest": place("manifest.jsonl")}
    version = {
        "ProjectVersionArn": VERSION_ARN,
        "Status": "TRAINING_COMPLETED",
        "CreationTimestamp": 1772359200.0,
        "TestingDataResult": {"Output": {"Assets": [manifest]}},
        "EvaluationResult": {"F1Score": f1, "Summary": place("summary.json")},
    }
    return {"ProjectVersionDescriptions": [version]}


def checksum(path: Path) -> str:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            value = zlib.crc32(chunk, value)
    return base64.b64encode(value.to_bytes(4, "big")).decode()


@contextlib.contextmanager
def serving(folder: Path, *, delay: float = 0.0) -> Iterator[dict[str, str]]:
    """The environment of programs that are to find the folder in their AWS."""
    server = Child(["server.py", str(folder.resolve()), "--delay", str(delay)])
    try:
        yield {
            "AWS_ENDPOINT_URL": server.read_line(),
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
        }
    finally:
        server.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds an answer")
    options = parser.parse_args()
    Handler.folder, Handler.delay = options.folder, options.delay
    Handler.checksums = {
        name: checksum(options.folder / name)
        for name in ("summary.json", "manifest.jsonl")
    }
    server = http.server.ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://{HOST}:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
