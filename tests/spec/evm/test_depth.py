"""Hostile code comes to its end, and soon: as deep as calls go, and as far as gas reaches."""

from __future__ import annotations

import inspect
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from samestate.spec.evm import rlp
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.fork import Fork
from samestate.spec.evm.forks import CANCUN
from samestate.spec.evm.frame import Frame
from samestate.spec.evm.keys import slot_key
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.recursion import ROOM_FOR_CALLS, room_for_calls
from samestate.spec.evm.state import Account, FlatState
from samestate.spec.transition import apply_block
from tests.spec.evm.chains import ETHER, MINER, RICH, SHOP, transfer

PLENTY = 2**60
"""So much gas that a 64th less at each of 1024 levels leaves enough at the last."""

ADDRESS = "73" + SHOP.hex()

CALLS = {
    "call": "5f5f5f5f5f30" + "5af1",
    "call code": "5f5f5f5f5f30" + "5af2",
    "delegate call": "5f5f5f5f30" + "5af4",
    "static call": "5f5f5f5f30" + "5afa",
}
"""What calls this account again with all the gas there is."""


class Counting:
    """A tracer that counts, and knows the deepest frame."""

    def __init__(self) -> None:
        self.entered = self.left = self.steps = self.deepest = 0

    def enter(self, frame: Frame) -> None:
        self.entered += 1
        self.deepest = max(self.deepest, frame.message.depth)

    def step(self, frame: Frame, opcode: int) -> None:
        self.steps += 1

    def leave(self, frame: Frame) -> None:
        self.left += 1


def run(
    code: str,
    gas: int = PLENTY,
    fork: Fork = CANCUN,
    tracer: Counting | None = None,
    accounts: dict[bytes, Account] | None = None,
    **changes: Any,
) -> Any:
    """The result of a call to an account with this code."""
    environment = Environment(chain_id=1, number=1, timestamp=1, coinbase=MINER, gas_limit=2**62)
    state = FlatState(
        {RICH: Account(balance=ETHER), SHOP: Account(balance=ETHER, code=bytes.fromhex(code)), **(accounts or {})}, {}
    )
    transaction = transfer(gas_limit=gas, gas_price=0, value=0, **changes)
    return apply_block(Evm(fork, tracer), Payload(environment, (transaction,), is_bare=True), state)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What must not take long: generously, since machines differ, and still far below what a mistake would cost."""
    begin = time.perf_counter()
    yield
    assert time.perf_counter() - begin < seconds


def on_a_deep_stack(action: Callable[[], Any], frames: int) -> Any:
    """Do it with so many frames of Python's below."""
    return action() if frames == 0 else on_a_deep_stack(action, frames - 1)


def in_a_thread(action: Callable[[], Any]) -> Any:
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(action()), daemon=True)
    thread.start()
    thread.join(60)
    (result,) = results
    return result


@pytest.fixture(autouse=True)
def _recursion_limit_of_our_own() -> Iterator[None]:
    """The limit that the interpreter asks for: a library may have set a higher one, and hide that it doesn't do."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(ROOM_FOR_CALLS)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("is_traced", [False, True], ids=["plain", "traced"])
def test_calls_nest_1024_deep_and_no_deeper(name: str, is_traced: bool) -> None:
    tracer = Counting()
    counter = "5f546001015f55" if name != "static call" else ""
    result = run(counter + CALLS[name] + "00", tracer=tracer if is_traced else None)
    assert result.outcomes[0].succeeded
    if counter:
        assert int.from_bytes(result.changes[slot_key(SHOP, 0)], "big") == 1025
    if is_traced:
        assert (tracer.entered, tracer.left, tracer.deepest) == (1025, 1025, 1024)


@pytest.mark.parametrize("opcode", ["f0", "f5"], ids=["create", "create2"])
def test_creations_nest_1024_deep_and_no_deeper(opcode: str) -> None:
    # initialization code that creates with its own code
    salt = "5f" if opcode == "f5" else ""
    initcode = "38" + "5f" + "5f" + "39" + salt + "38" + "5f" + "5f" + opcode + "00"
    tracer = Counting()
    run(initcode, tracer=tracer, to=None, data=bytes.fromhex(initcode))
    assert (tracer.deepest, tracer.entered, tracer.left) == (1024, 1025, 1025)


def test_a_deep_stack_below_is_no_matter() -> None:
    result = on_a_deep_stack(lambda: run("5f546001015f55" + CALLS["call"] + "00"), 1500)
    assert result.changes[slot_key(SHOP, 0)] == (1025).to_bytes(2, "big")


@pytest.mark.parametrize("name", CALLS)
def test_calls_nest_where_the_limit_was_lowered(name: str) -> None:
    """As Hypothesis does for as long as a test runs; it is its limit again afterwards."""
    lowered = len(inspect.stack()) + 800
    sys.setrecursionlimit(lowered)
    tracer = Counting()
    assert run(CALLS[name] + "00", tracer=tracer).outcomes[0].succeeded
    assert tracer.deepest == 1024
    assert sys.getrecursionlimit() == lowered


def test_the_limit_is_lowered_again_by_the_last_who_leaves() -> None:
    lowered = len(inspect.stack()) + 800
    sys.setrecursionlimit(lowered)
    left, may_end = threading.Event(), threading.Event()

    def stay() -> None:
        with room_for_calls():
            left.set()
            may_end.wait(60)

    thread = threading.Thread(target=stay)
    with room_for_calls():
        thread.start()
        assert left.wait(60)
    assert sys.getrecursionlimit() == ROOM_FOR_CALLS
    may_end.set()
    thread.join()
    assert sys.getrecursionlimit() == lowered


def test_a_thread_has_room_enough() -> None:
    result = in_a_thread(lambda: run("5f546001015f55" + CALLS["delegate call"] + "00"))
    assert result.changes[slot_key(SHOP, 0)] == (1025).to_bytes(2, "big")


def test_a_library_that_recurses_has_room_at_the_bottom() -> None:
    # count the frames in transient storage; the 1024th multiplies a point of bn254 by the largest number, and stores
    # whether that went well; the ones before it call again
    count = bytes.fromhex("5f5c60010180" + "5f5d")
    again = bytes.fromhex(CALLS["call"] + "00")
    point = bytes.fromhex("60015f52" + "6002602052" + "7f" + "ff" * 32 + "604052")
    multiply = bytes.fromhex("6040" + "5f" + "6060" + "5f" + "6007" + "620f4240" + "fa")
    branch = bytes.fromhex("61040014") + b"\x60" + bytes([len(count) + 7 + len(again)]) + b"\x57"
    code = count + branch + again + b"\x5b" + point + multiply + bytes.fromhex("5f5500")
    tracer = Counting()
    result = on_a_deep_stack(lambda: run(code.hex(), tracer=tracer), 500)
    assert result.changes[slot_key(SHOP, 0)] == b"\x01"
    assert (tracer.entered, tracer.deepest) == (1025, 1024)


# As far as gas reaches


@pytest.mark.parametrize("loop", ["5b5f56", "5b60016000035056600056", "5b5a505f56"], ids=["jump", "arithmetic", "gas"])
def test_a_loop_ends_when_the_gas_does(loop: str) -> None:
    result = run(loop, gas=300_000)
    assert type(result.outcomes[0].halt).__name__ in {"OutOfGas", "InvalidJump", "StackUnderflow"}
    assert result.outcomes[0].gas_used == 300_000


FAR = {"2^32": 2**32, "2^63": 2**63, "2^64 - 1": 2**64 - 1, "2^64": 2**64, "2^255": 2**255, "2^256 - 1": 2**256 - 1}


def push(number: int) -> str:
    return "7f" + number.to_bytes(32, "big").hex()


REACHES = {
    "MLOAD": ("51", ["offset"]),
    "MSTORE": ("52", ["offset", 1]),
    "MSTORE8": ("53", ["offset", 1]),
    "KECCAK256": ("20", ["offset", 1]),
    "KECCAK256 size": ("20", [0, "offset"]),
    "CALLDATACOPY": ("37", ["offset", 0, 1]),
    "CALLDATACOPY size": ("37", [0, 0, "offset"]),
    "CODECOPY size": ("39", [0, 0, "offset"]),
    "EXTCODECOPY size": ("3c", [0, 0, 0, "offset"]),
    "MCOPY to": ("5e", ["offset", 0, 1]),
    "MCOPY from": ("5e", [0, "offset", 1]),
    "MCOPY size": ("5e", [0, 0, "offset"]),
    "LOG0": ("a0", ["offset", 1]),
    "LOG0 size": ("a0", [0, "offset"]),
    "CREATE": ("f0", [0, "offset", 1]),
    "CREATE size": ("f0", [0, 0, "offset"]),
    "CREATE2 size": ("f5", [0, 0, "offset", 0]),
    "CALL input": ("f1", [0, 4, 0, "offset", 1, 0, 0]),
    "CALL output size": ("f1", [0, 4, 0, 0, 0, 0, "offset"]),
    "STATICCALL output": ("fa", [0, 4, 0, 0, "offset", 1]),
    "RETURN": ("f3", ["offset", 1]),
    "RETURN size": ("f3", [0, "offset"]),
    "REVERT size": ("fd", [0, "offset"]),
}


@pytest.mark.parametrize("offset", FAR.values(), ids=list(FAR))
def test_memory_far_away_is_out_of_gas_at_once(offset: int) -> None:
    with within(5):
        for name, (opcode, operands) in REACHES.items():
            stack = [offset if operand == "offset" else operand for operand in operands]
            code = "".join(push(int(operand)) for operand in reversed(stack)) + opcode
            result = run(code, gas=30_000_000)
            assert type(result.outcomes[0].halt).__name__ == "OutOfGas", name
            assert result.outcomes[0].gas_used == 30_000_000


@pytest.mark.parametrize("offset", FAR.values(), ids=list(FAR))
def test_nothing_at_all_may_be_as_far_away_as_it_likes(offset: int) -> None:
    far, zero = push(offset), push(0)
    for code in (
        zero + far + "20",
        zero + zero + far + "37",
        zero + far + far + "5e",
        zero + far + "a0",
        zero + far + zero + far + push(4) + zero + "fa",
        zero + far + "f3",
        # data from far away is zero
        push(32) + far + zero + "37",
        push(32) + far + zero + "39",
        far + "35",
    ):
        assert run(code, gas=200_000).outcomes[0].succeeded, code


def test_a_jump_far_away_is_none() -> None:
    for offset in FAR.values():
        assert type(run(push(offset) + "56").outcomes[0].halt).__name__ == "InvalidJump"


def test_large_exponents_and_shifts_take_no_time() -> None:
    most = push(2**256 - 1)
    with within(5):
        assert (
            run(most + most + "0a" + most + most + "1b" + most + most + "1d" + most + most + "0b").outcomes[0].succeeded
        )


def test_lists_that_nest_deeply() -> None:
    for depth in (129, 10_000, 200_000):
        with pytest.raises(rlp.MalformedRlp):
            rlp.decode(b"\xc1" * depth + b"\xc0")
        nested: list[Any] = []
        for _ in range(depth):
            nested = [nested]
        with pytest.raises(rlp.MalformedRlp):
            rlp.encode(nested)
        while nested:  # freeing it would recurse too
            nested = nested.pop()
