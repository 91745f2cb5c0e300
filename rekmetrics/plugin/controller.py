"""The controlling process: judge first, let pytest report, settle the end."""

from __future__ import annotations

import contextlib
import errno
import os
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rekmetrics.errors import ExitCode, RekmetricsError
from rekmetrics.files import remove_file
from rekmetrics.plugin.html import prepare_report
from rekmetrics.plugin.options import read_given, refuse_mistaken
from rekmetrics.run.process import complain, kept_out_of_collections
from rekmetrics.run.request import Given, read_exports, read_request
from rekmetrics.run.results import Results
from rekmetrics.texts import reveal

if TYPE_CHECKING:
    import pytest

    from rekmetrics.plugin.session import GateSession


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def forget_older_results(early_config: pytest.Config) -> None:
    """
    Let no earlier run's "passed" outlive a run that ends before it judges.

    An unknown option or a conftest.py that raises ends pytest before the controller is
    asked. What is wrong with a path is said once it is.
    """
    given = read_given(early_config, early_config.known_args_namespace)
    try:
        exports = read_exports(given)
    except RekmetricsError:
        return
    with contextlib.suppress(RekmetricsError):
        Results(exports)
    with contextlib.suppress(RekmetricsError):
        remove_file(given.here / Path(given.report or "report.html").expanduser())


class Controller:
    """
    Runs around a whole pytest session.

    The verdict is computed before pytest starts. pytest's tests report it, check by
    check, and the end is compared with the plan: whatever was deselected, skipped or
    never reached leaves the run incomplete.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._results: Results | None = None
        self._session: GateSession | None = None
        self._refused = 0

    def begin(self) -> int | None:
        """Judge the version; a code here ends the run before pytest has started."""
        try:
            given = read_given(self._config)
            self._results = Results(read_exports(given))
            if self._config.option.help:
                return None
            with kept_out_of_collections():
                self._prepare(given, self._results)
        except RekmetricsError as error:
            return self._give_up(str(error), error.exit_code)
        except KeyboardInterrupt:
            return self._give_up("interrupted.", ExitCode.INTERRUPTED)
        except BaseException:  # noqa: BLE001 (SystemExit(0) must not end green either)
            traceback.print_exc()
            return self._give_up(
                "this is an error of rekmetrics itself; nothing was judged. "
                "Please report it with the lines above.",
                ExitCode.INTERNAL_ERROR,
            )
        return None

    def finish(self, result: Any) -> int:
        """Settle the exit code, write the exports, and say the verdict last."""
        if self._session is None or self._results is None:
            message = "help was asked for beside a gate, so nothing was judged."
            return self._refused or self._give_up(message, ExitCode.INCOMPLETE)
        try:
            return self._session.close(int(result), self._results)
        except RekmetricsError as error:
            return self._give_up(str(error), error.exit_code)
        except BaseException as error:  # noqa: BLE001 (no end is green by accident)
            return self.abandon(error)

    def abandon(self, error: BaseException) -> int:
        """pytest ended by an exception, which is no verdict: SystemExit(0) neither."""
        if isinstance(error, KeyboardInterrupt):
            return self._give_up("interrupted.", ExitCode.INTERRUPTED)
        if isinstance(error, OSError) and _is_output_lost(error):
            # Every later line, and Python's own end, would break as well.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return self._give_up(
                f"standard output was closed before the end ({error.strerror}; "
                "`| head`?), so the run has no verdict.",
                ExitCode.INTERNAL_ERROR,
            )
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return self._give_up(
                f"{error.filename or self._config.option.htmlpath!r} could not be "
                f"written: {error.strerror}; make room, or give another path.",
                ExitCode.INTERNAL_ERROR,
            )
        traceback.print_exception(error)
        return self._give_up(
            "pytest ended with the error above, so the run has no verdict.",
            ExitCode.INTERNAL_ERROR,
        )

    def note_usage_error(self, error: pytest.UsageError) -> None:
        """Leave nothing that looks finished; pytest itself shows the error."""
        self._write_incomplete(ExitCode.WRONG_REQUEST, str(error))

    def _prepare(self, given: Given, results: Results) -> None:
        refuse_mistaken(self._config)
        request = read_request(given)
        results.expect_report(prepare_report(self._config))
        from rekmetrics.plugin.session import GateSession
        from rekmetrics.run.judge import judge

        self._session = GateSession(self._config, request, judge(request))

    def _give_up(self, message: str, code: int) -> int:
        for line in message.splitlines():
            complain(reveal(line))
        self._write_incomplete(code, message)
        self._refused = int(code)
        return self._refused

    def _write_incomplete(self, code: int, message: str) -> None:
        if self._results is None:
            return
        try:
            if self._session is None:
                self._results.write_incomplete(code, message)
            else:
                self._session.withhold(message, code, self._results)
        except RekmetricsError as error:
            complain(reveal(str(error)))
        except Exception:  # noqa: BLE001 (it may be the report that cannot be made)
            traceback.print_exc()
            with contextlib.suppress(RekmetricsError):
                self._results.write_incomplete(code, message)


def _is_output_lost(error: OSError) -> bool:
    """Whether nobody reads on, or standard output goes to a disk that is full."""
    is_full = error.errno in _NO_ROOM and error.filename is None
    return isinstance(error, BrokenPipeError) or is_full
