"""`--check-images`: copies under other names, by what S3 tells of them over HTTP."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from typing import Any

import boto3
import moto.s3.models
import pytest
from botocore.httpsession import URLLib3Session
from moto.s3.responses import S3Response
from support.gates import ARN, GOOD, THRESHOLDS, documents, zoo

from rekmetrics.aws import Aws
from rekmetrics.aws.objects import list_folder
from rekmetrics.errors import AwsError, EvaluationError
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.loading.images import SECONDS, list_images
from rekmetrics.manifest.sources import Images, Training, parse_images, parse_sources
from rekmetrics.streams import DEADLINE
from rekmetrics.test_set import TrainingSet
from rekmetrics.test_set.overlap import find_duplicates, find_overlap

BUCKET = "pictures"
TEST, TRAIN = f"s3://{BUCKET}/test/", f"s3://{BUCKET}/train/"
KMS = {"ServerSideEncryption": "aws:kms"}


@pytest.fixture(scope="module")
def demo():
    with DemoAws() as running:
        yield running


@pytest.fixture
def aws(demo, monkeypatch):
    """A connection to it, of this process alone."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in demo.environment({}).items():
        monkeypatch.setenv(name, value)
    return Aws("us-east-1")


@pytest.fixture
def s3(aws, demo):
    """A client, and an empty bucket for the images."""
    client = boto3.client("s3", endpoint_url=demo.url)
    client.create_bucket(Bucket=BUCKET)
    yield client
    while found := client.list_objects_v2(Bucket=BUCKET).get("Contents"):
        for one in found:
            client.delete_object(Bucket=BUCKET, Key=one["Key"])
    client.delete_bucket(Bucket=BUCKET)


def put(s3, name: str, data: bytes, **choices: Any) -> str:
    s3.put_object(Bucket=BUCKET, Key=name, Body=data, **choices)
    return f"s3://{BUCKET}/{name}"


def put_parts(s3, name: str, *parts: bytes) -> str:
    """The same in several parts; S3 then hashes their hashes."""
    place = {"Bucket": BUCKET, "Key": name}
    upload = place | {"UploadId": s3.create_multipart_upload(**place)["UploadId"]}
    etags = [
        {"PartNumber": number, "ETag": s3.upload_part(**numbered, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)
        for numbered in [upload | {"PartNumber": number}]
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": etags})
    hashes = b"".join(hashlib.md5(part).digest() for part in parts)
    expected = f'"{hashlib.md5(hashes).hexdigest()}-{len(parts)}"'
    assert s3.head_object(**place)["ETag"] == expected
    return f"s3://{BUCKET}/{name}"


def manifest(*sources: str) -> bytes:
    return b"".join(json.dumps({"source-ref": s}).encode() + b"\n" for s in sources)


def texts(*sources: str):
    return parse_sources([manifest(*sources)])


def look(aws, tested, trained=()) -> Images:
    return Images(parse_images([list_images(aws, tested, trained).read()]))


def overlap(aws, tested, trained):
    known = TrainingSet(Training(texts(*trained)), None, False)
    return find_overlap(texts(*tested), known, look(aws, tested, trained))


@pytest.fixture
def requests(demo, monkeypatch):
    """What is asked of S3 from here on: method, and path with its query."""
    seen, send = [], URLLib3Session.send

    def record(self, request):
        seen.append((request.method, request.url.removeprefix(demo.url)))
        return send(self, request)

    monkeypatch.setattr(URLLib3Session, "send", record)
    return seen


def test_finds_copies_under_other_names(s3, aws, requests):
    """And knows that other bytes of the same size are none."""
    trained = [put(s3, "train/x", b"cat"), put(s3, "train/y", b"dog")]
    tested = [put(s3, "test/a", b"cat"), put(s3, "test/b", b"owl")]
    tested.append(put(s3, "test/c", b"four"))
    requests.clear()
    share = overlap(aws, tested, trained)
    assert (share.images, share.unknown) == ((0,), "")
    assert share.copies == {0: trained[0]}
    assert len([path for method, path in requests if method == "GET"]) == 2
    heads = {path for method, path in requests if method == "HEAD"}
    asked = ("train/x", "train/y", "test/a", "test/b")
    assert heads == {f"/{BUCKET}/{name}" for name in asked}


def test_finds_copies_within_the_test_set(s3, aws):
    """The later of two; a name that is repeated is no copy but the image itself."""
    one, other = put(s3, "test/a", b"cat"), put(s3, "test/b", b"cat")
    share = find_duplicates(texts(one, other, one), look(aws, [one, other]))
    assert (share.images, share.unknown, share.copies) == ((1, 2), "", {1: one})


@pytest.mark.parametrize("choices", [KMS, {"ServerSideEncryption": "aws:kms:dsse"}])
def test_does_not_know_what_kms_has_encrypted(s3, aws, choices):
    """The ETag looks like a hash of the bytes and is none; another size is enough."""
    trained = [put(s3, "train/x", b"cat", **choices), put(s3, "train/y", b"four")]
    tested = [put(s3, "test/a", b"dog"), put(s3, "test/b", b"seven")]
    share = overlap(aws, tested, trained)
    assert share.images == ()
    assert "S3 does not tell whether 1 image has" in share.unknown
    assert overlap(aws, tested[1:], trained).unknown == ""


def test_does_not_know_what_needs_a_key(s3, aws, monkeypatch):
    """Of what a customer's key has encrypted (SSE-C) S3 tells nothing without it."""
    trained = [put(s3, "train/x", b"cat")]
    monkeypatch.setattr(S3Response, "head_object", lambda *_, **__: (400, {}, ""))
    share = overlap(aws, [put(s3, "test/a", b"dog")], trained)
    assert "S3 does not tell whether 1 image has" in share.unknown


def test_compares_parts_where_they_are_of_the_same_sizes(s3, aws, monkeypatch):
    """Hashes of hashes tell as much, unless others were cut in another way."""
    monkeypatch.setattr(moto.s3.models, "S3_UPLOAD_PART_MIN_SIZE", 1)
    trained = [put_parts(s3, "train/x", b"catcat", b"dog")]
    same = put_parts(s3, "test/a", b"catcat", b"dog")
    other = put_parts(s3, "test/b", b"catcat", b"owl")
    cut = put_parts(s3, "test/c", b"cat", b"catdog")
    whole = put(s3, "test/d", b"catcatdog")
    share = overlap(aws, [same, other], trained)
    assert (share.images, share.unknown) == ((0,), "")
    for doubtful in (cut, whole):
        share = overlap(aws, [same, other, doubtful], trained)
        assert share.images == (0,)
        assert "S3 does not tell whether 1 image has" in share.unknown


def test_does_not_know_what_is_not_there(s3, aws):
    """A training image that was deleted may have been a copy of any other."""
    trained = [put(s3, "train/x", b"cat"), f"{TRAIN}gone", "https://elsewhere/y"]
    share = overlap(aws, [put(s3, "test/a", b"cat"), put(s3, "test/b", b"12")], trained)
    assert share.images == (0,)
    assert "S3 does not tell whether 2 images have" in share.unknown
    missing = find_duplicates(texts(f"{TEST}gone"), look(aws, [f"{TEST}gone"]))
    assert "S3 does not tell whether 1 image has" in missing.unknown


def test_lists_page_by_page_and_no_other_folder(s3, aws, requests, monkeypatch):
    """As far as the last image that is asked for."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    tested = [put(s3, f"test/{n}", str(n).encode() * 9) for n in range(7)]
    put(s3, "test/below/1", b"1")
    requests.clear()
    names = [one.key for one in list_folder(aws, BUCKET, "test/")]
    assert names == [f"test/{number}" for number in range(7)]
    n_pages = len(requests)
    assert n_pages > 3
    requests.clear()
    assert len(look(aws, tested[:2]).stored) == 2
    assert len([path for method, path in requests if method == "GET"]) < n_pages


def test_says_which_bucket_is_not_there(aws):
    """As of any other request."""
    with pytest.raises(AwsError, match=r"s3://no-such-bucket .* does not exist"):
        list_images(aws, ["s3://no-such-bucket/a"], [])


class StalledAws:
    """S3 answers nothing to `stalled` until it is told to, and has no last page."""

    def __init__(self, stalled: str) -> None:
        self.stalled, self.asked = stalled, 0
        self.is_asked, self.is_released = threading.Event(), threading.Event()

    def ask_s3(self, name: str, *_: str, **asked: Any) -> dict[str, Any]:
        folder = asked.get("Prefix", "")
        if folder == "denied/":
            assert self.is_asked.wait(60)
            raise AwsError("denied")
        if name == self.stalled:
            self.asked += 1
            self.is_asked.set()
            assert self.is_released.wait(60)
        more = {"NextContinuationToken": "x"} if name == self.stalled else {}
        etag = hashlib.md5(folder.encode()).hexdigest()
        return {"Contents": [{"Key": f"{folder}a", "Size": 1, "ETag": etag}]} | more


@pytest.mark.parametrize("stalled", ["list_objects_v2", "head_object"])
def test_gives_up_at_the_deadline_and_asks_no_more(stalled):
    """No thread goes on listing once the verdict is known, nor begins to."""
    aws: Any = StalledAws(stalled)
    tested = [f"s3://{BUCKET}/{folder}/b" for folder in range(40)]
    if stalled == "head_object":
        tested = [f"s3://{BUCKET}/{folder}/a" for folder in range(40)]
    with pytest.raises(EvaluationError, match=r"lists took longer than 1 seconds;"):
        list_images(aws, tested, [], seconds=1)
    assert 0 < aws.asked < len(tested)
    assert_asks_no_more(aws)


def assert_asks_no_more(aws: Any) -> None:
    """Let its answers come, and wait for the threads that wait for them."""
    n_asked = aws.asked
    aws.is_released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("rekmetrics-images"):
            thread.join(30)
            assert not thread.is_alive()
    assert aws.asked == n_asked


def test_asks_no_more_where_one_list_is_denied():
    """The other folders' lists would be of no use."""
    aws: Any = StalledAws("list_objects_v2")
    with pytest.raises(AwsError, match="denied"):
        list_images(aws, [f"s3://{BUCKET}/{name}/b" for name in ("denied", "x")], [])
    assert_asks_no_more(aws)


def test_gives_up_before_its_reader():
    """Who reads the list would else give up first, and leave the threads to go on."""
    assert 0 < SECONDS < DEADLINE


@pytest.fixture
def denied(gate, monkeypatch):
    """S3 denies to list, as IAM does; moto itself does not look at policies."""

    def deny(self):
        body = (
            "<Error><Code>AccessDenied</Code><Message>User: arn:aws:sts::123456789012:"
            "assumed-role/gate/ci is not authorized to perform: s3:ListBucket on "
            f'resource: "arn:aws:s3:::{BUCKET}" because no identity-based policy '
            "allows the s3:ListBucket action</Message></Error>"
        )
        return 403, {}, body

    with monkeypatch.context() as patch:
        patch.setattr(S3Response, "list_objects_v2", deny)
        yield


@pytest.fixture
def gate(demo, s3, tmp_path):
    """A version of the zoo whose images are in S3, one a copy of a training image."""
    images = [
        replace(one, source_ref=put(s3, f"test/{number}", f"{number:09}".encode()))
        for number, one in enumerate(zoo(1))
    ]
    trained = [put(s3, "train/x", f"{7:09}".encode()), put(s3, "train/y", b"another")]
    place = demo.put_object("training.json", manifest(*trained))
    asset = {"GroundTruthManifest": {"S3Object": place}}
    demo.projects.versions.pop(ARN, None)
    demo.add_version(
        ARN,
        GOOD,
        number=ARN.rpartition("/")[2],
        TrainingDataResult={"Output": {"Assets": [asset]}},
        **documents(images, GOOD, n_trained=len(trained)),
    )
    rules = "test_set: {overlap_with_training: 0, duplicate_images: 0}\n"
    (tmp_path / "thresholds.yaml").write_text(THRESHOLDS + rules)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rekmetrics", *words]
        return subprocess.run(
            command,
            cwd=tmp_path,
            env=demo.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    demo.projects.versions.pop(ARN, None)


VERSION = ("--project-arn", ARN, f"--version-name={GOOD}")


def test_blocks_a_copy_and_repeats_that_offline(gate, tmp_path):
    """By name alone it passes; what S3 told is kept, and verified."""
    found = gate("gate", *VERSION)
    assert found.returncode == 0, found.stdout + found.stderr
    options = ("--save-evaluation=saved", "--metrics-json=r.json")
    found = gate("gate", *VERSION, "--check-images", *options)
    assert found.returncode == 1, found.stdout + found.stderr
    assert "1 of 30 test images are training images too" in found.stdout
    page = (tmp_path / "report.html").read_text()
    assert f"{TEST}7</code> is <code>{TRAIN}x" in page
    assert gate("gate", "--evaluation-dir", "saved").returncode == 1
    verify = gate("verify", "r.json", "--evaluation-dir", "saved")
    assert verify.returncode == 0, verify.stdout + verify.stderr
    listed = tmp_path / "saved" / "images.jsonl"
    listed.write_bytes(listed.read_bytes().replace(b"train/x", b"train/z"))
    changed = gate("gate", "--evaluation-dir", "saved")
    assert changed.returncode == 6
    assert "images.jsonl has changed" in changed.stderr
    listed.unlink()
    missing = gate("gate", "--evaluation-dir", "saved")
    assert missing.returncode == 1, missing.stdout + missing.stderr
    why = "evaluation.json tells of images.jsonl, and it is not there"
    for rule in ("overlap_with_training", "duplicate_images"):
        assert f"{rule} cannot be told: the images were not compared: {why}" in (
            " ".join(missing.stdout.split())
        )
    verify = gate("verify", "r.json", "--evaluation-dir", "saved")
    assert verify.returncode != 0, verify.stdout + verify.stderr


@pytest.mark.usefixtures("denied")
def test_cannot_tell_where_lists_are_denied(gate):
    """One sentence with the permission; no green run, unless the rules say so."""
    found = gate("gate", *VERSION, "--check-images")
    assert found.returncode == 1
    (sentence,) = {
        line[line.index("access denied") :]
        for line in found.stdout.splitlines()
        if "access denied" in line and "overlap_with_training cannot be told" in line
    }
    assert "needs the permission s3:ListBucket on arn:aws:s3:::pictures" in sentence
    assert found.stdout.count("cannot be told: the images were not compared") >= 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--evaluation-dir", "saved"), "--check-images asks S3, and --evaluation-dir"),
        ((*VERSION, "--thresholds=plain.yaml"), "plain.yaml has no rule that asks for"),
    ],
)
def test_refuses_what_would_be_without_effect(gate, tmp_path, words, said):
    """The caller is told before anything is read."""
    (tmp_path / "plain.yaml").write_text(THRESHOLDS)
    found = gate("gate", *words, "--check-images")
    assert found.returncode == 4
    assert said in found.stderr
