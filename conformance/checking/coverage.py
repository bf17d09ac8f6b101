"""Which rules are reached: only the lines of anchors are watched, each until it has been reached once.

Python 3.12 and later watch by `sys.monitoring`, at next to no cost; before that a trace function is set, which looks
only at functions that hold an anchor that has not been reached yet.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import threading
from collections import defaultdict
from types import CodeType, FrameType
from typing import Any, Final

from samestate.conformance.checking.report import DocumentReport
from samestate.conformance.rules.anchors import all_anchors

_reached: Final[set[str]] = set()
_told: Final[set[str]] = set()


@functools.cache
def _names() -> dict[str, dict[int, set[str]]]:
    """The anchors by file and line."""
    names: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for anchor in all_anchors():
        for line in anchor.lines:
            names[str(anchor.file)][line].add(anchor.name)
    return {file: dict(lines) for file, lines in names.items()}


def start() -> None:
    """Watch from now on, in this thread. What ran before, such as imports, does not count."""
    _reached.clear()
    _told.clear()
    _left.clear()
    if sys.version_info >= (3, 12):
        _start_monitoring()
    else:
        threading.settrace(_trace)
        sys.settrace(_trace)


def stop() -> None:
    """Watch no more."""
    if sys.version_info >= (3, 12):
        _stop_monitoring()
    else:
        threading.settrace(None)
        sys.settrace(None)


def reached() -> frozenset[str]:
    """The rules that were reached since it was started."""
    return frozenset(_reached)


def attach(report: DocumentReport) -> DocumentReport:
    """The report, with the rules that were reached since the last one."""
    news = frozenset(_reached - _told)
    _told.update(news)
    return dataclasses.replace(report, rules=news)


def _mark(code: CodeType, line: int) -> None:
    _reached.update(_names()[code.co_filename].get(line, ()))


_left: Final[dict[CodeType, set[int]]] = {}
"""The lines of a function with anchors that have not been reached, as far as the function was called."""


def _lines_of(code: CodeType) -> set[int]:
    anchored = _names().get(code.co_filename)
    if anchored is None:
        return set()
    return {line for _, _, line in code.co_lines() if line in anchored and not anchored[line] <= _reached}


def _trace(frame: FrameType, event: str, argument: Any) -> Any:
    """The global trace function: is there anything to be watched in the function that is called?"""
    code = frame.f_code
    left = _left.get(code)
    if left is None:
        left = _left[code] = _lines_of(code)
    return _trace_lines if left else None


def _trace_lines(frame: FrameType, event: str, argument: Any) -> Any:
    left = _left[frame.f_code]
    if frame.f_lineno in left and event == "line":
        _mark(frame.f_code, frame.f_lineno)
        anchored = _names()[frame.f_code.co_filename]
        left.difference_update([line for line in left if anchored[line] <= _reached])
    if not left:
        frame.f_trace_lines = False
    return _trace_lines


if sys.version_info >= (3, 12):

    def _start_monitoring() -> None:
        monitoring = sys.monitoring
        tool = monitoring.COVERAGE_ID
        monitoring.use_tool_id(tool, "samestate rules")

        def on_line(code: CodeType, line: int) -> Any:
            if code.co_filename in _names():
                _mark(code, line)
            return monitoring.DISABLE

        monitoring.register_callback(tool, monitoring.events.LINE, on_line)
        monitoring.set_events(tool, monitoring.events.LINE)
        monitoring.restart_events()

    def _stop_monitoring() -> None:
        monitoring = sys.monitoring
        monitoring.set_events(monitoring.COVERAGE_ID, monitoring.events.NO_EVENTS)
        monitoring.free_tool_id(monitoring.COVERAGE_ID)
