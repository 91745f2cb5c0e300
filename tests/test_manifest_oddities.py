"""What is odd in a manifest: read in the way worst for the model, and noted."""

from __future__ import annotations

import pytest
from support.evaluation_files import (
    PREFIX,
    boxes,
    columns,
    entry,
    flags,
    line,
    parse,
    summarise,
    truth,
)

from rekmetrics.errors import ManifestError
from rekmetrics.evaluation import build_evaluation
from rekmetrics.manifest import EntryKind, Oddity, blocks, reading

GOOD = [line(truth(), entry(), number=number) for number in range(60)]
BOXED = [
    line(boxes(), boxes("evaluation"), number=number, extra=1) for number in range(60)
]


@pytest.fixture(params=["fast", "strict"])
def each_way(request, monkeypatch):
    """Small blocks, so that manifests are read the fast way; or never that way."""
    monkeypatch.setattr(blocks, "BLOCK", 4_000)
    if request.param == "strict":
        for reader in (reading.ClassificationReader, reading.DetectionReader):
            monkeypatch.setattr(reader, "read_block", lambda self, block: False)


def with_line(good, bad, at=40):
    """A manifest in which one line is replaced."""
    return b"".join([*good[:at], bad, *good[at + 1 :]])


def noted(manifest):
    """What was noted, how often, and on which lines; but for images named again."""
    notes = {note.oddity: (note.n, note.lines) for note in manifest.notes}
    return {
        oddity: found
        for oddity, found in notes.items()
        if oddity is not Oddity.REPEATED_SOURCE
    }


def test_notes_nothing_of_plain_lines():
    """It has nothing to say of lines as Rekognition writes them."""
    for good in (GOOD, BOXED):
        assert parse(b"".join(good)).notes == ()


@pytest.mark.parametrize("blank", [b"\n", b"  \r\n", b"\r\n"])
def test_passes_over_blank_lines(each_way, blank):
    """It reads the same with blank lines between, and counts lines as editors do."""
    manifest = parse(b"".join([blank, *GOOD[:30], blank, blank, *GOOD[30:], blank]))
    assert columns(manifest) == columns(parse(b"".join(GOOD)))
    assert noted(manifest) == {Oddity.BLANK: (4, (1, 32, 33, 64))}
    assert [manifest.line_of(image) for image in (0, 29, 30, 59)] == [2, 31, 34, 63]


def test_knows_the_line_of_an_error_behind_blank_lines(each_way):
    """It counts lines that were passed over, in every message."""
    with pytest.raises(ManifestError, match="line 43"):
        parse(b"\n" + with_line(GOOD, b"\n{}\n"))


def test_takes_a_byte_order_mark(each_way):
    """It reads what an editor saved with a mark, and whatever the pieces are."""
    data = b"".join(GOOD)
    for size in (1, 2, 5, 1 << 20):
        assert columns(parse(b"\xef\xbb\xbf" + data, size)) == columns(parse(data))


def test_passes_over_true_negatives(each_way):
    """It reads the same with entries for labels that were rightly not seen."""
    plain = [line(truth(), entry(), entry("bee", 1, kind="false-positive"))] * 60
    odd = line(
        truth(),
        entry("cat", 7, kind="true-negative", confidence=0.01),
        entry(),
        entry("bee", 1, kind="false-positive"),
    )
    manifest = parse(with_line(plain, odd))
    wanted = parse(b"".join(plain))
    assert columns(manifest) == columns(wanted)
    assert manifest.labels == ("ant", "bee", "cat")
    assert noted(manifest)[Oddity.TRUE_NEGATIVE] == (1, (41,))


def test_passes_over_true_negatives_among_boxes(each_way):
    """It drops their boxes with them."""
    one = boxes("evaluation", at=((10, 10, 20, 20), (30, 30, 5, 5)))
    objects = one[f"{PREFIX}-evaluation-metadata"]["objects"]
    objects[1] = {
        "confidence": 0.1,
        f"{PREFIX}-evaluation-details": flags("true-negative"),
    }
    manifest = parse(with_line(BOXED, line(boxes(), one, number=40, extra=1)))
    assert columns(manifest) == columns(parse(b"".join(BOXED)))


def test_takes_a_miss_without_confidence(each_way):
    """It reads a false negative's confidence as 0 where there is none."""
    odd = [
        line(truth(), entry(kind="false-negative", confidence=None)),
        line(truth(), entry(kind="false-negative", confidence=0.25)).replace(
            b"0.25", b"null"
        ),
    ]
    manifest = parse(b"".join([*GOOD, *odd, *GOOD]))
    assert manifest.entry_confidences[60:62].tolist() == [0, 0]
    assert noted(manifest)[Oddity.NO_CONFIDENCE] == (2, (61, 62))


def test_wants_the_confidence_of_a_prediction(each_way):
    """It cannot tell which label wins without it."""
    with pytest.raises(ManifestError, match="line 41: a prediction has no"):
        parse(with_line(GOOD, line(truth(), entry(confidence=None))))


def test_cuts_off_what_rounding_added(each_way):
    """It reads a confidence of 1.0000001 as 1."""
    manifest = parse(with_line(GOOD, line(truth(), entry(confidence=1.0000001))))
    assert max(manifest.entry_confidences) == 1
    assert noted(manifest)[Oddity.ROUNDED] == (1, (41,))


def test_takes_whole_numbers_with_a_point(each_way):
    """It reads 640.0 pixels and class 0.0."""
    odd = BOXED[40].replace(b'"width": 100,', b'"width": 100.0,')
    odd = odd.replace(b'"class_id": 0', b'"class_id": 0.0')
    assert odd != BOXED[40]
    assert columns(parse(with_line(BOXED, odd))) == columns(parse(b"".join(BOXED)))


def test_leaves_out_lines_of_the_other_kind(each_way):
    """It reads the kind that most lines are of, wherever a line of the other stands."""
    for at in (0, 40, 59):
        for good, bad in ((GOOD, BOXED[at]), (BOXED, GOOD[at])):
            manifest = parse(with_line(good, bad, at))
            rest = b"".join([*good[:at], *good[at + 1 :]])
            assert columns(manifest) == columns(parse(rest))
            assert noted(manifest) == {Oddity.OTHER_KIND: (1, (at + 1,))}


def test_takes_no_mixture_for_one_model(each_way):
    """It refuses a file with more lines left out than read."""
    with pytest.raises(ManifestError, match="3 lines are of one kind of model and 60"):
        parse(_mixed())


def _mixed():
    """Labels fill the first block; boxes make up the rest."""
    notes = line(truth(), entry(), note="x" * 9_000)
    return b"".join([notes, notes, notes, *BOXED])


def test_takes_a_label_of_two_attributes_once(each_way):
    """It counts a label once for an image, and leaves the model a single-label one."""
    odd = line(truth(), truth("ant", 1), entry(), number=40)
    manifest = parse(with_line(GOOD, odd))
    assert columns(manifest) == columns(parse(b"".join(GOOD)))
    assert noted(manifest) == {Oddity.REPEATED_LABEL: (1, (41,))}


def test_merges_boxes_of_two_attributes(each_way):
    """It takes the boxes of both, each with the class map beside it."""
    other = boxes("training-1", at=((50, 50, 5, 5),), class_map={"0": "hat"})
    odd = line(boxes(), other, boxes("evaluation"), extra=1)
    manifest = parse(b"".join([*BOXED, *[odd] * 60]))
    assert manifest.truth_starts[-3:].tolist() == [60 + 116, 60 + 118, 60 + 120]
    assert manifest.truth_labels[-2:].tolist() == [0, 1]
    assert manifest.truth_boxes[-4:].tolist() == [50, 50, 5, 5]
    assert noted(manifest) == {Oddity.ATTRIBUTES: (60, (61, 62, 63, 64, 65))}


def test_takes_each_line_for_an_image(each_way):
    """It reads an image on two lines as two, and says so."""
    manifest = parse(with_line(GOOD, GOOD[3]))
    assert len(manifest.sources) == 60
    (note,) = manifest.notes
    assert (note.oddity, note.n, note.lines) == (Oddity.REPEATED_SOURCE, 1, (41,))
    assert str(note).endswith(": 1 (manifest line 41).")


def test_judges_boxes_as_they_stand_in_images_of_two_sizes(each_way):
    """It takes the larger sides, so that no box of either is cut."""
    turned = boxes(
        "evaluation",
        at=((10, 85, 20, 14),),
        image_size=[{"width": 80, "height": 100, "depth": 3}],
    )
    manifest = parse(with_line(BOXED, line(boxes(), turned, extra=1)))
    assert manifest.image_sizes[80:82].tolist() == [100, 100]
    assert manifest.entry_boxes[160:164].tolist() == [10, 85, 20, 14]
    assert noted(manifest)[Oddity.IMAGE_SIZES] == (1, (41,))


CLIPPED = {
    (90, 10, 20, 20): (90, 10, 10, 20),
    (10, 70, 20, 20): (10, 70, 20, 10),
    (-5, 10, 20, 20): (0, 10, 15, 20),
    (10, -5, 20, 20): (10, 0, 20, 15),
    (10, 10, 1e39, 20): (10, 10, 90, 20),
}


@pytest.mark.parametrize(("box", "wanted"), CLIPPED.items())
@pytest.mark.parametrize("side", ["training-0", "evaluation"])
def test_cuts_boxes_off_at_the_edge(each_way, box, wanted, side):
    """It keeps what of a box lies in the image of 100 × 80 pixels, on either side."""
    parts = {name: boxes(name) for name in ("training-0", "evaluation")}
    bad = line(*{**parts, side: boxes(side, at=(box,))}.values(), extra=1)
    manifest = parse(with_line(BOXED, bad))
    found = manifest.truth_boxes if side == "training-0" else manifest.entry_boxes
    assert tuple(found[160:164]) == wanted
    assert noted(manifest)[Oddity.PAST_EDGE] == (1, (41,))


EMPTY = [(10, 10, 0, 20), (10, 10, 20, -1), (200, 200, 5, 5), (-9, 0, 4, 5)]


@pytest.mark.parametrize("box", EMPTY)
@pytest.mark.parametrize("side", ["training-0", "evaluation"])
def test_lets_a_box_without_area_match_nothing(each_way, box, side):
    """It counts a miss, and for an evaluation's box a false positive beside it."""
    parts = {name: boxes(name) for name in ("training-0", "evaluation")}
    bad = line(*{**parts, side: boxes(side, at=(box,))}.values(), extra=1)
    manifest = parse(with_line(BOXED, bad))
    oddity = Oddity.EMPTY_TRUTH if side == "training-0" else Oddity.EMPTY_BOX
    assert noted(manifest)[oddity] == (1, (41,))
    evaluation = build_evaluation(manifest, summarise([], ("cap",)))
    assert evaluation.n_true_positives.tolist() == [59]
    assert evaluation.n_false_negatives.tolist() == [1]
    assert evaluation.n_false_positives.tolist() == [1]


def test_leaves_a_miss_without_area_a_miss(each_way):
    """It takes no false negative for a prediction."""
    one = boxes("evaluation", at=((10, 10, 0, 20),))
    details = one[f"{PREFIX}-evaluation-metadata"]["objects"][0]
    details[f"{PREFIX}-evaluation-details"] = flags("false-negative")
    manifest = parse(with_line(BOXED, line(boxes(), one, extra=1)))
    assert manifest.entry_kinds[40] == EntryKind.FALSE_NEGATIVE
    assert noted(manifest) == {}


def test_forgives_a_pixel_of_training(each_way):
    """It notes no box past the edge by less than a pixel of the resized image."""
    size = [{"width": 5120, "height": 80, "depth": 3}]
    near, far = (
        line(
            boxes(image_size=size),
            boxes("evaluation", at=((5000, 10, past, 5),), image_size=size),
            extra=1,
        )
        for past in (123, 125)
    )
    assert noted(parse(with_line(BOXED, near))) == {}
    assert noted(parse(with_line(BOXED, far))) == {Oddity.PAST_EDGE: (1, (41,))}
