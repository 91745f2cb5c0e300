"""`rekmetrics doctor`: what it looks at, what it says and how it exits."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest
from support.gates import ARN, GOOD

from rekmetrics import cli
from rekmetrics.cli import doctor

NO_PROJECT = Namespace(
    project_arn=None, version_name=None, aws_profile=None, images=None
)
HEALTHY = {"pytest": "9.2.0", "pytest-html": "4.1.1"}


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace what is installed, and what rekmetrics asks for."""

    def replace(versions: dict[str, str], *requirements: str) -> None:
        def version(name: str) -> str:
            if name not in versions:
                raise importlib.metadata.PackageNotFoundError(name)
            return versions[name]

        monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
        monkeypatch.setattr(importlib.metadata, "version", version)
        monkeypatch.setattr(importlib.metadata, "requires", lambda name: requirements)
        monkeypatch.setattr(doctor, "_startup_module", lambda: "/site/_startup.py")
        monkeypatch.setattr(
            importlib.metadata, "entry_points", lambda **wanted: [wanted]
        )

    return replace


def test_says_that_all_is_well(installed, capsys):
    """A healthy environment: exit code 0, and the last line says so."""
    installed(HEALTHY, "pytest>=8.2", "pytest-html>=4.1")
    assert doctor.run(NO_PROJECT) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ok    pytest 9.2.0" in lines
    assert lines[-2].startswith("All is well")


def test_tells_what_to_do_without_the_start_up_file(installed, capsys, monkeypatch):
    """Exit code 1, and both spellings that work all the same."""
    installed(HEALTHY, "pytest>=8.2")
    monkeypatch.setattr(doctor, "_startup_module", lambda: "")
    assert doctor.run(NO_PROJECT) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "bad start-up file is not active in this interpreter" in out
    assert "Use --version-name NAME or `rekmetrics gate`" in out
    assert "All is well" not in out


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("8.1.2", 1),
        ("8.2.0rc1", 1),
        ("8.2", 0),
        ("8.2.0", 0),
        ("8.3.0rc1", 0),
        ("8.10.1", 0),
    ],
)
def test_compares_versions_as_numbers(installed, version, code):
    """8.10 is newer than 8.2, 8.2.0 is not older, and its release candidate is."""
    installed({"pytest": version}, "pytest>=8.2")
    assert doctor.run(NO_PROJECT) == code


def test_names_what_is_missing(installed, capsys):
    """A missing library is an illness, a missing extra is a note."""
    requirements = [
        "boto3[crt]>=1.35",
        'moto[s3]>=5; extra == "demo"',
        'tomli>=2; python_version < "3.0"',
    ]
    installed({}, *requirements)
    assert doctor.run(NO_PROJECT) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:5] == [
        "bad   boto3 is not installed, boto3 1.35 or newer is needed: pip install",
        '      "boto3[crt]>=1.35"',
    ]
    assert lines[5].startswith("note  moto is not installed (optional, for demo)")
    assert "moto[s3]>=5" in lines[5] + lines[6]
    assert not any("tomli" in line for line in lines)


def test_says_where_versions_cannot_be_compared(installed, capsys, monkeypatch):
    """Without packaging the doctor still answers, and tells what to do."""
    installed(HEALTHY, "pytest>=8.2")
    monkeypatch.setitem(sys.modules, "packaging.requirements", None)
    assert doctor.run(NO_PROJECT) == 1
    assert "pip install packaging" in " ".join(capsys.readouterr().out.split())


def test_sees_that_the_plugin_is_not_registered(installed, capsys, monkeypatch):
    """Files on a path are no plugin: pytest looks for an entry point."""
    installed(HEALTHY)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **wanted: [])
    assert doctor.run(NO_PROJECT) == 1
    assert "bad   plugin is not registered" in capsys.readouterr().out


def test_sees_that_plugins_are_switched_off(installed, capsys, monkeypatch):
    """PYTEST_DISABLE_PLUGIN_AUTOLOAD keeps every installed plugin out."""
    installed(HEALTHY)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    assert doctor.run(NO_PROJECT) == 1
    assert "-p rekmetrics.plugin -p html -p metadata" in " ".join(
        capsys.readouterr().out.split()
    )


SETTINGS = {
    "pytest.ini": "[pytest]\naddopts = -q --project-arn arn:aws:x\n",
    "tox.ini": "[tox]\n[pytest]\naddopts =\n  -q\n  --evaluation-dir=here\n",
    "setup.cfg": "[tool:pytest]\naddopts = --project-arn=arn:aws:x\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--project-arn x"\n',
    "pytest.toml": '[pytest]\naddopts = ["--evaluation-dir", "x"]\n',
}


@pytest.mark.parametrize("name", SETTINGS)
def test_sees_a_gate_in_settings(installed, capsys, monkeypatch, tmp_path, name):
    """A lone --version can't be told from a gate's there: code 1, and the place."""
    installed(HEALTHY)
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    (tmp_path / name).write_text(SETTINGS[name].replace("--", "--x"))
    assert doctor.run(NO_PROJECT) == 0
    (tmp_path / name).write_text(SETTINGS[name])
    assert doctor.run(NO_PROJECT) == 1
    assert f"{name} gives pytest --" in " ".join(capsys.readouterr().out.split())


def test_sees_a_gate_in_the_environment(installed, capsys, monkeypatch):
    """PYTEST_ADDOPTS is a setting as well."""
    installed(HEALTHY)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-q --project-arn=arn:aws:x")
    assert doctor.run(NO_PROJECT) == 1
    assert "PYTEST_ADDOPTS gives pytest --project-arn" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["[pytest", "\0", "[tool]\npytest = 3\n"])
def test_survives_broken_settings(installed, monkeypatch, tmp_path, text):
    """What pytest will refuse is not the doctor's to judge."""
    installed(HEALTHY)
    monkeypatch.chdir(tmp_path)
    for name in SETTINGS:
        (tmp_path / name).write_text(text)
    assert doctor.run(NO_PROJECT) == 0


def test_fits_eighty_columns(installed, capsys, monkeypatch):
    """Every line is at most 80 columns wide, those of bad news too."""
    installed({}, "pytest>=8.2", 'Pillow>=10; extra == "thumbnails"')
    monkeypatch.setattr(doctor, "_startup_module", lambda: "")
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    doctor.run(NO_PROJECT)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize("flags", [["-S"], ["-S", "-E"]])
def test_sees_an_interpreter_without_site(flags):
    """Under `python -S` no start-up file is read, and the doctor tries just that."""
    path = str(Path(doctor.__file__).parents[2])
    code = f"import sys; sys.path.append({path!r})\nfrom rekmetrics.cli import doctor\n"
    code += "print(repr(doctor._startup_module()))"
    command = [sys.executable, *flags, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.stdout, result.stderr) == ("''\n", "")


def test_imports_nothing_heavy():
    """A doctor answers at once: no boto3, numpy, scikit-learn or pytest."""
    code = (
        "import sys; from rekmetrics.cli import doctor; list(doctor.diagnose()); "
        "print({'boto3', 'numpy', 'sklearn', 'pytest', 'scipy'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.stdout, result.stderr) == ("set()\n", "")


@pytest.fixture
def aws(installed, zoo_aws, monkeypatch):
    """A healthy environment whose AWS is one on loopback."""
    installed(HEALTHY, "pytest>=8.2")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in zoo_aws.environment({}).items():
        monkeypatch.setenv(name, value)
    return zoo_aws


def look(*words: str) -> int:
    return cli.main(["doctor", "--project-arn", ARN, *words])


def test_says_what_the_gate_may_do(aws, capsys):
    """Where credentials come from, and each permission; nothing of them is shown."""
    aws.projects.requests.clear()
    assert look("--version", GOOD) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "ok    region is us-east-1, as the ARN says" in lines
    assert "ok    credentials come from environment variables" in lines
    assert "ok    rekognition:DescribeProjectVersions is allowed" in lines
    assert "ok    the summary may be read from s3://rekmetrics-demo" in lines
    assert "ok    the manifest may be read from s3://rekmetrics-demo" in lines
    assert {name for name, _ in aws.projects.requests} == {"DescribeProjectVersions"}


def test_looks_at_a_project_alone(aws, capsys):
    """Without a version there is nothing in S3 to be looked at."""
    assert look() == 0
    said = capsys.readouterr().out
    assert "DescribeProjectVersions is allowed (2 versions)" in " ".join(said.split())
    assert "with --version NAME, S3 is looked at too" in said


def test_finds_the_version_that_a_word_or_an_arn_stands_for(aws, capsys):
    """As the gate does: `@running`, or a version's ARN in place of the project's."""
    versions = aws.projects.versions[ARN]
    found = {raw["ProjectVersionArn"].split("/")[3]: raw for raw in versions}
    try:
        assert look("--version", "@running") == 1
        assert "no version of project" in capsys.readouterr().out
        found[GOOD]["Status"] = "RUNNING"
        assert look("--version", "@running") == 0
        assert f"ok    @running is {GOOD} today" in capsys.readouterr().out
    finally:
        found[GOOD]["Status"] = "TRAINING_COMPLETED"
    arn = found[GOOD]["ProjectVersionArn"]
    assert cli.main(["doctor", "--project-arn", arn]) == 0
    assert "DescribeProjects is allowed" in capsys.readouterr().out
    assert look("--version", "@newest") == 4


def test_names_the_permission_that_lacks(aws, capsys):
    """Exit code 1, and what to allow."""
    aws.projects.fail("DescribeProjectVersions", "AccessDeniedException", n=9)
    assert look("--version", GOOD) == 1
    assert "rekognition:DescribeProjectVersions" in capsys.readouterr().out
    aws.projects.next_answers.clear()


def test_tries_what_comparing_images_takes(aws, capsys):
    """Lists, and asks of one object; whose ETag may be no hash."""
    place = aws.put_object("pictures/1.png", b"picture")
    folder = f"s3://{place['Bucket']}/pictures"
    assert look("--images", folder) == 0
    said = capsys.readouterr().out
    assert "ok    s3:ListBucket is allowed on rekmetrics-demo" in said
    assert "ok    s3:GetObject is allowed on rekmetrics-demo" in said
    assert look("--images", f"{folder}/none/") == 0
    assert "there is no image in" in capsys.readouterr().out
    assert look("--images", "s3://no-such-bucket") == 1
    assert "does not exist" in capsys.readouterr().out
    assert cli.main(["doctor", "--images", folder]) == 4


def test_shows_no_secret(aws, capsys, monkeypatch):
    """Neither key nor token, whatever AWS says of them."""
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIAZZZZMADEUPKEYID0",
        "AWS_SECRET_ACCESS_KEY": "made/up+secret0key1of2forty3characters45",
        "AWS_SESSION_TOKEN": "made-up-session-token-0123456789",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    look("--version", GOOD)
    said = capsys.readouterr()
    assert not any(value in said.out + said.err for value in secrets.values())


def test_says_that_there_are_no_credentials(aws, capsys, monkeypatch):
    """Exit code 1, and how to give some."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert look() == 1
    assert "no AWS credentials were found" in " ".join(capsys.readouterr().out.split())


def test_looks_at_no_version_of_nothing(capsys):
    """A version without its project is a wrong request."""
    assert cli.main(["doctor", "--version", GOOD]) == 4
    assert "--project-arn" in capsys.readouterr().err
    assert cli.main(["doctor", "--project-arn", "rooms"]) == 4
