"""Where a block of the EVM spends its gas and its time, as plain records: what profiling.hpp has found out.

Gas is what leaves a frame's budget, state gas (EIP-8037) included: the intrinsic gas before the code and the refund
after it are not in it. Seconds are those of the exact path of the interpreter, which looks at the clock at each step
and takes off what a look costs: they say which instruction takes how long beside others, not how long the block takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

NANOSECONDS = 1e9


@dataclass(frozen=True, slots=True)
class Spending:
    """How often something was done, the gas that it used (negative where more came back) and its seconds."""

    count: int
    gas: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallNode:
    """Code that was run in one place of the tree of calls.

    ``parent``: the number of the node that called it, None of what a transaction runs. ``call``: the instruction that
    did, or TRANSACTION or CREATION. ``code``: the address whose code it is. ``selector``: the first four bytes of the
    input, in hex, ``creation`` or ``precompile``, or None. ``instructions``: what was spent here, by mnemonic.
    ``end``: what the end of its frames took beside these: precompiles, code that was paid for, gas that was burnt
    or given back, and what is charged before the first instruction.
    """

    parent: int | None
    call: str
    code: str
    selector: str | None
    calls: int
    instructions: dict[str, Spending]
    end: Spending


@dataclass(frozen=True, slots=True)
class SlotSpending:
    """What SLOAD and SSTORE of one slot have spent. ``writes`` of the ``spending.count`` were SSTORE."""

    address: str
    slot: int
    writes: int
    spending: Spending


@dataclass(frozen=True, slots=True)
class TransactionSpending:
    """How long a transaction took: to find out who has sent it, if that was not known, and all else."""

    number: int
    sender_seconds: float
    seconds: float
    instructions: int


@dataclass(frozen=True, slots=True)
class EvmProfile:
    """Where a block spends its gas and its time; see the head of this module. ``clock_ns``: what a look cost."""

    nodes: tuple[CallNode, ...]
    slots: tuple[SlotSpending, ...]
    transactions: tuple[TransactionSpending, ...]
    clock_ns: int


def read_profile(text: str) -> EvmProfile:
    """The profile that profiling.hpp has written."""
    nodes: list[CallNode] = []
    slots: list[SlotSpending] = []
    transactions: list[TransactionSpending] = []
    clock_ns = 0
    for line in text.splitlines():
        kind, *words = line.split(" ")
        if kind == "node":
            _, parent, call, code, selector, calls = words
            above = None if int(parent) < 0 else int(parent)
            said = None if selector == "-" else selector
            nodes.append(CallNode(above, call, code, said, int(calls), {}, Spending(0, 0, 0.0)))
        elif kind == "instruction":
            number, name = int(words[0]), words[1]
            if name == "-":
                node = nodes[number]
                nodes[number] = CallNode(
                    node.parent, node.call, node.code, node.selector, node.calls, node.instructions, spending(words[2:])
                )
            else:
                nodes[number].instructions[name] = spending(words[2:])
        elif kind == "slot":
            slots.append(SlotSpending(words[0], int(words[1], 16), int(words[2]), spending(words[3:])))
        elif kind == "transaction":
            index, sender, rest, instructions = map(int, words)
            transactions.append(TransactionSpending(index, sender / NANOSECONDS, rest / NANOSECONDS, instructions))
        elif kind == "clock":
            clock_ns = int(words[0])
    return EvmProfile(tuple(nodes), tuple(slots), tuple(transactions), clock_ns)


def quickest(profiles: Sequence[EvmProfile]) -> EvmProfile:
    """Profiles of one block, made one after another, as one: of each part the least seconds that it took."""
    first = profiles[0]
    return EvmProfile(
        tuple(
            replace(
                node,
                instructions={
                    name: _least([other.nodes[number].instructions[name] for other in profiles])
                    for name in node.instructions
                },
                end=_least([other.nodes[number].end for other in profiles]),
            )
            for number, node in enumerate(first.nodes)
        ),
        tuple(
            replace(slot, spending=_least([other.slots[number].spending for other in profiles]))
            for number, slot in enumerate(first.slots)
        ),
        tuple(
            replace(
                transaction,
                sender_seconds=min(other.transactions[number].sender_seconds for other in profiles),
                seconds=min(other.transactions[number].seconds for other in profiles),
            )
            for number, transaction in enumerate(first.transactions)
        ),
        min(profile.clock_ns for profile in profiles),
    )


def _least(spent: Sequence[Spending]) -> Spending:
    return replace(spent[0], seconds=min(each.seconds for each in spent))


def spending(words: list[str]) -> Spending:
    """Count, gas and nanoseconds."""
    count, gas, nanoseconds = map(int, words)
    return Spending(count, gas, nanoseconds / NANOSECONDS)
