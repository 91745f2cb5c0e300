"""
Lets pytest's own `--version` carry a value where a quality gate is asked for.

`rekmetrics_startup.pth` (`rekmetrics_startup.start` from Python 3.15 on) calls `start`
before the program begins. It renames `--version NAME` to `--version-name=NAME` when
the program is pytest, which answers a `--version` of its own before any plugin is
loaded, and exits 0. A `--version` without a name stays pytest's, unless
`--project-arn`, `--evaluation-dir` or an ARN of Rekognition stands beside it.

Only `sys` is imported here, not even `__future__`, and no file and no environment
variable is read: every Python process of the environment may come this way.
PYTEST_DONT_REWRITE: pytest would warn that it came too late to rewrite this module.
"""

import sys

__all__ = ["is_gate", "names_version", "rename_version", "start"]

_CANONICAL = "--version-name="
_SPELLINGS = ("--version", "-V")
_NAMING = ("--version-name", "--baseline-version")


def start() -> None:
    """Rename the options in `sys.argv`, in place, where they are a model's."""
    argv = getattr(sys, "argv", [])  # an embedded interpreter has none
    first = _first_argument(argv, sys.orig_argv)
    if first and (is_gate(argv[first:]) or names_version(argv[first:])):
        argv[first:] = rename_version(argv[first:])


def is_gate(arguments: list[str]) -> bool:
    """
    Whether pytest's arguments ask for a gate: a project or a folder to judge.

    An ARN of Rekognition behind a misspelt option asks for one too: pytest then refuses
    the option, instead of answering `--version` with exit code 0.
    """
    return any(
        argument.partition("=")[0] in {"--project-arn", "--evaluation-dir"}
        or ":rekognition:" in argument
        for argument in arguments
    )


def names_version(arguments: list[str]) -> bool:
    """
    Whether a name follows `--version`: a model's, since pytest's own takes none.

    The ARN may be forgotten, or stand in `addopts` or `PYTEST_ADDOPTS`.
    """
    return any(
        argument in _SPELLINGS and not after.startswith("-")
        for argument, after in zip(arguments, [*arguments, "-"][1:], strict=True)
    )


def rename_version(arguments: list[str]) -> list[str]:
    """
    Spell `--version NAME`, `--version=NAME` and `-V NAME` as `--version-name=NAME`.

    One word, since pytest takes a separate NAME that is also a folder for a path. A
    missing value becomes an empty one, which the plugin refuses. Words after `--` are
    renamed too: pytest 9 looks for `--version` even there. `@latest` is joined to the
    other spellings, since pytest takes a word of its own that begins so for a file.
    """
    renamed = []
    rest = arguments[::-1]
    while rest:
        word = rest.pop()
        if word in _SPELLINGS:
            has_value = rest and not rest[-1].startswith("-")
            word = _CANONICAL + (rest.pop() if has_value else "")
        elif word in _NAMING and rest and rest[-1].startswith("@"):
            word = f"{word}={rest.pop()}"
        elif word.startswith("--version="):
            word = _CANONICAL + word.removeprefix("--version=")
        renamed.append(word)
    return renamed


def _first_argument(argv: list[str], original: list[str]) -> int:
    """Where pytest's own arguments begin in `argv`; 0 where pytest is not called."""
    program = argv[0] if argv else ""
    if program == "-m":  # the module's name is only in what was typed
        program = _module(original)
    if _is_called(program, "pytest", "py.test"):
        return 1
    if _is_called(program, "coverage") and argv[1:2] == ["run"]:
        return _first_argument_under_coverage(argv)
    return 0


def _first_argument_under_coverage(argv: list[str]) -> int:
    """The same for `coverage run … -m pytest` and `coverage run … bin/pytest`."""
    for index in range(2, len(argv)):
        if _is_called(argv[index], "pytest", "py.test"):
            return index + 1
        if argv[index - 1] in {"-m", "--module"} and not argv[index].startswith("-"):
            return 0
    return 0


def _module(original: list[str]) -> str:
    """The module's name in `python … -m NAME …`."""
    words = iter(original)
    for word in words:
        if word[:1] == "-" and word[1:2] not in {"-", "X", "W"} and "m" in word:
            return word.partition("m")[2] or next(words, "")
    return ""


def _is_called(program: str, *names: str) -> bool:
    """Whether a path ends in one of the names, as installed: `pytest-3`, `.EXE`."""
    name = program.replace("\\", "/").rpartition("/")[2].lower()
    return name.removesuffix(".exe").rstrip("-.0123456789") in names
