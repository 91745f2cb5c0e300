"""The command line: what it says, and which code it ends with."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

import pytest
from support.evaluation_files import write_folder

import rekmetrics
from rekmetrics import cli
from rekmetrics.cli._parser import build_parser, find_command, list_options
from rekmetrics.errors import AwsError, RequestError
from rekmetrics.fake_aws.files import (
    LabelledImage,
    entries_from_scores,
    write_manifest,
    write_summary,
)
from rekmetrics.metrics.registry import unregister

COMMANDS = (
    *("anonymize", "compare", "completion", "demo", "doctor", "explain", "fleet"),
    *("gate", "init", "policy", "verify", "versions"),
)
ARN = "arn:aws:rekognition:us-east-1:123456789012:project/rooms/1690000000000"


def replace_command(monkeypatch, action):
    """Have `rekmetrics doctor` do something else."""
    monkeypatch.setattr("rekmetrics.cli.doctor.run", lambda _: action())


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_explains_itself_in_80_columns(command, capsys, monkeypatch):
    """Every help fits a terminal and ends with 0."""
    monkeypatch.setenv("COLUMNS", "80")
    try:
        code = cli.main([*command, "--help"])
    except SystemExit as end:
        code = end.code
    text = capsys.readouterr().out
    assert code == 0
    assert " ".join(("usage: rekmetrics", *command)) in text
    assert max(map(len, text.splitlines())) <= 80


def test_lists_every_command(capsys):
    """The help names all commands, with what each does."""
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = capsys.readouterr().out
    for name in COMMANDS:
        assert re.search(rf"^    {name}\s+\w", text, re.MULTILINE)
    assert tuple(list_options()) == COMMANDS


@pytest.mark.parametrize("name", sorted(list_options().keys() - {"gate"}))
def test_gives_examples_that_it_understands(name, capsys):
    """Each command's help ends with some, and each is a command."""
    with pytest.raises(SystemExit):
        cli.main([name, "--help"])
    examples = getattr(find_command(name), "EXAMPLES", ())
    text = capsys.readouterr().out
    assert text.endswith(f"\n  {examples[-1]}\n")
    for line in examples:
        program, *words = shlex.split(line.removeprefix('eval "$(').rstrip(')"'))
        assert program == "rekmetrics"
        assert words[0] == name
        build_parser().parse_args(words)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["rekmetrics", "d"], {"demo", "doctor"}),
        (["rekmetrics", "demo", "--d"], {"--detection"}),
        (["rekmetrics", "gate", "--project"], {"--project-arn"}),
        (["rekmetrics", "nothing", "--"], set()),
        (["rekmetrics", ""], {*COMMANDS}),
        (
            ["rekmetrics", "compare", "--b"],
            {"--baseline-version", "--baseline-dir", "--by"},
        ),
    ],
)
def test_completes_words(words, found, capsys, tmp_path):
    """bash is asked what it would offer."""
    assert cli.main(["completion", "bash"]) == 0
    script = tmp_path / "completion.bash"
    script.write_text(
        f"{capsys.readouterr().out}\nCOMP_WORDS=({' '.join(words)})\n"
        f"COMP_CWORD={len(words) - 1}\n_rekmetrics\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    result = subprocess.run(
        ["/bin/bash", str(script)], capture_output=True, text=True, timeout=60
    )
    assert {*result.stdout.split()} == found, result.stderr


def test_tells_its_version(capsys):
    """`--version` alone is its own."""
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"rekmetrics {rekmetrics.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [[], ["unknown"], ["demo", "--unknown"], ["demo", "--out", "x"], ["verify"]],
)
def test_ends_wrong_requests_with_4(words, capsys):
    """A usage error is the caller's, not an interrupt."""
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    assert end.value.code == 4
    assert "rekmetrics" in capsys.readouterr().err


@pytest.mark.parametrize("error", [RequestError("wrong"), AwsError("denied")])
def test_says_errors_in_one_message(error, capsys, monkeypatch):
    """Message and exit code are the error's; there is no traceback."""

    def fail():
        raise error

    replace_command(monkeypatch, fail)
    assert cli.main(["doctor"]) == error.exit_code
    assert capsys.readouterr().err == f"rekmetrics: {error}\n"


def test_lets_no_message_command_a_terminal(capsys, monkeypatch):
    """Escape codes in a message are shown, not sent."""

    def fail():
        raise RequestError("label \x1b[31mred\u202e\nsecond line")

    replace_command(monkeypatch, fail)
    cli.main(["doctor"])
    error = capsys.readouterr().err
    assert error.splitlines() == [
        "rekmetrics: label \\x1b[31mred\\u202e",
        "second line",
    ]


def test_ends_interrupts_with_130(monkeypatch):
    """Ctrl-C is quiet."""

    def interrupt():
        raise KeyboardInterrupt

    replace_command(monkeypatch, interrupt)
    assert cli.main(["doctor"]) == 130


def test_does_not_blame_the_model_for_its_own_errors(capsys, monkeypatch):
    """An unexpected error ends with 3; 1 would mean that the model fell short."""

    def fail():
        raise KeyError("oops")

    replace_command(monkeypatch, fail)
    assert cli.main(["doctor"]) == 3
    assert "please report it" in capsys.readouterr().err


def test_is_quiet_when_nobody_reads_on():
    """`rekmetrics … | head` prints no error, and does not claim success."""
    code = (
        "import sys, rekmetrics.cli.doctor as d, rekmetrics.cli as c\n"
        "d.run = lambda _: print('x' * 1_000_000) or 0\n"
        "sys.exit(c.main(['doctor']))"
    )
    reader, writer = os.pipe()
    os.close(reader)
    try:
        process = subprocess.run(
            [sys.executable, "-c", code],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert (process.stderr, process.returncode) == ("", 141)


def test_does_its_work_where_output_is_closed():
    """`rekmetrics … >&-` ends as it would have."""
    code = (
        "import sys, rekmetrics.cli as c; sys.stdout = sys.stderr = None\n"
        "sys.exit(c.main(['doctor']))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("words", [[], ["-q"], ["tests"], ["--version", "v1"]])
def test_judges_nothing_unless_told_what(words, capsys, monkeypatch):
    """A gate without a model is refused before pytest could pass by itself."""
    monkeypatch.setattr(pytest, "main", lambda arguments: 0)
    assert cli.main(["gate", *words]) == 4
    assert "--project-arn ARN" in capsys.readouterr().err


def test_hands_the_gate_to_pytest(monkeypatch):
    """`--version NAME` is renamed, the rest is passed on, the code comes back."""
    seen = []
    monkeypatch.setattr(pytest, "main", lambda arguments: seen.append(arguments) or 6)
    code = cli.main(["gate", "-q", "--project-arn", ARN, "--version", "v1", "-x"])
    assert code == 6
    assert seen == [["-q", "--project-arn", ARN, "--version-name=v1", "-x"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--project-arn", ARN], "--version NAME"),
        (["--project-arn", "", "--version", "v1"], "is empty"),
        (["--project-arn", ARN, "--version", ""], "is empty"),
        (["--version", "v1"], "neither --project-arn nor"),
        (["--evaluation-dir", " "], "folder is empty"),
    ],
)
def test_refuses_half_a_model_version(words, told, tmp_path, capsys):
    """`explain` fetches nothing unless project and version are both named."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("metrics: {accuracy: 0.9}\n")
    assert cli.main(["explain", "--thresholds", str(thresholds), *words]) == 4
    assert told in capsys.readouterr().err


def test_explains_a_thresholds_file(tmp_path, capsys):
    """Without a version the rules are printed as they stand."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("metrics: {accuracy: 0.9}\n")
    assert cli.main(["explain", "--thresholds", str(thresholds)]) == 0
    assert "accuracy: 0.9 [1]" in capsys.readouterr().out


@pytest.mark.parametrize("flag", ["--baseline-version", "--baseline-dir"])
def test_explains_rules_whose_baseline_is_an_options(flag, tmp_path, capsys):
    """The gate is given it too; without it the rule compares with nothing."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("metrics: {accuracy: {max_regression: 0.1}}\n")
    words = ["explain", "--thresholds", str(thresholds)]
    assert cli.main(words) == 4
    assert "no baseline to compare with" in capsys.readouterr().err
    assert cli.main([*words, flag, "v1"]) == 0
    assert "The baseline was not looked at" in capsys.readouterr().out


def test_explains_beside_the_baseline(evaluation_dir, tmp_path, capsys):
    """With a version named it is read as by the gate, or it is said why not."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("metrics: {accuracy: {max_regression: 0.1}}\n")
    words = ["--thresholds", str(thresholds), "--evaluation-dir", str(evaluation_dir)]
    beside = ["--baseline-dir", str(evaluation_dir)]
    assert cli.main(["explain", *words, *beside]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "compared with version" in said
    assert "tested on 20 images" in said
    assert cli.main(["explain", *words, "--baseline-dir", str(tmp_path)]) == 6
    assert "the baseline: " in capsys.readouterr().err
    thresholds.write_text("metrics: {accuracy: 0.5}\n")
    assert cli.main(["explain", *words, *beside]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "a baseline was given, but no rule asks for max_regression" in said
    assert "what counts: of each image the most confident label" in said


def test_lists_the_metrics(capsys):
    """`explain --metrics` needs no thresholds file."""
    assert cli.main(["explain", "--metrics"]) == 0
    assert "accuracy (0 to 1, greater is better;" in capsys.readouterr().out


def test_names_the_mistakes_of_a_thresholds_file(tmp_path, capsys):
    """Mistakes end with 4, by line."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("metrics: {acuracy: 0.9}\n")
    assert cli.main(["explain", "--thresholds", str(thresholds)]) == 4
    assert "accuracy" in capsys.readouterr().err


def test_checks_files_before_a_commit(tmp_path, capsys):
    """Quiet and 0, or the mistakes of all files and 4."""
    names = ("a.yaml", "b.yaml", "c.yaml")
    good, bad, worse = paths = [tmp_path / name for name in names]
    good.write_text("metrics: {accuracy: 0.9}\n")
    bad.write_text("metrics:\n  acuracy: 0.9\n  f1_macro: 90\n")
    worse.write_text("metrics: [\n")
    assert cli.main(["explain", "--check", str(good), str(good)]) == 0
    assert capsys.readouterr() == ("", "")
    assert cli.main(["explain", "--check", *map(str, [*paths, tmp_path / "d"])]) == 4
    told = capsys.readouterr().err
    assert "acuracy" in told
    assert "f1_macro" in told
    assert all(f"{path}:" in told for path in (bad, worse, tmp_path / "d"))
    assert str(good) not in told


def test_checks_fleets_too(tmp_path, capsys):
    """A file with models is a fleet's, whatever its name; nothing is fetched."""
    path = tmp_path / "models.yaml"
    path.write_text(f"models:\n  rooms: {{project_arn: '{ARN}', version_name: v1}}\n")
    assert cli.main(["explain", "--check", str(path)]) == 0
    path.write_text(f"models:\n  rooms: {{project_arn: '{ARN}', version: v1}}\n")
    assert cli.main(["explain", "--check", str(path)]) == 4
    told = capsys.readouterr().err
    assert f"{path}:2:" in told
    assert "unknown key; did you mean 'version_name'?" in told


def test_checks_the_thresholds_of_here(tmp_path, capsys, monkeypatch):
    """Without a FILE it is the one that the gate would read."""
    monkeypatch.chdir(tmp_path)
    assert cli.main(["explain", "--check"]) == 4
    assert "thresholds.yaml" in capsys.readouterr().err


@pytest.mark.parametrize(
    "named",
    [
        ["--project-arn", ARN, "--version", "v1"],
        ["--version-name", ""],
        ["--evaluation-dir", "kept"],
    ],
)
def test_checks_no_version(tmp_path, capsys, named):
    """It would not look at the labels, so a typo in one must not seem checked."""
    path = tmp_path / "thresholds.yaml"
    path.write_text("labels: {eigth: {recall: 0.9}}\n")
    assert cli.main(["explain", "--check", str(path), *named]) == 4
    told = capsys.readouterr().err
    assert "--check reads files alone" in told
    assert len(told.splitlines()) <= 2


def test_takes_no_file_that_it_would_not_look_at(tmp_path, capsys):
    """`explain FILE` names one in the wrong way."""
    assert cli.main(["explain", "other.yaml"]) == 4
    assert "--thresholds FILE" in capsys.readouterr().err


def test_imports_no_arrays_to_check_a_file(tmp_path):
    """A commit waits for it; reading and judging the file needs YAML and pydantic."""
    path = tmp_path / "thresholds.yaml"
    path.write_text("metrics: {accuracy: 0.9}\nlabels: {'*': {recall: 0.5}}\n")
    code = (
        "import sys, rekmetrics.cli as c\n"
        f"assert c.main(['explain', '--check', {str(path)!r}]) == 0\n"
        "heavy = {'numpy', 'boto3', 'sklearn', 'pytest', 'msgspec'}\n"
        "print(heavy & set(sys.modules))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (process.stdout, process.stderr) == ("set()\n", "")


def test_imports_nothing_heavy_for_help():
    """Help and errors come at once."""
    code = (
        "import sys, rekmetrics.cli as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'boto3', 'sklearn', 'pytest', 'pydantic', 'msgspec'}\n"
        "print(heavy & set(sys.modules), file=sys.stderr)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.stderr == "set()\n"


@pytest.fixture
def evaluation_dir(tmp_path):
    """Nine of ten caps are right, and all hats."""
    images = []
    for number in range(20):
        truth = "cap" if number < 10 else "hat"
        seen = "hat" if number == 0 else truth
        scores = {"cap": 0.2, "hat": 0.2, seen: 0.9}
        entries = entries_from_scores(truth, scores, {"cap": 0.5, "hat": 0.5})
        images.append(LabelledImage(f"s3://b/{number}.png", (truth,), entries))
    summary = write_summary(images, labels=["hat", "cap"])
    manifest = write_manifest(images)
    return write_folder(tmp_path / "evaluation", summary=summary, manifest=manifest)


def test_explains_rules_label_by_label(evaluation_dir, tmp_path, capsys):
    """With a version named, globs become its labels."""
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text('labels: {"*": {recall: 0.9}}\n')
    words = ["--thresholds", str(thresholds), "--evaluation-dir", str(evaluation_dir)]
    assert cli.main(["explain", *words]) == 0
    text = capsys.readouterr().out
    assert text.index("'hat'") < text.index("'cap'")
    assert text.count("recall: at least 0.9 [1]") == 2


def test_sets_up_a_repository_once(evaluation_dir, tmp_path, capsys, monkeypatch):
    """`init` writes what is not there, and `init --update` only proposes."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    words = ["init", "--evaluation-dir", str(evaluation_dir)]
    assert cli.main(words) == 0
    assert "written: thresholds.yaml\n" in capsys.readouterr().out
    bounds = folder / "thresholds.yaml"
    changed = re.sub(
        "accuracy: 0[.0-9]+", "accuracy: 0.01", bounds.read_text(), count=1
    )
    bounds.write_text(changed)
    assert cli.main(words) == 0
    assert "left alone, was there already: thresholds.yaml" in capsys.readouterr().out
    assert cli.main([*words, "--update"]) == 0
    assert "accuracy could rise to 0." in capsys.readouterr().out
    assert bounds.read_text() == changed


def test_bounds_losses_beside_a_baseline(evaluation_dir, tmp_path, capsys, monkeypatch):
    """`init --baseline-dir` reads both, and writes what may be lost."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    words = ["init", "--evaluation-dir", str(evaluation_dir), "--ci", "none"]
    assert cli.main([*words, "--false-alarm-rate", "2"]) == 4
    assert cli.main([*words, "--baseline-dir", str(evaluation_dir)]) == 0
    assert "max_regression" in (folder / "thresholds.yaml").read_text("utf-8")
    assert cli.main(["init"]) == 4
    assert "which model version?" in capsys.readouterr().err


def test_sets_up_no_file_of_another_name(evaluation_dir, capsys, monkeypatch):
    """`init --thresholds FILE` would write a file that it was not asked for."""
    monkeypatch.chdir(evaluation_dir)
    words = ["--evaluation-dir", str(evaluation_dir), "--thresholds", "other.yaml"]
    assert cli.main(["init", *words]) == 4
    assert "goes with --update" in capsys.readouterr().err
    assert not (evaluation_dir / "thresholds.yaml").exists()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--project-arn", "", "--version", "v1"], 4, "is empty"),
        (["--project-arn", ARN, "--version", ""], 4, "is empty"),
        (["--project-arn", ARN, "--version"], 4, "is empty"),
        (["--evaluation-dir", "nowhere"], 4, "nowhere"),
    ],
)
def test_refuses_a_wrong_gate_in_one_message(words, code, told, tmp_path):
    """The real command: pytest's own answer to `--version` never comes up."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "thresholds.yaml").write_text("metrics: {accuracy: 0.9}\n")
    process = subprocess.run(
        [sys.executable, "-m", "rekmetrics", "gate", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == code, process.stderr
    assert told in process.stderr
    assert "Traceback" not in process.stderr


OWN = """\
from rekmetrics.metrics.registry import register

def n_caps(evaluation):
    "Images that bear a cap."
    return int(evaluation.support[evaluation.labels.index("cap")])

register("n_caps", n_caps, greater_is_better=True, highest=1000)
"""


def test_knows_the_metrics_of_a_team(evaluation_dir, tmp_path, capsys, monkeypatch):
    """What conftest.py registers can be explained, raised and listed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thresholds.yaml").write_text("metrics: {n_caps: 5}\n")
    words = ("--evaluation-dir", str(evaluation_dir))
    for command, told in (
        (("explain",), "n_caps: 5 [1]"),
        (("explain", *words), "n_caps: at least 5 [1]; blocks"),
        (("explain", "--metrics"), "Images that bear a cap."),
        (("init", "--update", *words), "n_caps could rise to 10 "),
    ):
        (tmp_path / "conftest.py").unlink(missing_ok=True)
        if "--metrics" not in command:
            assert cli.main(command) == 4
            assert "unknown metric 'n_caps'" in capsys.readouterr().err
        (tmp_path / "conftest.py").write_text(OWN)
        try:
            assert cli.main(command) == 0
        finally:
            unregister("n_caps")
        assert told in capsys.readouterr().out


def test_runs_no_conftest_that_has_no_metrics(tmp_path, capsys, monkeypatch):
    """It may need a pytest around it; one of ours that breaks is named."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thresholds.yaml").write_text("metrics: {accuracy: 0.5}\n")
    conftest = tmp_path / "conftest.py"
    conftest.write_text("raise SystemExit(0)\n")
    assert cli.main(["explain"]) == 0
    conftest.write_text("import rekmetrics.metrics.registry\nraise SystemExit(0)\n")
    assert cli.main(["explain"]) == 4
    assert "conftest.py was run for the metrics" in capsys.readouterr().err
