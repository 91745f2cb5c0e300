"""Which images stand behind the figures."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from support.report_pages import FN, FP, TP, make_content, make_evaluation, make_outcome

from rekmetrics.evaluation import Boxes
from rekmetrics.evaluation.mistakes import find_mistakes, list_seen
from rekmetrics.report.images import choose_pictures, render_images
from rekmetrics.report.markup import picture_url, render_picture

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 8


def six_images(**changes: object) -> object:
    """
    Labels a and b.

    a: right; taken for b at 0.7; taken for b at 0.9; no prediction. b: right; taken
    for a at 0.8.
    """
    evaluation = make_evaluation(
        ["a", "b"],
        [[0], [0], [0], [0], [1], [1]],
        [
            [(0, TP, 0.9)],
            [(1, FP, 0.7), (0, FN, 0.3)],
            [(1, FP, 0.9), (0, TP, 0.6)],
            [(0, FN, 0.2)],
            [(1, TP, 0.99)],
            [(0, FP, 0.8)],
        ],
        sources=[f"s3://b/{i}.jpg" for i in range(6)],
        thresholds=[0.55, 0.65],
    )
    return make_content(evaluation, **changes)


def test_lists_the_most_confident_mistakes_first() -> None:
    """Image 2 (0.9) before image 1 (0.7)."""
    mistakes = find_mistakes(six_images().evaluation)  # type: ignore[attr-defined]
    assert mistakes.confused(0, 1).tolist() == [2, 1]
    assert mistakes.false(1).tolist() == [2, 1]
    assert mistakes.missed(0).tolist() == [2, 1, 3]
    assert mistakes.unseen(0).tolist() == [3]
    assert mistakes.missed(1).tolist() == [5]


def test_takes_several_labels_each_for_itself() -> None:
    """Image 0 misses b and has a false c; image 1 has a false c alone."""
    evaluation = make_evaluation(
        ["a", "b", "c"],
        [[0, 1], [0]],
        [[(0, TP, 0.9), (1, FN, 0.1), (2, FP, 0.6)], [(0, TP, 0.9), (2, FP, 0.8)]],
        task="multilabel",
    )
    mistakes = find_mistakes(evaluation)
    assert mistakes.confused(1, 2).tolist() == [0]
    assert mistakes.false(2).tolist() == [1, 0]
    assert mistakes.missed(1).tolist() == [0]
    assert mistakes.unseen(1).tolist() == []


def test_tells_predictions_from_what_was_held_back() -> None:
    """The most confident prediction first, whatever the confidence of the others."""
    evaluation = six_images().evaluation  # type: ignore[attr-defined]
    seen = list_seen(evaluation, 2)
    assert [(s.label, s.is_prediction, s.is_right) for s in seen] == [
        (1, True, False),
        (0, True, True),
    ]
    assert [s.is_prediction for s in list_seen(evaluation, 3)] == [False]


def test_says_source_prediction_confidence_and_threshold() -> None:
    """All that is needed to find and understand an image."""
    html = render_images(six_images())  # type: ignore[arg-type]
    assert "<code>s3://b/2.jpg</code>" in html
    assert "<b><bdi>b</bdi></b> 0.900 (0.650), <bdi>a</bdi> 0.600 (0.550)" in html
    assert "no prediction; held back: <bdi>a</bdi> 0.200 (0.550)" in html


def test_starts_with_the_labels_that_fell_short() -> None:
    """Rules that failed come before other confusions; precision means seen falsely."""
    outcome = make_outcome("precision", 0.5, label="a")
    html = render_images(six_images(outcomes=[outcome]))  # type: ignore[arg-type]
    headings = [part.split("</h3>")[0] for part in re.split("<h3[^>]*>", html)[1:]]
    assert headings[0] == "<bdi>a</bdi> seen falsely: 1 image"
    assert "True <bdi>a</bdi>, seen as <bdi>b</bdi>: 2 images" in headings


def test_chooses_pictures_in_turn_from_each_group() -> None:
    """The worst of every confusion before the second worst of any; each once."""
    content = six_images()
    chosen = choose_pictures(content, 3)  # type: ignore[arg-type]
    assert chosen[0] == "s3://b/2.jpg"
    assert len(set(chosen)) == 3
    everything = choose_pictures(content, 99)  # type: ignore[arg-type]
    assert sorted(everything) == [f"s3://b/{i}.jpg" for i in (1, 2, 3, 5)]


def test_draws_boxes_beside_the_images_of_a_label() -> None:
    """To scale, a line for each kind of box; over the picture where there is one."""
    boxes = Boxes(
        np.array([[64, 48, 320, 240]], dtype=np.float32),
        np.array([[64, 48, 320, 240], [0, 0, 64, 48]], dtype=np.float32),
        np.array([[640, 480]], dtype=np.uint32),
    )
    evaluation = make_evaluation(
        ["a", "b"],
        [[0]],
        [[(1, FP, 0.9), (0, FN, 0.2)]],
        task="detection",
        sources=["s3://b/0.jpg"],
        boxes=boxes,
    )
    content = make_content(evaluation, outcomes=[make_outcome()])
    assert list(content.wrong_cells) == [(0, 1)]
    html = render_images(content)
    assert 'class="rm-outlines" width="120" height="90"' in html
    assert '<path class="rm-x-truth" d="M12 9h60v45h-60z"' in html
    assert '<path class="rm-x-wrong" d="M12 9h60v45h-60z"' in html
    assert '<path class="rm-x-missed" d="M0 0h12v9h-12z"' in html
    assert "<image" not in html
    pictured = dataclasses.replace(content, thumbnails={"s3://b/0.jpg": PNG})
    assert '<image href="data:image/png' in render_images(pictured)


def test_shows_thumbnails_beside_their_images() -> None:
    """As data in the page, without alternative text: they only decorate."""
    content = six_images(
        thumbnails={"s3://b/2.jpg": PNG}, outcomes=[make_outcome(value=0.99)]
    )
    html = render_images(content)  # type: ignore[arg-type]
    assert html.count("<img ") == 1
    assert 'src="data:image/png;base64,' in html
    assert 'alt=""' in html


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"<svg onload=alert(1)>", None),
        (b"", None),
        (b"RIFF\0\0\0\0WAVE", None),
    ],
)
def test_knows_pictures_by_their_first_bytes(
    data: bytes, media_type: str | None
) -> None:
    """What is no picture is left out, whatever its name says."""
    url = picture_url(data)
    assert (url and url.partition(";")[0]) == (media_type and f"data:{media_type}")
    assert bool(render_picture(data)) == (media_type is not None)
