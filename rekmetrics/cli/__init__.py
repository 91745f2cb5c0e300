"""
The command line: one module a command.

Each module here without a leading underscore is a command of its name: its docstring is
the help, `add_arguments` declares what it takes, `run` does it and returns the exit
code. One with `run_words` instead gets its words as they are.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

from rekmetrics.cli._parser import build_parser, find_command
from rekmetrics.errors import RekmetricsError
from rekmetrics.files import open_standard_streams

__all__ = ["main"]

_INTERNAL_ERROR = 3
_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return what the process ends with."""
    open_standard_streams()
    words = [*(sys.argv[1:] if arguments is None else arguments)]
    try:
        code = _run(words)
        sys.stdout.flush()
    except RekmetricsError as error:
        return _complain(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on; Python would complain when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception:  # noqa: BLE001 - 1 would say that the model fell short
        traceback.print_exc()
        print(
            "rekmetrics: this is an error of its own; please report it.",
            file=sys.stderr,
        )
        return _INTERNAL_ERROR
    return code


def _run(words: list[str]) -> int:
    if words and (command := find_command(words[0])) is not None:
        run_words = getattr(command, "run_words", None)
        if run_words is not None:
            return int(run_words(words[1:]))
    arguments = build_parser().parse_args(words)
    return int(arguments.run(arguments))


def _complain(error: RekmetricsError) -> int:
    """Print what the user is told; nothing in it is obeyed by a terminal."""
    from rekmetrics.texts import reveal

    lines = [reveal(line) for line in str(error).splitlines()]
    print("rekmetrics: " + "\n".join(lines), file=sys.stderr)
    return error.exit_code
