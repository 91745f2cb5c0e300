"""FLEET.yaml: which models are judged, by which bounds; every mistake at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rekmetrics.arns import is_word, parse_version_choice
from rekmetrics.errors import RequestError, ThresholdsError
from rekmetrics.run.request import GateRequest, read_target
from rekmetrics.texts import did_you_mean, quote
from rekmetrics.thresholds.document import (
    Document,
    KeyPath,
    read_document,
    sort_problems,
)

KEYS = {
    "project_arn": "the ARN of a project, or of a version",
    "version_name": 'the name of a version, or "@latest" or "@running"',
    "evaluation_dir": "a folder with an evaluation, instead of AWS",
    "thresholds": "the file with the bounds (default: thresholds.yaml)",
    "baseline": 'the name of a version, or "@running" or "@latest"',
    "baseline_dir": "a folder with the baseline's evaluation",
    "aws_profile": "a profile of the AWS configuration",
}
"""What a model, and `defaults`, may hold; folders and files are seen from the file."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}")
_SECTIONS = ("defaults", "models")


@dataclass(frozen=True, slots=True)
class FleetModel:
    """One model of the fleet; its name is that of its files."""

    name: str
    request: GateRequest


def read_fleet(path: Path) -> tuple[FleetModel, ...]:
    """
    The models of the file, in its order.

    Raises:
        ThresholdsError: with every mistake of the file, each with its place.
    """
    document = read_document(path, advice="give the path of FLEET.yaml")
    reader = _Reader(document)
    models = tuple(reader.read(path.parent))
    if reader.problems:
        raise ThresholdsError(sort_problems(reader.problems))
    return models


def have_tagged(models: Sequence[FleetModel]) -> tuple[FleetModel, ...]:
    """
    The same models, each to have its verdict put on its version in AWS.

    Raises:
        RequestError: one lies in a folder, or two may be of one version, which can
            bear one verdict only.
    """
    names: dict[tuple[str, ...], list[str]] = {}
    for model in models:
        request = model.request
        target = request.project or request.version_arn
        if request.evaluation_dir is not None or target is None:
            raise RequestError(
                f"--tag-version writes to versions in AWS, and model {model.name} is "
                "read from a folder; keep such models in a fleet of their own."
            )
        project = (target.region, target.account, target.project_name)
        names.setdefault(project, []).append(request.version_name or "")
    for (*_, project_name), found in names.items():
        are_apart = len(found) == len({*found}) and not any(map(is_word, found))
        if len(found) > 1 and not are_apart:
            raise RequestError(
                f"--tag-version: models of project {project_name} are, or may be, of "
                f"one version ({', '.join(found)}), and a version bears one verdict; "
                "give them different names, or judge them in two calls."
            )
    return tuple(
        replace(model, request=replace(model.request, is_tagged=True))
        for model in models
    )


class _Reader:
    """The parts of the file that are sound, and what is wrong with the others."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.problems = [*document.problems]

    def read(self, folder: Path) -> Iterator[FleetModel]:
        tree = self._document.tree if isinstance(self._document.tree, dict) else {}
        self._refuse_unknown((), tree, _SECTIONS)
        defaults, models = tree.get("defaults"), tree.get("models")
        shared = self._section(("defaults",), {} if defaults is None else defaults)
        if not isinstance(models, dict) or not models:
            text = "wanted models, each with a name and keys such as {project_arn: ARN}"
            self._complain(("models",), text)
            return
        self._check_names(models)
        for name, value in models.items():
            own = self._section(("models", name), value)
            if shared is None or own is None:
                continue
            try:
                yield FleetModel(name, _request(shared, own, folder))
            except RequestError as error:
                self._complain(("models", name), str(error))

    def _complain(self, path: KeyPath, text: str, *, at_value: bool = False) -> None:
        problem = self._document.problem(path, text, at_value=at_value)
        self.problems.append(problem)

    def _section(self, path: KeyPath, found: Any) -> dict[str, str] | None:
        """The keys of one section; None where something is wrong with it."""
        n_before = len(self.problems)
        if isinstance(found, dict):
            self._refuse_unknown(path, found, tuple(KEYS))
            for key in KEYS.keys() & found.keys():
                if trouble := _trouble(key, found[key]):
                    self._complain((*path, key), trouble, at_value=True)
        else:
            text = f"wanted keys such as {', '.join(list(KEYS)[:3])}"
            self._complain(path, text, at_value=True)
        return None if len(self.problems) > n_before else found

    def _refuse_unknown(
        self, path: KeyPath, found: Mapping[str, Any], known: tuple[str, ...]
    ) -> None:
        for key in found.keys() - {*known}:
            self._complain((*path, key), f"unknown key{did_you_mean(key, known)}")

    def _check_names(self, models: Mapping[str, Any]) -> None:
        """Names become file names, on file systems that may not tell case apart."""
        seen: dict[str, str] = {}
        for name in models:
            other = seen.setdefault(name.lower(), name)
            if not _NAME.fullmatch(name) or name.lower() == "fleet":
                text = (
                    "the name is that of the model's files: wanted letters, digits and "
                    "_ . - (not `fleet`, which names the whole)"
                )
                self._complain(("models", name), text)
            elif other != name:
                text = f"differs from {quote(other)} in case alone"
                self._complain(("models", name), text)


def _trouble(key: str, value: Any) -> str:
    """What is wrong with a value; empty where nothing is."""
    if not isinstance(value, str) or not value.strip():
        hint = "" if isinstance(value, (str, dict, list)) else "; put it in quotes"
        shown = quote(value) if isinstance(value, str) else str(value)
        return f"found {shown}, wanted {KEYS[key]}{hint}"
    try:
        if key == "project_arn":
            read_target(value, None)
        elif key in ("version_name", "baseline"):
            parse_version_choice(value)
    except RequestError as error:
        return str(error)
    return ""


def _request(
    shared: Mapping[str, str], own: Mapping[str, str], folder: Path
) -> GateRequest:
    values = {k: v for k, v in shared.items() if not _is_replaced(k, own)}
    values.update(own)
    target = read_target(values.get("project_arn"), values.get("version_name"))
    is_offline = "evaluation_dir" in values
    if not is_offline:
        if "project_arn" not in values:
            raise RequestError("wanted project_arn, or evaluation_dir")
        if target.version_name is None:
            raise RequestError('wanted version_name, such as "@latest"')
    elif target.version_arn or (target.version_name or "").startswith("@"):
        raise RequestError("evaluation_dir holds one version; name it, or leave it out")
    if "baseline" in values and "baseline_dir" in values:
        raise RequestError("baseline and baseline_dir cannot be given together")
    if "baseline" in values and "project_arn" not in values:
        raise RequestError("baseline is fetched from project_arn; use baseline_dir")

    def path(key: str) -> Path | None:
        return folder / values[key] if key in values else None

    return GateRequest(
        project=target.project,
        version_arn=target.version_arn,
        version_name=target.version_name,
        evaluation_dir=path("evaluation_dir"),
        thresholds=path("thresholds") or folder / "thresholds.yaml",
        baseline_version=values.get("baseline"),
        baseline_dir=path("baseline_dir"),
        aws_profile=values.get("aws_profile"),
    )


def _is_replaced(key: str, own: Mapping[str, str]) -> bool:
    """Whether a default gives way to what the model says in its place."""
    if key == "baseline":
        return "baseline_dir" in own
    if key == "baseline_dir":
        return "baseline" in own
    return key == "evaluation_dir" and "project_arn" in own
