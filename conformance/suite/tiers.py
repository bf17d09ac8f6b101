"""What CI takes of many cases that are alike; whoever leaves nothing out takes all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def one_in(count: int, values: Iterable[Any], name: Callable[[Any], str] = str) -> list[Any]:
    """For :func:`pytest.mark.parametrize`: all values, marked `soak` but for one in so many."""
    return [
        pytest.param(value, id=name(value), marks=[pytest.mark.soak] * (index % count > 0))
        for index, value in enumerate(values)
    ]
