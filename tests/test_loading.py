"""One evaluation, whole and checked: from AWS, from a folder, and kept in between."""

from __future__ import annotations

import hashlib
import json
import os
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import faulty_s3
from support.faulty_s3 import FaultyS3

from rekmetrics.arns import parse_project_arn
from rekmetrics.aws import Aws
from rekmetrics.aws.client import Patience
from rekmetrics.errors import (
    AwsError,
    EvaluationError,
    ManifestError,
    RequestError,
    SummaryError,
    WriteError,
)
from rekmetrics.fake_aws.backend import describe_version
from rekmetrics.fake_aws.files import (
    Entry,
    LabelledImage,
    write_manifest,
    write_summary,
)
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.loading import Loaded, load_from_aws, load_from_folder
from rekmetrics.loading.documents import Origin, read_manifest
from rekmetrics.loading.saving import SavedFolder
from rekmetrics.model import Model, SourceFile

REGION = "us-east-1"
HEAD = f"arn:aws:rekognition:{REGION}:123456789012:project/rooms"
PROJECT = parse_project_arn(f"{HEAD}/1690000000000")
VERSION_ARN = f"{HEAD}/version/v1/1772359200000"
OTHER_ARN = f"{HEAD}/version/v2/1772359200000"
# True and predicted label of six images; four are right.
PAIRS = [("a", "a"), ("a", "b"), ("b", "b"), ("c", "c"), ("c", "c"), ("b", "a")]


def entries(truth: str, predicted: str) -> tuple[Entry, ...]:
    if truth == predicted:
        return (Entry(truth, 0.9, "TP"),)
    return (Entry(predicted, 0.8, "FP"), Entry(truth, 0.1, "FN"))


IMAGES = [
    LabelledImage(f"s3://images/{index}.jpg", (truth,), entries(truth, predicted))
    for index, (truth, predicted) in enumerate(PAIRS)
]
MANIFEST = write_manifest(IMAGES)
SUMMARY = write_summary(IMAGES, labels=["c", "a", "b"], version_arn=VERSION_ARN)
# The mean of the labels' F1: a and b have 1/2 each (one of two right, in rows and in
# columns), c has 1.
F1 = 0.6666667


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waits between botocore's tries."""
    clock = types.SimpleNamespace(sleep=lambda seconds: None)
    monkeypatch.setattr("botocore.endpoint.time", clock)


@pytest.fixture(scope="module")
def running_demo() -> Iterator[DemoAws]:
    """One AWS for all tests of the file."""
    with DemoAws() as demo:
        yield demo


@pytest.fixture(scope="module")
def aws(running_demo: DemoAws) -> Iterator[Aws]:
    """The connection to it, made once."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("AWS_"):
                patch.delenv(name)
        for name, value in running_demo.environment({}).items():
            patch.setenv(name, value)
        connection = Aws(REGION)
        assert connection.endpoints["s3"] == running_demo.url
        yield connection


@pytest.fixture
def demo(running_demo: DemoAws, aws: Aws) -> DemoAws:
    """That AWS without projects."""
    running_demo.projects.__init__()  # type: ignore[misc]
    running_demo.projects.add_project(PROJECT.text)
    return running_demo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Both documents under our own names."""
    (tmp_path / "summary.json").write_bytes(SUMMARY)
    (tmp_path / "manifest.jsonl").write_bytes(MANIFEST)
    return tmp_path


def add(demo: DemoAws, **choices: Any) -> None:
    documents = {"summary": SUMMARY, "manifest": MANIFEST, "f1": F1, **choices}
    demo.add_version(PROJECT.text, "v1", **documents)


def load(aws: Aws, **choices: Any) -> Loaded:
    return load_from_aws(PROJECT, "v1", aws=aws, **choices)


def test_loads_from_aws(demo: DemoAws, aws: Aws) -> None:
    """Model, arrays, documents with digests, and where all of it came from."""
    add(demo, BaseModelVersion="2")
    progress: list[tuple[int, int]] = []
    loaded = load(aws, on_progress=lambda *so_far: progress.append(so_far))
    assert loaded.model.version_arn == VERSION_ARN
    assert (loaded.model.project_name, loaded.model.version_name) == ("rooms", "v1")
    assert (loaded.model.region, loaded.model.status) == (REGION, "TRAINING_COMPLETED")
    assert loaded.model.trained == "2026-03-01T11:00:00+00:00"
    assert loaded.model.base_model_version == "2"
    assert loaded.evaluation.labels == ("c", "a", "b")
    assert loaded.evaluation.confusion[:, :3].tolist() == [
        [2, 0, 0],
        [0, 1, 1],
        [0, 1, 1],
    ]
    assert [document.name for document in loaded.documents] == ["summary", "manifest"]
    summary, manifest = loaded.documents
    assert manifest.location.startswith(f"s3://{demo.bucket}/evaluation/arn:aws:")
    assert manifest.location.endswith("/TestingGroundTruth-rooms-v1.json")
    assert summary.sha256 == hashlib.sha256(SUMMARY).hexdigest()
    assert manifest.sha256 == hashlib.sha256(MANIFEST).hexdigest()
    assert manifest.n_bytes == len(MANIFEST)
    assert progress[-1] == (len(MANIFEST), MANIFEST.count(b"\n"))
    assert loaded.endpoints == {"rekognition": demo.url, "s3": demo.url}
    assert loaded.source == "aws"
    assert loaded.findings
    assert {finding.level for finding in loaded.findings} == {"info"}


def test_reads_again_what_it_saved(demo: DemoAws, aws: Aws, tmp_path: Path) -> None:
    """Offline: the same model, the same numbers, the same bytes."""
    add(demo)
    folder = tmp_path / "new" / "folder"
    fetched = load(aws, save_to=folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "evaluation.json",
        "manifest.jsonl",
        "summary.json",
    ]
    assert (folder / "manifest.jsonl").read_bytes() == MANIFEST
    again = load_from_folder(folder, project=PROJECT, version_name="v1")
    assert again.model == fetched.model
    assert again.summary == fetched.summary
    assert again.evaluation.to_bytes() == fetched.evaluation.to_bytes()
    assert again.findings == fetched.findings
    assert again.endpoints == fetched.endpoints
    assert again.source == "folder"
    assert [document.location for document in again.documents] == [
        "summary.json",
        "manifest.jsonl",
    ]


def training_at(place: dict[str, str]) -> dict[str, Any]:
    asset = {"GroundTruthManifest": {"S3Object": place}}
    return {"TrainingDataResult": {"Output": {"Assets": [asset]}}}


def test_keeps_the_training_images_where_asked(
    demo: DemoAws, aws: Aws, tmp_path: Path
) -> None:
    """By name; a folder gives the same again, and nothing is read unasked."""
    lines = b'{"source-ref": "s3://b/1.png"}\n{"source-ref": "s3://b/2.png"}\n'
    add(demo, **training_at(demo.put_object("training.json", lines)))
    fetched = load(aws, save_to=tmp_path, with_training=True)
    again = load_from_folder(tmp_path, with_training=True)
    for loaded in (fetched, again):
        assert loaded.training is not None
        assert list(loaded.training.sources or ()) == ["s3://b/1.png", "s3://b/2.png"]
        assert loaded.documents[2].sha256 == hashlib.sha256(lines).hexdigest()
    assert load(aws).training is None
    assert len(load_from_folder(tmp_path).documents) == 2
    (tmp_path / "training.jsonl").write_bytes(lines[:31])
    with pytest.raises(EvaluationError, match=r"training\.jsonl has changed"):
        load_from_folder(tmp_path, with_training=True)


def test_reads_no_training_images_that_were_put_there_later(
    demo: DemoAws, aws: Aws, tmp_path: Path
) -> None:
    """What evaluation.json has no digest of is no evidence, and the reason is told."""
    add(demo)
    load(aws, save_to=tmp_path)
    (tmp_path / "training.jsonl").write_bytes(b'{"source-ref": "s3://b/1.png"}\n')
    training = load_from_folder(tmp_path, with_training=True).training
    assert training is not None
    assert training.sources is None
    assert "training.jsonl is not among the digests" in training.why_not


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (None, "does not say where"),
        (b"", "was not read"),
        (b"{}\n", "was not read: manifest line 1: training manifest: found no JSON"),
    ],
)
def test_says_why_there_are_no_training_images(
    demo: DemoAws, aws: Aws, tmp_path: Path, training: bytes | None, words: str
) -> None:
    """Whatever is wrong with them, the evaluation can be judged and saved."""
    others = {}
    if training is not None:
        others = training_at(demo.put_object("training.json", training))
    add(demo, **others)
    loaded = load(aws, save_to=tmp_path, with_training=True)
    assert loaded.training is not None
    assert words in loaded.training.why_not
    assert {path.name for path in tmp_path.iterdir()} == {
        "evaluation.json",
        "manifest.jsonl",
        "summary.json",
    }
    assert load_from_folder(tmp_path, with_training=True).training is None


def test_reads_what_version_0_1_saved(folder: Path) -> None:
    """The keys as they were written then, in their order."""
    text = f"""{{
 "schema": 1,
 "model": {{
  "project_arn": "{PROJECT.text}",
  "version_arn": "{VERSION_ARN}",
  "version_name": "v1",
  "project_name": "rooms",
  "region": "{REGION}",
  "trained": "2026-03-01T11:00:00+00:00",
  "status": "RUNNING",
  "f1": {F1},
  "source_version_arn": null,
  "base_model_version": "2"
 }},
 "documents": [
  {{
   "name": "summary",
   "location": "s3://b/summary.json",
   "version": null,
   "n_bytes": {len(SUMMARY)},
   "sha256": "{hashlib.sha256(SUMMARY).hexdigest()}"
  }},
  {{
   "name": "manifest",
   "location": "s3://b/manifest.json",
   "version": "abc",
   "n_bytes": {len(MANIFEST)},
   "sha256": "{hashlib.sha256(MANIFEST).hexdigest()}"
  }}
 ],
 "endpoints": {{"s3": "http://127.0.0.1"}}
}}
"""
    (folder / "evaluation.json").write_text(text)
    loaded = load_from_folder(folder, project=PROJECT, version_name="v1")
    assert loaded.model == Model(
        project_arn=PROJECT.text,
        version_arn=VERSION_ARN,
        version_name="v1",
        project_name="rooms",
        region=REGION,
        trained="2026-03-01T11:00:00+00:00",
        status="RUNNING",
        f1=F1,
        base_model_version="2",
    )
    assert loaded.endpoints == {"s3": "http://127.0.0.1"}


def test_replaces_the_same_evaluation_alone(
    demo: DemoAws, aws: Aws, tmp_path: Path
) -> None:
    """A second run may save again; another version may not."""
    add(demo)
    load(aws, save_to=tmp_path)
    load(aws, save_to=tmp_path)
    demo.add_version(
        PROJECT.text,
        "v2",
        summary=SUMMARY.replace(VERSION_ARN.encode(), OTHER_ARN.encode()),
        manifest=MANIFEST,
    )
    with pytest.raises(RequestError, match="holds another evaluation already"):
        load_from_aws(PROJECT, "v2", aws=aws, save_to=tmp_path)
    assert (tmp_path / "summary.json").read_bytes() == SUMMARY


@pytest.mark.parametrize(
    "name", ["summary.json", "TestingGroundTruth-x.json", "evaluation.json"]
)
def test_saves_over_nothing_of_another_make(
    demo: DemoAws, aws: Aws, tmp_path: Path, name: str
) -> None:
    """Files that were not saved with this version stay as they are."""
    add(demo)
    (tmp_path / name).write_text("mine")
    with pytest.raises(RequestError, match="holds another evaluation already"):
        load(aws, save_to=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "mine"


def test_saves_through_no_link(demo: DemoAws, aws: Aws, tmp_path: Path) -> None:
    """A link in the folder could point anywhere."""
    add(demo)
    target = tmp_path / "target"
    target.write_text("mine")
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "manifest.jsonl").symlink_to(target)
    with pytest.raises(RequestError, match="not a regular file"):
        load(aws, save_to=saved)
    assert target.read_text() == "mine"


def test_saves_nothing_that_was_not_accepted(
    demo: DemoAws, aws: Aws, tmp_path: Path
) -> None:
    """Neither files nor temporary ones of an evaluation that contradicts itself."""
    add(demo, manifest=write_manifest(IMAGES[:5]))
    with pytest.raises(EvaluationError, match="counts 6 test images"):
        load(aws, save_to=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_says_where_it_cannot_save(demo: DemoAws, aws: Aws, tmp_path: Path) -> None:
    """A file where the folder should be."""
    add(demo)
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="could not be written"):
        load(aws, save_to=tmp_path / "file" / "folder")


@pytest.mark.parametrize(
    ("choices", "error", "words"),
    [
        ({"summary": b""}, SummaryError, "summary"),
        ({"manifest": b""}, EvaluationError, "manifest is empty"),
        ({"manifest": MANIFEST[:-200]}, ManifestError, "manifest line 6"),
        ({"summary": SUMMARY[:-20]}, SummaryError, "summary"),
        ({"summary": SUMMARY.replace(b"/v1/", b"/v9/")}, EvaluationError, "another"),
        ({"f1": 0.7}, EvaluationError, "F1"),
    ],
)
def test_refuses_what_cannot_be_trusted(
    demo: DemoAws,
    aws: Aws,
    choices: dict[str, Any],
    error: type[EvaluationError],
    words: str,
) -> None:
    """Empty, cut, of another version, or at odds with the description."""
    add(demo, **choices)
    with pytest.raises(error) as caught:
        load(aws)
    assert words in str(caught.value)
    assert "123456789012" not in str(caught.value)


def test_bounds_the_summary(
    demo: DemoAws, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A summary as large as a manifest is not read into memory."""
    monkeypatch.setattr("rekmetrics.loading.documents.MAX_SUMMARY_BYTES", 500)
    add(demo)
    with pytest.raises(SummaryError, match="more than 500 bytes"):
        load(aws)


class Connected:
    """Rekognition's part played by hand, S3's by a faulty server."""

    def __init__(self, s3: FaultyS3) -> None:
        import boto3

        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        config = boto3.session.Config(read_timeout=0.3)
        client = boto3.client(
            "s3", region_name=REGION, endpoint_url=s3.url, config=config, **keys
        )
        place = {"Bucket": "b", "Name": "key"}
        described = describe_version(VERSION_ARN, summary=place, manifest=place)
        answer = {"ProjectVersionDescriptions": [described]}
        rekognition = types.SimpleNamespace(
            describe_project_versions=lambda **arguments: answer,
            meta=types.SimpleNamespace(endpoint_url="http://127.0.0.1"),
        )
        self.aws = Aws(REGION, rekognition=rekognition, s3=client, patience=Patience(1))


@pytest.mark.parametrize(
    "fault", [faulty_s3.truncate, faulty_s3.corrupt, faulty_s3.reset_midway]
)
def test_begins_a_broken_transfer_once_more(
    tmp_path: Path, fault: faulty_s3.Fault
) -> None:
    """Once, from the start, with a copy that holds nothing of the first try."""
    with FaultyS3(SUMMARY) as s3:
        s3.faults = [fault, faulty_s3.send]
        aws = Connected(s3).aws
        # The same bytes as the manifest: what fails then is only that they are none.
        with pytest.raises(ManifestError):
            load(aws, save_to=tmp_path)
        assert len(s3.requests) == 3
        s3.faults, s3.requests = [fault, fault], []
        with pytest.raises(AwsError, match="Run again"):
            load(aws)
        assert len(s3.requests) == 2
    assert list(tmp_path.iterdir()) == []


class BrokenMidway:
    """A broken line first, and then the news that the transfer broke."""

    def __init__(self) -> None:
        self.n_reads = 0

    def read(self, n: int, /) -> bytes:
        self.n_reads += 1
        if self.n_reads > 3:
            raise AwsError("the checksum is wrong")
        return b"not a line\n" * 100_000

    def close(self) -> None:
        pass


def test_blames_the_transfer_before_the_line() -> None:
    """A line that broke on the way is not Rekognition's mistake."""
    with pytest.raises(AwsError, match="the checksum is wrong"):
        read_manifest(Origin("manifest", "s3://b/k", None, BrokenMidway))


def test_keeps_nothing_of_a_first_try(tmp_path: Path) -> None:
    """Not even where the second one is shorter."""
    with SavedFolder(tmp_path, Model(version_arn=VERSION_ARN)) as saved:
        saved.open("summary").write(b"a long first try")
        saved.open("summary").write(b"short")
        saved.commit([SourceFile("summary", "s3://b/k", None, 5, "0" * 64)], {})
    assert (tmp_path / "summary.json").read_bytes() == b"short"


def test_loads_a_folder_as_downloaded(tmp_path: Path) -> None:
    """AWS's own file names; the version is the summary's."""
    (tmp_path / "EvaluationResultSummary-rooms-v1.json").write_bytes(SUMMARY)
    (tmp_path / "TestingGroundTruth-rooms-v1.json").write_bytes(MANIFEST)
    (tmp_path / "TestingManifestWithValidation-rooms-v1.json").write_text("{}")
    loaded = load_from_folder(tmp_path)
    assert loaded.model.version_arn == VERSION_ARN
    assert (loaded.model.version_name, loaded.model.region) == ("v1", REGION)
    assert loaded.model.project_arn is None
    assert loaded.evaluation.n_images == 6
    assert loaded.endpoints == {}


@pytest.mark.parametrize(
    "names",
    [
        (
            "EvaluationResultSummary-rooms-v1.json",
            "TestingGroundTruth-rooms-v1 (1).json",
        ),
        ("EvaluationResultSummary-v1(2).json", "test.jsonl"),
        ("summary (1).json", "manifest (1).jsonl"),
        ("figures.json", "lines"),
    ],
)
def test_finds_files_by_what_is_in_them(tmp_path: Path, names: tuple[str, str]) -> None:
    """Whatever a browser or a colleague called them, beside files of other kinds."""
    for name, data in zip(names, (SUMMARY, MANIFEST), strict=True):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "metrics.json").write_text('{"labels": []}')
    (tmp_path / "picture.jpg").write_bytes(SUMMARY)
    (tmp_path / "folder.json").mkdir()
    loaded = load_from_folder(tmp_path)
    assert loaded.evaluation.n_images == 6
    assert {document.location for document in loaded.documents} == set(names)


def test_takes_equal_copies_for_one_file(tmp_path: Path) -> None:
    """What was downloaded twice is the same; what differs is not."""
    (tmp_path / "EvaluationResultSummary-rooms-v1.json").write_bytes(SUMMARY)
    (tmp_path / "TestingGroundTruth-rooms-v1.json").write_bytes(MANIFEST)
    copy = tmp_path / "TestingGroundTruth-rooms-v1 (1).json"
    copy.write_bytes(MANIFEST)
    assert load_from_folder(tmp_path).evaluation.n_images == 6
    copy.write_bytes(MANIFEST + b"\n")
    with pytest.raises(EvaluationError, match="2 files that could be the manifest"):
        load_from_folder(tmp_path)


@pytest.mark.parametrize("other", ["rooms-v2", "rooms-v1 1"])
def test_refuses_files_of_different_versions_by_name(
    tmp_path: Path, other: str
) -> None:
    """AWS's own names end alike for one version; ours say nothing."""
    (tmp_path / "EvaluationResultSummary-rooms-v1.json").write_bytes(SUMMARY)
    manifest = tmp_path / f"TestingGroundTruth-{other}.json"
    manifest.write_bytes(MANIFEST)
    with pytest.raises(
        EvaluationError, match="by their names of different versions"
    ) as caught:
        load_from_folder(tmp_path)
    assert str(caught.value).endswith(
        "or call them summary.json and manifest.jsonl if they are."
    )
    manifest.rename(tmp_path / "manifest.jsonl")
    assert load_from_folder(tmp_path).evaluation.n_images


@pytest.mark.parametrize("summary", ["EvaluationResultSummary-v1.json", "summary.json"])
def test_reads_no_training_images_of_another_version_by_name(
    tmp_path: Path, summary: str
) -> None:
    """The evaluation can be judged all the same; of the training images is no word."""
    (tmp_path / summary).write_bytes(SUMMARY)
    (tmp_path / "TestingGroundTruth-v1.json").write_bytes(MANIFEST)
    path = tmp_path / "TrainingGroundTruth-v2.json"
    path.write_bytes(b'{"source-ref": "s3://b/1.png"}\n')
    training = load_from_folder(tmp_path, with_training=True).training
    assert training is not None
    assert training.sources is None
    assert training.why_not.startswith("the training manifest was not read: ")
    assert "'TrainingGroundTruth-v2.json' are by their names of" in training.why_not
    assert "images.jsonl" not in training.why_not
    assert ("'EvaluationResult" in training.why_not) == (summary != "summary.json")
    assert ("summary.json" in training.why_not) == (summary != "summary.json")
    assert "manifest.jsonl and training.jsonl if they are." in training.why_not
    path.rename(tmp_path / "TrainingGroundTruth-v1 (2).json")
    training = load_from_folder(tmp_path, with_training=True).training
    assert training is not None
    assert list(training.sources or ()) == ["s3://b/1.png"]


def test_takes_the_request_s_project(folder: Path) -> None:
    """Where given and right, the project's ARN is known too."""
    loaded = load_from_folder(folder, project=PROJECT, version_name="v1")
    assert loaded.model.project_arn == PROJECT.text


@pytest.mark.parametrize(
    "choices",
    [
        {"version_name": "v2"},
        {"project": parse_project_arn(PROJECT.text.replace("rooms", "halls"))},
        {"project": parse_project_arn(PROJECT.text.replace(REGION, "eu-west-1"))},
        {"project": parse_project_arn(PROJECT.text.replace("9012:", "9013:"))},
    ],
)
def test_refuses_the_folder_of_another_version(
    folder: Path, choices: dict[str, Any]
) -> None:
    """Name, project, region and account must all be the summary's."""
    with pytest.raises(EvaluationError, match="holds the evaluation of arn:") as caught:
        load_from_folder(folder, **choices)
    assert "12345678901" not in str(caught.value)


@pytest.mark.parametrize("arn", [None, "arn:aws:rekognition:us-east-1:nnnn:x"])
def test_needs_no_arn_unless_one_is_asked_for(folder: Path, arn: str | None) -> None:
    """A summary that does not say its version fits no request."""
    summary = json.loads(SUMMARY)
    summary["EvaluationDetails"]["ProjectVersionArn"] = arn
    (folder / "summary.json").write_text(json.dumps(summary))
    assert load_from_folder(folder).model.version_name is None
    with pytest.raises(EvaluationError, match="does not say which version"):
        load_from_folder(folder, version_name="v1")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "holds no summary; wanted summary.json or EvaluationResultSummary-"),
        (["summary.json"], "holds no manifest; wanted manifest.jsonl or TestingGround"),
        (
            ["summary.json", "EvaluationResultSummary-x.json"],
            "2 files that could be the summary: 'EvaluationResultSummary-x.json', 's",
        ),
        (
            ["summary.json", "TestingGroundTruth-x.json", "TestingGroundTruth-y.json"],
            "2 files that could be the manifest",
        ),
        (
            ["summary.json", "TestingManifestWithValidation-x.json"],
            (
                "'TestingManifestWithValidation-x.json' is the manifest that training "
                "validated, without predictions: not this one"
            ),
        ),
        (["summary.json", "TrainingGroundTruth-x.json"], "is of the training images"),
    ],
)
def test_says_which_file_is_missing(
    tmp_path: Path, files: list[str], words: str
) -> None:
    """What was wanted, what there is instead, and what that is."""
    for name in files:
        (tmp_path / name).write_bytes(SUMMARY + b" " * files.index(name))
    with pytest.raises(EvaluationError) as caught:
        load_from_folder(tmp_path)
    assert words in str(caught.value)


def test_reads_no_pipe_and_no_folder(folder: Path) -> None:
    """Reading a pipe would wait for ever."""
    manifest = folder / "manifest.jsonl"
    manifest.unlink()
    os.mkfifo(manifest)
    with pytest.raises(EvaluationError, match=r"jsonl' is not a regular file"):
        load_from_folder(folder)
    manifest.unlink()
    manifest.mkdir()
    with pytest.raises(EvaluationError, match=r"jsonl' is not a regular file"):
        load_from_folder(folder)
    manifest.rmdir()
    manifest.symlink_to("nowhere")
    with pytest.raises(EvaluationError, match=r"jsonl' cannot be read: No such file"):
        load_from_folder(folder)


@pytest.mark.parametrize("name", ["missing", "file", "nul\0"])
def test_says_that_the_folder_is_none(tmp_path: Path, name: str) -> None:
    """The option is wrong, so it is the caller's mistake."""
    (tmp_path / "file").write_text("")
    with pytest.raises(RequestError, match=r"evaluation folder '.*' cannot be read: "):
        load_from_folder(tmp_path / name)


def test_notices_a_saved_file_that_changed(
    demo: DemoAws, aws: Aws, tmp_path: Path
) -> None:
    """evaluation.json holds the digests of what was judged."""
    add(demo)
    load(aws, save_to=tmp_path)
    (tmp_path / "manifest.jsonl").write_bytes(MANIFEST.replace(b"0.9", b"0.7"))
    with pytest.raises(EvaluationError, match=r"manifest\.jsonl has changed since"):
        load_from_folder(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"schema": 2}',
        '{"schema": 1, "model": {"version_arn": 1}, "documents": []}',
        '{"schema": 1, "model": {"f1": "x"}, "documents": []}',
        '{"schema": 1, "model": {}, "documents": []}',
    ],
)
def test_refuses_facts_that_it_did_not_write(folder: Path, change: str) -> None:
    """evaluation.json is read back as strictly as the rest."""
    (folder / "evaluation.json").write_text(change)
    with pytest.raises(EvaluationError, match=r"evaluation\.json' cannot be used"):
        load_from_folder(folder)
