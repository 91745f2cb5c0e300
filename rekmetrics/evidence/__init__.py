"""
AWS's own numbers as evidence: summary, manifest and description against each other.

What the three agree on was fetched whole, belongs to the version asked for, and was
read as Rekognition meant it.
"""

from __future__ import annotations

from rekmetrics.evidence.checking import check_evidence, settle
from rekmetrics.evidence.finding import Finding

__all__ = ["Finding", "check_evidence", "settle"]
