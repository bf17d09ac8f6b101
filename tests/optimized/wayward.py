"""Machines that make it hard for an engine: credits cannot be merged, or what is read too early leads astray."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import multiprocess

from samestate.spec.machine import Key, Rejection, RejectionCode, Value
from tests.spec.tiny_machine import TinyMachine, number

LARGEST = 400


class Beyond(RejectionCode):
    LARGEST = "there is no larger number"


class CappedTiny(TinyMachine):
    """The tiny machine, but its numbers end somewhere."""

    def merge(self, key: Key, before: Value, amount: int) -> Value:
        if number(before) + amount > LARGEST:
            raise Rejection(Beyond.LARGEST, f"{number(before)} and {amount}")
        return super().merge(key, before, amount)


class Wayward:
    """A block is a tuple of transactions, each the name of a method and its arguments."""

    def merge(self, key: bytes, value: bytes | None, amount: int) -> Any:
        if key == b"text":
            return "text"
        if key == b"broken":
            raise ZeroDivisionError("nothing to merge with")
        if key == b"not in a worker" and multiprocess.parent_process() is not None:
            raise ZeroDivisionError("in a worker")
        return (int.from_bytes(value or b"", "big") + amount).to_bytes(8, "big")

    def storage_owner(self, key: bytes) -> bytes | None:
        return None

    def transactions(self, block: Sequence[Any]) -> Sequence[Any]:
        return block

    def start(self, block: Any) -> int:
        return 0

    def open(self, block: Any, view: Any) -> None:
        pass

    def execute(self, block: Any, transaction: Any, view: Any) -> Any:
        name, *arguments = transaction
        return getattr(self, name)(view, *arguments)

    def settle(self, block: Any, outcome: Any, totals: int) -> tuple[Any, int]:
        return outcome, totals + 1

    def close(self, block: Any, receipts: Any, view: Any) -> None:
        pass

    # Transactions

    def credit(self, view: Any, key: bytes) -> None:
        view.add(key, 1)

    def read_and_credit(self, view: Any, key: bytes) -> None:
        view.get(key)
        view.add(key, 1)

    def set_and_credit(self, view: Any, key: bytes) -> None:
        view.set(key, b"\x01")
        view.add(key, 1)

    def set_both(self, view: Any, seconds: float = 0.2) -> None:
        """The two keys are always equal between two transactions."""
        time.sleep(seconds)
        view.set(b"one", b"\x01")
        view.set(b"other", b"\x01")

    def loop_unless_equal(self, view: Any) -> bytes | None:
        one: bytes | None = view.get(b"one")
        time.sleep(0.5)
        other = view.get(b"other")
        while one != other:
            pass
        view.set(b"seen", one)
        return one

    def loop_unless_equal_and_swallow(self, view: Any) -> bytes | None:
        one: bytes | None = view.get(b"one")
        time.sleep(0.5)
        other = view.get(b"other")
        while one != other:
            with contextlib.suppress(BaseException):
                time.sleep(0.001)
        return one

    def loop_unless_set(self, view: Any) -> bytes | None:
        """Reads once, before the key is set."""
        one: bytes | None = view.get(b"one")
        while one is None:
            pass
        return one

    def swallow_once(self, view: Any) -> tuple[bytes | None, ...]:
        """Read what may not be known yet; make something up where it is not, and look no more."""
        try:
            one = view.get(b"one")
        except BaseException:
            return (b"made up",)
        return (one,)

    def read_and_set(self, view: Any, value: bytes) -> None:
        """What it reads, the first transaction sets: so it is soon executed again, and its readers are to wait."""
        view.get(b"other")
        time.sleep(0.01)
        view.set(b"one", value)

    def leave_a_child_and_die(self, view: Any) -> None:
        """The child has all that this process has open."""
        if os.fork() == 0:
            time.sleep(5)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)

    def map_no_more(self, view: Any) -> None:
        """From now on this process gets no more address space."""
        time.sleep(0.02)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize(), resource.RLIM_INFINITY))

    def hold_the_interpreter(self, view: Any) -> None:
        """Practically for ever, in C."""
        re.match("(a+)+$", "a" * 60 + "b")

    def die_of(self, view: Any, number: int) -> None:
        os.kill(os.getpid(), number)


class OwnsNothing(Wayward):
    """Does not know whose storage a key is, and wipes some all the same."""

    def storage_owner(self, key: bytes) -> bytes | None:
        raise LookupError("whose?")

    def open(self, block: Any, view: Any) -> None:
        view.wipe(b"x")
