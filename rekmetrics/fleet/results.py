"""What the models' results say together: one line each, and the worst exit code."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from rekmetrics.arns import is_word
from rekmetrics.errors import ExitCode, RequestError, worst_of
from rekmetrics.evidence import Finding
from rekmetrics.files import remove_file
from rekmetrics.model import Model
from rekmetrics.report.result import read_result
from rekmetrics.run.request import BASELINE_IS_MISSING
from rekmetrics.run.settling import state_of
from rekmetrics.texts import mask_account, quote

if TYPE_CHECKING:
    from rekmetrics.fleet.file import FleetModel
    from rekmetrics.report.content import State
    from rekmetrics.run.request import GateRequest


EXPORTS = ("fleet.json", "fleet.xml", "fleet.html")
"""What is written of the whole."""


@dataclass(frozen=True, slots=True)
class Member:
    """One model's end; `since` is when it first ended so, as far as is known."""

    name: str
    verdict: State
    exit_code: int
    message: str
    result: Mapping[str, Any]
    since: str
    page: str | None = None

    @property
    def version(self) -> str:
        model = self.result.get("model") or {}
        name, word = model.get("version_name"), model.get("requested")
        return f"{name} ({word})" if name and word else str(name or "-")

    @property
    def is_judged(self) -> bool:
        return state_of(self.exit_code) != "incomplete"

    def checks(self, *severities: str) -> list[Mapping[str, Any]]:
        """All checks, or those that block ("error") or warn ("warning")."""
        checks: list[Mapping[str, Any]] = self.result.get("checks") or []
        return [c for c in checks if not severities or c.get("severity") in severities]


def take_away(folder: Path) -> Mapping[str, Any]:
    """
    Remove what an earlier run said of the whole, and give it by model.

    Raises:
        WriteError: something else lies there.
    """
    before: Any = None
    with contextlib.suppress(OSError, ValueError, LookupError, RecursionError):
        before = json.loads((folder / "fleet.json").read_bytes())["models"]
    for name in EXPORTS:
        remove_file(folder / name)
    return before if isinstance(before, dict) else {}


def read_members(
    models: Iterable[FleetModel],
    results: Mapping[str, Path],
    folder: Path,
    before: Mapping[str, Any],
) -> list[Member]:
    """
    The models in the order of the fleet's file, each by its result.

    A result that is missing, damaged, of another version, or at odds with itself counts
    as incomplete; nothing but a whole one that passed is a pass.
    """
    return [_member(model, results.get(model.name), folder, before) for model in models]


def worst_code(members: Sequence[Member]) -> int:
    """0 only where every model passed; else 3, 4, 6, 5 or 1, in this order."""
    if not members:
        return ExitCode.INCOMPLETE
    return worst_of({member.exit_code for member in members})


class FleetMember(Struct, frozen=True, kw_only=True):
    """One model of the fleet."""

    verdict: str
    exit_code: int
    """What a gate of this model ends with."""
    since: str
    """When it first ended so, as far as is known, ISO 8601."""
    message: str
    version: str | None
    requested: str | None
    """The word that was given in the version's place."""
    fell_short: list[str]
    """Ids of the checks that block."""
    warnings: list[str]
    """Ids of the checks that warn."""
    page: str | None
    """The file of its own report."""


class Fleet(Struct, frozen=True, kw_only=True):
    """What became of a fleet (`fleet.json`)."""

    schema: Literal[1] = 1
    exit_code: int
    """0 only where every model passed, else the worst: 3, 4, 6, 5, 1."""
    time: str
    models: dict[str, FleetMember]
    """By name, in the order of FLEET.yaml."""


def as_document(members: Sequence[Member], code: int, *, hide_account: bool) -> Fleet:
    """`fleet.json`."""
    models = {}
    for member in members:
        model = member.result.get("model") or {}
        told = member.message
        models[member.name] = FleetMember(
            verdict=member.verdict,
            exit_code=member.exit_code,
            since=member.since,
            message=mask_account(told) if hide_account else told,
            version=model.get("version_name"),
            requested=model.get("requested"),
            fell_short=[check["id"] for check in member.checks("error")],
            warnings=[check["id"] for check in member.checks("warning")],
            page=member.page,
        )
    return Fleet(exit_code=code, time=_now(), models=models)


class _ToldCheck(Struct):
    id: str
    severity: Literal["error", "warning"] | None
    message: str


class _ToldBounds(Struct):
    sha256: str | None = None


class _ToldProvenance(Struct):
    thresholds: _ToldBounds | None = None


class _ToldBaseline(Struct):
    model: Model


class _Told(Struct):
    """What is read of a result; its other keys may hold anything."""

    verdict: str
    exit_code: int | None
    model: Model
    checks: list[_ToldCheck]
    time: str = ""
    message: str = ""
    baseline: _ToldBaseline | None = None
    findings: list[Finding] = []
    provenance: _ToldProvenance | None = None


def _member(
    model: FleetModel, path: Path | None, folder: Path, before: Mapping[str, Any]
) -> Member:
    result, trouble = _read_result(model, path)
    code = ExitCode.INCOMPLETE if trouble else result["exit_code"]
    found, now = before.get(model.name), result.get("time") or _now()
    old = found if isinstance(found, dict) else {}
    is_same = old.get("exit_code") == code
    page = folder / f"{model.name}.html"
    return Member(
        model.name,
        state_of(code),
        code,
        trouble or str(result.get("message") or ""),
        result,
        str(old.get("since") or now) if is_same else now,
        page.name if page.is_file() else None,
    )


def _read_result(model: FleetModel, path: Path | None) -> tuple[dict[str, Any], str]:
    """The result, and why it does not count."""
    if path is None:
        return {}, "there is no result of this model"
    try:
        result = read_result(path)
        msgspec.convert(result, _Told)
    except RequestError as error:
        return {}, str(error)
    except msgspec.ValidationError as error:
        return {}, f"{path} is damaged: {error}"
    if not _is_ended(result):
        return result, f"the run did not end: {result.get('message')}"
    return result, _say_whose(model, result, path.name)


def _is_ended(result: Mapping[str, Any]) -> bool:
    """Whether verdict, exit code and checks agree; a pass is one of something."""
    code = result.get("exit_code")
    if type(code) is not int or code not in [*ExitCode]:
        return False
    blocking = [c for c in result["checks"] if c.get("severity") == "error"]
    if code == ExitCode.PASSED and (blocking or not result["checks"]):
        return False
    return state_of(code) == result.get("verdict")


def _say_whose(model: FleetModel, result: Mapping[str, Any], file: str) -> str:
    """Why the result is not this model's, as far as its request tells; else empty."""
    request, bounds = model.request, model.request.thresholds
    is_judged = state_of(result["exit_code"]) != "incomplete"
    if is_judged and bounds.is_file():
        provenance = result.get("provenance") or {}
        judged_by = (provenance.get("thresholds") or {}).get("sha256")
        if hashlib.sha256(bounds.read_bytes()).hexdigest() != judged_by:
            return f"{file} was judged by other bounds than those of {bounds} today"
    other = _say_other(
        result["model"],
        request,
        request.version_name,
        may_lack=request.evaluation_dir is not None or not is_judged,
    )
    if other:
        return f"{file} is of {other}"
    return _say_baseline(request, result, file) if is_judged else ""


def _say_baseline(request: GateRequest, result: Mapping[str, Any], file: str) -> str:
    """Why the result's baseline is not the one that was asked for; else empty."""
    asked = request.baseline_version
    if asked is None and request.baseline_dir is None:
        return ""
    found = result.get("baseline")
    if found is None:
        is_excused = asked is not None and _is_told_missing(asked, result)
        text = f"{file} was judged without the baseline {asked or 'of a folder'}"
        return "" if is_excused else text
    if asked is None:
        return ""
    other = _say_other(found["model"], request, asked)
    return f"{file} has a baseline of {other}" if other else ""


def _is_told_missing(asked: str, result: Mapping[str, Any]) -> bool:
    """Whether the gate warns that there was none, as its bounds let it."""
    told = (
        str(finding.get("message"))
        for finding in result.get("findings") or ()
        if (finding.get("name"), finding.get("level")) == ("baseline", "warning")
    )
    name = quote(asked) if not is_word(asked) else f"{asked}:"
    missing = [text for text in told if text.startswith(BASELINE_IS_MISSING)]
    return any(name in text or mask_account(name) in text for text in missing)


def _say_other(
    found: Mapping[str, Any],
    request: GateRequest,
    asked: str | None,
    *,
    may_lack: bool = False,
) -> str:
    """How a version differs from the one that was asked for; empty where it is it."""
    target, arn = request.project or request.version_arn, request.version_arn
    wanted: dict[str, str | None] = {"version_name": None, "project_name": None}
    if target is not None:
        wanted["project_name"] = target.project_name
        wanted |= {"region": target.region, "account": target.account}
    wanted["requested" if is_word(asked) else "version_name"] = asked
    if arn is not None and asked == request.version_name:
        wanted["version_arn"] = arn.text
    own = str(found.get("version_arn") or found.get("project_arn") or "")
    told = {**found, "account": own.split(":")[4] if own.count(":") >= 5 else None}
    for name, value in wanted.items():
        said, what = told.get(name), name.replace("_", " ").removesuffix(" name")
        if said is None and not may_lack:
            return f"no known {what}, wanted {value or 'one'}"
        if not (said is None or value is None or said in (value, mask_account(value))):
            return f"{what} {said}, not {value}"
    return ""


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
