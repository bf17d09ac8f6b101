"""A program that floods its streams: what is kept of it has a bound."""

from __future__ import annotations

import sys

import pytest

from samestate.conformance.engines import process
from samestate.conformance.engines.process import CommandProcess
from samestate.conformance.engines.protocol import EngineFailure

SIZE = 1 << 18


def test_an_endless_line_on_stderr_is_kept_in_part() -> None:
    program = CommandProcess([sys.executable, "-c", f"import sys; sys.stderr.write('x' * {SIZE})"])
    with pytest.raises(EngineFailure) as raised:
        program.ask("{}", 60)
    assert str(raised.value).startswith("died with exit code 0\n  xxx")
    assert len(str(raised.value)) < process.ERROR_LINES * (process.LONGEST_ERROR_LINE + 10) < SIZE


def test_after_a_line_that_is_too_long_nothing_more_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "LONGEST_LINE", 1000)
    body = "import sys\nsys.stdin.readline()\nwhile True: sys.stdout.write('x' * 65536)"
    program = CommandProcess([sys.executable, "-c", body])
    assert program.ask("{}", 60) == "x" * 1000
    with pytest.raises(EngineFailure, match=r"^died with exit code "):
        program.ask("{}", 60)
