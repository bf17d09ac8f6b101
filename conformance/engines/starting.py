"""Processes of our own for which Ctrl-C is the parent's business, from their first instruction on.

A terminal sends it to all of them at once. One that still imports would answer with a traceback of its own.
"""

from __future__ import annotations

import importlib
import signal
from typing import Any


def start_shielded(process: Any) -> None:
    """Start a process of `multiprocessing` or `multiprocess`, which begins with SIGINT blocked. Raises OSError.

    What runs in it calls :func:`leave_interrupts_to_the_parent` first.
    """
    library = type(process).__module__.partition(".")[0]
    importlib.import_module(f"{library}.resource_tracker").ensure_running()  # which lets signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def leave_interrupts_to_the_parent() -> None:
    """Ignore SIGINT from here on, and those that have come since the process began."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
