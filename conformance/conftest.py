"""What the suite needs where no configuration of ours is: `pytest --pyargs samestate.conformance`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import configuration

CHECKOUT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Name the markers of tests that need data or take long. Hypothesis leaves nothing in the working folder.

    A folder of them that is named but not there is a mistake, never a reason to skip.
    """
    named = os.environ.get("SAMESTATE_DATA")
    if named and not Path(named).is_dir():
        raise pytest.UsageError(f"SAMESTATE_DATA names {named}, which is no folder")
    config.addinivalue_line("markers", "soak: takes long; CI leaves it out")
    config.addinivalue_line("markers", "fixtures: needs official fixtures or real blocks in SAMESTATE_DATA")
    if not (CHECKOUT / "pyproject.toml").exists() and "HYPOTHESIS_STORAGE_DIRECTORY" not in os.environ:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        configuration.set_hypothesis_home_dir(cache / "samestate" / "hypothesis")
