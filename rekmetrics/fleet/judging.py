"""All models of a fleet, side by side in processes forked from a warm one."""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import sys
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.errors import ExitCode, RekmetricsError, WriteError
from rekmetrics.files import remove_file, write_atomically
from rekmetrics.report.page import render_page
from rekmetrics.report.result import render_export, render_unfinished
from rekmetrics.run.judge import judge
from rekmetrics.run.process import kept_out_of_collections
from rekmetrics.run.settling import settle_alone
from rekmetrics.run.tagging import tag_verdict
from rekmetrics.run.telling import build_content, withhold

if TYPE_CHECKING:
    from rekmetrics.fleet.file import FleetModel
    from rekmetrics.report.content import ReportContent


_WARM = ("sklearn.metrics", "scipy.stats", "boto3", "botocore.client", "awscrt.s3")


def judge_fleet(
    models: Sequence[FleetModel], folder: Path, *, n_workers: int, mask_account: bool
) -> Iterator[str]:
    """
    Judge each, and give its name when its result and page are written.

    All results say "incomplete" before the first model is asked for, so whatever ends
    a worker leaves no older verdict.

    Raises:
        WriteError: the folder cannot be written.
    """
    for model in models:
        _leave_incomplete(folder, model.name, "the run has not ended", None)
    with kept_out_of_collections():
        _warm_up()
    with ProcessPoolExecutor(n_workers, mp_context=_context()) as pool:
        futures: dict[Future[None], FleetModel] = {
            pool.submit(judge_model, model, folder, mask_account=mask_account): model
            for model in models
        }
        for future in as_completed(futures):
            name = futures[future].name
            if (error := future.exception()) is not None:
                message = f"the process that judged it ended: {error!r}"
                _leave_incomplete(folder, name, message, ExitCode.INTERNAL_ERROR)
            yield name


def judge_model(model: FleetModel, folder: Path, *, mask_account: bool) -> None:
    """Judge one model, and leave its result and, where it was judged, its page."""
    try:
        _judge(model, folder, mask_account=mask_account)
    except RekmetricsError as error:
        _leave_incomplete(folder, model.name, str(error), error.exit_code)
    except Exception:  # noqa: BLE001 (one model's end is no other's)
        traceback.print_exc()
        message = "an error of rekmetrics itself; please report it"
        _leave_incomplete(folder, model.name, message, ExitCode.INTERNAL_ERROR)


def _judge(model: FleetModel, folder: Path, *, mask_account: bool) -> None:
    judgement = judge(model.request)
    code = settle_alone(judgement.verdict)
    content = build_content(judgement, exit_code=code, hide_account=mask_account)
    try:
        _write(content, folder / model.name)
        tag_verdict(model.request, content)
    except WriteError as error:
        _write(withhold(content, str(error), error.exit_code), folder / model.name)


def _write(content: ReportContent, stem: Path) -> None:
    page = render_page(replace(content, mask_account=True))
    write_atomically(Path(f"{stem}.html"), page.encode())
    write_atomically(Path(f"{stem}.json"), render_export(content).encode())


def _leave_incomplete(folder: Path, name: str, message: str, code: int | None) -> None:
    remove_file(folder / f"{name}.html")
    text = render_unfinished(message, code)
    write_atomically(folder / f"{name}.json", text.encode())


def _warm_up() -> None:
    """Pay for the imports once; what cannot be imported is met again, and told."""
    for name in _WARM:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _context() -> multiprocessing.context.BaseContext:
    # Elsewhere system libraries do not survive a fork.
    is_linux = sys.platform == "linux"
    return multiprocessing.get_context("fork" if is_linux else "spawn")
