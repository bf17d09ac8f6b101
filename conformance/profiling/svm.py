"""The profile of a block of Solana's machine: compute units by program and instruction, locks by account, seconds.

Programs there are native: a transaction's units and seconds are shared among its instructions alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from samestate.conformance.profiling.block_profile import MachineProfile, ProfileTable, SpentOn
from samestate.conformance.profiling.flame import FlameNode
from samestate.conformance.profiling.schedules import by_transaction, seconds_by_transaction
from samestate.spec.svm.addresses import SYSTEM, base58
from samestate.spec.svm.block import Block
from samestate.spec.svm.declared import declared_accounts
from samestate.spec.svm.programs.system import INSTRUCTIONS
from samestate.spec.svm.transaction import SignedTransaction

if TYPE_CHECKING:
    from samestate.optimized.trace import TraceEvent

TAG_BYTES = 4


def profile_svm(block: Block, result: Any, events: Sequence[TraceEvent]) -> MachineProfile:
    """Where a block spends compute units and time. ``result``: the specification's of the block."""
    units = tuple(outcome.units for outcome in result.outcomes)
    seconds = seconds_by_transaction(events)
    programs: dict[str, SpentOn] = {}
    instructions: dict[str, SpentOn] = {}
    accounts: dict[str, SpentOn] = {}
    top = FlameNode()
    for index, (transaction, spent) in enumerate(zip(block.transactions, units, strict=True)):
        parts = instructions_of(transaction)
        taken = seconds.get(index, 0.0)
        for place, (program, name) in enumerate(parts):
            gas = spent // len(parts) + (place < spent % len(parts))
            programs.setdefault(program, SpentOn()).add(1, gas, taken / len(parts))
            instructions.setdefault(f"{program} {name}", SpentOn()).add(1, gas, taken / len(parts))
            top.part(program).part(name).amount += gas
        _, writable = declared_accounts(block, transaction)
        for key in writable:
            accounts.setdefault(base58(key), SpentOn()).add(1, spent, taken)
    top.sum_up()
    return MachineProfile(
        (
            ProfileTable.of("program", programs),
            ProfileTable.of("instruction", instructions),
            ProfileTable.of("account locked for writing", accounts),
            by_transaction(events, units),
        ),
        top,
        units,
        notes=("Units and seconds of a transaction are shared among its instructions alike.",),
    )


def instructions_of(transaction: SignedTransaction) -> list[tuple[str, str]]:
    """The program and the name of each instruction."""
    message = transaction.message
    named = []
    for instruction in message.instructions:
        if instruction.program >= len(message.keys):
            named.append(("(of a lookup table)", "-"))
            continue
        program = message.keys[instruction.program]
        tag = int.from_bytes(instruction.data[:TAG_BYTES], "little")
        known = INSTRUCTIONS.get(tag) if program == SYSTEM and len(instruction.data) >= TAG_BYTES else None
        named.append((base58(program), known[0].__name__ if known else f"0x{instruction.data[:TAG_BYTES].hex()}"))
    return named
