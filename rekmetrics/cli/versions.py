"""
List the versions of a project, the newest first.

With a thresholds file, each with its verdict; without a project, the projects of the
environment's region. It ends with 0 where the list is whole, whatever the verdicts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rekmetrics.cli._own_metrics import load_own_metrics
from rekmetrics.files import write_json

if TYPE_CHECKING:
    import argparse


EXAMPLES = (
    "rekmetrics versions --project-arn ARN",
    "rekmetrics versions --project-arn ARN --thresholds thresholds.yaml",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the project, and what is wanted beside the list."""
    parser.add_argument("--project-arn", metavar="ARN", help="the project")
    parser.add_argument(
        "--thresholds", metavar="FILE", type=Path, help="judge each by these bounds"
    )
    parser.add_argument(
        "--json", metavar="FILE", type=Path, help="write the list to this file"
    )
    parser.add_argument(
        "--aws-profile", metavar="NAME", help="profile of the AWS configuration"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print versions, or projects."""
    if arguments.project_arn is None:
        return _list_projects(arguments)
    from rekmetrics.arns import parse_project_arn
    from rekmetrics.aws import Aws
    from rekmetrics.run.listing import Versions, as_table, list_rows
    from rekmetrics.thresholds import read_thresholds

    project = parse_project_arn(arguments.project_arn)
    if arguments.thresholds is not None:
        load_own_metrics(Path.cwd())
        read_thresholds(arguments.thresholds, has_baseline=False)
    profile = arguments.aws_profile
    aws = Aws(project.region, profile=profile)
    found = list_rows(project, aws, thresholds=arguments.thresholds, profile=profile)
    rows = list(found)
    for line in as_table(rows) if rows else ["This project has no version yet."]:
        print(line)
    if arguments.json is not None:
        document = Versions(project_arn=project.text, versions=rows)
        write_json(arguments.json, document)
    return 0


def _list_projects(arguments: argparse.Namespace) -> int:
    from rekmetrics.aws import Aws, default_region
    from rekmetrics.errors import RequestError
    from rekmetrics.run.listing import Project, Projects

    if arguments.thresholds is not None:
        raise RequestError("--thresholds was given without a project to judge.")
    region = default_region(arguments.aws_profile)
    projects = Aws(region, profile=arguments.aws_profile).list_projects()
    for project in projects:
        print(project.text)
    if not projects:
        print(f"There is no Custom Labels project in {region}.")
    if arguments.json is not None:
        named = [Project(one.text, one.project_name) for one in projects]
        write_json(arguments.json, Projects(region=region, projects=named))
    return 0
