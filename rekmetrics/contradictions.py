"""The contradictions that a thresholds file may take down, by name."""

from __future__ import annotations

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "images": "The number of test images.",
    "link": "That labels have figures, which tie the summary to the manifest.",
    "support": "How many test images each label has.",
    "precision": "The precision of each label.",
    "recall": "The recall of each label.",
    "label_f1": "That F1 follows from precision and recall, in the summary.",
    "aggregates": "That the summary's figures over all labels are means over labels.",
    "reports": "That the summary reports every label that was tested.",
    "thresholds": "In detection: that no box lies below its label's threshold.",
    "precision_gap": "In detection: how far reported and counted precision lie apart.",
    "recall_gap": "In detection: how far reported and counted recall lie apart.",
}
"""What is compared where each of them is found."""
