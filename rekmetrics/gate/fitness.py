"""Decisions about the test set: is it fit to judge by."""

from __future__ import annotations

import math
from fractions import Fraction

from rekmetrics.evaluation import Task
from rekmetrics.gate.exact import exact, figures, plain
from rekmetrics.gate.outcomes import Outcome, Status, blocks
from rekmetrics.metrics import Numbers
from rekmetrics.statistics import rate_interval
from rekmetrics.test_set import Share, Study, n_for_width
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check

_SAID = {
    "overlap_with_training": "are training images too",
    "duplicate_images": "repeat another test image",
    "probably_mislabelled": "are probably mislabelled",
}


def judge_fitness(
    check: Check, study: Study | None, numbers: Numbers, task: Task
) -> Outcome:
    """Whether the test set holds a bound; what was not looked at is inconclusive."""
    study = study or Study()
    if check.metric == "images_per_label":
        return _judge_images(check, study)
    if check.metric == "interval_width":
        return _judge_width(check, numbers, task)
    share = study.shares.get(check.metric)
    return _judge_share(check, share or Share((), 0, "it was not looked at"))


def _judge_share(check: Check, share: Share) -> Outcome:
    n, total = len(share.images), share.n_total
    most = exact(check.rule.maximum or 0)
    value = Fraction(n, total) if total else Fraction(0)
    if value <= most and (share.unknown or not total):
        text = f"{check.metric} cannot be told: {share.unknown or 'no test image'}"
        return Outcome(check, "inconclusive", blocks(check.rule, "inconclusive"), text)
    status: Status = "passed" if value <= most else "failed"
    allowed = math.floor(most * total)
    text = (
        f"{check.metric} is {figures(value, [most])}: {n} of {total} test images "
        f"{_SAID[check.metric]}; {plain(most)} allows {allowed or 'none'}"
    )
    return Outcome(
        check,
        status,
        blocks(check.rule, status),
        text,
        value=float(value),
        n_hits=n,
        n_total=total,
        support=total,
        margin=float(most - value),
    )


def _judge_images(check: Check, study: Study) -> Outcome:
    label, least = check.label or "", check.rule.minimum or 0.0
    n = study.images_of.get(label)
    if n is None:
        text = f"the test images of {quote(label)} were not counted"
        return Outcome(check, "inconclusive", blocks(check.rule, "inconclusive"), text)
    text = f"{quote(label)} has {n} test images, where {plain(least)} are wanted"
    if n < least:
        text += f": {math.ceil(least - n)} more are needed"
    status: Status = "failed" if n < least else "passed"
    return Outcome(
        check,
        status,
        blocks(check.rule, status),
        text,
        value=float(n),
        support=n,
        margin=float(n - least),
    )


def _judge_width(check: Check, numbers: Numbers, task: Task) -> Outcome:
    """The interval of the label's recall, which its own test images make."""
    rule, label = check.rule, check.label or ""
    recall = numbers.estimate(label, "recall")
    most = rule.maximum or 0.0
    if recall is None or recall.n_hits is None or not recall.n_total:
        text = f"the width of {quote(label)}'s interval cannot be told: no test image"
        return Outcome(check, "inconclusive", blocks(check.rule, "inconclusive"), text)
    low, high = rate_interval(recall.n_hits, recall.n_total, rule.confidence_level)
    width, holds = high - low, high - low <= most
    what = "boxes" if task == "detection" else "images"
    level = plain(rule.confidence_level * 100)
    text = (
        f"the {level} % interval of recall of {quote(label)} is "
        f"{figures(exact(width), [exact(most)])} wide on {recall.n_total} {what}, "
        f"where {plain(most)} is wanted"
    )
    if not holds:
        rate = recall.n_hits / recall.n_total
        text += _say_more(
            n_for_width(rate, most, rule.confidence_level), recall.n_total
        )
    status: Status = "passed" if holds else "failed"
    return Outcome(
        check,
        status,
        blocks(rule, status),
        text,
        value=width,
        support=recall.n_total,
        margin=most - width,
    )


def _say_more(wanted: int | None, n_total: int) -> str:
    if wanted is None or wanted <= n_total:
        return ""
    return f": at this rate, {wanted - n_total:,} more are needed"
