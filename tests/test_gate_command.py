"""The real command, in a fresh environment, against an AWS over HTTP."""

from __future__ import annotations

import re

import pytest
from support.evaluation_files import write_folder
from support.gates import ARN, BAD, GOOD, THRESHOLDS, Gate, documents, zoo

pytestmark = pytest.mark.slow

PASSED = 0
FELL_SHORT = 1
WRONG_REQUEST = 4
INCOMPLETE = 5
NO_EVALUATION = 6


def last_line(result) -> str:
    """The verdict, and before it what it was found on."""
    found_on, verdict = result.stdout.splitlines()[-2:]
    return f"{verdict} {found_on}"


def test_passes_a_good_version(gate: Gate):
    """Exit 0, every check a test, the verdict in words on the last line."""
    result = gate.judge(GOOD)
    assert result.returncode == PASSED, result.stdout + result.stderr
    assert "5 passed" in result.stdout
    assert last_line(result).startswith("rekmetrics: Passed.")
    assert GOOD in last_line(result)
    assert (gate.folder / "report.html").stat().st_size > 10_000


def test_blocks_a_bad_version(gate: Gate):
    """Exit 1, and each miss is a sentence without a traceback."""
    result = gate.judge(BAD)
    assert result.returncode == FELL_SHORT
    assert (
        "accuracy is 0.800, below 0.9 by 0.100: 24 of 30 images; "
        "0.9 allows 3 misses, 6 were made"
    ) in result.stdout
    assert "Traceback" not in result.stdout
    assert "test_quality.py:" not in result.stdout.replace("test_quality.py::", "")
    assert last_line(result).startswith("rekmetrics: Failed.")


@pytest.mark.parametrize(
    "words",
    [
        ("pytest", "--version", BAD, "--project-arn", ARN),
        ("pytest", f"--version={BAD}", f"--project-arn={ARN}"),
        ("pytest", "--project-arn", ARN, "-V", BAD),
        ("pytest", "--project-arn", ARN, "--version-name", BAD),
        ("py.test", "--project-arn", ARN, "--version", BAD),
        ("python", "-m", "pytest", "--project-arn", ARN, "--version", BAD),
        ("coverage", "run", "-m", "pytest", "--project-arn", ARN, "--version", BAD),
        ("pytest", "-n", "2", "--project-arn", ARN, "--version", BAD),
        ("rekmetrics", "gate", "--project-arn", ARN, "--version", BAD),
        ("python", "-m", "rekmetrics", "gate", "--project-arn", ARN, "--version", BAD),
    ],
    ids=lambda words: " ".join(words).replace(ARN, "ARN").replace(BAD, "NAME"),
)
def test_judges_however_the_command_is_written(gate: Gate, words):
    """Every spelling judges the bad version, and none is green."""
    (gate.folder / BAD).mkdir()
    result = gate.run(*words)
    assert result.returncode == FELL_SHORT, result.stdout + result.stderr
    assert "24 of 30 images" in result.stdout
    assert f"rootdir: {gate.folder}\n" in result.stdout


@pytest.mark.parametrize("words", [("rekmetrics", "gate"), ("pytest",)], ids=" ".join)
def test_judges_where_warnings_are_errors(gate: Gate, words):
    """A repository that is strict with its own tests is no obstacle."""
    gate.write("pytest.ini", "[pytest]\nfilterwarnings = error\n")
    result = gate.run(*words, "--project-arn", ARN, "--version", GOOD)
    assert result.returncode == PASSED, result.stdout + result.stderr


def test_judges_from_an_editable_install(editable_environment, gate: Gate):
    """`pip install -e .` has the start-up file and the packed tests too."""
    gate.environment = editable_environment
    assert gate.judge(GOOD).returncode == PASSED
    assert gate.judge(BAD).returncode == FELL_SHORT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--project-arn", ARN, "--version"), "empty"),
        (("--version", "--project-arn", ARN), "empty"),
        (("--project-arn", ARN, "--version", ""), "empty"),
        (("--project-arn", ARN, "--version="), "empty"),
        (("--project-arn", "", "--version", GOOD), "empty"),
        (("--project-arn=", f"--version={GOOD}"), "empty"),
        (("--project-arn", ARN), "--version NAME"),
        (("--project-arn", "rooms", "--version", GOOD), "arn:aws:rekognition"),
        (("--version-name", GOOD), "--project-arn"),
        (("--metrics-json", "m.json"), "--project-arn"),
        (("--mask-account",), "--project-arn"),
        (("--evaluation-dir", ""), "empty"),
    ],
)
def test_refuses_a_wrong_request(gate: Gate, words, said):
    """Exit 4 and a sentence, before any network."""
    result = gate.run("pytest", *words, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert result.returncode == WRONG_REQUEST, result.stdout
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("flag", ["--version", "-V"])
def test_leaves_the_version_of_pytest_alone(gate: Gate, flag):
    """Without our options pytest's own answer stays."""
    result = gate.run("pytest", flag)
    assert result.returncode == 0
    assert re.fullmatch(r"pytest \d+\.\d+\S*", result.stdout.strip())


def test_helps_without_judging(gate: Gate):
    """`--help` shows our options, and is not a pass."""
    result = gate.judge(GOOD, "--help")
    assert "--project-arn" in result.stdout
    assert result.returncode == INCOMPLETE


@pytest.mark.parametrize(
    "words",
    [
        ("-k", "accuracy"),
        ("-k", "no_such_test"),
        ("--collect-only",),
        ("--setup-plan",),
        ("--setup-only",),
        ("--fixtures",),
        ("--markers",),
        ("--cache-show",),
        ("--deselect", "quality_tests/test_quality.py::test_metric[accuracy]"),
        ("other",),
        ("-n", "2", "-k", "recall"),
        ("-o", "python_functions=nothing"),
    ],
    ids=" ".join,
)
def test_is_incomplete_unless_every_check_was_run(gate: Gate, words):
    """Selections and list-only options of pytest end as 5, good as the model is."""
    text = "def test_other(): pass\n"
    gate.write("other/test_other.py", text)
    packed = (gate.environment.site_packages / "rekmetrics/quality_tests").glob("*.py")
    for path in packed:
        gate.write(f"quality_tests/{path.name}", path.read_text())
    assert gate.judge(GOOD, *words, "--metrics-json", "m.json").returncode == INCOMPLETE
    assert gate.read_json("m.json")["verdict"] == "incomplete"


def test_runs_the_repositorys_own_tests(gate: Gate):
    """quality_tests/ in the rootdir wins over the packed one, its own tests count."""
    gate.write(
        "quality_tests/test_quality.py",
        "def test_metric(metric_check): metric_check.assert_holds()\n"
        "def test_label(label_check): label_check.assert_holds()\n"
        "def test_images(evaluation): assert evaluation.n_images == 30\n"
        "def test_numbers(metrics): assert metrics.overall['accuracy'].value > 0.9\n",
    )
    result = gate.judge(GOOD)
    assert result.returncode == PASSED, result.stdout
    assert "7 passed" in result.stdout
    parallel = gate.judge(GOOD, "-n", "2")
    assert parallel.returncode == PASSED, parallel.stdout
    assert gate.judge(BAD, "-k", "numbers").returncode == INCOMPLETE


@pytest.mark.parametrize(
    "body",
    [
        "metric_check",
        "pass",
        "__import__('pytest').skip('later')",
        "__import__('pytest').exit('bye', returncode=0)",
        "raise SystemExit(0)",
    ],
)
def test_does_not_trust_tests_that_do_not_report(gate: Gate, body):
    """A test that swallows its check, skips it or ends the run is not a pass."""
    gate.write(
        "quality_tests/test_quality.py",
        f"def test_metric(metric_check): {body}\n"
        "def test_label(label_check): label_check.assert_holds()\n",
    )
    for name in (GOOD, BAD):
        assert gate.judge(name).returncode != PASSED


def test_does_not_trust_a_plugin_that_sets_the_exit_code(gate: Gate):
    """Whoever rewrites pytest's exit code does not rewrite the gate's."""
    gate.write(
        "conftest.py",
        "import pytest\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_sessionfinish(session): session.exitstatus = 0\n",
    )
    assert gate.judge(BAD).returncode == FELL_SHORT
    assert gate.judge(GOOD, "-k", "recall").returncode == INCOMPLETE


def test_fails_when_quality_tests_run_without_a_gate(gate: Gate):
    """Forgetting the options must not be green."""
    gate.write(
        "quality_tests/test_quality.py",
        "def test_metric(metric_check): metric_check.assert_holds()\n",
    )
    result = gate.run("pytest", "quality_tests")
    assert result.returncode == FELL_SHORT
    assert "nothing was judged" in result.stdout


@pytest.mark.parametrize(
    ("arn", "name", "said"),
    [
        (ARN, "zoo.2026-03-01", GOOD),
        (ARN.replace("project/zoo", "project/zoos"), GOOD, "zoo"),
    ],
)
def test_names_what_exists_when_the_version_does_not(gate: Gate, arn, name, said):
    """Exit 6, with the nearest names that exist."""
    result = gate.run("pytest", "--project-arn", arn, "--version", name)
    assert result.returncode == NO_EVALUATION, result.stdout + result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_reports_every_mistake_of_the_thresholds_file(gate: Gate):
    """Exit 4 with file, line and the nearest name, all at once."""
    gate.write("thresholds.yaml", "metrics:\n  acuracy: 0.9\n  f1_macro: 95\n")
    result = gate.judge(GOOD, AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert result.returncode == WRONG_REQUEST
    assert "thresholds.yaml:2:3: metrics.acuracy" in result.stderr
    assert "did you mean 'accuracy'?" in result.stderr
    assert "thresholds.yaml:3:" in result.stderr
    gate.write("thresholds.yaml", 'labels:\n  "bea": {recall: 0.9}\n')
    result = gate.judge(GOOD)
    assert result.returncode == WRONG_REQUEST
    assert "'bee'" in result.stderr


def test_keeps_an_evaluation_and_repeats_the_run_offline(gate: Gate):
    """--save-evaluation, then --evaluation-dir: same numbers, no AWS."""
    first = gate.judge(BAD, "--save-evaluation", "kept", "--metrics-json", "one.json")
    assert first.returncode == FELL_SHORT, first.stderr
    again = gate.run(
        *("pytest", "--evaluation-dir", "kept", "--metrics-json", "two.json"),
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
    )
    assert again.returncode == FELL_SHORT, again.stderr
    one, two = gate.read_json("one.json"), gate.read_json("two.json")
    for key in ("metrics", "labels", "confusion_matrix", "checks", "verdict"):
        assert one[key] == two[key]
    wrong = gate.run("pytest", "--evaluation-dir", "kept", "--version", GOOD)
    assert wrong.returncode in (WRONG_REQUEST, NO_EVALUATION)
    assert BAD in wrong.stderr


def test_gives_figures_to_junit_and_json(gate: Gate):
    """Values and bounds are properties in JUnit XML, everything is in the JSON."""
    result = gate.judge(
        BAD, "--junitxml", "junit.xml", "--metrics-json", "metrics.json"
    )
    assert result.returncode == FELL_SHORT
    junit = (gate.folder / "junit.xml").read_text()
    assert '<property name="value" value="0.8" />' in junit
    assert '<property name="min" value="0.9" />' in junit
    document = gate.read_json()
    assert (document["schema"], document["verdict"], document["exit_code"]) == (
        1,
        "failed",
        1,
    )
    assert document["metrics"]["accuracy"] == 0.8
    assert document["labels"]["ant"]["recall"] == 0.4
    assert document["confusion_matrix"]["counts"][1] == [0, 4, 6, 0]
    (check,) = [c for c in document["checks"] if c["id"] == "accuracy"]
    assert (check["value"], check["min"], check["outcome"]) == (0.8, 0.9, "failed")


def test_registers_a_metric_of_the_teams_own(gate: Gate):
    """A few lines in conftest.py, and thresholds.yaml can name it."""
    gate.write(
        "conftest.py",
        "from rekmetrics.metrics.registry import register\n"
        "def ants_seen_as_bees(evaluation):\n"
        "    ant, bee = map(evaluation.labels.index, ('ant', 'bee'))\n"
        "    return evaluation.confusion[ant, bee] / evaluation.support[ant]\n"
        "register('ants_seen_as_bees', ants_seen_as_bees, greater_is_better=False)\n",
    )
    gate.write("thresholds.yaml", "metrics:\n  ants_seen_as_bees: 0.2\n")
    assert gate.judge(GOOD).returncode == PASSED
    result = gate.judge(BAD)
    assert result.returncode == FELL_SHORT
    assert "ants_seen_as_bees is 0.600, above 0.2" in result.stdout


def test_compares_with_a_baseline(gate: Gate):
    """A version worse than the baseline is a regression, told in images."""
    gate.write(
        "thresholds.yaml",
        f"baseline: {{version_name: {GOOD}}}\n"
        "metrics:\n  accuracy: {min: 0.5, max_regression: 0.01}\n",
    )
    result = gate.judge(BAD)
    assert result.returncode == FELL_SHORT
    assert "5 newly broken" in result.stdout or "5 images" in result.stdout
    assert gate.judge(GOOD).returncode == PASSED


def test_shows_warnings_and_stays_green(gate: Gate):
    """level: warning is pytest's xfail, with the message in terminal and JUnit XML."""
    gate.write(
        "thresholds.yaml",
        "metrics:\n  accuracy: {min: 0.9, level: warning}\n  f1_macro: 0.5\n",
    )
    result = gate.judge(BAD, "--junitxml", "junit.xml")
    assert result.returncode == PASSED, result.stdout
    assert "accuracy is 0.800, below 0.9" in result.stdout
    assert "1 warning" in last_line(result)
    assert "accuracy is 0.800, below 0.9" in (gate.folder / "junit.xml").read_text()


def test_leaves_no_old_result_behind(gate: Gate):
    """A run that ends early does not leave yesterday's pass lying about."""
    words = ("--metrics-json", "metrics.json", "--metrics-markdown", "metrics.md")
    assert gate.judge(GOOD, *words).returncode == PASSED
    assert gate.read_json()["verdict"] == "passed"
    result = gate.judge("no-such-version", *words)
    assert result.returncode == NO_EVALUATION
    assert gate.read_json()["verdict"] == "incomplete"
    assert gate.read_json()["exit_code"] == NO_EVALUATION
    assert "Nothing was decided" in (gate.folder / "metrics.md").read_text()
    assert not (gate.folder / "report.html").exists()


def test_needs_a_report_and_a_place_for_it(gate: Gate):
    """No pytest-html, no pass; no room for a file that was asked for, no pass."""
    assert gate.judge(GOOD, "-p", "no:html").returncode == WRONG_REQUEST
    (gate.folder / "taken").write_text("")
    for words in (
        ("--html", "taken/report.html"),
        ("--metrics-json", "taken/metrics.json"),
        ("--metrics-markdown", "taken/metrics.md"),
    ):
        result = gate.judge(GOOD, *words)
        assert result.returncode not in (PASSED, FELL_SHORT), result.stdout


def test_overwrites_none_of_its_own_files(gate: Gate):
    """An export that names the rules, or the other export, is a wrong request."""
    for words in (
        ("--metrics-json", "thresholds.yaml"),
        ("--metrics-markdown", "./thresholds.yaml"),
        ("--html", "thresholds.yaml"),
        ("--metrics-json", "one", "--metrics-markdown", "one"),
    ):
        assert gate.judge(GOOD, *words).returncode == WRONG_REQUEST
        assert (gate.folder / "thresholds.yaml").read_text() == THRESHOLDS


def test_keeps_secrets_and_account_out_of_the_report(gate: Gate):
    """CI variables, the account id: neither is on the page or in the terminal."""
    secret = "https://user:s3cr3t-token@example.org/repo.git"
    variables = {"JENKINS_URL": secret, "GIT_URL": secret, "BUILD_TAG": "tag-4711"}
    result = gate.judge(BAD, "-v", "--mask-account", **variables)
    page = (gate.folder / "report.html").read_text()
    for text in ("s3cr3t", "4711", "123456789012"):
        assert text not in page
        assert text not in result.stdout + result.stderr
    parallel = gate.judge(BAD, "-n", "2", **variables)
    assert parallel.returncode == FELL_SHORT
    assert "s3cr3t" not in (gate.folder / "report.html").read_text()


def test_annotates_on_github(gate: Gate):
    """Each miss is an annotation on its own line, the summary goes to the job page."""
    result = gate.judge(
        BAD,
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(gate.folder / "summary.md"),
    )
    assert "::error file=thresholds.yaml,line=2,title=rekmetrics%3A accuracy::" in (
        result.stdout
    )
    assert "accuracy" in (gate.folder / "summary.md").read_text()


DOUBTS = """\
baseline: {{version_name: v1}}
metrics:
  accuracy: 0.5
  f1_macro: {{max_regression: 1.0}}
  precision_macro:
    max_regression: 0.01
    regression_test: bootstrap
    alpha: 0.001
    on_inconclusive: {level}
"""


@pytest.mark.parametrize(
    ("level", "code"), [("warning", PASSED), ("error", FELL_SHORT)]
)
def test_does_not_pass_a_loss_that_cannot_be_told(gate: Gate, level, code):
    """One image broke: a warning, or blocking; both p-values are in the file."""
    for name, n_wrong in (("now", 1), ("before", 0)):
        write_folder(gate.folder / name, **documents(zoo(n_wrong), f"{name}.2026"))
    gate.write("thresholds.yaml", DOUBTS.format(level=level))
    result = gate.run(
        *("rekmetrics", "gate", "--evaluation-dir", "now", "--baseline-dir", "before"),
        *("--metrics-json", "metrics.json"),
    )
    assert result.returncode == code, result.stdout + result.stderr
    assert "too few to tell it from chance" in result.stdout
    (check,) = (c for c in gate.read_json()["checks"] if c["p_value"] is not None)
    assert check["outcome"] == "inconclusive"
    assert check["adjusted_p_value"] == check["p_value"]
    assert "rules worth a second look" in result.stdout
    assert "thresholds.yaml:4: f1_macro: no loss exceeds what may be lost" in (
        result.stdout
    )


def test_asks_to_be_shown_that_a_version_is_not_worse(gate: Gate):
    """A twin under another name loses nothing, and thirty images do not show it."""
    for name in ("now", "before"):
        write_folder(gate.folder / name, **documents(zoo(0), f"{name}.2026"))
    rule = "{max_regression: 0.01, decide_on: confidence_bound}"
    gate.write("thresholds.yaml", f"metrics: {{accuracy: {rule}}}\n")
    result = gate.run(
        *("rekmetrics", "gate", "--evaluation-dir", "now", "--baseline-dir", "before")
    )
    assert result.returncode == FELL_SHORT, result.stdout + result.stderr
    assert "but its 95 % interval reaches to a loss of" in result.stdout
