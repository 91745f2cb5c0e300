"""
Show the gate on two real models, without an AWS account.

A weak version is stopped and a good one passes, against an AWS on 127.0.0.1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._source import folder

if TYPE_CHECKING:
    import argparse


EXAMPLES = (
    "rekmetrics demo",
    "rekmetrics demo --detection --output two-detectors",
    "rekmetrics demo --keep-running",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the demo takes."""
    parser.add_argument(
        "--detection", action="store_true", help="object detection instead"
    )
    parser.add_argument(
        "--output",
        metavar="DIR",
        type=folder,
        help="folder for reports and results (default: demo-output, or "
        "demo-output-detection)",
    )
    parser.add_argument(
        "--keep-running",
        action="store_true",
        help="leave the AWS up until Ctrl-C, and say how to talk to it",
    )


def run(arguments: argparse.Namespace) -> int:
    """Hand over to the demo, which needs libraries of its own."""
    from rekmetrics.demo.run import run_demo

    own = "demo-output-detection" if arguments.detection else "demo-output"
    return run_demo(
        Path(arguments.output or own).absolute(),
        is_detection=arguments.detection,
        keep_running=arguments.keep_running,
    )
