"""From options to a judgement, with an AWS over HTTP and folders beside it."""

from __future__ import annotations

import dataclasses
import json
import threading
import types
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.evaluation_files import write_folder
from support.gates import ARN, BAD, GOOD, documents, zoo

from rekmetrics.arns import parse_project_arn
from rekmetrics.demo.digits import build_example
from rekmetrics.errors import EvaluationError, NoSuchVersionError, RequestError
from rekmetrics.fake_aws.server import DemoAws
from rekmetrics.judgement import judge_version
from rekmetrics.loading import load_from_folder
from rekmetrics.run import judge as run_judge
from rekmetrics.run.request import GateRequest
from rekmetrics.run.settling import Ends
from rekmetrics.run.telling import build_content, describe
from rekmetrics.thresholds import read_thresholds

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]

RULES = """\
baseline: {{version_name: {name}, on_missing: {on_missing}}}
metrics: {{accuracy: {{min: 0.5, max_regression: 0.01}}}}
"""


@pytest.fixture
def options(
    tmp_path: Path, zoo_aws: DemoAws, monkeypatch: pytest.MonkeyPatch
) -> GateRequest:
    """The good version of the zoo, in an AWS on loopback."""
    monkeypatch.chdir(tmp_path)
    for name, value in zoo_aws.environment({}).items():
        monkeypatch.setenv(name, value)
    return GateRequest(
        project=parse_project_arn(ARN),
        version_name=GOOD,
        thresholds=tmp_path / "thresholds.yaml",
    )


def judge(options: GateRequest, text: str, **changes: object):
    options.thresholds.write_text(text)
    return run_judge.judge(dataclasses.replace(options, **changes))


def statuses(judgement) -> Mapping[str, tuple[str, bool]]:
    return {
        outcome.check.id: (outcome.status, outcome.is_blocking)
        for outcome in judgement.verdict.outcomes
    }


def test_finds_intervals_in_one_order(options):
    """Whatever the hash seed: a result judged again is the same file."""
    judgement = judge(options, "metrics: {accuracy: 0.5}\n")
    names = [metric for whose, metric, _ in judgement.intervals if whose == "ant"]
    assert names == ["precision", "recall", "f1"]


def test_warns_of_a_baseline_that_is_not_there_yet(options):
    """A first release: seen, with what there is instead; its bounds still count."""
    text = RULES.format(name="zoo.2025", on_missing="warning")
    judgement = judge(options, text)
    assert statuses(judgement) == {
        "accuracy": ("passed", False),
        "accuracy-regression": ("undefined", False),
    }
    (finding,) = [f for f in judgement.loaded.findings if f.level == "warning"]
    assert finding.message.startswith(
        "the baseline is missing: Project zoo in us-east-1 has no model version "
        "'zoo.2025'; there are zoo.2026"
    )


@pytest.mark.parametrize("rule", ["{min: 0.5}", "{max_regression: 0.99}"])
def test_warns_of_a_baseline_that_nothing_is_held_against(options, rule):
    """A baseline given by hand promises a comparison; rules alone make one."""
    text = f"metrics: {{accuracy: {rule}}}\n"
    judgement = judge(options, text, baseline_version=BAD)
    warnings = [f.message for f in judgement.loaded.findings if f.level == "warning"]
    is_held = "max_regression" in rule
    told = "no rule asks for max_regression: nothing was held against it."
    assert warnings == ([] if is_held else [f"a baseline was given, but {told}"])


def test_wants_the_baseline_unless_told_otherwise(options):
    """on_missing: error ends the run, and so does an option's name."""
    text = RULES.format(name="zoo.2025", on_missing="error")
    with pytest.raises(NoSuchVersionError, match="the baseline is missing: Project"):
        judge(options, text)
    text = RULES.format(name=BAD, on_missing="error")
    with pytest.raises(NoSuchVersionError, match=r"no model version 'zoo.2024'"):
        judge(options, text, baseline_version="zoo.2024")


def test_takes_no_other_trouble_for_a_missing_baseline(options, zoo_aws):
    """Access that is denied is no first release, whatever on_missing says."""
    text = RULES.format(name=BAD, on_missing="warning")
    folder = write_folder(options.thresholds.parent / "zoo", **documents(zoo(1), GOOD))
    zoo_aws.projects.fail("DescribeProjectVersions", "AccessDeniedException")
    with pytest.raises(EvaluationError, match=r"the baseline: .*DescribeProjectVers"):
        judge(options, text, evaluation_dir=folder)


def test_says_that_it_is_the_baseline_that_is_wrong(options, tmp_path):
    """A broken folder, and one that is not there."""
    files = documents(zoo(1), BAD)
    broken = write_folder(tmp_path / "broken", **files | {"manifest": b"{}\n"})
    text = RULES.format(name=BAD, on_missing="warning")
    with pytest.raises(EvaluationError, match=r"^the baseline: manifest line 1"):
        judge(options, text, baseline_dir=broken)
    with pytest.raises(RequestError, match=r"^the baseline: evaluation folder"):
        judge(options, text, baseline_dir=tmp_path / "nowhere")


def test_does_not_compare_a_version_with_itself(options):
    """The same name is the same version: a warning, and only the bound counts."""
    judgement = judge(options, RULES.format(name=GOOD, on_missing="error"))
    assert statuses(judgement)["accuracy-regression"] == ("undefined", False)
    assert judgement.verdict.is_passed


@pytest.mark.parametrize("what", ["arn", "documents"])
def test_knows_a_version_by_its_arn_and_by_its_documents(options, what):
    """A copy has another ARN and the documents of its source."""
    judgement = judge(options, RULES.format(name=BAD, on_missing="error"))
    one, other = judgement.loaded, judgement.baseline
    assert not judgement.comparison.is_same_version
    if what == "arn":
        other = dataclasses.replace(other, model=one.model)
    else:
        other = dataclasses.replace(other, documents=one.documents)
    again = judge_version(one, judgement.thresholds, baseline=other)
    assert again.comparison.is_same_version


@pytest.mark.parametrize(
    ("task", "is_imported"), [("auto", True), ("detection", False)]
)
def test_imports_scikit_learn_while_the_network_works(
    options, monkeypatch, task, is_imported
):
    """Another thread does, before AWS is asked; detection has no use for it."""
    imported: list[tuple[str, bool]] = []
    done = threading.Event()

    def note(name: str) -> None:
        here = threading.current_thread() is threading.main_thread()
        imported.append((name, here))
        done.set()
        raise ImportError(name)

    def load(*_, **__):
        assert done.wait(10 if is_imported else 0) == is_imported
        raise EvaluationError("enough")

    fake = types.SimpleNamespace(import_module=note)
    monkeypatch.setattr("rekmetrics.run.judge.importlib", fake)
    monkeypatch.setattr("rekmetrics.run.judge.load_from_aws", load)
    with pytest.raises(EvaluationError, match="enough"):
        judge(options, f"task: {task}\nmetrics: {{reported_f1: 0.5}}\n")
    assert imported == [("sklearn.metrics", False)] * is_imported


def test_names_the_file_and_the_version_that_a_confidence_cannot_reach(options):
    """The version's assumed thresholds are 0.5, the baseline's 0.7."""
    rules = "metrics: {accuracy: {max_regression: 0.1}}\nmin_confidence: "
    with pytest.raises(RequestError, match=r"yaml: min_confidence: .* found 0\.4, "):
        judge(options, rules + "0.4", baseline_version=BAD)
    summary = json.loads(documents(zoo(6), BAD)["summary"])
    for report in summary["LabelEvaluationResults"]:
        report["Metrics"]["Threshold"] = 0.7
    folder = write_folder(
        options.thresholds.parent / "base",
        summary=json.dumps(summary).encode(),
        manifest=documents(zoo(6), BAD)["manifest"],
    )
    said = r"min_confidence in the baseline: .* assumed threshold 0\.7"
    with pytest.raises(RequestError, match=said):
        judge(options, rules + "0.6", baseline_dir=folder)


def test_says_why_warnings_alone_are_no_pass(options):
    """All checks ran and none failed, but none was decided either."""
    text = "metrics: {accuracy: {max_regression: 0.1}}\nbaseline: {on_missing: warning}"
    judgement = judge(options, text)
    reported = {o.check.id: "skipped" for o in judgement.verdict.outcomes}
    ends = Ends(reported)
    content = build_content(judgement, exit_code=5, ends=ends, hide_account=False)
    assert content.exit_sentence.endswith(
        "on 30 test images, but every check that may block ended as a warning, "
        "undefined or inconclusive: that is no evidence for a pass."
    )


def test_says_where_tests_are_missing(options):
    """Where no check was run at all, the tests may not be there."""
    judgement = judge(options, "metrics: {accuracy: 0.5, f1_macro: 0.5}\n")

    def told(ends: Ends) -> str:
        content = build_content(judgement, exit_code=5, ends=ends, hide_account=False)
        return content.exit_sentence

    assert (
        "none of 2 checks was run: either the tests that report them are missing "
        "(`rekmetrics init` writes quality_tests/)"
    ) in told(Ends())
    one = {"f1_macro": "passed"}
    assert "1 of 2 checks were not run (accuracy); run" in told(Ends(one))
    assert "quality_tests/ away: it may be of an older rekmetrics" in told(Ends(one))
    skipped = Ends(n_skipped=2, n_crashed=1)
    assert told(skipped).endswith(
        "none of 2 checks was run: 2 tests were skipped, 1 test crashed its process."
    )
    broken = Ends(one, n_broken=1)
    assert "were not run (accuracy): 1 test could not begin." in told(broken)


def test_speaks_of_a_version_that_no_file_names(tmp_path):
    """AWS's own sample has an ARN that was edited; nothing is called None."""
    folder = write_folder(tmp_path / "kept", **documents(zoo(1), GOOD))
    summary = json.loads((folder / "summary.json").read_bytes())
    summary["EvaluationDetails"]["ProjectVersionArn"] = "arn:aws:rekognition:nnn"
    (folder / "summary.json").write_text(json.dumps(summary))
    request = GateRequest(evaluation_dir=folder, thresholds=tmp_path / "t.yaml")
    judgement = judge(request, "metrics: {accuracy: 0.5}\n")
    content = build_content(judgement, exit_code=0, hide_account=False)
    told = "\n".join([*describe(judgement), content.exit_sentence])
    assert "None" not in told
    assert "The version, which no file names, was judged on 30 test images" in told
    assert "- manifest.jsonl" in told


def test_catches_the_regression_that_the_readme_shows(tmp_path):
    """The example's weak version beside the good one, in the very words."""
    good, weak = (
        load_from_folder(
            write_folder(
                tmp_path / version.version_name,
                summary=version.summary,
                manifest=version.manifest,
            )
        )
        for version in build_example()[:2]
    )
    rules = read_thresholds(ROOT / "thresholds.yaml")
    outcomes = judge_version(weak, rules, baseline=good).verdict.outcomes
    (said,) = (o.message for o in outcomes if o.check.id == "accuracy-regression")
    assert f"\n{said}\n" in (ROOT / "docs/how-to/baseline.md").read_text("utf-8")
