"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.environments import FreshEnvironment, build_wheel, create_environment
from support.gates import ARN, THRESHOLDS, Gate, fill_aws

from rekmetrics.fake_aws.server import DemoAws


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a wheel, built once."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def wheel_environment(
    tmp_path_factory: pytest.TempPathFactory, wheel: Path
) -> FreshEnvironment:
    """A fresh virtual environment after `pip install rekmetrics`."""
    return create_environment(tmp_path_factory.mktemp("env"), wheels=[wheel])


@pytest.fixture(scope="session")
def editable_environment(tmp_path_factory: pytest.TempPathFactory) -> FreshEnvironment:
    """A fresh virtual environment after `pip install -e .`."""
    editable = build_wheel(tmp_path_factory.mktemp("editable"), editable=True)
    return create_environment(tmp_path_factory.mktemp("env"), wheels=[editable])


@pytest.fixture(params=["wheel", "editable"])
def fresh_environment(request: pytest.FixtureRequest) -> FreshEnvironment:
    """Each of the two kinds of installation in turn."""
    environment = request.getfixturevalue(f"{request.param}_environment")
    assert isinstance(environment, FreshEnvironment)
    return environment


@pytest.fixture(scope="session")
def shared_aws() -> Iterator[DemoAws]:
    """An AWS on loopback; any other one in this process empties it when it closes."""
    with DemoAws() as aws:
        yield aws


@pytest.fixture
def zoo_aws(shared_aws: DemoAws) -> DemoAws:
    """An AWS on loopback with a good and a bad version of one project."""
    if ARN not in shared_aws.projects.versions:
        shared_aws.make_bucket()
        fill_aws(shared_aws)
    return shared_aws


@pytest.fixture
def gate(wheel_environment: FreshEnvironment, zoo_aws: DemoAws, tmp_path: Path) -> Gate:
    """A repository that holds a thresholds file and nothing else."""
    gate = Gate(wheel_environment, tmp_path, zoo_aws.environment({}))
    gate.write("thresholds.yaml", THRESHOLDS)
    return gate
