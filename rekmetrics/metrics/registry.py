"""
Which metrics there are: the built-in ones and those that a team registers.

No number is computed here, and nothing heavy is imported: thresholds are checked and
explained from names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from rekmetrics.errors import RequestError
from rekmetrics.metrics.catalogue import AVERAGES, BUILT_IN
from rekmetrics.metrics.records import ALL_TASKS, Metric, Scope
from rekmetrics.texts import did_you_mean, quote

if TYPE_CHECKING:
    from rekmetrics.evaluation import Evaluation, Task

__all__ = [
    "LABEL",
    "OVERALL",
    "Metric",
    "Scope",
    "find",
    "find_for",
    "known_names",
    "register",
    "unregister",
    "why_not",
]


def find(name: str, scope: Scope = "overall") -> Metric | None:
    """The metric of that name, or None."""
    return (OVERALL if scope == "overall" else LABEL).get(name)


def find_for(label: str | None, name: str) -> Metric | None:
    """The metric of that name of a label's, or over all where there is no label."""
    return find(name, "overall" if label is None else "label")


def known_names(task: Task | None = None, scope: Scope = "overall") -> list[str]:
    """Names that can be used for a task, in the order of the tables."""
    table = OVERALL if scope == "overall" else LABEL
    return [m.name for m in table.values() if task is None or task in m.tasks]


def why_not(name: str, task: Task | None, scope: Scope = "overall") -> str | None:
    """
    The reason why a name cannot be used, with the one to use; None where it can.

    Without a task (not known before the evaluation is there) only the name is judged.
    """
    metric = find(name, scope)
    if metric is None:
        return f"unknown metric {quote(name)}{_hint(name, task, scope)}"
    if task is None or task in metric.tasks:
        return None
    return f"{name} is not defined for {_TASK_NAMES[task]}{_instead(name, task, scope)}"


def register(
    name: str,
    function: Callable[[Evaluation], float | None],
    *,
    greater_is_better: bool,
    lowest: float = 0.0,
    highest: float = 1.0,
) -> None:
    """
    Add a metric of your own, to be named under `metrics:` in thresholds.yaml.

    The function gets the evaluation and returns one number; None or NaN says that
    there is no evidence, and the metric is then undefined. Values outside lowest to
    highest are an error, so say the range: bounds are checked against it.

    Raises:
        RequestError: if the name is taken, or cannot be a metric's name.
    """
    problem = None
    if not (name.isascii() and name.isidentifier()):
        problem = "cannot be a metric's name; use letters, digits and underscores"
    elif name in OVERALL:
        problem = "exists already; choose another name"
    elif not lowest < highest:
        problem = f"lowest is {lowest}, highest is {highest}; lowest must be less"
    elif not callable(function):
        problem = f"{function!r} is no function"
    if problem is not None:
        raise RequestError(f"register: metric {quote(name)}: {problem}")
    _overall[name] = Metric(
        name,
        ALL_TASKS,
        (function.__doc__ or "").strip().partition("\n")[0]
        or f"Registered by {function.__module__}.",
        greater_is_better=greater_is_better,
        lowest=float(lowest),
        highest=float(highest),
        function=function,
    )


def unregister(name: str) -> None:
    """Forget a metric that was registered; ours stay."""
    metric = _overall.get(name)
    if metric is not None and metric.function is not None:
        del _overall[name]


def _hint(name: str, task: Task | None, scope: Scope) -> str:
    known = known_names(task, scope)
    plain = name.lower().replace("-", "_").replace(" ", "_")
    plain = _ALSO_CALLED.get(plain, plain)
    if plain in known:
        return f"; it is called '{plain}' here"
    if averaged := [n for n in known if scope == "overall" and _base(n) == plain]:
        return f"; over all labels use {_either(averaged)}"
    if scope == "label" and plain in OVERALL:
        base = _base(plain)
        use = f"a label has '{base}', and " if base in known else ""
        return f"; {use}'{plain}' is over all labels and belongs under metrics"
    own = ", and one of your own is registered in conftest.py"
    return did_you_mean(name, known) or (
        f"; `rekmetrics explain --metrics` lists all{own if scope == 'overall' else ''}"
    )


def _instead(name: str, task: Task, scope: Scope) -> str:
    known = known_names(task, scope)
    if name.startswith("reported_"):
        return ", since Rekognition reports it for object detection only"
    if f"{name}_macro" in known:
        return (
            f"; use '{name}_macro', the mean of the labels' own, or '{name}' "
            "under labels"
        )
    if (base := name.removesuffix("_macro")) != name and base in known:
        return f"; use '{base}'"
    if averaged := [n for n in known if _base(n) == _base(name)]:
        return f"; use {_either(averaged)}"
    return f"; use one of {', '.join(known)}"


def _base(name: str) -> str:
    for average in AVERAGES:
        name = name.removesuffix(f"_{average}")
    return name


def _either(names: list[str]) -> str:
    *most, last = (f"'{name}'" for name in names)
    return f"{', '.join(most)} or {last}" if most else last


_ALSO_CALLED = {
    "acc": "accuracy",
    "ap": "average_precision",
    "ar": "average_recall",
    "cohen_kappa_score": "cohen_kappa",
    "error_rate": "zero_one_loss",
    "f1_score": "f1",
    "fpr": "false_positive_rate",
    "hamming": "hamming_loss",
    "iou": "jaccard",
    "jaccard_score": "jaccard",
    "kappa": "cohen_kappa",
    "map": "average_precision",
    "mcc": "matthews_corrcoef",
    "mean_average_precision": "average_precision",
    "n_images": "support",
    "sensitivity": "recall",
    "tpr": "recall",
    "subset_accuracy": "accuracy",
}
_TASK_NAMES: Mapping[str, str] = {
    "multiclass": "models with one label an image",
    "multilabel": "models with several labels an image",
    "detection": "object detection",
}

_overall = {metric.name: metric for metric in BUILT_IN if metric.scope == "overall"}

OVERALL: Mapping[str, Metric] = MappingProxyType(_overall)
"""Metrics over all labels, by name; `register` adds to them."""

LABEL: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for metric in BUILT_IN if metric.scope == "label"}
)
"""Metrics of one label, by name."""
