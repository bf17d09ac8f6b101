"""The time limit of what runs in the caller's own process."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time

import pytest

from optimized.deadline import Deadline, TimeUp


def test_a_loop_ends_in_time() -> None:
    with pytest.raises(TimeUp), Deadline(0.05).enforced():
        while True:
            pass


def test_what_is_done_in_time_is_left_alone() -> None:
    with Deadline(0.05).enforced():
        pass
    time.sleep(0.1)


def test_nothing_is_left_behind() -> None:
    """A debugger or a coverage tool may trace what comes after: in a process of its own, since it used to hang."""
    script = textwrap.dedent("""
        import sys
        from optimized.deadline import Deadline, TimeUp

        def swallow():
            try:
                with Deadline(0.05).enforced():
                    while True:
                        pass
            except TimeUp:
                pass

        def traced():
            return "done"

        swallow()
        sys.settrace(lambda frame, event, argument: None)
        print(traced())
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "done\n"
