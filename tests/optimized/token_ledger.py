"""A machine as a user might write it: a ledger of tokens, knowing nothing of how it is run.

It imports nothing of this project: a machine is whatever has the methods. A block is a tuple of transfers; a transfer
of ``amount`` tokens pays one more to the treasury. It can be told to misbehave, for the tests of what the engine
makes of it.
"""

from __future__ import annotations

import enum
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import multiprocess

TREASURY = b"treasury"


class Refusal(enum.Enum):
    """Why a transfer may not be in a block."""

    OVERDRAWN = "the sender has not that much"
    FULL = "the block has no room for the fee"


class Refused(Exception):  # noqa: N818 - a user's own name
    """The engine knows a rejection by its ``code``."""

    def __init__(self, code: Refusal, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Transfer:
    """``work``: milliseconds of thinking between reading and writing. ``habit``: how it misbehaves."""

    sender: bytes
    recipient: bytes
    amount: int
    work: float = 0.0
    habit: str = ""


@dataclass(frozen=True)
class Block:
    transfers: tuple[Transfer, ...]
    most_fees: int = 1_000_000
    habit: str = ""


@dataclass(frozen=True)
class Moved:
    sender_left: int
    process: int


def amount(value: bytes | None) -> int:
    return int.from_bytes(value or b"", "big")


def encoded(number: int) -> bytes | None:
    return number.to_bytes((number.bit_length() + 7) // 8, "big") or None


class TokenLedger:
    def merge(self, key: bytes, value: bytes | None, credit: int) -> bytes | None:
        return encoded(amount(value) + credit)

    def storage_owner(self, key: bytes) -> bytes | None:
        return None

    def transactions(self, block: Block) -> Sequence[Transfer]:
        return block.transfers

    def start(self, block: Block) -> int:
        return 0

    def open(self, block: Block, view: Any) -> None:
        misbehave(block.habit, "open")

    def execute(self, block: Block, transfer: Transfer, view: Any) -> Any:
        before = amount(view.get(transfer.sender))
        misbehave(transfer.habit, "execute", view)
        if before < transfer.amount + 1:
            raise Refused(Refusal.OVERDRAWN, f"{before} of {transfer.amount + 1}")
        think(transfer.work)
        view.set(transfer.sender, encoded(before - transfer.amount - 1))
        if transfer.amount:
            view.set(transfer.recipient, encoded(amount(view.get(transfer.recipient)) + transfer.amount))
        view.add(TREASURY, 1)
        if transfer.habit == "gives what cannot be pickled":
            return lambda: None
        if transfer.habit == "gives what cannot be unpickled":
            return Unloadable()
        if transfer.habit == "gives what is never loaded":
            return NeverLoaded()
        if transfer.habit == "gives garbage":
            return "garbage"
        return Moved(before - transfer.amount - 1, os.getpid())

    def settle(self, block: Block, moved: Moved, fees: int) -> tuple[int, int]:
        misbehave(block.habit, "settle")
        if block.habit == "settles for garbage":
            return 7  # type: ignore[return-value]
        if fees == block.most_fees:
            raise Refused(Refusal.FULL, f"{fees} paid")
        return moved.sender_left, fees + 1

    def close(self, block: Block, receipts: Sequence[int], view: Any) -> str:
        misbehave(block.habit, "close")
        return f"{len(receipts)} transfers"


def think(milliseconds: float) -> None:
    """Work, rather than sleep, for that long."""
    end = time.perf_counter() + milliseconds / 1000
    while time.perf_counter() < end:
        pass


def swallow(times: int) -> None:
    for _ in range(times):
        try:
            while True:
                pass
        except BaseException:
            continue


class NeverLoaded:
    def __reduce__(self) -> Any:
        return load_for_ever, ()


def load_for_ever() -> None:
    while multiprocess.parent_process() is None:
        pass


class Unloadable:
    def __reduce__(self) -> Any:
        return open_what_is_not_there, ()


def open_what_is_not_there() -> None:
    raise FileNotFoundError("nothing here")


def misbehave(habit: str, where: str, view: Any = None) -> None:
    if habit == f"raises in {where}":
        raise ZeroDivisionError("tokens by nothing")
    if habit == f"exits in {where}":
        raise SystemExit(3)
    if habit == f"loops in {where}":
        while True:
            pass
    if habit == f"swallows the time limit in {where}":
        swallow(1)
    if habit == f"swallows all time limits in {where}":
        swallow(1_000_000)
    if where != "execute":
        return
    if habit == "sleeps":
        time.sleep(0.5)
    if habit == "loops over reads":
        while True:
            view.get(TREASURY)
    if habit == "kills its process":
        os.kill(os.getpid(), signal.SIGKILL)
    if habit == "exits its process":
        os._exit(7)
    if habit == "reads by a number":
        view.get(7)
    if habit == "sets a string":
        view.set(b"key", "text")
    if habit == "credits less than nothing":
        view.add(b"key", -1)


def expected_changes(state: dict[bytes, bytes], block: Block) -> dict[bytes, int]:
    """What the accounts hold after the block, worked out plainly."""
    balances = {key: amount(value) for key, value in state.items()}
    for transfer in block.transfers:
        balances[transfer.sender] = balances.get(transfer.sender, 0) - transfer.amount - 1
        balances[transfer.recipient] = balances.get(transfer.recipient, 0) + transfer.amount
        balances[TREASURY] = balances.get(TREASURY, 0) + 1
    return balances
