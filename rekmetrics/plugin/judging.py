"""From options to a judgement: thresholds first, then the network, then numbers."""

from __future__ import annotations

import contextlib
import importlib
import threading
from dataclasses import replace

from rekmetrics.aws import Aws
from rekmetrics.errors import EvaluationError, NoSuchVersionError, RequestError
from rekmetrics.evidence import Finding
from rekmetrics.judgement import Judgement, judge_version
from rekmetrics.loading import Loaded, load_from_aws, load_from_folder
from rekmetrics.loading.pictures import fetch_pictures, require_pillow
from rekmetrics.plugin.progress import Progress
from rekmetrics.plugin.request import Options
from rekmetrics.report import ReportContent, choose_pictures
from rekmetrics.thresholds import ThresholdsFile, read_thresholds

__all__ = ["add_pictures", "judge_request"]


def judge_request(options: Options) -> Judgement:
    """
    Read the rules, fetch version and baseline, and judge.

    Raises:
        RekmetricsError: whatever is wrong with request, rules or evaluation.
    """
    has_baseline = bool(options.baseline_version or options.baseline_dir)
    thresholds = read_thresholds(options.thresholds, has_baseline=has_baseline)
    if options.n_report_images:
        require_pillow()
    loaded = _load_version(options, thresholds)
    try:
        baseline = _load_baseline(options, thresholds)
    except NoSuchVersionError as error:
        if thresholds.baseline.on_missing == "error":
            raise
        loaded, baseline = _with_warning(loaded, str(error)), None
    judgement = judge_version(loaded, thresholds, baseline=baseline)
    kinds = {outcome.check.kind for outcome in judgement.verdict.outcomes}
    if baseline is not None and "regression" not in kinds:
        text = (
            "a baseline was given, but no rule asks for max_regression: nothing was "
            "held against it."
        )
        return replace(judgement, loaded=_with_warning(loaded, text))
    return judgement


def _with_warning(loaded: Loaded, text: str) -> Loaded:
    finding = Finding("baseline", "warning", text)
    return replace(loaded, findings=(*loaded.findings, finding))


def add_pictures(content: ReportContent, options: Options) -> ReportContent:
    """The content with as many thumbnails of misjudged images as were asked for."""
    if options.project is None or not options.n_report_images:
        return content
    aws = Aws(options.project.region, profile=options.aws_profile)
    sources = choose_pictures(content, options.n_report_images)
    pictures = fetch_pictures(sources, aws=aws)
    return replace(content, thumbnails=pictures.thumbnails, picture_note=pictures.note)


def _load_version(options: Options, thresholds: ThresholdsFile) -> Loaded:
    if options.evaluation_dir is None:
        return _fetch(options, options.version_name, thresholds, is_kept=True)
    return load_from_folder(
        options.evaluation_dir,
        project=options.project,
        version_name=options.version_name,
        task=thresholds.task,
    )


def _load_baseline(options: Options, thresholds: ThresholdsFile) -> Loaded | None:
    """
    The version to compare with: an option's, else the thresholds file's.

    Raises:
        NoSuchVersionError: it does not exist. Whatever else is wrong with it is not
            for `on_missing` to excuse.
    """
    name = options.baseline_version or thresholds.baseline.version_name
    try:
        if options.baseline_dir is not None:
            return load_from_folder(options.baseline_dir, task=thresholds.task)
        return None if name is None else _fetch(options, name, thresholds)
    except NoSuchVersionError as error:
        raise NoSuchVersionError(f"the baseline is missing: {error}") from error
    except EvaluationError as error:
        raise EvaluationError(f"the baseline: {error}") from error
    except RequestError as error:
        raise RequestError(f"the baseline: {error}") from error


def _fetch(
    options: Options,
    version_name: str | None,
    thresholds: ThresholdsFile,
    *,
    is_kept: bool = False,
) -> Loaded:
    if options.project is None or version_name is None:
        raise RequestError(
            f"{thresholds.path} names version {version_name!r}, which is fetched from "
            "the project of --project-arn; give that, or --baseline-dir."
        )
    if thresholds.task != "detection":
        threading.Thread(target=_import_scikit_learn).start()
    progress = Progress(f"reading the evaluation of {version_name}")
    try:
        return load_from_aws(
            options.project,
            version_name,
            aws=Aws(options.project.region, profile=options.aws_profile),
            task=thresholds.task,
            save_to=options.save_evaluation if is_kept else None,
            on_progress=progress,
        )
    finally:
        progress.close()


def _import_scikit_learn() -> None:
    """
    Have it imported while the network is waited for.

    It takes longer than all of AWS's answers (benchmarks/RESULTS.md). Where it cannot
    be imported, `metrics` meets the error again, and that one is told.
    """
    with contextlib.suppress(Exception):
        importlib.import_module("sklearn.metrics")
