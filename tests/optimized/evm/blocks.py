"""Blocks of contracts written for a test, in the plain terms of the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from samestate.conformance.engines.optimized.plain import plain_state
from samestate.conformance.generating.bytecode import Code
from samestate.optimized.evm.forks import FORKS
from samestate.optimized.evm.packing import BlockEnvironment, PackedBlock, pack
from samestate.optimized.evm.world import World
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import LegacyTransaction, encode_transaction

SENDERS: Final = [b"\xaa" + number.to_bytes(19, "big") for number in range(1, 65)]
COINBASE: Final = b"\xcc" * 20
NO_LIMIT: Final = 2**63 - 1

STOP: Final = b"\x01" * 20
JUMPS: Final = b"\x02" * 20
CALLS: Final = b"\x03" * 20
GREEDY: Final = b"\x04" * 20
COUNTER: Final = b"\x05" * 20
HOARDER: Final = b"\x06" * 20
DEEP: Final = b"\x07" * 20
BEST_BEFORE: Final = b"\x08" * 20


def endless_jumps() -> bytes:
    code = Code()
    again = code.label()
    return code.mark(again).push(1, 2).op("ADD", "POP").jump(again).build()


def endless_calls() -> bytes:
    """Calls itself twice with all the gas it has, and never jumps."""
    code = Code()
    for _ in range(2):
        code.push(0, 0, 0, 0, 0).op("ADDRESS", "GAS", "CALL", "POP")
    return code.build()


def one_deeper() -> bytes:
    """Calls itself as deep as that goes, and notes how deep: each frame sets the slot of its depth."""
    code = Code().push(0).op("CALLDATALOAD").push(1).op("ADD", "DUP1").push(0).op("MSTORE", "DUP1").op("DUP1", "SSTORE")
    return code.push(0, 0, 32, 0, 0).op("ADDRESS", "GAS", "CALL", "STOP").build()


def hoarding() -> bytes:
    """Sets 500 slots, from the first word of the data on."""
    code = Code()
    again, end = code.label(), code.label()
    code.push(500).mark(again).op("DUP1", "ISZERO").jump_if(end)
    code.op("DUP1", "DUP1").push(0).op("CALLDATALOAD", "ADD", "SSTORE").push(1).op("SWAP1", "SUB").jump(again)
    return code.mark(end).op("STOP").build()


def greedy_unless_told() -> bytes:
    """Wants 8 GiB of memory, unless the slot 0 of the contract is set; where there is data, it sets that."""
    code = Code()
    sets, stops = code.label(), code.label()
    code.op("CALLDATASIZE").jump_if(sets).push(0).op("SLOAD").jump_if(stops)
    code.push(1, 1 << 33).op("MSTORE").mark(stops).op("STOP")
    return code.mark(sets).push(1, 0).op("SSTORE", "STOP").build()


CONTRACTS: Final = {
    STOP: b"\x00",
    JUMPS: endless_jumps(),
    CALLS: endless_calls(),
    GREEDY: Code().push(1, 1 << 33).op("MSTORE").build(),
    COUNTER: Code().push(0).op("SLOAD").push(1).op("ADD").push(0).op("SSTORE", "STOP").build(),
    HOARDER: hoarding(),
    DEEP: one_deeper(),
    BEST_BEFORE: greedy_unless_told(),
}
"""What lies where. Of an account that is not here nothing is known but that senders are rich."""


def call(sender: int, nonce: int, to: bytes | None, gas: int = 100_000, data: bytes = b"", value: int = 0) -> bytes:
    """A call by the sender of that number, at a price of nothing. Not signed: senders are given with the block."""
    made = LegacyTransaction(nonce=nonce, gas_price=0, gas_limit=gas, to=to, value=value, data=data, v=27, r=1, s=1)
    return encode_transaction(made)


def packed(calls: Sequence[tuple[int, bytes]], fork: str = "Berlin", **settings: Any) -> PackedBlock:
    """A block of these transactions, each with the number of its sender; predictions are those of nothing."""
    environment = BlockEnvironment(
        chain_id=1, number=1, timestamp=1000, coinbase=COINBASE, gas_limit=NO_LIMIT, parent_hash=b"\x11" * 32
    )
    return pack(
        FORKS[fork],
        environment,
        [encoded for _, encoded in calls],
        predictions={},
        senders=[SENDERS[sender] for sender, _ in calls],
        is_bare=True,
        **settings,
    )


def world(contracts: Mapping[bytes, bytes] = CONTRACTS) -> World:
    """A state of rich senders and these contracts."""
    accounts: dict[str, object] = {"0x" + sender.hex(): {"balance": hex(10**30)} for sender in SENDERS}
    accounts |= {
        "0x" + address.hex(): {"nonce": "0x1", "code": "0x" + code.hex()} for address, code in contracts.items()
    }
    made = World()
    made.apply(plain_state(FlatState.from_alloc(accounts)))
    return made
