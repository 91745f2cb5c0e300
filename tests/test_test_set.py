"""Rules about the test set find what was planted in it, and nothing else."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import subprocess
import sys

import numpy as np
import pytest
from support.evaluation_files import write_folder
from support.gate_values import numbers_of
from support.report_pages import make_content

from rekmetrics import gate
from rekmetrics.demo.detection import build_example
from rekmetrics.errors import ManifestError, ThresholdsError
from rekmetrics.evaluation import build_evaluation
from rekmetrics.fake_aws.files import (
    Box,
    Entry,
    LabelledImage,
    entries_from_scores,
    write_manifest,
    write_summary,
)
from rekmetrics.judgement import judge_version
from rekmetrics.loading import load_from_folder
from rekmetrics.manifest import parse_manifest
from rekmetrics.manifest.sources import Images, Training, parse_sources
from rekmetrics.metrics import Estimate
from rekmetrics.metrics.boxes import LabelledBoxes, find_pairs, match_pairs
from rekmetrics.metrics.detection import predicted_boxes, true_boxes
from rekmetrics.report.images import choose_pictures
from rekmetrics.report.page import render_summary
from rekmetrics.report.suspects import (
    render_csv,
    render_manifest,
    render_test_set,
    render_unfinished_csv,
)
from rekmetrics.run.telling import build_content
from rekmetrics.statistics import rate_interval
from rekmetrics.summary import parse_summary
from rekmetrics.test_set import (
    TrainingSet,
    find_suspects,
    n_for_width,
)
from rekmetrics.test_set.overlap import find_duplicates, find_overlap
from rekmetrics.thresholds import Check, Rule, parse_thresholds

ARN = "arn:aws:rekognition:us-east-1:123456789012:project/rooms/version/v2/17723592000"
LABELS = ("yard", "hall", "=1+1")
BOUNDS = dict.fromkeys(LABELS, 0.5)


def image(source, label, scores):
    return LabelledImage(source, (label,), entries_from_scores(label, scores, BOUNDS))


def rooms(n_wrong=2):
    """Ten images a label; the first yards are seen as halls, very surely."""
    for label in LABELS:
        for number in range(10):
            scores = dict.fromkeys(LABELS, 0.1) | {label: 0.9}
            if label == "yard" and number < n_wrong:
                scores = {"yard": 0.05, "hall": 0.97, "=1+1": 0.1}
            yield image(f"s3://rooms/{label}-{number}.png", label, scores)


def refs(*names):
    return "".join(json.dumps({"x": {}, "source-ref": n}) + "\n" for n in names)


def parsed(*names):
    return parse_sources([refs(*names).encode()])


@pytest.fixture
def folder(tmp_path):
    images = list(rooms())
    summary = write_summary(
        images, labels=LABELS, thresholds=BOUNDS, version_arn=ARN, n_training_images=3
    )
    return write_folder(tmp_path, summary=summary, manifest=write_manifest(images))


def judge(folder, rules):
    thresholds = f"metrics: {{accuracy: 0.5}}\ntest_set: {{{rules}}}\n"
    loaded = load_from_folder(folder, with_training=True)
    return judge_version(loaded, parse_thresholds(thresholds.encode(), "t.yaml"))


def told(folder, rules):
    outcomes = judge(folder, rules).verdict.outcomes[1:]
    return [(o.check.id, o.status, o.is_blocking, o.message) for o in outcomes]


def test_finds_every_leak_and_no_other(folder):
    """Two of thirty test images stand in the training manifest."""
    names = ("s3://rooms/hall-3.png", "s3://rooms/other.png", "s3://rooms/yard-0.png")
    (folder / "training.jsonl").write_text(refs(*names))
    judgement = judge(folder, "overlap_with_training: 0")
    (_, outcome) = judgement.verdict.outcomes
    assert not judgement.verdict.is_passed
    assert (outcome.n_hits, outcome.n_total, outcome.status) == (2, 30, "failed")
    assert outcome.message == (
        "overlap_with_training is 0.067: 2 of 30 test images are training images too; "
        "0 allows none"
    )
    share = judgement.study.shares["overlap_with_training"]
    found = {judgement.evaluation.sources[image] for image in share.images}
    assert found == {names[0], names[2]}
    assert [d.name for d in judgement.loaded.documents][-1] == "training"


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (None, "the folder holds no training manifest"),
        ("", "the manifest is empty"),
        ('{"source-ref": 3}\n', "found no JSON object with a source-ref"),
        ('{"source-ref": "s3://a"}\n[]\n', "line 2"),
    ],
)
def test_cannot_tell_without_the_training_images(folder, training, words):
    """No evidence is no pass: inconclusive, which blocks unless told otherwise."""
    if training is not None:
        (folder / "training.jsonl").write_text(training)
    ((_, status, blocks, message),) = told(folder, "overlap_with_training: 0")
    assert (status, blocks) == ("inconclusive", True)
    assert message.startswith("overlap_with_training cannot be told: ")
    assert words in message
    rules = "overlap_with_training: {max_rate: 0, on_inconclusive: warning}"
    assert told(folder, rules)[0][1:3] == ("inconclusive", False)


def overlap(training, *, n_images, is_split, test=("a", "b")):
    manifest = Training(parsed(*training))
    return find_overlap(parsed(*test), TrainingSet(manifest, n_images, is_split))


def test_takes_a_split_data_set_apart():
    """AWS may list all images as training's: each test image is one of them once."""
    whole = overlap("abcc", n_images=2, is_split=True)
    assert (whole.images, whole.unknown) == ((), "")
    leak = overlap("abacd", n_images=3, is_split=True)
    assert leak.images == (0,)
    assert overlap("abc", n_images=3, is_split=True).images == (0, 1)
    assert overlap("abc", n_images=None, is_split=False).images == (0, 1)
    assert overlap("acd", n_images=None, is_split=True).images == (0,)
    assert "the counts do not tell" in overlap(
        "abcd", n_images=None, is_split=True
    ).unknown.replace("summary's counts", "counts")


def test_misses_what_the_summary_counts():
    """A training manifest that is too short may lack the very images that leaked."""
    for is_split in (False, True):
        short = overlap("bcd", n_images=1_005, is_split=is_split)
        assert (short.images, short.unknown) == (
            (1,),
            "the training manifest lists 3 images, the summary counts 1,005",
        )
        assert overlap("cd", n_images=3, is_split=is_split).unknown
        for n_images in (3, 2, None):
            assert overlap("bcd", n_images=n_images, is_split=is_split).unknown == ""
    known = TrainingSet(Training(parsed("b")), 3, is_split=False)
    unlisted = find_overlap(parsed("a"), known, Images(None, "no lists"))
    assert unlisted.unknown.endswith("the summary counts 3; and no lists")


def test_passes_no_short_training_manifest(folder):
    """Nothing was found in what is there: inconclusive, which blocks."""
    path = folder / "training.jsonl"
    path.write_text(refs("s3://a", "s3://b", "s3://c"))
    assert told(folder, "overlap_with_training: 0")[0][1] == "passed"
    path.write_text(refs("s3://a", "s3://b"))
    ((_, status, blocks, message),) = told(folder, "overlap_with_training: 0")
    assert (status, blocks) == ("inconclusive", True)
    assert "lists 2 images, the summary counts 3" in message


def test_counts_what_repeats_another():
    """The first of each is none."""
    assert find_duplicates(parsed("a", "b", "a", "a")).images == (2, 3)


def test_counts_lines_that_repeat_an_image(folder):
    """As a manifest has them: four lines more, two of them of the same image."""
    images = [*rooms(0), *list(rooms(0))[3:5], next(rooms(0))]
    images.append(images[3])
    summary = write_summary(images, labels=LABELS, thresholds=BOUNDS, version_arn=ARN)
    write_folder(folder, summary=summary, manifest=write_manifest(images))
    judgement = judge(folder, "duplicate_images: 0.1")
    (_, outcome) = judgement.verdict.outcomes
    assert (outcome.n_hits, outcome.n_total, outcome.status) == (4, 34, "failed")
    assert judgement.study.shares["duplicate_images"].images == (30, 31, 32, 33)


def test_measures_the_interval_that_rules_are_decided_on():
    """Boxes of one image tell less than as many images; more of them are needed."""
    rule = Rule(maximum=0.1)
    check = Check("yard-interval_width", "test_set", "interval_width", rule, "yard")
    counted = Estimate(0.95, 95, 100)
    numbers = numbers_of(Check("", "label", "recall", rule, "yard"), counted)

    def width(interval):
        found = {("yard", "recall", 0.95): interval}
        verdict = gate.judge([check], numbers, task="detection", intervals=found)
        return verdict.outcomes[0]

    low, high = rate_interval(95, 100)
    assert width((low, high)).status == "passed"
    wide = width((high - 2 * (high - low), high))
    n = math.ceil(n_for_width(0.95, 0.1, 0.95) * 4)
    assert wide.status == "failed"
    assert wide.message.endswith(f"at this rate, {n - 100} more are needed")
    assert width(None).status == "inconclusive"


def test_counts_images_and_those_that_are_wanting(folder):
    """Ten images of each label; the interval of 8 of 10 needs many more."""
    rules = "images_per_label: {min: 11, width: 0.3, level: warning}"
    found = told(folder, rules)
    assert [entry[:3] for entry in found[:4]] == [
        ("yard-images_per_label", "failed", False),
        ("yard-interval_width", "failed", False),
        ("hall-images_per_label", "failed", False),
        ("hall-interval_width", "passed", False),
    ]
    assert (
        found[0][3]
        == "'yard' has 10 test images, where 11 are wanted: 1 more are needed"
    )
    _, width = judge(folder, rules).verdict.outcomes[1:3]
    assert (width.interval, width.n_hits, width.support) == (None, None, 10)
    n = n_for_width(0.8, 0.3, 0.95)
    assert found[1][3].endswith(f"at this rate, {n - 10} more are needed")
    assert np.diff(rate_interval(0.8 * n, n))[0] <= 0.3
    assert np.diff(rate_interval(0.8 * (n - 1), n - 1))[0] > 0.3


def test_suspects_what_is_contradicted(folder):
    """The two yards that are surely halls."""
    judgement = judge(folder, "probably_mislabelled: {max_rate: 0.02}")
    suspects = judgement.study.suspects
    assert suspects.pairs == {("yard", "hall"): 2}
    assert [s.source for s in suspects.found] == [
        "s3://rooms/yard-0.png",
        "s3://rooms/yard-1.png",
    ]
    assert judgement.verdict.outcomes[1].message == (
        "probably_mislabelled is 0.067: 2 of 30 test images are probably mislabelled; "
        "0.02 allows none"
    )


def test_puts_first_what_the_baseline_contradicts_too():
    """Two versions that say the same are worth more than one that is surer."""
    first, second = (evaluation_of(list(rooms(n))) for n in (1, 2))
    assert [s.is_in_baseline for s in find_suspects(second, first).found] == [
        True,
        False,
    ]


def evaluation_of(images, labels=LABELS, bounds=BOUNDS):
    summary = write_summary(images, labels=labels, thresholds=bounds, version_arn=ARN)
    manifest = parse_manifest([write_manifest(images)])
    return build_evaluation(manifest, parse_summary(summary), task="auto")


def test_finds_most_of_the_labels_that_were_changed():
    """Digits, 2 % of the labels changed: at least 70 % among twice as many."""
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    digits, random = load_digits(), np.random.default_rng(16)
    pixels, truth = digits.data / 16, digits.target
    is_test = np.arange(len(truth)) % 2 == 1
    model = LogisticRegression(max_iter=500).fit(pixels[~is_test], truth[~is_test])
    scores, given = model.predict_proba(pixels[is_test]), truth[is_test].copy()
    changed = random.choice(len(given), round(len(given) * 0.02), replace=False)
    given[changed] = (given[changed] + random.integers(1, 10, len(changed))) % 10
    labels = tuple("0123456789")
    bounds = dict.fromkeys(labels, 0.5)
    images = [
        LabelledImage(
            f"s3://d/{number}.png",
            (str(code),),
            entries_from_scores(str(code), dict(zip(labels, row, strict=True)), bounds),
        )
        for number, (code, row) in enumerate(
            zip(given.tolist(), scores.tolist(), strict=True)
        )
    ]
    found = find_suspects(evaluation_of(images, labels, bounds)).found
    first = {suspect.image for suspect in found[: 2 * len(changed)]}
    assert len(first & set(changed.tolist())) >= 0.7 * len(changed)


def test_makes_no_run_green_alone(folder):
    """A test set that is fit says nothing of the model."""
    text = b"metrics: {accuracy: {min: 0.99, level: warning}}"
    text += b"\ntest_set: {duplicate_images: 0}"
    with pytest.raises(ThresholdsError, match="no rule can block"):
        parse_thresholds(text, "t.yaml")
    text = (
        b"metrics: {accuracy: {min: 0.9, min_support: 99, on_inconclusive: warning}}\n"
        b"test_set: {duplicate_images: 0}"
    )
    verdict = judge_version(
        load_from_folder(folder), parse_thresholds(text, "t.yaml")
    ).verdict
    found = [(outcome.status, outcome.is_blocking) for outcome in verdict.outcomes]
    assert found == [("inconclusive", False), ("passed", False)]
    assert not verdict.is_passed


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("duplicate_images: {level: warning}", "no bound; give max_rate"),
        ("images_per_label: {level: warning}", "no bound; give min or width"),
        ("images_per_label: 2.5", "wanted a whole number from 1"),
        ("images_per_label: {max_rate: 1}", "unknown key 'max_rate'"),
        ("overlap_with_training: 3", "wanted a number from 0 to 1"),
        ("overlap: 0", "known here: duplicate_images, images_per_label"),
    ],
)
def test_says_what_is_wrong_with_a_rule(rules, words):
    """With its place, as for all others."""
    text = f"metrics: {{accuracy: 0.5}}\ntest_set: {{{rules}}}"
    with pytest.raises(ThresholdsError) as caught:
        parse_thresholds(text.encode(), "t.yaml")
    assert words in str(caught.value)


FOUND = (Entry("cap", 0.9, "TP", Box(0, 0, 100, 100)),)
BOXES = {
    "in the place of a missed one": (Entry("hat", 0.95, "FP", Box(5, 0, 100, 100)),),
    "where there is none": (*FOUND, Entry("cap", 0.97, "FP", Box(300, 0, 90, 90))),
    "beside its own": (Entry("cap", 0.99, "FP", Box(50, 0, 100, 100)),),
    "over one that was found": (*FOUND, Entry("hat", 0.99, "FP", Box(0, 0, 99, 99))),
    "unsure": (*FOUND, Entry("cap", 0.6, "FP", Box(300, 0, 90, 90))),
    "with a hat": (*FOUND, Entry("hat", 0.9, "TP", Box(300, 0, 90, 90))),
}


def test_suspects_boxes_that_lack_or_have_another_label():
    """Not what is badly placed, seen twice, or not sure."""
    images = [
        LabelledImage(
            name,
            ("cap", "hat") if name == "with a hat" else ("cap",),
            entries,
            (Box(0, 0, 100, 100), Box(300, 0, 90, 90))[: 1 + (name == "with a hat")],
        )
        for name, entries in BOXES.items()
    ]
    evaluation = evaluation_of(images, ("cap", "hat"), {"cap": 0.5, "hat": 0.5})
    found = find_suspects(evaluation).found
    assert [(one.source, one.truths, one.seen) for one in found] == [
        ("where there is none", (), "cap"),
        ("in the place of a missed one", ("cap",), "hat"),
    ]
    assert {one.own_confidence for one in found} == {None}
    rows = [*csv.reader(io.StringIO(render_csv(make_content(evaluation))))]
    assert [row[1] for row in rows[1:]] == ["", "cap"]


@pytest.mark.slow
def test_finds_half_of_the_boxes_that_were_changed():
    """2 % of the boxes lost or labelled anew: most suspects are of these."""
    version, _ = build_example()
    summary, manifest = (
        parse_summary(version.summary),
        parse_manifest([version.manifest]),
    )
    evaluation = build_evaluation(manifest, summary, task="detection")
    shares = [share_found(evaluation, np.random.default_rng(seed)) for seed in range(5)]
    recall, precision = np.mean(shares, axis=0)
    assert recall > 0.4
    assert precision > 0.5


def share_found(evaluation, random):
    """Of the images with planted errors; of those that are suspected."""
    truths, seen = true_boxes(evaluation), predicted_boxes(evaluation)
    chosen = random.choice(len(truths), round(len(truths) * 0.02), replace=False)
    labels, is_kept = truths.labels.copy(), np.ones(len(truths), dtype=bool)
    labels[chosen] = (labels[chosen] + random.integers(1, 10, len(chosen))) % 10
    is_kept[chosen[::2]] = False
    given = LabelledBoxes(
        truths.images[is_kept], labels[is_kept], truths.boxes[is_kept], np.zeros(0)
    )
    pairs = find_pairs(given, seen, minimum_iou=0.5)
    matching = match_pairs(pairs, ious=[0.5], n_labels=10)
    is_hit = np.zeros(len(seen), dtype=bool)
    is_hit[matching.rows] = matching.is_hit[0]
    names = evaluation.labels

    def boxes_of(which, image):
        rows = np.flatnonzero(which.images == image)
        return [(row, names[which.labels[row]], Box(*which.boxes[row])) for row in rows]

    images = [
        LabelledImage(
            evaluation.sources[image],
            tuple(label for _, label, _ in boxes_of(given, image)),
            tuple(
                Entry(label, seen.confidences[row], "TP" if is_hit[row] else "FP", box)
                for row, label, box in boxes_of(seen, image)
            ),
            tuple(box for _, _, box in boxes_of(given, image)),
        )
        for image in range(evaluation.n_images)
    ]
    bounds = dict(zip(names, evaluation.assumed_thresholds, strict=True))
    suspects = find_suspects(evaluation_of(images, names, bounds)).found
    planted, found = set(truths.images[chosen].tolist()), {s.image for s in suspects}
    both = len(planted & found)
    return both / len(planted), both / max(len(found), 1)


def test_writes_suspects_for_spreadsheet_and_job(folder):
    """Texts are no formulas; addresses are as the manifest has them."""
    images = [
        *rooms(0),
        image("s3://rooms/x.png", "=1+1", {"yard": 0.99, "hall": 0.1, "=1+1": 0.1}),
    ]
    content = make_content(evaluation_of(images))
    rows = list(csv.reader(io.StringIO(render_csv(content))))
    assert rows[0][:3] == ["image", "labelled", "seen_as"]
    assert rows[1] == ["s3://rooms/x.png", "'=1+1", "yard", "0.99", "0.1", "no"]
    (line,) = map(json.loads, render_manifest(content).splitlines())
    assert line["source-ref"] == "s3://rooms/x.png"
    assert line["rekmetrics-suspect"]["labelled"] == ["=1+1"]
    assert "incomplete" in render_unfinished_csv("cut off", None)


def test_runs_as_any_other_check(folder):
    """Tests of their own, a section of the page, the keys of the result."""
    (folder / "training.jsonl").write_text(refs("s3://rooms/hall-3.png", "s3://b"))
    (folder / "thresholds.yaml").write_text(
        "metrics: {accuracy: 0.5}\n"
        "test_set: {overlap_with_training: 0, probably_mislabelled: 0.5}\n"
    )
    command = [sys.executable, "-m", "rekmetrics", "gate", "-p", "no:cacheprovider"]
    options = ["--evaluation-dir", ".", "--metrics-json=r.json", "--suspects-csv=s.csv"]
    process = subprocess.run(
        [*command, *options], cwd=folder, capture_output=True, text=True, check=False
    )
    assert process.returncode == 1, process.stdout + process.stderr
    assert "test_test_set[test-set-overlap_with_training]" in process.stdout
    result = json.loads((folder / "r.json").read_text())
    assert [check["kind"] for check in result["checks"]][1:] == ["test_set"] * 2
    assert result["provenance"]["documents"][2]["name"] == "training"
    assert "yard-0.png" in (folder / "s.csv").read_text()
    page = (folder / "report.html").read_text()
    assert "s3://rooms/hall-3.png" in page
    assert "Probably mislabelled" in page
    verify = [*command[:3], "verify", "r.json", "--evaluation-dir", "."]
    assert subprocess.run(verify, cwd=folder, check=False).returncode == 0
    (folder / "training.jsonl").unlink()
    assert subprocess.run(verify, cwd=folder, check=False).returncode == 1


def test_escapes_what_the_section_shows(folder):
    """Labels and addresses are anybody's."""
    evil = "<script>x</script>"
    bounds = {evil: 0.5, "hall": 0.5}
    images = [
        LabelledImage(
            f"s3://b/{evil}",
            (evil,),
            entries_from_scores(evil, {evil: 0.1, "hall": 0.9}, bounds),
        ),
        LabelledImage(
            "s3://b/2",
            ("hall",),
            entries_from_scores("hall", {evil: 0.1, "hall": 0.9}, bounds),
        ),
    ]
    summary = write_summary(
        images, labels=tuple(bounds), thresholds=bounds, version_arn=ARN
    )
    write_folder(folder, summary=summary, manifest=write_manifest(images))
    judgement = judge(folder, "probably_mislabelled: 0.1")
    content = dataclasses.replace(
        make_content(judgement.evaluation), judgement=judgement
    )
    page = render_summary(content)
    assert "Probably mislabelled" in page
    assert evil not in page


def test_fetches_and_shows_the_pictures_of_what_is_unfit(folder):
    """Suspects and what stands in training, though the model has them right."""
    names = ("s3://rooms/hall-3.png", "s3://rooms/hall-4.png")
    (folder / "training.jsonl").write_text(refs(*names))
    rules = "overlap_with_training: 0, probably_mislabelled: 0"
    content = build_content(judge(folder, rules), exit_code=1, hide_account=False)
    suspects = {suspect.source for suspect in content.judgement.study.suspects.found}
    chosen = choose_pictures(content, 99)
    assert {*names, *suspects} <= {*chosen}
    png = b"\x89PNG\r\n\x1a\n"
    shown = dataclasses.replace(content, thumbnails=dict.fromkeys(chosen, png))
    section = render_test_set(shown)
    assert section.count("<img ") == len(names) + len(suspects) > len(names)
    assert "<img " not in render_test_set(content)


def test_refuses_a_training_manifest_without_images():
    """Naming the line."""
    with pytest.raises(ManifestError, match="training manifest"):
        parse_sources([b'{"source-ref": "a"}\n{"source": "b"}\n'])
    assert list(parse_sources([b'{"source-ref": "a"}\n{"sour', b'ce-ref": "b"}'])) == [
        "a",
        "b",
    ]
