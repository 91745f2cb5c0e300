"""The page as Chromium shows it: hostile text, strict policies, phones, axe-core."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.browser import Browser, run_axe, serve, start_browser
from support.report_pages import (
    add_baseline,
    count_numbers,
    draw_detection,
    draw_evaluation,
    label_names,
    make_content,
    make_outcome,
    write_page,
)

from rekmetrics.model import Model
from rekmetrics.report.content import ReportContent
from rekmetrics.report.verdict import render_test_extra

pytestmark = pytest.mark.browser

JENKINS = "sandbox; default-src 'none'; img-src 'self'; style-src 'self';"
STRICT = "sandbox; default-src 'none'"

HOSTILE = (
    "<script>window.ran = 1</script>",
    "<img src=http://127.0.0.1:9/leak onerror='window.ran = 2'>",
    '"><svg onload="window.ran=3">',
    "' onmouseover='window.ran=4' x='",
    "</title></svg></style></textarea><iframe src=http://127.0.0.1:9/leak>",
    "javascript:window.ran=5",
    "\x1b[31mred\x1b[0m\x07",
    "gpj.\u202eexe",
    "::error file=x::pwned",
    "{{7*7}} ${7*7} <%= 7 %>",
    "&lt;b&gt; &amp;",
    "a\0b\ud800\u2028c",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start_browser() as started:
        yield started


@pytest.fixture(scope="module")
def make_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Pages by name, each written once."""
    pages: dict[str, Path] = {}

    def make(name: str, content: Callable[[], ReportContent]) -> Path:
        if name not in pages:
            pages[name] = write_page(tmp_path_factory.mktemp(name), content())
        return pages[name]

    return make


def hostile_content() -> ReportContent:
    """Every text that comes from outside holds something hostile."""
    evaluation = draw_evaluation(HOSTILE, n_images_each=10, error=0.5)
    everything = " ".join(HOSTILE)
    outcomes = [
        make_outcome("recall", 0.5, label=label, message=f"recall of {label} is low")
        for label in HOSTILE
    ]
    model = Model(
        project_name=HOSTILE[0], version_name=HOSTILE[1], region=HOSTILE[2],
        trained=HOSTILE[3], version_arn=HOSTILE[4], status=HOSTILE[5],
    )  # fmt: skip
    finding = SimpleNamespace(
        name=HOSTILE[0], level="warning", message=everything, expected=HOSTILE[1],
        found=HOSTILE[2],
    )  # fmt: skip
    document = SimpleNamespace(
        name=HOSTILE[3], location=HOSTILE[4], version=HOSTILE[1], n_bytes=1,
        sha256=HOSTILE[0],
    )  # fmt: skip
    return make_content(
        evaluation,
        outcomes=outcomes,
        exit_sentence=everything,
        model=model,
        baseline_model=model,
        comparison=SimpleNamespace(
            baseline=count_numbers(evaluation),
            is_paired=False,
            reason=everything,
            n_newly_broken=1,
            n_newly_right=0,
            newly_broken=np.array([0]),
            newly_right=np.array([], dtype=int),
            p_values={},
            labels_only_here=HOSTILE,
            labels_only_there=HOSTILE,
        ),
        advice=[SimpleNamespace(line=1, text=everything)],
        findings=[finding],
        documents=[document],
        endpoints={HOSTILE[0]: HOSTILE[1]},
        versions={HOSTILE[2]: HOSTILE[3]},
        thresholds_name=HOSTILE[1],
        thresholds_text=everything,
        thumbnails={evaluation.sources[0]: b"<svg onload=window.ran=6>"},
        picture_note=everything,
    )


def test_runs_no_script_and_asks_no_other_place(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """Hostile labels, keys, messages and files stay text, with all scripts allowed."""
    page = make_page("hostile", hostile_content)
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        assert browser.evaluate("window.ran") is None
        assert browser.requests() == [f"{address}/{page.name}"]
        assert (
            browser.evaluate("document.querySelectorAll('iframe, .rm img').length") == 0
        )


def test_shows_hostile_text_as_it_is(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """
    A reader sees the label that the file holds.

    What cannot be seen (terminal escapes, marks that turn the writing, NUL, broken
    characters) is shown as an escape.
    """
    page = make_page("hostile", hostile_content)
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        text = browser.text()
    assert [label for label in HOSTILE[:6] + HOSTILE[8:11] if label not in text] == []
    assert r"\x1b[31mred\x1b[0m\x07" in text
    assert r"gpj.\u202eexe" in text
    assert r"a\x00b\ud800\u2028c" in text
    assert "\u202e" not in text


def test_keeps_hostile_figures_of_a_test_as_text(
    browser: Browser, tmp_path: Path
) -> None:
    """The part that pytest-html puts into its rows by script."""
    extras = [
        render_test_extra(make_outcome("recall", 0.5, label="x", message=message))
        for message in HOSTILE
    ]
    (tmp_path / "page.html").write_text("".join(extras), encoding="utf-8")
    with serve(tmp_path) as address:
        browser.open(f"{address}/page.html")
        assert browser.evaluate("window.ran") is None
        assert len(browser.requests()) == 1
        assert HOSTILE[0] in browser.text()


@pytest.mark.parametrize("policy", [JENKINS, STRICT])
def test_says_everything_under_a_strict_policy(
    browser: Browser, make_page: Callable[..., Path], policy: str
) -> None:
    """No script, no style, no picture: verdict, checks, map, labels, evidence."""
    page = make_page("baseline", lambda: add_baseline(draw_evaluation(label_names(8))))
    with serve(page.parent, policy=policy) as address:
        browser.open(f"{address}/{page.name}")
        text = browser.text()
        cells = browser.evaluate("document.querySelectorAll('.rm-map rect').length")
        blue = browser.evaluate(
            "getComputedStyle(document.querySelector('.rm-map .rm-r8')).fill"
        )
    assert "1 of 11 checks fell short; this version may not go out." in text
    for part in ("accuracy", "at least 0.900", "front yard", "newly broken", "SHA-256"):
        assert part in text
    assert cells > 8
    assert blue == "rgb(11, 74, 143)"


def test_reads_the_same_without_scripts(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """Our part of the page does not change when scripts are off."""
    page = make_page("baseline", lambda: add_baseline(draw_evaluation(label_names(8))))
    own = "document.querySelector('.rm').innerText"
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        with_scripts = browser.evaluate(own)
        browser.open(f"{address}/{page.name}", has_scripts=False)
        assert browser.evaluate(own) == with_scripts


def test_puts_the_verdict_above_the_environment(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """pytest-html's table of versions comes last on the screen."""
    page = make_page("baseline", lambda: add_baseline(draw_evaluation(label_names(8))))
    top = "document.querySelector('{}').getBoundingClientRect().top"
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        places = [
            browser.evaluate(top.format(part))
            for part in (".rm-verdict", "#results-table", "#environment")
        ]
    assert places == sorted(places)
    assert places[0] < 120


@pytest.mark.parametrize("n_labels", [2, 12, 60, 250])
@pytest.mark.parametrize("width", [390, 1280])
def test_fits_the_screen(
    browser: Browser, make_page: Callable[..., Path], n_labels: int, width: int
) -> None:
    """The page itself never scrolls sideways; wide tables and maps do so alone."""
    page = make_page(
        f"labels{n_labels}",
        lambda: make_content(draw_evaluation(label_names(n_labels))),
    )
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}", width=width)
        assert browser.evaluate("innerWidth") == width
        assert browser.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1200, 1280])
def test_shows_all_columns_of_checks_with_a_baseline(
    browser: Browser, make_page: Callable[..., Path], width: int
) -> None:
    """Also where a scroll bar takes 15 pixels, which the style sheet cannot know."""
    outcome = make_outcome(
        value=0.818, interval=(0.785, 0.847), n_hits=1490, n_total=1599,
        baseline_value=0.965, change=-0.147, p_value=0.012,
        message="accuracy fell from 0.965 to 0.818, by 0.147, where 0.01 may be lost",
    )  # fmt: skip
    evaluation = draw_evaluation(label_names(3))
    page = make_page("columns", lambda: add_baseline(evaluation, outcomes=[outcome]))
    table = "document.querySelector('.rm-checks')"
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}", width=width)
        browser.evaluate("document.documentElement.style.marginRight = '15px'")
        room = browser.evaluate(f"{table}.parentElement.clientWidth")
        assert browser.evaluate(f"{table}.offsetWidth") <= room


ACCESSIBLE = {
    "baseline3": lambda: add_baseline(draw_evaluation(label_names(3))),
    "detection2": lambda: make_content(draw_detection(label_names(2), 4)),
    "folded42": lambda: make_content(
        draw_evaluation(label_names(42), n_images_each=5, error=0.05)
    ),
}


@pytest.mark.parametrize(
    ("kind", "scheme"),
    [("baseline3", "light"), ("baseline3", "dark"), ("detection2", "light"),
     ("folded42", "light")],
)  # fmt: skip
def test_has_no_serious_finding_of_axe(
    browser: Browser, make_page: Callable[..., Path], kind: str, scheme: str
) -> None:
    """Contrast, names, order of headings, keyboard: what axe-core can tell."""
    pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    page = make_page(kind, ACCESSIBLE[kind])
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}", scheme=scheme)
        if kind != "folded42":
            browser.evaluate(
                "document.querySelectorAll('details').forEach(d => d.open = true)"
            )
        # Contrast, the slow rule, is known from the smaller pages.
        findings = run_axe(browser, has_contrast=kind != "folded42")
    assert findings == []


CHECKS = "[...document.querySelectorAll('.rm-checks tbody tr')]"
TITLES = f"{CHECKS}.filter(row => !row.hidden).map(row => row.cells[0].innerText)"


def test_sorts_and_filters_checks_where_scripts_may_run(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """By any column, up and down; by words of label, metric or verdict."""
    page = make_page("baseline", lambda: add_baseline(draw_evaluation(label_names(8))))
    values = f"{CHECKS}.map(row => parseFloat(row.cells[2].innerText))"
    click = "document.querySelectorAll('.rm-checks .rm-sort')[{}].click()"
    search = (
        "(() => {{ const s = document.querySelector('.rm-search'); s.value = '{}';"
        "s.dispatchEvent(new Event('input')); }})()"
    )
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        as_made = browser.evaluate(TITLES)
        browser.evaluate(click.format(0))
        by_name = browser.evaluate(TITLES)
        browser.evaluate(click.format(2))
        upwards = browser.evaluate(values)
        browser.evaluate(click.format(2))
        downwards = browser.evaluate(values)
        browser.evaluate(search.format("FELL short"))
        fell = browser.evaluate(TITLES)
        browser.evaluate(search.format("recall yard passed"))
        yards = browser.evaluate(TITLES)
        browser.evaluate(search.format(""))
        assert len(browser.evaluate(TITLES)) == len(as_made) == 11
    assert as_made[:2] == ["accuracy", "hamming_loss"]
    assert by_name == sorted(as_made)
    assert upwards == sorted(upwards) == downwards[::-1]
    assert sorted(fell) == ["accuracy", "hamming_loss"]
    assert sorted(yards) == ["back yard: recall", "front yard: recall"]


def test_shows_all_checks_where_no_script_may_run(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """In the page's order, without a control that would do nothing."""
    page = make_page("baseline", lambda: add_baseline(draw_evaluation(label_names(8))))
    with serve(page.parent, policy=JENKINS) as address:
        browser.open(f"{address}/{page.name}")
        assert browser.evaluate(TITLES)[:2] == ["accuracy", "hamming_loss"]
        assert len(browser.evaluate(TITLES)) == 11
        controls = "document.querySelectorAll('.rm-search, .rm-sort').length"
        assert browser.evaluate(controls) == 0


def test_keeps_its_script_small() -> None:
    """What is convenience has three kilobytes."""
    script = (files("rekmetrics.report") / "script.js").read_bytes()
    assert len(script) <= 3 * 1024


@pytest.mark.parametrize("n_labels", [8, 250])
def test_answers_on_the_first_screen(
    browser: Browser, make_page: Callable[..., Path], n_labels: int
) -> None:
    """Verdict, worst misses, worst pair and baseline need no scrolling."""
    page = make_page(
        f"first{n_labels}", lambda: add_baseline(draw_evaluation(label_names(n_labels)))
    )
    last = "document.querySelector('.rm-verdict > dl').getBoundingClientRect().top"
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        assert browser.evaluate(last) < 600
        text = browser.evaluate("document.querySelector('.rm-verdict').innerText")
    assert "Most often wrong" in text
    assert "newly broken" in text


def test_lets_a_keyboard_open_a_test(
    browser: Browser, make_page: Callable[..., Path]
) -> None:
    """pytest-html's rows hear clicks alone; ours can be reached and hear Enter."""
    page = make_page("baseline", lambda: add_baseline(draw_evaluation(label_names(8))))
    press = (
        "(() => { const row = document.querySelector('tr.collapsible'); row.focus();"
        "const was = document.activeElement === row;"
        "const enter = {key: 'Enter', bubbles: true};"
        "row.dispatchEvent(new KeyboardEvent('keydown', enter));"
        "return [was, document.querySelectorAll('.extras-row.hidden').length]; })()"
    )
    hidden = "document.querySelectorAll('.extras-row.hidden').length"
    with serve(page.parent) as address:
        browser.open(f"{address}/{page.name}")
        before = browser.evaluate(hidden)
        was_focused, after = browser.evaluate(press)
    assert was_focused
    assert after == before + 1


def test_stays_light_as_a_whole(make_page: Callable[..., Path]) -> None:
    """250 labels: pytest-html's file and ours together under 2 MB."""
    page = make_page(
        "labels250", lambda: make_content(draw_evaluation(label_names(250)))
    )
    assert page.stat().st_size < 2_000_000


def test_takes_pictures_of_every_size(
    browser: Browser, make_page: Callable[..., Path], tmp_path: Path
) -> None:
    """Both colour schemes and a phone; dark pages are dark, and none is blank."""
    page = make_page("labels12", lambda: make_content(draw_evaluation(label_names(12))))
    image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    brightness = {}
    with serve(page.parent) as address:
        for scheme in ("light", "dark"):
            browser.open(f"{address}/{page.name}", width=390, scheme=scheme)
            shot = browser.screenshot(tmp_path / f"{scheme}.png")
            with image.open(shot) as picture:
                histogram = picture.convert("L").histogram()
            total = sum(histogram)
            brightness[scheme] = sum(i * n for i, n in enumerate(histogram)) / total
            assert max(histogram) < 0.97 * total
    assert brightness["light"] > 200
    assert brightness["dark"] < 80
