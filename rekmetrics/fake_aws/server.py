"""An AWS of our own on 127.0.0.1: moto's S3 and Rekognition with projects in it."""

from __future__ import annotations

import base64
import http.client
import logging
import os
import threading
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from rekmetrics.arns import parse_project_arn, parse_version_name
from rekmetrics.errors import RequestError
from rekmetrics.fake_aws import backend

HOST = "127.0.0.1"

# moto looks at who signs, not at the signature.
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=demo/20260301/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=demo"
)


class DemoAws:
    """
    A context manager: while it is open, an AWS answers on a free port of loopback.

    Its S3 and its projects begin empty. Programs find it by `environment`; whatever
    credentials the caller has, neither they nor AWS's own endpoints are used.

    Raises:
        RequestError: moto is not installed.
    """

    region = "us-east-1"
    bucket = "rekmetrics-demo"

    def __init__(self) -> None:
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def projects(self) -> backend.Projects:
        """The projects in this AWS, to add to them or to make them misbehave."""
        return backend.projects(self.region)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> DemoAws:
        backend.install()
        self._server = _make_server()
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="rekmetrics-demo-aws", daemon=True
        )
        self._thread.start()
        try:
            self.make_bucket()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server and forget what was in it."""
        from moto.core.base_backend import BackendDict

        self._server.shutdown()
        self._server.server_close()
        if self._thread is not None:
            self._thread.join(5)
        BackendDict.reset()

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """
        A whole environment for a program that is to see this AWS and no other.

        It is `base` (this process's own, if not given) without any AWS variable, with
        made-up credentials, and without the user's AWS configuration files.
        """
        kept = {
            name: value
            for name, value in (os.environ if base is None else base).items()
            if not name.upper().startswith("AWS_")
        }
        return {
            **kept,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": HOST,
            "no_proxy": HOST,
        }

    def make_bucket(self) -> None:
        """Make the bucket anew, should another AWS have been closed in this process."""
        self._send("PUT", f"/{self.bucket}")

    def put_object(self, key: str, data: bytes) -> dict[str, str]:
        """Put an object into the bucket; gives AWS's S3Object for it."""
        checksum = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        headers = {
            "Content-Type": "text/plain",
            "x-amz-checksum-crc32": checksum,
            "x-amz-sdk-checksum-algorithm": "CRC32",
        }
        answer = self._send("PUT", f"/{self.bucket}/{quote(key)}", data, headers)
        version = answer.getheader("x-amz-version-id")
        location = {"Bucket": self.bucket, "Name": key}
        return location if version is None else {**location, "Version": version}

    def add_version(
        self,
        project_arn: str,
        version_name: str,
        *,
        summary: bytes,
        manifest: bytes,
        training: bytes = b"",
        status: str = "TRAINING_COMPLETED",
        f1: float | None = None,
        number: str = "1772359200000",
        **others: Any,
    ) -> str:
        """
        Put a version's documents into S3 and describe it; gives the version's ARN.

        `training` is the manifest of the training images, none where it is empty;
        `f1` is Rekognition's own F1 in the description, `number` ends the ARN, and
        `others` are further members of the description by AWS's names.
        """
        project = parse_project_arn(project_arn)
        parse_version_name(version_name)
        head = project_arn.removesuffix(f"/{project.created}")
        arn = f"{head}/version/{version_name}/{number}"
        stem = f"{project.project_name}-{version_name}.json"

        def put(kind: str, data: bytes) -> dict[str, str]:
            return self.put_object(f"evaluation/{arn}/{kind}-{stem}", data)

        description = backend.describe_version(
            arn,
            status=status,
            summary=put("EvaluationResultSummary", summary),
            manifest=put("TestingGroundTruth", manifest),
            training=put("TrainingGroundTruth", training) if training else None,
            f1=f1,
            **others,
        )
        self.projects.add_version(project_arn, description)
        return arn

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        # Neither botocore nor urllib: both would look at the user's own settings.
        connection = http.client.HTTPConnection(HOST, self._server.server_port, 30)
        try:
            connection.request(
                method, path, body, {**(headers or {}), "Authorization": _SIGNED}
            )
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise RequestError(
                f"the built-in AWS refused {method} {path}: {answer.status}"
            )
        return answer


def _make_server() -> Any:
    try:
        from moto.moto_server.werkzeug_app import (
            DomainDispatcherApplication,
            MotoRequestHandler,
            create_backend_app,
        )
        from werkzeug.serving import make_server
    except ImportError as error:
        raise RequestError(
            f"the built-in example needs moto's server ({error}); "
            "install it: pip install 'rekmetrics[demo]'"
        ) from error
    # Else werkzeug writes a line for each request.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = DomainDispatcherApplication(create_backend_app)
    return make_server(HOST, 0, app, threaded=True, request_handler=MotoRequestHandler)
