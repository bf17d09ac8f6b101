"""The blocks that engines are measured on, ready to be given to every kind of engine.

Blocks of the toy are those of :mod:`samestate.conformance.generating.toy`. Those of the EVM are made here: each
transaction adds to a slot of a contract and then computes until its gas is nearly spent; a conflict is a slot that an
earlier one used.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from samestate.conformance.benchmarking.measured_engine import Prepared
from samestate.conformance.benchmarking.work import Input, Work, preset_of
from samestate.conformance.engines.optimized import PROCESSES, THREADS
from samestate.conformance.engines.optimized.evm import packed_block as packed_evm_block
from samestate.conformance.engines.optimized.evm_states import world_of
from samestate.conformance.engines.optimized.machines import EVM, TOY, ForkBlock
from samestate.conformance.engines.optimized.plain import plain_state
from samestate.conformance.engines.optimized.toy import packed_block
from samestate.conformance.engines.predictions import evm_predictions, toy_predictions
from samestate.conformance.errors import InputError
from samestate.conformance.fixtures.named_forks import name_fork
from samestate.conformance.generating import toy as toy_generator
from samestate.conformance.generating.bytecode import Code
from samestate.conformance.generating.system_contracts import system_contracts
from samestate.conformance.generating.toy_case import with_access_list
from samestate.conformance.vectors import evm, toy
from samestate.optimized import MachineName
from samestate.optimized.toy.merkle import state_root
from samestate.spec.evm.alloc import Alloc
from samestate.spec.evm.block_access_list import encode_access_list
from samestate.spec.evm.chain import access_list_of as evm_access_list_of
from samestate.spec.evm.environment import Environment
from samestate.spec.evm.forks import AMSTERDAM
from samestate.spec.evm.hashing import keccak256
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.evm.signature import address_of, sign
from samestate.spec.evm.state import FlatState
from samestate.spec.evm.transaction import FeeMarketTransaction
from samestate.spec.toy.machine import Toy
from samestate.spec.transition import apply_block

ETHER: Final = 10**18
GWEI: Final = 10**9
NUMBER: Final = 1000
LOOP: Final = bytes.fromhex("100b000000000000000000000000000000000001")
COINBASE: Final = bytes.fromhex("c01ba5e000000000000000000000000000000000")


def toy_work(preset: str, conflict: float | None, hot_key: bool, seed: int) -> Work:
    """A preset of the toy machine, with another share of conflicts or on one hot slot. Raises InputError."""
    chosen = preset_of(preset, toy_generator.PRESETS)
    workload, share, name = chosen.workload, chosen.conflict, preset
    if hot_key:
        workload, share, name = replace(workload, one_key=True), 1.0, f"{preset}, hot key"
    elif conflict is not None:
        share, name = conflict, f"{preset}, conflict {conflict:g}"
    try:
        made = toy_generator.generate_block(seed, chosen.transactions, share, workload)
    except toy_generator.KeySpaceTooSmall as error:
        raise InputError(f"--conflict {share:g}: {error}") from error
    block, state = made.blocks[0], made.state
    result = apply_block(Toy(), block, state)
    start = time.perf_counter()
    listed = with_access_list(block, state)
    seconds = time.perf_counter() - start
    packed, packed_with_list = packed_block(block, state), packed_block(listed, state)

    def input(kind: str, strategy: str) -> Input:
        needs_list = strategy == "access-list"
        if kind == THREADS:
            return toy.NAME, (packed_with_list if needs_list else packed,), {}
        assert listed.access_list is not None
        named = {"predictions": toy_predictions(listed.access_list)} if needs_list else {}
        return MachineName(TOY), (block, plain_state(state), set()), named

    return Work(
        machine=toy.NAME,
        prepared=Prepared(name, len(block.transactions), result.totals.gas_used),
        input=input,
        encode={THREADS: lambda: packed_block(block, state), PROCESSES: lambda: plain_state(state)},
        root=lambda: state_root(state.values, result.changes),
        specification=lambda: apply_block(Toy(), block, state),
        access_list_ms=seconds * 1000,
    )


@dataclass(frozen=True, slots=True)
class EvmPreset:
    """A block of the EVM: how many transactions, the gas that each spends, and the share of those with a conflict."""

    transactions: int
    gas: int
    conflict: float


EVM_PRESETS: Final[Mapping[str, EvmPreset]] = {
    "small": EvmPreset(50, 60_000, 0.2),
    "medium": EvmPreset(200, 60_000, 0.2),
    "large": EvmPreset(1_000, 60_000, 0.2),
    "heavy": EvmPreset(200, 180_000, 0.0),
}
"""By name. A transaction of `heavy` takes the specification at least 10 ms."""


def evm_work(preset: str, conflict: float | None, hot_key: bool, seed: int) -> Work:
    """A preset of the EVM, with another share of conflicts or on one hot slot. Raises InputError."""
    chosen = preset_of(preset, EVM_PRESETS)
    share, name = chosen.conflict if conflict is None else conflict, preset
    if hot_key:
        share, name = 1.0, f"{preset}, hot key"
    elif conflict is not None:
        name = f"{preset}, conflict {conflict:g}"
    payload, state = evm_block(chosen, share, hot_key, seed)
    result = apply_block(Evm(AMSTERDAM), payload, state)
    start = time.perf_counter()
    access_list = encode_access_list(evm_access_list_of(apply_block(Evm(AMSTERDAM), payload, state)))
    seconds = time.perf_counter() - start
    base = plain_state(state)
    predictions = evm_predictions(access_list)
    world, machine = world_of(state), Evm(AMSTERDAM)
    compiled = packed_evm_block(machine, payload, None)
    compiled_with_list = packed_evm_block(machine, payload, predictions)

    def input(kind: str, strategy: str) -> Input:
        needs_list = strategy == "access-list"
        if kind == THREADS:
            return evm.NAME, (compiled_with_list if needs_list else compiled, world), {}
        named = {"predictions": predictions} if needs_list else {}
        return MachineName(EVM), (ForkBlock(name_fork(AMSTERDAM), payload), base, set()), named

    return Work(
        machine=evm.NAME,
        prepared=Prepared(name, len(payload.transactions), result.totals.gas_used),
        input=input,
        encode={THREADS: lambda: packed_evm_block(machine, payload, None), PROCESSES: lambda: plain_state(state)},
        root=lambda: state.apply(result.changes, result.wipes).root(),
        specification=lambda: apply_block(Evm(AMSTERDAM), payload, state),
        access_list_ms=seconds * 1000,
    )


def evm_block(preset: EvmPreset, conflict: float, hot_key: bool, seed: int) -> tuple[Payload, FlatState]:
    """The block and the state before it."""
    random = Random(f"samestate bench evm {seed} {preset} {conflict} {hot_key}")
    count = preset.transactions
    conflicting = set(random.sample(range(1, count), min(round(conflict * count), count - 1)))
    slots: list[int] = []
    for index in range(count):
        slots.append(0 if hot_key else random.choice(slots) if index in conflicting else index + 1)
    pre: Alloc = {
        f"0x{address.hex()}": {"nonce": "0x1", "code": f"0x{code.hex()}"}
        for address, code in system_contracts(AMSTERDAM).items()
    }
    # every slot is there: new state has a price that would leave nothing to compute with (EIP-8037)
    filled = {hex(slot): "0x1" for slot in sorted(set(slots))}
    pre[f"0x{LOOP.hex()}"] = {"nonce": "0x1", "code": f"0x{loop_code().hex()}", "storage": filled}
    transactions = []
    for index, slot in enumerate(slots):
        key = keccak256(f"samestate bench {seed} {index}".encode())
        pre[f"0x{address_of(key).hex()}"] = {"balance": hex(100 * ETHER)}
        unsigned = FeeMarketTransaction(
            chain_id=1,
            nonce=0,
            max_priority_fee_per_gas=GWEI,
            max_fee_per_gas=10 * GWEI,
            gas_limit=preset.gas,
            to=LOOP,
            value=0,
            data=slot.to_bytes(32, "big"),
        )
        transactions.append(sign(unsigned, key))
    environment = Environment(
        chain_id=1,
        number=NUMBER,
        timestamp=1_800_000_000,
        coinbase=COINBASE,
        gas_limit=max(60_000_000, preset.gas * count),
        base_fee_per_gas=GWEI,
        parent_hash=bytes(32),
        slot_number=NUMBER,
        block_hashes={NUMBER - 1: bytes(32)},
    )
    return Payload(environment, tuple(transactions)), FlatState.from_alloc(pre)


def loop_code() -> bytes:
    """Adds one to the slot that the call names, then computes until less than 1,000 gas is left."""
    code = Code()
    again = code.label()
    code.push(0).op("CALLDATALOAD", "DUP1", "SLOAD").push(1).op("ADD", "SWAP1", "SSTORE")
    code.push(7)
    code.mark(again).op("DUP1", "MUL").push(0xFFFF).op("AND").push(3).op("ADD")
    code.push(1000).op("GAS", "GT").jump_if(again)
    return code.op("STOP").build()
