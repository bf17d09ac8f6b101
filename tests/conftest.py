"""What all tests share: where the data is, and how long hypothesis searches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


def pytest_configure() -> None:
    """A folder that is named but not there is a mistake, never a reason to skip."""
    named = os.environ.get("SAMESTATE_DATA")
    if named and not Path(named).is_dir():
        raise pytest.UsageError(f"SAMESTATE_DATA names {named}, which is no folder")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder with official fixtures and real blocks; tests that need it skip without it."""
    named = os.environ.get("SAMESTATE_DATA")
    if not named:
        pytest.skip("SAMESTATE_DATA is not set: it names the folder with official fixtures and real blocks")
    return Path(named)
