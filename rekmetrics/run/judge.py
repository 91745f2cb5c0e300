"""From a request to a judgement: thresholds first, then the network, then numbers."""

from __future__ import annotations

import contextlib
import importlib
import threading
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from rekmetrics.aws import Aws
from rekmetrics.errors import EvaluationError, NoSuchVersionError, RequestError
from rekmetrics.evidence import Finding
from rekmetrics.judgement import Judgement, judge_version
from rekmetrics.loading import Loaded, load_from_aws, load_from_folder
from rekmetrics.loading.pictures import fetch_pictures, require_pillow
from rekmetrics.report.content import ReportContent
from rekmetrics.report.images import choose_pictures
from rekmetrics.run.choosing import check_version_arn, choose, locate_project
from rekmetrics.run.process import Progress
from rekmetrics.run.request import BASELINE_IS_MISSING, GateRequest
from rekmetrics.run.tagging import tag_unjudged
from rekmetrics.thresholds import ThresholdsFile, read_thresholds

_ABOUT_IMAGES = ("overlap_with_training", "duplicate_images")
"""The rules under test_set that --check-images makes sharper."""


def judge(request: GateRequest) -> Judgement:
    """
    Read the rules, fetch version and baseline, and judge.

    Raises:
        RekmetricsError: whatever is wrong with request, rules or evaluation.
    """
    has_baseline = bool(request.baseline_version or request.baseline_dir)
    thresholds = read_thresholds(request.thresholds, has_baseline=has_baseline)
    if request.n_report_images:
        require_pillow()
    if request.compares_images and thresholds.test_set_rules.isdisjoint(_ABOUT_IMAGES):
        raise RequestError(
            f"--check-images was given, but {thresholds.path} has no rule that asks "
            f"for it: {' or '.join(_ABOUT_IMAGES)}, under test_set."
        )
    request = locate_project(request)
    loaded = load_version(request, thresholds)
    try:
        baseline = _load_baseline(request, thresholds)
    except NoSuchVersionError as error:
        if thresholds.baseline.on_missing == "error":
            raise
        loaded, baseline = _with_warning(loaded, "baseline", str(error)), None
    judgement = judge_version(loaded, thresholds, baseline=baseline)
    kinds = {outcome.check.kind for outcome in judgement.verdict.outcomes}
    if baseline is not None and "regression" not in kinds:
        text = (
            "a baseline was given, but no rule asks for max_regression: nothing was "
            "held against it."
        )
        return replace(judgement, loaded=_with_warning(loaded, "baseline", text))
    return judgement


def _with_warning(loaded: Loaded, name: str, text: str) -> Loaded:
    finding = Finding(name, "warning", text)
    return replace(loaded, findings=(*loaded.findings, finding))


def add_pictures(content: ReportContent, request: GateRequest) -> ReportContent:
    """The content with as many thumbnails of misjudged images as were asked for."""
    if content.model.region is None or not request.n_report_images:
        return content
    aws = Aws(content.model.region, profile=request.aws_profile)
    sources = choose_pictures(content, request.n_report_images)
    pictures = fetch_pictures(sources, aws=aws)
    return replace(content, thumbnails=pictures.thumbnails, picture_note=pictures.note)


def load_version(
    request: GateRequest, thresholds: ThresholdsFile | None = None
) -> Loaded:
    """The version under test, from its folder or from AWS, as the file wants it."""
    if request.evaluation_dir is None:
        request = locate_project(request)
        loaded = _fetch(request, request.version_name, thresholds, is_judged=True)
        check_version_arn(request, loaded)
        return loaded
    return load_from_folder(
        request.evaluation_dir,
        project=request.project,
        version_name=request.version_name,
        **list_choices(thresholds),
    )


def list_choices(
    thresholds: ThresholdsFile | None, *, is_judged: bool = True
) -> dict[str, Any]:
    """As what an evaluation is read, what it may contradict, what is read besides."""
    if thresholds is None:
        return {}
    rules = thresholds.test_set_rules if is_judged else frozenset()
    return {
        "task": thresholds.task,
        "accepted": thresholds.accepted,
        "with_training": "overlap_with_training" in rules,
        "with_images": not rules.isdisjoint(_ABOUT_IMAGES),
    }


def _load_baseline(request: GateRequest, thresholds: ThresholdsFile) -> Loaded | None:
    """
    The version to compare with: an option's, else the thresholds file's.

    Raises:
        NoSuchVersionError: it does not exist. Whatever else is wrong with it is not
            for `on_missing` to excuse.
    """
    name = request.baseline_version or thresholds.baseline.given.get("version_name")
    try:
        if request.baseline_dir is not None:
            choices = list_choices(thresholds, is_judged=False)
            return load_from_folder(request.baseline_dir, **choices)
        return None if name is None else _fetch(request, name, thresholds)
    except NoSuchVersionError as error:
        raise NoSuchVersionError(f"{BASELINE_IS_MISSING}: {error}") from error
    except EvaluationError as error:
        raise EvaluationError(f"the baseline: {error}") from error
    except RequestError as error:
        raise RequestError(f"the baseline: {error}") from error


def _fetch(
    request: GateRequest,
    version_name: str | None,
    thresholds: ThresholdsFile | None,
    *,
    is_judged: bool = False,
) -> Loaded:
    if request.project is None or version_name is None:
        raise RequestError(
            f"{request.thresholds} names version {version_name!r}, which is fetched "
            "from the project of --project-arn; give that, or --baseline-dir."
        )
    choices = list_choices(thresholds, is_judged=is_judged)
    if choices.get("task") != "detection":
        threading.Thread(target=_import_scikit_learn).start()
    aws = Aws(request.project.region, profile=request.aws_profile)
    chosen = choose(request.project, version_name, aws)
    progress = Progress(f"reading the evaluation of {chosen.name}")
    try:
        loaded = load_from_aws(
            request.project,
            chosen.name,
            aws=aws,
            save_to=request.save_evaluation if is_judged else None,
            on_described=partial(tag_unjudged, request, aws) if is_judged else None,
            on_progress=progress,
            **choices | {"with_images": request.compares_images and is_judged},
        )
    finally:
        progress.close()
    if chosen.name == version_name:
        return loaded
    model = msgspec.structs.replace(loaded.model, requested=version_name)
    loaded = replace(loaded, model=model)
    return (
        _with_warning(loaded, "version", chosen.warning) if chosen.warning else loaded
    )


def _import_scikit_learn() -> None:
    """
    Have it imported while the network is waited for.

    It takes longer than all of AWS's answers (benchmarks/RESULTS.md). Where it cannot
    be imported, `metrics` meets the error again, and that one is told.
    """
    with contextlib.suppress(Exception):
        importlib.import_module("sklearn.metrics")
