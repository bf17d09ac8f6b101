"""The suite's own markers, so that `pytest --pyargs conformance` knows them where there is no configuration of ours."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker of tests that need official fixtures."""
    config.addinivalue_line("markers", "fixtures: needs official fixtures or real blocks in SAMESTATE_DATA")
