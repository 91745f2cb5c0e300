"""`rekmetrics compare`: versions side by side, from folders and from an AWS."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from scipy.stats import binomtest
from support.browser import run_axe, serve, start_browser
from support.evaluation_files import write_folder
from support.gates import (
    ARN,
    BAD,
    GOOD,
    THRESHOLDS,
    documents,
    fill_aws,
    read_checked,
    zoo,
)

from rekmetrics import cli
from rekmetrics.fake_aws.backend import describe_version
from rekmetrics.fake_aws.files import (
    Box,
    Entry,
    LabelledImage,
    write_manifest,
    write_summary,
)
from rekmetrics.fake_aws.server import DemoAws

HEAD = ARN.rpartition("/")[0]
TRAINING = "zoo.2026-09"
LAX = 'metrics: {accuracy: 0.85, f1_macro: 0.85}\nlabels: {"*": {recall: 0.65}}\n'


@pytest.fixture(autouse=True)
def here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thresholds.yaml").write_text(LAX)
    return tmp_path


@pytest.fixture
def three():
    """30 images each: 6 wrong, 3 of these, 1 of these; the oldest one first."""
    return [
        keep(name, zoo(n_wrong)) for name, n_wrong in (("v1", 6), ("v2", 3), ("v3", 1))
    ]


@pytest.fixture
def aws(monkeypatch):
    """A good version, a bad one, and one in training."""
    with DemoAws() as demo:
        for name, value in demo.environment({}).items():
            monkeypatch.setenv(name, value)
        fill_aws(demo)
        arn = f"{HEAD}/version/{TRAINING}/1900000000000"
        raw = describe_version(arn, status="TRAINING_IN_PROGRESS")
        demo.projects.add_version(ARN, raw)
        yield demo


def keep(name, images, **choices):
    """A folder with the evaluation of a version of this name."""
    return str(write_folder(Path(name), **documents(images, f"zoo.{name}", **choices)))


def compare(*words, code=0):
    """What the command has written, once it has ended with the code."""
    assert cli.main(["compare", *words, "--json", "c.json"]) == code
    found = read_checked(Path("c.json"), "compare/compare")
    assert found["exit_code"] == code
    return found


def test_ranks_by_hand_counted_numbers(three, capsys):
    """29, 27 and 24 of 30; p-values are scipy's, times Holm's 3 pairs."""
    Path("thresholds.yaml").write_text("metrics: {accuracy: 0.7}\n")
    found = compare("--evaluation-dir", *three, "--by", "accuracy")
    assert found["best"] == "zoo.v3"
    (group,) = found["groups"]
    assert group["versions"] == ["zoo.v3", "zoo.v2", "zoo.v1"]
    second, third = group["rivals"]
    assert (second["name"], second["is_passed"]) == ("zoo.v2", True)
    assert (third["name"], third["is_passed"]) == ("zoo.v1", True)
    assert second["lead"] == pytest.approx(2 / 30)
    assert third["lead"] == pytest.approx(5 / 30)
    exact = binomtest(0, 5).pvalue
    assert third["p_value"] == pytest.approx(exact)
    assert third["adjusted_p_value"] == pytest.approx(3 * exact)
    assert second["p_value"] == pytest.approx(binomtest(0, 2).pvalue)
    assert second["adjusted_p_value"] == 1
    assert second["test"] == "mcnemar"
    assert not second["is_beaten"]
    assert "; noise may explain that." in capsys.readouterr().out


def test_tests_no_lead_over_what_could_not_be_chosen(three):
    """A version that fails has no p-value, and is none of the pairs."""
    found = compare("--evaluation-dir", *three, "--by", "accuracy")
    second, third = found["groups"][0]["rivals"]
    assert second["adjusted_p_value"] == second["p_value"] == binomtest(0, 2).pvalue
    assert (third["name"], third["is_passed"], third["p_value"]) == (
        "zoo.v1",
        False,
        None,
    )
    low, high = third["interval"]
    assert low < third["lead"] < high


def test_counts_what_a_training_changes(three):
    """3 and 2 of 30 images change sides; 1 is wrong and 24 are right in all."""
    (group,) = compare("--evaluation-dir", *three)["groups"]
    broken = [
        (step["n_newly_broken"], step["n_newly_right"]) for step in group["steps"]
    ]
    assert broken == [(0, 3), (0, 2)]
    assert group["share_changed"] == pytest.approx(2.5 / 30)
    page = Path("compare.html").read_text()
    assert "8.3%, the median of the 2 steps below" in page
    assert "Only where nothing but the training was repeated" in page
    kinds = {name: group[name] for name in ("all_right", "all_wrong", "some_right")}
    assert {name: part["n"] for name, part in kinds.items()} == {
        "all_right": 24,
        "all_wrong": 1,
        "some_right": 5,
    }
    assert kinds["all_wrong"]["first"] == [
        {
            "source_ref": "s3://zoo-images/1/0.png",
            "truths": ["ant"],
            "said": "bee",
            "n_agreed": 3,
            "right_in": [],
        }
    ]
    right_in = [image["right_in"] for image in kinds["some_right"]["first"]]
    assert right_in == 2 * [["zoo.v3"]] + 3 * [["zoo.v3", "zoo.v2"]]


def test_says_where_noise_explains_nothing(capsys):
    """10 of 10 changed images are for the best: p is 2 / 1024."""
    Path("thresholds.yaml").write_text("metrics: {accuracy: 0.5}\n")
    folders = [keep("v1", zoo(10)), keep("v2", zoo(0))]
    found = compare("--evaluation-dir", *folders, "--by", "accuracy")
    (rival,) = found["groups"][0]["rivals"]
    assert rival["adjusted_p_value"] == pytest.approx(2 / 1024)
    assert rival["is_beaten"]
    low, high = rival["interval"]
    assert 0 < low < rival["lead"] < high
    told = "It is better than the next, zoo.v1, by more than noise explains: by 0.333"
    assert told in capsys.readouterr().out
    page = Path("compare.html").read_text()
    assert "33.3% of the images became right or wrong between the two versions" in page


def test_takes_less_for_better_where_it_is(three):
    """By a loss, the best is the version that loses least."""
    found = compare("--evaluation-dir", *three, "--by", "hamming_loss")
    assert found["best"] == "zoo.v3"
    leads = [rival["lead"] for rival in found["groups"][0]["rivals"]]
    assert leads == pytest.approx([2 / 30, 5 / 30])


def test_does_not_test_what_no_image_adds_to(three, capsys):
    """Rekognition's own F1 ranks, and no p-value is made up."""
    found = compare("--evaluation-dir", *three, "--by", "reported_f1")
    second = found["groups"][0]["rivals"][0]
    assert second["lead"] > 0
    assert second["p_value"] is second["adjusted_p_value"] is second["test"] is None
    assert "can't be tested" in capsys.readouterr().out


def test_draws_numbers_over_time_with_their_bounds(three, capsys):
    """From the oldest to the newest; what fell short is a diamond."""
    found = compare("--evaluation-dir", *three)
    ant = [version["labels"]["ant"]["recall"] for version in found["versions"]]
    assert [number["value"] for number in ant] == [0.9, 0.7, 0.4]
    assert [number["is_short"] for number in ant] == [False, False, True]
    assert {(number["min"], number["max"]) for number in ant} == {(0.65, None)}
    told = "zoo.v1: failed: accuracy, f1_macro and 1 more"
    assert told in capsys.readouterr().out.splitlines()
    page = Path("compare.html").read_text()
    drawn = re.findall(r'<svg[^>]*aria-label="([^"]*)"', page)
    names = [words.partition(":")[0] for words in drawn]
    assert names == ["f1_macro", "accuracy", "ant recall", "cat recall", "bee recall"]
    told = "ant recall: zoo.v1: 0.400; zoo.v2: 0.700; zoo.v3: 0.900; at least 0.65"
    assert told in drawn
    (own,) = re.findall(rf'<svg[^>]*"{re.escape(told)}".*?</svg>', page, re.DOTALL)
    assert own.count('"rm-b-wrong"') == 1
    assert own.count('"rm-b-right"') == 2
    assert own.count('"rm-b-bound"') == own.count('"rm-b-zone"') == 1


def test_pairs_images_in_another_order(three):
    """A manifest turned round holds the same images."""
    turned = [three[0], keep("v2", zoo(3)[::-1]), three[2]]
    one, other = (
        compare("--evaluation-dir", *folders)["groups"] for folders in (three, turned)
    )
    assert one == other


def test_numbers_versions_of_one_name(three):
    """Folders may hold two of a name; the same folder twice is one version."""
    again = write_folder(Path("again"), **documents(zoo(2), "zoo.v3"))
    found = compare("--evaluation-dir", *three, str(again), three[2])
    names = sorted(version["name"] for version in found["versions"])
    assert names == ["zoo.v1", "zoo.v2", "zoo.v3", "zoo.v3 (2)"]


def test_tells_other_test_images_apart(three, capsys):
    """No lead, no step and no line leads from one test set to the other."""
    moved = [replace(image, source_ref=f"{image.source_ref}.jpg") for image in zoo(4)]
    found = compare("--evaluation-dir", *three, keep("v4", moved))
    first, second = found["groups"]
    assert (first["versions"], first["best"], first["rivals"]) == (["zoo.v4"], None, [])
    assert second["versions"] == ["zoo.v3", "zoo.v2", "zoo.v1"]
    assert found["best"] == second["best"] == "zoo.v3"
    page = Path("compare.html").read_text()
    line, *_ = re.findall(r'"rm-c-right" d="([^"]*)"', page)
    assert re.sub(r"[^A-Z]", "", line) == "MLLM"
    assert "Test set 2: 30 test images" in page
    assert page.count("All get wrong") == 1
    assert "None passes of those tested on the newest" in capsys.readouterr().out


def test_names_none_where_none_passes(three, capsys):
    """1, and the page says so."""
    Path("thresholds.yaml").write_text("metrics: {accuracy: 0.99}\n")
    found = compare("--evaluation-dir", *three, code=1)
    assert (found["best"], found["exit_code"]) == (None, 1)
    assert found["groups"][0]["rivals"] == []
    assert capsys.readouterr().out.endswith("rekmetrics: No version passes.\n")
    page = Path("compare.html").read_text()
    assert "rm-verdict rm-failed" in page
    assert "All get wrong: 1 image" in page


def test_takes_no_version_for_good_that_nothing_judged(three):
    """Where every rule ends as a warning the code is 5, and none is best."""
    rule = "{min: 0.95, min_support: 500, on_inconclusive: warning}"
    Path("thresholds.yaml").write_text(f"labels: {{cat: {{recall: {rule}}}}}\n")
    found = compare("--evaluation-dir", *three, code=5)
    assert found["best"] is None
    assert {version["verdict"] for version in found["versions"]} == {"incomplete"}


def test_judges_all_evaluated_versions_of_a_project(aws, capsys):
    """One in training is told of, and is no trouble; the page needs nothing else."""
    Path("thresholds.yaml").write_text(THRESHOLDS)
    found = compare("--project-arn", ARN)
    versions = {version["name"]: version for version in found["versions"]}
    assert (found["best"], versions[BAD]["verdict"]) == (GOOD, "failed")
    assert versions[GOOD]["version_arn"].startswith(f"{HEAD}/version/{GOOD}/")
    assert versions[GOOD]["metrics"]["accuracy"]["value"] == pytest.approx(29 / 30)
    assert versions[BAD]["fell_short"] == ["accuracy", "f1_macro", "ant-recall"]
    assert "TRAINING_IN_PROGRESS" in versions[TRAINING]["reason"]
    assert "No other version passes on these images" in capsys.readouterr().out
    page = Path("compare.html").read_text()
    assert not re.search(r"<script|<link|src=|url\(|@import|123456789012", page)
    assert page.startswith("<!DOCTYPE html>")


def test_says_of_an_evaluation_that_it_can_not_find_that_it_was_not_judged(aws, capsys):
    """6: the version has one, unlike those of which nobody expects any."""
    (raw,) = [r for r in aws.projects.versions[ARN] if BAD in r["ProjectVersionArn"]]
    del raw["EvaluationResult"]["Summary"]
    found = compare("--project-arn", ARN, code=6)
    codes = {version["name"]: version["exit_code"] for version in found["versions"]}
    assert (found["best"], codes) == (GOOD, {GOOD: 0, BAD: 6, TRAINING: 0})
    assert f"{BAD}: not judged: " in capsys.readouterr().out
    raw["Feature"] = "CONTENT_MODERATION"
    assert compare("--project-arn", ARN)["best"] == GOOD


def test_judges_those_that_are_named(aws):
    """Words too; the same version twice is one."""
    words = ["--project-arn", ARN, "--version-name", "@latest", GOOD, BAD, BAD]
    found = compare(*words)
    assert sorted(version["name"] for version in found["versions"]) == [BAD, GOOD]
    assert found["best"] == GOOD


@pytest.mark.parametrize(
    ("names", "code"), [([GOOD, TRAINING], 6), ([GOOD, "zoo.1999"], 6)]
)
def test_says_which_version_could_not_be_judged(aws, names, code, capsys):
    """The others are compared, and the code is that of the trouble."""
    found = compare("--project-arn", ARN, "--version", *names, code=code)
    assert found["best"] == GOOD
    assert found["versions"][-1]["exit_code"] == code
    out = capsys.readouterr().out
    assert f"{names[1]}: not judged: " in out
    assert "rekmetrics: Incomplete: 1 version could not be judged. Best of" in out
    assert "rm-verdict rm-incomplete" in Path("compare.html").read_text()


def test_writes_nothing_where_no_version_is_evaluated(aws, capsys):
    """Not even an earlier page stays."""
    aws.projects.versions[ARN] = aws.projects.versions[ARN][:1]
    Path("compare.html").write_text("Best of those that pass: an older one.")
    assert cli.main(["compare", "--project-arn", ARN]) == 6
    assert not Path("compare.html").exists()
    assert "TRAINING_IN_PROGRESS" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 4, "which versions?"),
        (["--version", GOOD], 4, "which versions?"),
        (["--project-arn", "rooms"], 4, "'rooms' is a name, not an ARN"),
        (["--project-arn", ARN, "--version", "@newest"], 4, "@latest"),
        (["--evaluation-dir", "v1", "--version", GOOD], 4, "given together"),
        (["--evaluation-dir", "v1", "--by", "f1_makro"], 4, "did you mean 'f1_macro'"),
        (["--evaluation-dir", "v1", "--by", "average_recall"], 4, "is not defined for"),
        (["--evaluation-dir", "v1", "--thresholds", "none.yaml"], 4, "none.yaml"),
        (["--evaluation-dir", "v1", "--output", "c.json"], 4, "name one file"),
        (["--evaluation-dir", "v1", "--output", "thresholds.yaml"], 4, "one file"),
        (["--evaluation-dir", "v1", "--baseline-version", "v2"], 4, "--project-arn"),
        (["--project-arn", ARN, "--baseline-version", "@x"], 4, "@latest"),
        (["--evaluation-dir", "v1", "--output", "v1"], 3, "not a regular file"),
    ],
)
def test_refuses_bad_requests(three, words, code, said, capsys):
    """One sentence, the right code, and no file, nor one of an earlier run."""
    for name in ("compare.html", "c.json") if "--output" not in words else ():
        Path(name).write_text("Best of those that pass: an older one.")
    assert cli.main(["compare", *words, "--json", "c.json"]) == code
    assert said in capsys.readouterr().err
    assert not Path("compare.html").exists()
    assert not Path("c.json").exists()
    assert Path("thresholds.yaml").read_text() == LAX


def test_goes_on_where_a_folder_is_damaged(three):
    """6: its version is the one that was not judged."""
    Path(three[1], "manifest.jsonl").write_text("{}\n")
    found = compare("--evaluation-dir", *three, code=6)
    assert found["groups"][0]["versions"] == ["zoo.v3", "zoo.v1"]
    assert found["versions"][-1]["name"] == "v2"


def test_escapes_what_comes_from_outside():
    """Labels and keys stay text."""
    label = "<script>alert(1)</script>"
    labels = ("cat", label, "bee")
    for name, n_wrong in (("v1", 3), ("v2", 1)):
        keep(name, zoo(n_wrong, labels), labels=labels)
    compare("--evaluation-dir", "v1", "v2")
    page = Path("compare.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("is_detection", [False, True])
def test_compares_models_of_several_labels_and_of_boxes(is_detection):
    """An image is right only where all of it is: 2, 1 and 1 of 3 are."""
    place = {"ant": Box(1, 1, 20, 20), "bee": Box(60, 60, 20, 20)}

    def image(number, *found, extra=()):
        entries = [
            Entry(label, 0.9 if label in found else 0.1, kind, place[label])
            for label in place
            for kind in ["TP" if label in found else "FN"]
        ]
        entries += [Entry(label, 0.8, "FP", Box(90, 90, 9, 9)) for label in extra]
        boxes = tuple(place.values()) if is_detection else None
        return LabelledImage(f"s3://b/{number}.png", tuple(place), (*entries,), boxes)

    images = {
        "v1": [image(0, "ant", "bee"), image(1, "ant"), image(2, "bee")],
        "v2": [image(0, "ant", "bee"), image(1, "ant", "bee"), image(2, "bee")],
    }
    for name, own in images.items():
        arn = f"{HEAD}/version/{name}/1"
        summary = write_summary(own, labels=[*place], version_arn=arn)
        write_folder(Path(name), summary=summary, manifest=write_manifest(own))
    rules = "labels: {ant: {recall: 0.5}}"
    task = "detection" if is_detection else "multilabel"
    Path("thresholds.yaml").write_text(f"task: {task}\n{rules}\n")
    found = compare("--evaluation-dir", "v1", "v2")
    (group,) = found["groups"]
    assert found["best"] == "v2"
    assert group["steps"][0]["n_newly_right"] == 1
    assert group["share_changed"] == pytest.approx(1 / 3)
    assert [group[kind]["n"] for kind in ("all_right", "all_wrong", "some_right")] == [
        1,
        1,
        1,
    ]
    (wrong,) = group["all_wrong"]["first"]
    assert (wrong["truths"], wrong["said"]) == (["ant", "bee"], "bee")


@pytest.mark.browser
def test_shows_its_page_to_everybody(three):
    """Under a strict policy, on a phone, in the dark, by ear: all of it."""
    pytest.importorskip("axe_core_python", reason="needs axe-core-python")
    moved = [replace(image, source_ref=f"{image.source_ref}.jpg") for image in zoo(4)]
    compare("--evaluation-dir", *three, keep("v4", moved), str(Path("missing")), code=4)
    fill = "getComputedStyle(document.querySelector('.rm-b-wrong')).fill"
    with start_browser() as browser, serve(Path()) as open_to_all:
        for width, scheme in ((390, "light"), (1280, "dark")):
            browser.open(f"{open_to_all}/compare.html", width=width, scheme=scheme)
            assert browser.evaluate("document.documentElement.scrollWidth") <= width
            assert run_axe(browser) == []
            assert len(browser.requests()) == 1
        with serve(Path(), policy="sandbox; default-src 'none'") as strict:
            browser.open(f"{strict}/compare.html")
            assert "Best of those that pass: zoo.v3" in browser.text()
            assert "All get wrong: 1 image" in browser.text()
            assert browser.evaluate(fill) == "rgb(163, 59, 0)"
