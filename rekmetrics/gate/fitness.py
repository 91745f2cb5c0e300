"""Decisions about the test set: is it fit to judge by."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from rekmetrics.gate.bounds import Evidence
from rekmetrics.gate.exact import exact, figures, plain
from rekmetrics.gate.outcomes import Outcome, Status, blocks
from rekmetrics.statistics import rate_interval
from rekmetrics.test_set import Share, Study, n_for_width
from rekmetrics.texts import quote
from rekmetrics.thresholds import Check, Rule

_SAID = {
    "overlap_with_training": "are training images too",
    "duplicate_images": "repeat another test image",
    "probably_mislabelled": "are probably mislabelled",
}


def judge_fitness(check: Check, study: Study | None, evidence: Evidence) -> Outcome:
    """Whether the test set holds a bound; what was not looked at is inconclusive."""
    study = study or Study()
    if check.metric == "images_per_label":
        return _judge_images(check, study)
    if check.metric == "interval_width":
        return _judge_width(check, evidence)
    share = study.shares.get(check.metric)
    return _judge_share(check, share or Share((), 0, "it was not looked at"))


def _judge_share(check: Check, share: Share) -> Outcome:
    n, total = len(share.images), share.n_total
    most = exact(check.rule.maximum or 0)
    value = Fraction(n, total) if total else Fraction(0)
    if value <= most and (share.unknown or not total):
        why = share.unknown or "no test image"
        return _untold(check, f"{check.metric} cannot be told: {why}")
    allowed = math.floor(most * total)
    text = (
        f"{check.metric} is {figures(value, [most])}: {n} of {total} test images "
        f"{_SAID[check.metric]}; {plain(most)} allows {allowed or 'none'}"
    )
    told = _told(check, text, value=float(value), margin=float(most - value))
    return replace(told, n_hits=n, n_total=total, support=total)


def _judge_images(check: Check, study: Study) -> Outcome:
    label, least = check.label or "", check.rule.minimum or 0.0
    n = study.images_of.get(label)
    if n is None:
        return _untold(check, f"the test images of {quote(label)} were not counted")
    text = f"{quote(label)} has {n} test images, where {plain(least)} are wanted"
    if n < least:
        text += f": {math.ceil(least - n)} more are needed"
    return replace(_told(check, text, value=float(n), margin=n - least), support=n)


def _judge_width(check: Check, evidence: Evidence) -> Outcome:
    """The interval of the label's recall, which its own test images make."""
    rule, label = check.rule, check.label or ""
    recall = evidence.numbers.estimate(label, "recall")
    interval = evidence.intervals.get((label, "recall", rule.confidence_level))
    if recall is None or recall.n_hits is None or not recall.n_total or not interval:
        text = f"the width of {quote(label)}'s interval cannot be told: no test image"
        return _untold(check, text)
    width, most = interval[1] - interval[0], rule.maximum or 0.0
    what = "boxes" if evidence.task == "detection" else "images"
    level = plain(rule.confidence_level * 100)
    text = (
        f"the {level} % interval of recall of {quote(label)} is "
        f"{figures(exact(width), [exact(most)])} wide on {recall.n_total} {what}, "
        f"where {plain(most)} is wanted"
    )
    if not width <= most:
        text += _say_more(recall.n_hits, recall.n_total, width, rule)
    told = _told(check, text, value=width, margin=most - width)
    return replace(told, support=recall.n_total)


def _say_more(n_hits: int, n_total: int, width: float, rule: Rule) -> str:
    """Boxes of one image tell less than as many images: so much more are needed."""
    low, high = rate_interval(n_hits, n_total, rule.confidence_level)
    wanted = n_for_width(n_hits / n_total, rule.maximum or 0.0, rule.confidence_level)
    if wanted is None:
        return ""
    wanted = math.ceil(wanted * (width / (high - low)) ** 2)
    if wanted <= n_total:
        return ""
    return f": at this rate, {wanted - n_total:,} more are needed"


def _told(check: Check, text: str, *, value: float, margin: float) -> Outcome:
    status: Status = "passed" if margin >= 0 else "failed"
    is_blocking = blocks(check.rule, status)
    return Outcome(check, status, is_blocking, text, value=value, margin=margin)


def _untold(check: Check, text: str) -> Outcome:
    return Outcome(check, "inconclusive", blocks(check.rule, "inconclusive"), text)
