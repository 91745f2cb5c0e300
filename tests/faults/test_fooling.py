"""Ways to a green end without a judged model: none of them is one."""

from __future__ import annotations

import json

import pytest
import sklearn.metrics  # noqa: F401 (pytester would have it imported twice)
from support.environments import PROJECT
from support.gates import BAD, GOOD, THRESHOLDS, documents, zoo

from rekmetrics import cli
from rekmetrics.gate import Outcome
from rekmetrics.metrics.registry import unregister

pytestmark = pytest.mark.slow

pytest_plugins = ["pytester"]

OWN_TESTS = PROJECT / "quality_tests/test_quality.py"


class Repository:
    """A team's repository with both evaluations in it, and pytest run in process."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path
        self.write("thresholds.yaml", THRESHOLDS)
        self.write("quality_tests/test_quality.py", OWN_TESTS.read_text())
        for name, n_wrong in ((GOOD, 1), (BAD, 6)):
            made = documents(zoo(n_wrong), name)
            self.write(f"{name}/summary.json", made["summary"].decode())
            self.write(f"{name}/manifest.jsonl", made["manifest"].decode())

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def judge(self, name: str, *words: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess(
            *("--evaluation-dir", name, "--metrics-json", "m.json", *words)
        )

    def result(self) -> tuple[str, int]:
        document = json.loads((self.folder / "m.json").read_text())
        return document["verdict"], document["exit_code"]


@pytest.fixture
def repository(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return Repository(pytester)


@pytest.mark.parametrize(
    "words",
    [
        ("--maxfail=1",),
        ("-x",),
        ("--runxfail",),
        ("-W", "error"),
        ("--strict-markers",),
        ("--no-summary",),
        ("-p", "no:terminal"),
        ("-p", "no:junitxml"),
        ("-p", "no:skipping"),
        ("-p", "no:cacheprovider"),
        ("--noconftest",),
        ("--import-mode=importlib",),
        ("--pyargs",),
        ("-o", "xfail_strict=true"),
        ("-o", "empty_parameter_set_mark=xfail"),
        ("--continue-on-collection-errors",),
        ("--tb=no", "-qq"),
        ("--confcutdir=quality_tests",),
    ],
    ids=" ".join,
)
def test_blocks_a_bad_version_under_any_option(repository: Repository, words) -> None:
    """Options that do not touch the selection do not touch the verdict either."""
    assert repository.judge(BAD, *words).ret == 1
    assert repository.result() == ("failed", 1)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (5, ("-k", "no_such_test")),
        (5, ("-k", "recall")),
        (5, ("-m", "slow")),
        (5, ("--deselect=quality_tests/test_quality.py::test_label",)),
        (5, ("--ignore-glob=*quality.py",)),
        (5, ("--co", "-q")),
        (5, ("--lf", "--lfnf=none")),
        (5, ("--pyargs", "rekmetrics.errors")),
        (5, ("-p", "no:python")),
        (5, ("-c", "other.ini")),
        (5, ("other",)),
        (4, ("no-such-file",)),
        (4, ("-p", "no:html")),
        (4, ("-p", "no:metadata")),
        (4, ("-p", "no:rekmetrics-session")),
        (4, ("-p", "no:rekmetrics-items")),
        (4, ("-p", "no:rekmetrics-html")),
        (4, ("-p", "no:rekmetrics-refusal", "--thresholds=none.yaml")),
        (4, ("--evaluation-dir", BAD)),
    ],
)
def test_is_not_green_without_every_check(repository: Repository, code, words) -> None:
    """A good version, of which not all was looked at, is no pass."""
    repository.write("other/test_other.py", "def test_other(): pass\n")
    repository.write("other.ini", "[pytest]\naddopts = -k accuracy\n")
    repository.write("m.json", '{"verdict": "passed", "exit_code": 0}')
    assert repository.judge(GOOD, *words).ret == code
    assert repository.result() == ("incomplete", code)


@pytest.mark.parametrize(
    "options",
    ["--collect-only", "-k accuracy", "--setup-plan", "--fixtures", "--help", "-h"],
)
def test_is_not_green_by_the_environment(repository, monkeypatch, options) -> None:
    """PYTEST_ADDOPTS selects no more than the command line."""
    monkeypatch.setenv("PYTEST_ADDOPTS", options)
    assert repository.judge(GOOD).ret == 5


@pytest.mark.parametrize("options", ["-p no:rekmetrics.plugin"])
def test_is_not_green_without_the_plugin(repository, monkeypatch, options) -> None:
    """Where the plugin is kept out, pytest does not know the options."""
    monkeypatch.setenv("PYTEST_ADDOPTS", options)
    assert repository.judge(GOOD).ret == 4


HOOKS = [
    "pytest_cmdline_main(config)",
    "pytest_configure(config)",
    "pytest_sessionstart(session)",
    "pytest_collection(session)",
    "pytest_collection_modifyitems(items)",
    "pytest_runtestloop(session)",
    "pytest_runtest_logreport(report)",
    "pytest_sessionfinish(session)",
    "pytest_terminal_summary(config)",
    "pytest_html_results_summary(prefix)",
    "pytest_unconfigure(config)",
]


@pytest.mark.parametrize(
    "way", ["raise SystemExit(0)", "__import__('pytest').exit('x', 0)"]
)
@pytest.mark.parametrize("hook", HOOKS)
def test_is_not_green_by_an_exit(repository: Repository, hook: str, way: str) -> None:
    """Whatever hook of a conftest.py ends the process with 0, the gate does not."""
    repository.write("conftest.py", f"def {hook}: {way}\n")
    assert repository.judge(BAD).ret in (1, 2, 3, 5)
    assert repository.result()[0] != "passed"


@pytest.mark.parametrize(
    ("place", "codes"), [("conftest.py", (4,)), ("quality_tests/conftest.py", (2, 3))]
)
@pytest.mark.parametrize(
    "text", ["raise SystemExit(0)", "import pytest; pytest.exit('x', 0)", "1 / 0"]
)
def test_is_not_green_by_a_conftest_that_ends_early(
    repository: Repository, place: str, codes: tuple[int, ...], text: str
) -> None:
    """A conftest.py that raises, or exits with 0, while it is imported."""
    repository.write(place, text)
    assert repository.judge(GOOD).ret in (*codes, 2)


TRICKS = {
    "another-fixture": (
        "import pytest\n"
        "class Held:\n    def assert_holds(self): pass\n"
        "@pytest.fixture\ndef metric_check(request): return Held()\n"
        "label_check = metric_check\n"
    ),
    "skips": (
        "import pytest\n"
        "@pytest.fixture(autouse=True)\ndef skipped(): pytest.skip('later')\n"
    ),
    "drops": "def pytest_collection_modifyitems(items): items[1:] = []\n",
    "runs-nothing": (
        "import pytest\n"
        "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(): return True\n"
    ),
    "answers-for-main": "def pytest_cmdline_main(): return 0\n",
    "clears-properties": (
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_logreport(report): report.user_properties = []\n"
    ),
    "breaks-properties": (
        "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_logreport(report): report.user_properties = [1]\n"
    ),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_is_not_green_by_a_trick_of_a_conftest(repository, trick) -> None:
    """Checks that were not reported by our own fixture leave the run incomplete."""
    repository.write("conftest.py", TRICKS[trick])
    assert repository.judge(GOOD).ret in (3, 5)
    assert repository.result()[0] != "passed"


@pytest.mark.parametrize(
    "text",
    [
        (
            "import pytest\ndef pytest_collection_modifyitems(items):\n"
            "    for item in items: item.add_marker(pytest.mark.xfail)\n"
        ),
        (
            "import pytest\n@pytest.hookimpl(wrapper=True)\n"
            "def pytest_runtest_makereport():\n"
            "    report = yield\n    report.outcome = 'passed'\n    return report\n"
        ),
        (
            "import pytest\n@pytest.hookimpl(tryfirst=True)\n"
            "def pytest_runtest_logreport(report): report.outcome = 'passed'\n"
        ),
        (
            "import pytest\n@pytest.hookimpl(wrapper=True, tryfirst=True)\n"
            "def pytest_cmdline_main():\n    yield\n    return 0\n"
        ),
    ],
    ids=["xfail", "outcome", "late-outcome", "code"],
)
def test_blocks_though_a_miss_is_called_a_pass(repository: Repository, text) -> None:
    """The verdict stands before pytest starts; nobody turns a report of it round."""
    repository.write("conftest.py", text)
    assert repository.judge(BAD).ret == 1
    assert repository.result() == ("failed", 1)


def test_needs_the_check_and_not_its_name(repository: Repository) -> None:
    """A team's own property of the same name does not turn a miss into a pass."""
    repository.write(
        "quality_tests/test_other.py",
        "def test_other(record_property): record_property('check', 'accuracy')\n",
    )
    assert repository.judge(BAD, "-k", "other").ret != 0


def test_is_not_green_by_outcomes_that_are_changed(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What no longer blocks once the tests run has blocked before."""
    monkeypatch.setattr(Outcome, "is_blocking", Outcome.is_blocking)
    repository.write(
        "conftest.py",
        "from rekmetrics.gate import Outcome\n"
        "def pytest_collection_finish(): Outcome.is_blocking = False\n",
    )
    assert repository.judge(BAD).ret == 1
    assert repository.result() == ("failed", 1)


def test_is_not_green_by_a_metric_that_exits(
    repository: Repository, request: pytest.FixtureRequest
) -> None:
    """A metric of the team's own that ends the process with 0 while it is computed."""
    request.addfinalizer(lambda: unregister("leaving"))
    repository.write(
        "conftest.py",
        "from rekmetrics.metrics.registry import register\n"
        "def leaving(evaluation): raise SystemExit(0)\n"
        "register('leaving', leaving, greater_is_better=True)\n",
    )
    repository.write("thresholds.yaml", "metrics: {leaving: 0.1}\n")
    assert repository.judge(BAD).ret == 3
    assert repository.result() == ("incomplete", 3)


def test_is_not_green_by_a_plugin_that_exits(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """While it is imported, before pytest has looked at any option."""
    repository.write("leaving.py", "raise SystemExit(0)\n")
    monkeypatch.syspath_prepend(repository.folder)
    words = ["gate", "--evaluation-dir", GOOD, "-p", "leaving"]
    assert cli.main(words) == 4
    assert "a plugin ended pytest while it was loaded" in capsys.readouterr().err


@pytest.mark.parametrize("restarts", ["0", "4"])
def test_is_not_green_when_a_worker_dies(repository: Repository, restarts) -> None:
    """os._exit(0) in a test, under pytest-xdist."""
    repository.write(
        "quality_tests/test_dies.py", "import os\ndef test_dies(): os._exit(0)\n"
    )
    result = repository.judge(GOOD, "-n", "2", f"--max-worker-restart={restarts}")
    assert result.ret in (1, 3, 5)
    assert repository.result()[0] != "passed"


def test_is_interrupted_by_stepwise(repository: Repository) -> None:
    """pytest calls that an interruption, and so does the gate."""
    assert repository.judge(BAD, "--stepwise").ret == 2
    assert repository.result() == ("incomplete", 2)


def test_needs_more_than_a_folder_of_tests(repository: Repository) -> None:
    """quality_tests/ without the gate's own tests reports no check."""
    repository.write("quality_tests/test_quality.py", "def test_all_is_well(): pass\n")
    assert repository.judge(GOOD).ret == 5


RULES = {
    "inconclusive": (
        "metrics: {accuracy: {min: 0.9, min_support: 1000, on_inconclusive: warning}}"
    ),
    "warning": "metrics: {accuracy: {min: 0.99, level: warning}}",
    "off": 'labels: {"*": {recall: off}}',
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_is_not_green_by_rules_that_decide_nothing(repository, rules) -> None:
    """Warnings, switched-off and inconclusive checks alone are no verdict."""
    repository.write("thresholds.yaml", f"{rules}\n")
    assert repository.judge(GOOD).ret != 0
    assert repository.result()[0] != "passed"
