"""The test manifest: what becomes of each kind of line, and of each broken one."""

from __future__ import annotations

import contextlib
import gzip
import json
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.evaluation_files import (
    DATA,
    PREFIX,
    SIX,
    boxes,
    columns,
    entry,
    flags,
    line,
    parse,
    truth,
    with_rare_keys,
)

from rekmetrics.errors import ManifestError
from rekmetrics.fake_aws.files import Box, Entry, LabelledImage, write_manifest
from rekmetrics.manifest import EntryKind, blocks, reading

GOOD = line(truth(), entry())
CAPS = line(boxes(), boxes("evaluation"))
BOXED = (
    LabelledImage(
        "s3://zoo/0.jpg",
        ("cap", "hat"),
        (
            Entry("hat", 0.9, "TP", Box(50, 5, 10, 10)),
            Entry("cap", 0.2, "FN", Box(1, 2, 3, 4)),
        ),
        (Box(1, 2, 3, 4), Box(50, 5, 10, 10)),
    ),
    LabelledImage("s3://zoo/1.jpg", ("cap",), (), (Box(0, 0, 9, 9),), (320, 200)),
)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few lines, so that small manifests are read the fast way too."""
    monkeypatch.setattr(blocks, "BLOCK", 4_000)


@pytest.fixture
def strict_lines(monkeypatch):
    """A list that grows with every line that is read strictly."""
    found = []
    read_line = reading._read_line

    def count(text, *arguments):
        found.append(text)
        return read_line(text, *arguments)

    monkeypatch.setattr(reading, "_read_line", count)
    return found


def refusal(data):
    """The error that these bytes end with."""
    with pytest.raises(ManifestError) as caught:
        parse(data)
    return caught.value


def test_reads_every_kind_of_classification_line():
    """It keeps truths, and entries with kind and confidence, image by image."""
    manifest = parse(write_manifest(SIX))
    assert not manifest.is_detection
    assert manifest.labels == ("ant", "bee", "cat")
    assert list(manifest.sources) == [f"s3://zoo/{number}.jpg" for number in range(6)]
    assert manifest.truth_starts == array("I", range(7))
    assert manifest.truth_labels == array("H", [0, 0, 1, 1, 2, 2])
    assert manifest.entry_starts == array("I", [0, 1, 3, 4, 6, 6, 7])
    assert manifest.entry_labels == array("H", [0, 1, 0, 1, 1, 2, 2])
    assert manifest.entry_kinds == array("B", [1, 2, 3, 3, 1, 2, 1])
    assert manifest.entry_confidences == array(
        "f", [0.9, 0.8, 0.1, 0.3, 0.6, 0.7, 0.95]
    )
    assert len(manifest.truth_boxes) == len(manifest.image_sizes) == 0


def test_reads_several_truths_of_an_image():
    """It keeps every ground truth of a multi-label line."""
    manifest = parse(line(truth("ant"), truth("bee", 1), entry("ant"), entry("bee", 1)))
    assert manifest.truth_starts == array("I", [0, 2])
    assert [manifest.labels[code] for code in manifest.truth_labels] == ["ant", "bee"]


def test_reads_boxes():
    """It keeps boxes as left, top, width, height, and sizes as width and height."""
    manifest = parse(write_manifest(BOXED))
    assert manifest.is_detection
    assert manifest.labels == ("cap", "hat")
    assert manifest.truth_labels == array("H", [0, 1, 0])
    assert manifest.truth_boxes == array("f", [1, 2, 3, 4, 50, 5, 10, 10, 0, 0, 9, 9])
    assert manifest.entry_starts == array("I", [0, 2, 2])
    assert manifest.entry_labels == array("H", [1, 0])
    assert manifest.entry_kinds == array(
        "B", [EntryKind.TRUE_POSITIVE, EntryKind.FALSE_NEGATIVE]
    )
    assert manifest.entry_boxes == array("f", [50, 5, 10, 10, 1, 2, 3, 4])
    assert manifest.image_sizes == array("I", [640, 480, 320, 200])


def test_reads_detection_lines_without_evaluation():
    """It takes an image without evaluation keys for one without entries."""
    manifest = parse(CAPS + line(boxes(), number=1))
    assert manifest.entry_starts == array("I", [0, 1, 1])


def test_takes_no_meaning_from_values_and_indexes():
    """It reads keys by their form alone; an attribute's own value may be anything."""
    odd = line(
        {**truth("bee", 7), f"{PREFIX}-training-7": {"any": [None]}},
        {**entry("bee", 123), f"{PREFIX}-evaluation-123": "text"},
    )
    plain = parse(line(truth("bee"), entry("bee")))
    assert columns(parse(odd)) == columns(plain)


@pytest.mark.parametrize(
    "value", [None, True, 3, 10**4_000, 0.5, "é", [1, {}], {"class-name": 7}]
)
def test_ignores_unknown_keys_of_any_shape(value):
    """It passes over keys that are not Rekognition's, whatever they hold."""
    data = line(truth(), entry(), customer=value, **{f"{PREFIX}-object-id": value})
    assert columns(parse(data)) == columns(parse(GOOD))


def test_reads_the_same_from_chunks_of_any_size():
    """It does not matter where the pieces of a file end."""
    data = write_manifest(SIX)
    for size in (1, 2, 3, 64, 1_000, 65_536):
        assert columns(parse(data, size)) == columns(parse(data))


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_reads_both_line_endings_and_a_last_line_without(ending):
    """It takes LF and CRLF; the last line may lack its newline if it is whole."""
    data = write_manifest(SIX).replace(b"\n", ending)
    assert columns(parse(data)) == columns(parse(write_manifest(SIX)))
    assert columns(parse(data.rstrip())) == columns(parse(data))


def many_lines(n_lines=400):
    """Lines of many shapes; after the first hundred nothing is new."""
    images = [
        LabelledImage(
            f"s3://zoo/{number}{'é' if number % 7 == 0 else ''}.jpg",
            (f"label {number % 5}",),
            tuple(
                Entry(f"label {(number + other) % 5}", 0.5 + other / 10, "FP")
                for other in range(1, 1 + number % 3)
            ),
        )
        for number in range(n_lines)
    ]
    return with_rare_keys(write_manifest(images))


def test_reads_blocks_as_it_reads_lines(monkeypatch, small_blocks, strict_lines):
    """It gives the same columns the fast way and the strict way."""
    data = many_lines()
    fast = parse(data)
    assert 0 < len(strict_lines) < data.count(b"\n") / 4
    reader = reading.ClassificationReader
    monkeypatch.setattr(reader, "read_block", lambda self, block: False)
    assert columns(parse(data)) == columns(fast)


def test_reads_blocks_of_boxes_as_it_reads_lines(
    monkeypatch, small_blocks, strict_lines
):
    """It gives the same columns the fast way and the strict way, boxes too."""
    images = [
        LabelledImage(
            f"s3://zoo/{number}.jpg",
            ("cap",) * (1 + number % 3),
            tuple(
                Entry("hat", 0.5, "FP", Box(number, 1, 2, 3)) for _ in range(number % 4)
            ),
            tuple(Box(1, number, 5, 6) for _ in range(1 + number % 3)),
        )
        for number in range(100)
    ]
    data = write_manifest(images)
    fast = parse(data)
    assert 0 < len(strict_lines) < data.count(b"\n") / 4
    reader = reading.DetectionReader
    monkeypatch.setattr(reader, "read_block", lambda self, block: False)
    assert columns(parse(data)) == columns(fast)


def test_sees_keys_and_labels_that_come_late(small_blocks):
    """It misses no entry whose key or label first appears far into the file."""
    lines = [line(truth("ant"), entry("ant"), number=number) for number in range(50)]
    lines.append(
        line(truth("ant"), entry("ant"), entry("new", 9, kind="false-positive"))
    )
    lines += [line(truth("new"), entry("new", 9), number=n) for n in range(51, 60)]
    manifest = parse(b"".join(lines))
    assert manifest.labels == ("ant", "new")
    assert len(manifest.entry_labels) == 61
    assert manifest.entry_labels[-9:] == array("H", [1] * 9)


def test_reads_no_more_lines_strictly_than_it_has_to(small_blocks, strict_lines):
    """Of lines with the same keys one is read strictly, whatever else they hold."""
    lines = [line(truth("ant"), entry("ant"), number=number) for number in range(99)]
    lines[50] = line(truth("bee"), entry("cat"), number=50)
    for number in (70, 72):
        lines[number] = line(truth(), entry(), number=number, extra=1)
    parse(b"".join(lines))
    assert strict_lines == [lines[0][:-1], lines[70][:-1]]


def test_reads_lines_of_boxes_without_evaluation_the_fast_way(
    small_blocks, strict_lines
):
    """Images of which nothing was found are not odd, nor are keys of no meaning."""
    seen, missed = line(boxes(), boxes("evaluation")), line(boxes())
    extra = line(boxes(), boxes("evaluation"), label={"x": "y"})
    parse((seen + missed + extra) * 20)
    assert strict_lines == [seen[:-1], extra[:-1]]


def test_gives_up_halving_blocks_of_odd_lines(monkeypatch, strict_lines):
    """A few lines are read strictly rather than tried again and again."""
    attempts = []
    read_block = reading.ClassificationReader.read_block

    def count(self, block):
        attempts.append(block)
        return read_block(self, block)

    monkeypatch.setattr(reading.ClassificationReader, "read_block", count)
    odd = [b" " + line(truth(), entry(), number=number) for number in range(400)]
    parse(b"".join(odd))
    assert len(strict_lines) == 400
    assert len(attempts) < 40


def test_reads_entries_with_details_of_their_own_the_fast_way(
    small_blocks, strict_lines
):
    """Entries that are written otherwise than true positives cost no strict reading."""
    wrong = {**flags("false-positive"), "ground-truth-labelling-jobs": []}
    lines = [
        line(
            truth("ant"),
            entry("ant"),
            entry("bee", 1, **{f"{PREFIX}-evaluation-details": wrong}),
            number=number,
        )
        for number in range(60)
    ]
    parse(b"".join(lines))
    assert strict_lines == [lines[0][:-1]]
    assert b"ground-truth-labelling-jobs" in lines[0]


LATE = 40


def twice(member, text=GOOD):
    """The line with one of its members written twice."""
    assert text.count(member) == 1
    return text.replace(member, member + b", " + member)


@pytest.mark.parametrize(
    "bad",
    [
        GOOD.replace(b'"source-ref"', b'"source-ref": "s3://zoo/9.jpg", "source-ref"'),
        twice(f'"{PREFIX}-evaluation-0": 1'.encode()),
        twice(b'"is-true-positive": true'),
        GOOD.replace(b'"confidence": 0.9', b'"confidence": 0.1, "confidence": 0.9'),
        GOOD.replace(b'"class-name"', b'"class-name": "x", "class-n\\u0061me"', 1),
        GOOD.replace(b'"source-ref"', b'"a": 1, "\\u0061": 2, "source-ref"'),
    ],
)
def test_takes_the_last_of_a_key_twice(monkeypatch, small_blocks, bad):
    """It reads a key that occurs twice as JSON's readers do, both ways alike."""
    assert json.loads(bad)
    wanted = columns(parse(GOOD * (LATE + 4)))
    for n_before in (0, LATE):
        data = GOOD * n_before + bad + GOOD * (LATE + 3 - n_before)
        assert columns(parse(data)) == wanted
    reader = reading.ClassificationReader
    monkeypatch.setattr(reader, "read_block", lambda self, block: False)
    assert columns(parse(data)) == wanted


def halves(extra=None):
    """A line with half of one entry and the other half of another."""
    whole = json.loads(line(truth(), entry(), entry("bee", 1, kind="false-positive")))
    del whole[f"{PREFIX}-evaluation-0"], whole[f"{PREFIX}-evaluation-1-metadata"]
    return json.dumps({**whole, **(extra or {})}).encode() + b"\n"


BROKEN = {
    "halves of two entries": (halves(), "without"),
    "halves of entries, and nothing": (
        halves({f"{PREFIX}-evaluation-1-metadata": None}),
        "without",
    ),
    "two objects on a line, none on the next": (
        GOOD[:-1] + GOOD + b"\n",
        "broken JSON",
    ),
    "an object over two lines, two on another": (
        GOOD.replace(b", ", b",\n", 1) + GOOD[:-1] + GOOD,
        "broken JSON",
    ),
    "two flags": (
        line(
            truth(),
            entry(
                **{
                    f"{PREFIX}-evaluation-details": flags(
                        "true-positive", "false-positive"
                    )
                }
            ),
        ),
        "found 2",
    ),
    "no details": (
        line(truth(), entry(**{f"{PREFIX}-evaluation-details": None})),
        "missing required field",
    ),
    "a flag that is a text": (
        GOOD.replace(b'"is-false-positive": false', b'"is-false-positive": "no"'),
        "Expected `bool`, got `str`",
    ),
    "a confidence above 1": (line(truth(), entry(confidence=1.5)), "<= 1"),
    "a negative confidence": (line(truth(), entry(confidence=-0.1)), ">= -1e-05"),
    "a confidence of NaN": (GOOD.replace(b"0.9", b"NaN"), "broken JSON"),
    "an infinite confidence": (GOOD.replace(b"0.9", b"1e999"), "out of range"),
    "a confidence as text": (line(truth(), entry(confidence="0.9")), "got `str`"),
    "no confidence": (line(truth(), entry(confidence=None)), "`confidence`"),
    "an empty label": (line(truth(""), entry()), "empty class-name"),
    "a label that is a number": (line(truth(7), entry()), "Expected `str`"),
    "a lone surrogate": (
        GOOD.replace(b'"ant"', b'"\\ud800"'),
        "broken JSON",
    ),
    "no source": (line(truth(), entry(), **{"source-ref": None}), "source-ref"),
    "an empty source": (line(truth(), entry(), **{"source-ref": ""}), "source-ref"),
    "a source that is a number": (
        line(truth(), entry(), **{"source-ref": 7}),
        "source",
    ),
    "no ground truth": (line(entry()), "no ground truth"),
    "no metadata": (line(truth(), {f"{PREFIX}-evaluation-0": 1}), "without"),
    "metadata alone": (
        line(truth(), {f"{PREFIX}-evaluation-0-metadata": 1}),
        "without",
    ),
    "an index that is none": (
        line(truth(), {f"{PREFIX}-evaluation-x": 1}),
        "evaluation-x",
    ),
    "an unknown type": (
        line(truth(type="groundtruth/text"), entry()),
        "groundtruth/text",
    ),
    "no type": (line(truth(type=None), entry(type=None)), "metadata of type"),
    "a type that is a list": (line(truth(type=[1]), entry()), "metadata"),
    "metadata that is a number": (
        line({**truth(), f"{PREFIX}-training-0-metadata": 1}),
        "metadata",
    ),
    "two kinds on a line": (line(truth(), boxes("evaluation")), "at once"),
    "an array": (b" [1]\n", "one JSON object a line"),
    "a number": (b"7\n", "one JSON object a line"),
    "two objects": (GOOD.strip() + GOOD, "broken JSON"),
    "half an object": (GOOD[:100] + b"\n", "broken JSON"),
    "bytes that are no text": (GOOD.replace(b"ant", b"\xff\xfe"), "line 1: "),
    "deep nesting": (
        line(truth(), entry(), deep=1).replace(
            b'"deep": 1', b'"deep": ' + b"[" * 9_999
        ),
        "nested too deeply",
    ),
}


@pytest.mark.parametrize(("bad", "words"), BROKEN.values(), ids=BROKEN)
def test_names_the_broken_line(small_blocks, bad, words):
    """It says which line is broken and why, after any number of good ones."""
    for n_before in (0, LATE):
        error = refusal(GOOD * n_before + bad + GOOD)
        assert error.line == n_before + 1
        assert words.replace("line 1", f"line {n_before + 1}") in str(error)


SMALL = {"width": 5, "height": 5, "depth": 3}
BROKEN_BOXES = {
    "an evaluation more, in a missing member's place": (
        CAPS.replace(b'"confidence": 0.9, ', b"", 1).replace(
            b'{"source-ref"', f'{{"{PREFIX}-evaluation-1": 1, "source-ref"'.encode()
        ),
        "without",
    ),
    "an empty source": (CAPS.replace(b"s3://zoo/0.jpg", b""), "source-ref"),
    "an annotation without object": (
        line(boxes(objects=[]), boxes("evaluation")),
        "1 annotations but 0 objects",
    ),
    "an object without annotation": (
        line(boxes(), boxes("evaluation", annotations=[])),
        "0 annotations but 1 objects",
    ),
    "an unknown class": (
        line(boxes(class_map={"1": "cap"}), boxes("evaluation")),
        "class_id 0 is not in the class-map",
    ),
    "a class id that is a text": (
        CAPS.replace(b'"class_id": 0', b'"class_id": "0"'),
        "Expected `float`",
    ),
    "a class map with names as keys": (
        line(boxes(class_map={"cap": "0"}), boxes("evaluation")),
        "class-map",
    ),
    "no image size": (
        line(boxes(image_size=None), boxes("evaluation")),
        "`image_size`",
    ),
    "an empty image size": (line(boxes(image_size=[]), boxes("evaluation")), "length"),
    "an image without width": (
        line(boxes(image_size=[{"width": 0, "height": 5}]), boxes("evaluation")),
        ">= 1",
    ),
    "two evaluations": (
        line(boxes(), boxes("evaluation"), boxes("evaluation-1")),
        "2 evaluations",
    ),
    "a box without width": (
        CAPS.replace(b'"width": 20', b'"wide": 20'),
        "missing required field `width`",
    ),
    "no flag": (
        CAPS.replace(b'"is-true-positive": true', b'"is-true-positive": false'),
        "exactly one",
    ),
}


@pytest.mark.parametrize(("bad", "words"), BROKEN_BOXES.values(), ids=BROKEN_BOXES)
def test_names_the_broken_line_of_boxes(small_blocks, bad, words):
    """It says which line of a detection manifest is broken and why."""
    for n_before in (1, LATE):
        error = refusal(CAPS * n_before + bad + CAPS)
        assert error.line == n_before + 1
        assert words in str(error)


def test_wants_text_in_what_it_ignores(small_blocks):
    """It finds bytes that are no UTF-8 in values that nobody reads, too."""
    good = line(truth(note="x"), entry())
    error = refusal(good * LATE + good.replace(b'"x"', b'"\xff"'))
    assert (error.line, "UTF-8" in str(error)) == (LATE + 1, True)


OTHER_FILES = {
    "nothing": (b"", "is empty"),
    "gzip": (gzip.compress(GOOD, mtime=0), "gzip"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "UTF-16"),
    "UTF-16 without mark": (GOOD.decode().encode("utf-16-le"), "UTF-16"),
    "HTML": (b"<!DOCTYPE html><title>403</title>", "HTML"),
    "a JSON array": (b"[" + GOOD.strip() + b"]", "JSON array"),
    "a pretty-printed object": (b'{\n  "source-ref": "x"\n}\n', "pretty-printed"),
    "the validation manifest": (
        (DATA / "validation_manifest.jsonl").read_bytes(),
        "validation manifest",
    ),
    "a data set": ((DATA / "data_set.jsonl").read_bytes(), "no ground truth"),
    "the training manifest": (line(truth()) * 3, "training manifest"),
    "the summary": (
        (DATA / "summary.json").read_bytes(),
        "evaluation summary, not the test manifest",
    ),
    "other lines": (b'{"a": 1}\n', "not a test manifest"),
}


@pytest.mark.parametrize(("data", "words"), OTHER_FILES.values(), ids=OTHER_FILES)
def test_recognises_other_files(data, words):
    """It names the file that was given instead of the test manifest."""
    assert words in str(refusal(data))


def test_says_that_a_file_was_cut():
    """It says so when the last line ends in the middle."""
    data = write_manifest(SIX)
    error = refusal(data[:-40])
    assert error.line == 6
    assert "The file ends in this line" in str(error)


def test_bounds_the_length_of_a_line(monkeypatch):
    """It gives up on an endless line instead of filling the memory."""
    monkeypatch.setattr(blocks, "MAX_LINE", 200_000)
    error = refusal(GOOD * 300 + b" " * 300_000)
    assert (error.line, "longer than" in str(error)) == (301, True)
    error = refusal(GOOD * 300 + b" " * 300_000 + GOOD)
    assert error.line == 301


def test_reads_a_long_line():
    """It reads a line that is longer than a block."""
    long = line(truth(), entry(), note="x" * 200_000)
    assert len(parse(GOOD + long + GOOD).sources) == 3


def test_bounds_the_length_of_a_file(monkeypatch):
    """It gives up on a file that goes on beyond what columns can count."""
    monkeypatch.setattr(blocks, "MAX_FILE", 1_000)
    assert "AWS allows 1 GB" in str(refusal(GOOD * 10))


def test_bounds_the_number_of_labels(monkeypatch):
    """It gives up when there are more labels than codes."""
    from rekmetrics.manifest import columns as module

    monkeypatch.setattr(module, "MAX_LABELS", 3)
    lines = [line(truth(str(n)), entry(str(n))) for n in range(4)]
    error = refusal(b"".join(lines))
    assert (error.line, "more than 3 labels" in str(error)) == (4, True)


@pytest.mark.parametrize("key", ['say "x"', "back\\slash", "new\nline", "nul\0", ""])
def test_ignores_unknown_keys_of_any_name(small_blocks, key):
    """Keys with quotation marks or control characters are read like others."""
    data = b"".join(
        line(truth(), entry(), number=number, **{key: number}) for number in range(9)
    )
    assert columns(parse(data)) == columns(
        parse(b"".join(line(truth(), entry(), number=n) for n in range(9)))
    )


def test_reads_more_keys_than_the_fast_way_knows(monkeypatch, small_blocks):
    """It goes on line by line where every line has keys of its own."""
    from rekmetrics.manifest import shape

    monkeypatch.setattr(shape, "MAX_KEYS", 10)
    lines = [line(truth(), entry("ant", n), number=n) for n in range(60)]
    assert len(parse(b"".join(lines)).entry_labels) == 60


labels = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
entries = st.lists(
    st.builds(
        Entry,
        labels,
        st.floats(0, 1, width=32),
        st.sampled_from(["TP", "FP", "FN"]),
    ),
    max_size=4,
)
images = st.builds(
    LabelledImage,
    st.text("abcé/:", min_size=1, max_size=9),
    st.lists(labels, min_size=1, max_size=3, unique=True).map(tuple),
    entries.map(tuple),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(images, min_size=1, max_size=12), st.integers(1, 3_000))
def test_reads_back_what_was_written(images, size):
    """It gives back truths and entries of any text, through pieces of any size."""
    images = [*images, LabelledImage("last", ("x",), (Entry("x", 1.0, "TP"),))]
    block = blocks.BLOCK
    blocks.BLOCK = 700
    try:
        manifest = parse(write_manifest(images), size)
    finally:
        blocks.BLOCK = block
    assert list(manifest.sources) == [image.source_ref for image in images]
    names = manifest.labels
    for number, image in enumerate(images):
        start, end = manifest.truth_starts[number : number + 2]
        assert [names[c] for c in manifest.truth_labels[start:end]] == list(
            image.truths
        )
        start, end = manifest.entry_starts[number : number + 2]
        assert [
            (names[label], confidence, EntryKind(kind).name)
            for label, confidence, kind in zip(
                manifest.entry_labels[start:end],
                manifest.entry_confidences[start:end],
                manifest.entry_kinds[start:end],
                strict=True,
            )
        ] == [(e.label, e.confidence, NAMES[e.kind]) for e in image.entries]


NAMES = {"TP": "TRUE_POSITIVE", "FP": "FALSE_POSITIVE", "FN": "FALSE_NEGATIVE"}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.data())
def test_raises_nothing_but_its_own_error(data):
    """It ends with columns or a ManifestError, whatever bytes it is given."""
    source = data.draw(st.sampled_from([GOOD * 3, CAPS * 3, b"", b'{"a":[' * 3]))
    text = bytearray(source)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = at + data.draw(st.integers(0, 30))
        text[at:end] = data.draw(st.binary(max_size=12))
    size = data.draw(st.integers(1, 400))
    with contextlib.suppress(ManifestError):
        assert len(parse(bytes(text), size).sources) > 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data())
def test_ends_the_same_for_chunks_of_any_size(data):
    """It comes to the same end, good or bad, wherever the pieces end."""
    text = bytearray(write_manifest(SIX))
    at = data.draw(st.integers(0, len(text)))
    text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=2))
    ends = []
    for size in (1 << 20, data.draw(st.integers(1, 500))):
        try:
            ends.append(columns(parse(bytes(text), size)))
        except ManifestError as error:
            ends.append((str(error), error.line))
    assert ends[0] == ends[1]
