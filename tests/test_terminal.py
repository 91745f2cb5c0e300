"""What a gate says in the terminal beside pytest's own lines."""

from __future__ import annotations

import pytest
from support.gates import BAD, Gate

pytestmark = pytest.mark.slow

CONFTEST = """\
import pytest

@pytest.fixture(autouse=True)
def talking(request):
    yield
    if request.node.name == "test_metric[accuracy]":
        print("said while it was taken down")

def pytest_terminal_summary(terminalreporter):
    kept = [report.when for report in terminalreporter.stats.get("", ())]
    print("set-ups and teardowns kept:", kept)
"""


def test_forgets_silent_reports_and_shows_the_others(gate: Gate):
    """pytest would go through all of them for each failure: 4,000 take a minute."""
    gate.write(
        "quality_tests/test_quality.py",
        "def test_metric(metric_check):\n    metric_check.assert_holds()\n\n"
        "def test_label(label_check):\n    label_check.assert_holds()\n",
    )
    gate.write("quality_tests/conftest.py", CONFTEST)
    result = gate.judge(BAD)
    assert result.returncode == 1
    assert "set-ups and teardowns kept: ['teardown']" in result.stdout
    assert "said while it was taken down" in result.stdout
    assert "Captured stdout teardown" in result.stdout
