"""The page's own part: what it says, in which order, and what it may weigh."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from time import process_time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.report_pages import (
    ARN,
    add_baseline,
    count_numbers,
    draw_detection,
    draw_evaluation,
    draw_multilabel,
    label_names,
    make_content,
    make_evaluation,
    make_outcome,
)

from rekmetrics.gate import Verdict
from rekmetrics.manifest import EntryKind
from rekmetrics.model import Model
from rekmetrics.report.page import render_summary
from rekmetrics.report.verdict import render_headline, render_test_extra, render_title
from rekmetrics.thresholds import Check, Rule
from rekmetrics.thresholds.advice import Advice


def text_of(html: str) -> str:
    """What is left without tags, in one line."""
    without_script = re.sub(r"<script>.*?</script>", "", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", without_script)).split())


def judged(*outcomes: Any, state: str = "failed", **changes: Any) -> Any:
    evaluation = draw_evaluation(label_names(3))
    return make_content(evaluation, outcomes=list(outcomes), state=state, **changes)


GOOD = make_outcome(value=0.97)
BAD = make_outcome(value=0.9)
WARNING = make_outcome("f1_macro", 0.9, level="warning")
UNDEFINED = make_outcome("precision", None, label="hall")


@pytest.mark.parametrize(
    ("outcomes", "state", "headline"),
    [
        ([GOOD], "passed", "Passed. The one check holds; this version may go out."),
        (
            [GOOD, GOOD],
            "passed",
            "Passed. All 2 checks hold; this version may go out.",
        ),
        (
            [GOOD, WARNING],
            "passed",
            "Passed. 1 of 2 checks holds, 1 warning; this version may go out.",
        ),
        (
            [GOOD, BAD, UNDEFINED],
            "failed",
            (
                "Failed. 1 of 3 checks fell short, 1 came out undefined; "
                "this version may not go out."
            ),
        ),
        (
            [UNDEFINED],
            "failed",
            "Failed. The check came out undefined; this version may not go out.",
        ),
        (
            [GOOD, GOOD],
            "failed",
            (
                "Failed. All 2 checks hold, but another test failed; "
                "this version may not go out."
            ),
        ),
        (
            [GOOD],
            "incomplete",
            "Incomplete. Not every check was run; this version may not go out.",
        ),
        (
            [WARNING],
            "incomplete",
            (
                "Incomplete. No check that may block could be decided; "
                "this version may not go out."
            ),
        ),
    ],
)
def test_answers_first_whether_the_version_may_go_out(
    outcomes: list[Any], state: str, headline: str
) -> None:
    """One line, and the reason in it."""
    content = judged(*outcomes, state=state)
    assert render_headline(content) == headline


@pytest.mark.parametrize("outcomes", [[BAD], [WARNING], [UNDEFINED]])
def test_never_passes_what_the_verdict_does_not(outcomes: list[Any]) -> None:
    """A state of "passed" that outcomes contradict is shown as failed."""
    html = render_summary(judged(*outcomes, state="passed"))
    assert "this version may go out" not in html
    assert "rm-verdict rm-failed" in html


def test_never_passes_without_a_check() -> None:
    """Nothing was asked, so nothing speaks for the version."""
    content = judged(GOOD, state="passed")
    judgement = replace(content.judgement, verdict=Verdict(()))
    nothing = replace(content, judgement=judgement)
    assert "may not go out" in render_headline(nothing)


def test_names_state_and_version_in_the_title() -> None:
    """What a browser's tab shows."""
    assert render_title(judged(BAD)) == "Failed: rooms rooms.2026-03-01T10.00.00"


def test_titles_a_model_that_nobody_named() -> None:
    """An offline folder may not say."""
    model = Model(project_name=None, version_name=None, trained=None, region=None)
    content = judged(BAD, model=model)
    assert render_title(content) == "Failed: a model without a name"
    assert "None" not in text_of(render_summary(content))


def test_answers_the_five_questions_in_order() -> None:
    """May it go out, what fell short, what is confused, where, and beside what."""
    html = render_summary(add_baseline(draw_evaluation(label_names(8))))
    headings = re.findall(r'<h2 id="rm-(\w+)"', html)
    assert headings == [
        "verdict", "checks", "confusions", "images", "baseline", "labels", "numbers",
        "curves", "errors", "evidence", "cells", "tests",
    ]  # fmt: skip
    assert {f"#rm-{name}" for name in headings[1:]} <= set(
        re.findall(r'href="(#[^"]+)"', html)
    )


def test_puts_what_fell_short_above_what_holds() -> None:
    """Blocking first, then warnings, then passes, whatever the file's order."""
    html = render_summary(judged(GOOD, WARNING, BAD))
    table = html[html.index('id="rm-checks"') : html.index('id="rm-confusions"')]
    words = re.findall(r"fell short \(warning\)|fell short(?=<)|passed(?=<)", table)
    assert words == ["fell short", "fell short (warning)", "passed"]


def test_puts_the_farthest_from_its_bound_first() -> None:
    """Undefined values first, then the widest miss, in the verdict and in the table."""
    outcomes = [BAD, make_outcome("f1_macro", 0.5), UNDEFINED]
    html = render_summary(judged(*outcomes))
    told = ("precision", "f1_macro", "accuracy")
    for part in html.split('id="rm-checks"')[:2]:
        places = [part.index(metric) for metric in told]
        assert places == sorted(places)


def test_says_the_three_worst_in_figures_and_each_sentence_once() -> None:
    """The verdict's box is short: name, value, images, bound; the rest is a link."""
    worst = make_outcome("f1_macro", 0.5, n_hits=6, n_total=12)
    loose = make_outcome("recall", 0.7, label="hall", interval=(0.6, 0.97))
    unsure = replace(loose, status="inconclusive")
    html = render_summary(judged(BAD, worst, UNDEFINED, unsure, WARNING))
    box = html.split('id="rm-checks"')[0]
    lines = re.findall("<li>(.*?)</li>", box)
    assert [text_of(line) for line in lines] == [
        "hall : precision : undefined",
        "f1_macro 0.500 (6 of 12 images); wanted at least 0.950",
        "hall : recall 0.700; wanted at least 0.950; inconclusive, 0.600 to 0.970",
        "1 more check blocks",
        "1 more warning",
    ]
    assert html.count("f1_macro 0.5 is below 0.95") == 1


def test_shows_value_interval_bound_margin_and_images() -> None:
    """The row of one check, cell by cell."""
    outcome = make_outcome(
        "recall", 0.9, label="hall", interval=(0.699, 0.972), n_hits=18, n_total=20,
        baseline_value=0.95, change=-0.05, p_value=0.0004,
        message="recall 0.900: 18 of 20",
    )  # fmt: skip
    text = text_of(render_summary(judged(outcome)))
    row = (
        "hall : recall fell short recall 0.900: 18 of 20 0.900 0.699 to 0.972 "
        "at least 0.950 \u22120.050 18 of 20 0.950 \u22120.050 p < 0.001"
    )
    assert row in text


def test_tells_a_near_miss_from_a_tie() -> None:
    """0.94996 against 0.95: neither value, bound nor margin is rounded away."""
    text = text_of(render_summary(judged(make_outcome(value=0.94996))))
    assert "0.94996 at least 0.95000 \u22120.00004" in text


def test_folds_away_many_passes_but_no_failure() -> None:
    """Sixty good checks and one bad one."""
    good = [make_outcome("recall", 0.97, label=f"l{i}") for i in range(60)]
    html = render_summary(judged(*good, BAD))
    checks = html[html.index('id="rm-checks"') : html.index('id="rm-confusions"')]
    before, folded = checks.split("<details>")
    assert "60 checks passed" in folded
    assert "fell short" in before
    assert "fell short" not in folded.replace("falls short", "")


def test_writes_rules_of_every_kind_in_words() -> None:
    """Maxima, confusions, regressions, and intervals that decide."""
    rule = Rule(maximum=0.01, decide_on="confidence_bound")
    confusion = Check("c", "confusion", "confusion_rate", rule, "hall", "attic")
    drop = Rule(max_regression=0.01, max_relative_regression=0.05)
    regression = Check("r", "regression", "accuracy", drop)
    base = make_outcome(value=0.9)
    outcomes = [
        type(base)(confusion, "failed", True, "too often", 0.02, margin=-0.01),
        type(base)(regression, "failed", True, "worse", 0.9, baseline_value=0.95),
    ]
    text = text_of(render_summary(judged(*outcomes)))
    assert "hall seen as attic" in text
    assert "at most 0.010, by the interval" in text
    assert "accuracy against the baseline" in text
    assert "at most 0.010 and 5.0% worse than the baseline" in text
    assert "0.900 (baseline 0.950); wanted at most 0.010" in text


def test_shows_labels_worst_first_with_what_aws_reports() -> None:
    """Sorted by F1, with intervals, counts and the assumed threshold."""
    evaluation = draw_evaluation(label_names(8))
    html = render_summary(make_content(evaluation))
    table = html[html.index('id="rm-labels"') : html.index('id="rm-numbers"')]
    found = re.findall(r'<th scope="row"[^>]*>(?:<a[^>]*>)?<bdi>([^<]+)</bdi>', table)
    f1 = {
        label: metrics["f1"].value
        for label, metrics in count_numbers(evaluation).labels.items()
    }
    assert found == sorted(f1, key=lambda label: f1[label] or 0)
    assert "0.710 to 0.930" in table
    assert "Assumed threshold" in table


LINKED = {
    "8 labels": lambda: add_baseline(draw_evaluation(label_names(8))),
    "60 labels": lambda: make_content(draw_evaluation(label_names(60))),
    "several labels": lambda: make_content(draw_multilabel(label_names(5))),
    "boxes": lambda: make_content(draw_detection(label_names(3))),
}


@pytest.mark.parametrize("kind", LINKED)
def test_leads_from_each_wrong_cell_and_label_to_its_images(kind: str) -> None:
    """By links alone, each to a place of its own; right cells lead nowhere."""
    content = LINKED[kind]()
    html = render_summary(content)
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    for cell in content.grid.confusions(99):
        assert 0 < len(content.wrong_cells[cell.row, cell.column]) <= cell.count
    for row, column in content.wrong_cells:
        assert row != column
        assert f'<a href="#rm-cell-{row}-{column}" tabindex="-1"><rect' in html
        heading = html[html.index(f'id="rm-cell-{row}-{column}">') :]
        seen = {"background": "missed"}.get(*[content.grid.column_name(column)] * 2)
        assert seen in heading[: heading.index("</h3>")]
        images = re.findall("<code>([^<]+)", heading[: heading.index("</ul>")])
        listed = [
            content.evaluation.sources[i] for i in content.wrong_cells[row, column]
        ]
        assert images == listed[: len(images)] != []
    worst = next(iter(content.wrong_cells))
    assert f'href="#rm-cell-{worst[0]}-{worst[1]}">' in html.split('id="rm-checks"')[0]
    labels = html[html.index('id="rm-labels"') : html.index('id="rm-numbers"')]
    for code in {code for cell in content.wrong_cells for code in cell}:
        is_label = code < content.grid.n_labels
        assert is_label == (f'<a href="#rm-of-{code}"><bdi>' in labels)


def test_lists_what_is_newly_broken_by_label() -> None:
    """Every image under its true label, a link from the verdict's box to the list."""
    content = add_baseline(draw_evaluation(label_names(8)))
    html = render_summary(content)
    part = html[html.index('id="rm-broken"') : html.index("Newly right")]
    names = re.findall(r"<h4><bdi>([^<]+)</bdi>: (\d+) image", part)
    assert sum(int(n) for _, n in names) == 5
    broken = content.comparison.newly_broken
    evaluation = content.evaluation
    for name, _ in names:
        images = part[part.index(f"<h4><bdi>{name}<") :].partition("</ul>")[0]
        for source in re.findall("<code>([^<]+)", images):
            image = list(evaluation.sources).index(source)
            assert image in broken
            assert evaluation.labels[evaluation.y_true[image]] == name
    assert '<a href="#rm-broken">5 images</a> newly broken' in html[: html.index(part)]


def test_counts_true_negatives_with_several_labels_an_image() -> None:
    """TP, FP, FN and TN add up to the images."""
    evaluation = draw_multilabel(label_names(3), 50)
    html = render_summary(make_content(evaluation))
    table = html[html.index('id="rm-labels"') : html.index('id="rm-numbers"')]
    for row in re.findall(r"<tr><th scope=\"row\".*?</tr>", table):
        cells = re.findall(r'class="rm-n">([^<]*)', row)
        assert sum(int(cell) for cell in cells[4:8]) == 50


def test_draws_boxes_and_sizes_for_detection() -> None:
    """True, found, false and held back, told apart by more than colour."""
    html = render_summary(make_content(draw_detection(label_names(3))))
    assert "By size of box" in html
    assert "average precision is cut off" in html.replace("\n", " ")
    for kind in ("truth", "right", "wrong", "missed"):
        assert f'class="rm-x-{kind}"' in html
    dashes = set(re.findall(r'( stroke-dasharray="[^"]+")? stroke-width="2.5"', html))
    assert len(dashes) == 4


@pytest.mark.parametrize(
    ("iou", "map_at", "sizes_at"), [(0.75, "0.75", "0.75"), ("0.50:0.95", "0.5", None)]
)
def test_names_the_overlap_that_was_asked_for(iou: Any, map_at: str, sizes_at: Any):
    """Beside the map, which takes the least of a range, and beside the averages."""
    content = make_content(draw_detection(label_names(3)), iou=iou)
    text = text_of(render_summary(content))
    assert f"is on another from an overlap (IoU) of {map_at}." in text
    assert f"At an overlap (IoU) of {sizes_at or iou}." in text


def test_names_the_worst_cell_and_the_worst_pair_first() -> None:
    """Three halls without a prediction, two taken for the yard: both are told."""
    truths = [[0]] * 5 + [[1]]
    entries = [[]] * 3 + [[(1, EntryKind.FALSE_POSITIVE, 0.9)]] * 2 + [[]]
    evaluation = make_evaluation(["hall", "yard"], truths, entries)
    text = text_of(render_summary(make_content(evaluation)))
    worst = "True hall , no prediction : 3 of 5 images (60.0%); "
    assert f"{worst}True hall , seen as yard : 2 of 5 images (40.0%)." in text
    evaluation = make_evaluation(["hall", "yard"], truths[3:], entries[3:])
    text = text_of(render_summary(make_content(evaluation)))
    assert (
        "Most often wrong: True hall , seen as yard : 2 of 2 images (100.0%)." in text
    )


def test_says_that_nothing_was_wrong() -> None:
    """A perfect model has no confusions and no images to look at."""
    text = text_of(render_summary(make_content(draw_evaluation(["a", "b"], error=0))))
    assert "No label was mistaken for another." in text
    assert "No image was judged wrongly." in text


@pytest.mark.parametrize("kind", ["aws", "folder"])
def test_hides_account_ids_everywhere(kind: Any) -> None:
    """ARNs, bucket names, endpoints, files, messages."""
    account = "123456789012"
    evaluation = draw_evaluation([f"label {account}", "b"])
    content = make_content(
        evaluation,
        source=kind,
        mask_account=True,
        exit_sentence=ARN,
        endpoints={"s3": f"https://{account}.example"},
        thresholds_text=f"# {ARN}",
        findings=[
            SimpleNamespace(
                name="arn", level="warning", message=ARN, expected=ARN, found=ARN
            )
        ],
    )
    html = render_summary(content)
    assert account not in html
    assert "*" * 12 in html
    assert account in render_summary(replace(content, mask_account=False))


def test_says_where_the_evidence_came_from() -> None:
    """Overridden endpoints are not AWS; they stand in the verdict."""
    endpoints = dict.fromkeys(("rekognition", "s3"), "http://127.0.0.1:5000")
    content = judged(GOOD, endpoints=endpoints, state="passed")
    head = text_of(render_summary(content).split('id="rm-checks"')[0])
    assert "not AWS's own endpoints : http://127.0.0.1:5000" in head
    assert head.count("http://") == 1


def test_never_shows_a_presigned_url() -> None:
    """Not even where a manifest or a message holds one."""
    signed = "https://b.s3.amazonaws.com/k?X-Amz-Signature=0123&X-Amz-Expires=9"
    html = render_summary(judged(BAD, exit_sentence=f"see {signed}"))
    assert "X-Amz" not in html
    assert "https://b.s3.amazonaws.com/k?(signature left out)" in html


def test_stays_light_with_250_labels_and_1000_checks() -> None:
    """Under 2 MB and a second."""
    labels = label_names(250)
    evaluation = draw_evaluation(labels)
    outcomes = [
        make_outcome(
            metric, float(value), label=label, interval=(value - 0.05, value + 0.02),
            n_hits=18, n_total=20, message=f"{metric} {value:.3f} is below 0.950",
        )
        for metric in ("recall", "precision", "f1", "jaccard")
        for label, value in zip(
            labels, np.linspace(0.9, 0.97, 250).tolist(), strict=True
        )
    ]  # fmt: skip
    render_summary(make_content(draw_evaluation(label_names(2))))
    started = process_time()
    html = render_summary(make_content(evaluation, outcomes=outcomes))
    assert process_time() - started < 1
    assert len(html.encode()) < 2_000_000


def test_draws_the_first_hundred_checks_of_each_table() -> None:
    """Further ones have words and figures; the failed and the passed are two tables."""
    labels = label_names(250)
    outcomes = [
        make_outcome("recall", value, label=label, interval=(0.1, 0.99))
        for value, n in ((0.5, 101), (0.97, 149))
        for label in labels[:n]
    ]
    html = render_summary(make_content(draw_evaluation(labels), outcomes=outcomes))
    assert html.count('<svg class="rm-bar"') == 200
    assert html.count("<small>0.100 to 0.990</small>") == 250


def test_keeps_counts_off_the_scale_of_rates() -> None:
    """63 images would push every rate to the left end; they are whole numbers."""
    counts = make_outcome("images_per_label", 63.0, minimum=20.0, label="hall")
    html = render_summary(judged(counts, GOOD, BAD))
    assert "Scales run from 0.9 to 1.0. " in html
    assert "counts, and what goes beyond 1, are on no scale" in html
    assert html.count('<svg class="rm-bar"') == 2
    assert "hall : images_per_label passed 63 at least 20 +43" in text_of(html)
    assert "Scales" not in render_summary(judged(counts))


class Balance(HTMLParser):
    """Fails where tags are not closed in the order in which they were opened."""

    VOID = ("br", "img", "meta", "input")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        assert "style" not in names
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("n_labels", [2, 12, 60])
def test_is_sound_html_without_inline_styles(n_labels: int) -> None:
    """Tags balanced, no attribute twice, ids unique, and every reference has its id."""
    html = render_summary(add_baseline(draw_evaluation(label_names(n_labels))))
    checker = Balance()
    checker.feed(html)
    assert checker.open == []
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    wanted = re.findall(r'aria-labelledby="([^"]+)"|href="#([^"]+)"', html)
    assert {a or b for a, b in wanted} <= set(ids)


def test_gives_a_test_its_figures() -> None:
    """What pytest-html shows beside one test."""
    html = render_test_extra(make_outcome(value=0.9, message="<b>low</b>"))
    assert "<b>low" not in html
    text = text_of(html)
    assert "<b>low</b> Verdict fell short Value 0.900 Bound at least 0.950" in text


def test_hides_the_account_in_the_figures_of_a_test() -> None:
    """Messages name versions by ARN."""
    outcome = make_outcome(message=ARN)
    assert "123456789012" not in render_test_extra(outcome, hide_account=True)


def test_names_labels_that_were_lost_since_the_baseline():
    """A label that is gone is news; names are escaped like everywhere."""
    html = render_summary(add_baseline(draw_evaluation(label_names(3))))
    assert "<cat>" not in html
    text = text_of(html)
    assert "Labels lost since the baseline: dog , <cat> ." in text
    assert "Labels that are new: emu ." in text


def test_names_rules_worth_a_second_look():
    """Each with its line; labels in it are escaped."""
    advice = [Advice(7, "no rule of their own: '<b>'")]
    html = render_summary(judged(GOOD, advice=advice))
    assert "<b>'" not in html
    assert "Line 7: no rule of their own: '<b>'" in text_of(html)
    assert "second look" not in render_summary(judged(GOOD))


def test_says_how_often_the_gate_errs():
    """In the sentences of `rekmetrics explain`, labels escaped."""
    html = render_summary(add_baseline(draw_evaluation(label_names(8))))
    assert "4.3 % of equally good versions would be blocked (2000 simulated)." in html
    assert "3.0 % of versions 5 points worse would pass" in html
    assert "22.5 points:" in html
    assert "<cat>" not in html
