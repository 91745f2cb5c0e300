"""Fixtures that several test files share."""

from __future__ import annotations

from pathlib import Path

import pytest
from environments import FreshEnvironment, build_wheel, create_environment


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
