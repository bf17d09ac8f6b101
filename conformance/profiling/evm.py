"""The profile of a block of the EVM: from the compiled engine's interpreter, instruction by instruction."""

from __future__ import annotations

from typing import Final

from samestate.conformance.engines.known_state import listed_state
from samestate.conformance.engines.optimized.evm import packed_block
from samestate.conformance.engines.optimized.evm_states import lacking_as_specified, world_of
from samestate.conformance.profiling.block_profile import MachineProfile, ProfileTable, SpentOn
from samestate.conformance.profiling.flame import FlameNode
from samestate.optimized import Configuration
from samestate.optimized.evm.engine import EvmEngine
from samestate.optimized.evm.profile import CallNode, EvmProfile, quickest
from samestate.spec.evm.machine import Evm
from samestate.spec.evm.payload import Payload
from samestate.spec.machine import State

ENDS: Final = {"creation": "(code that is kept, or burnt)", "precompile": "(precompile)"}
TIMES: Final = 3
"""How often a block is profiled. Of each part the quickest counts: whoever else is at work only makes it slower."""

BURNT: Final = "(burnt, given back, or charged outside instructions)"
OUTSIDE: Final = "(before and after code)"
"""What the transaction itself costs, less the refund."""

NOTE: Final = (
    "Seconds are those of the instruction-by-instruction path with a look at the clock each, whose own cost is taken"
    " off: shares, not how long the block takes."
)


def profile_evm(machine: Evm, payload: Payload, state: State, weight: str) -> MachineProfile:
    """Where a block spends gas and time. ``weight``: of the tree, gas or time. Raises EngineError."""
    world = world_of(listed_state(machine, payload, state))
    with EvmEngine(Configuration(strategy="sequential", record=False)) as engine, lacking_as_specified():
        profiles = []
        for _ in range(TIMES):
            profile, result = engine.profile(packed_block(machine, payload, None), world)
            profiles.append(profile)
        gas = tuple(outcome.gas_used for outcome in result.outcomes)
        profile = quickest(profiles)
    return MachineProfile(
        (by_instruction(profile), by_contract(profile, sum(gas)), by_slot(profile), by_transaction(profile, gas)),
        tree_of(profile, weight),
        gas,
        sum(each.sender_seconds for each in profile.transactions),
        (NOTE, f"A look at the clock took {profile.clock_ns} ns."),
    )


def end_of(node: CallNode) -> str:
    """What the end of a frame is called that took something beside its instructions."""
    return ENDS.get(node.selector or "", BURNT)


def by_instruction(profile: EvmProfile) -> ProfileTable:
    """What was spent on each instruction, wherever it stood."""
    spent: dict[str, SpentOn] = {}
    for node in profile.nodes:
        for name, each in node.instructions.items():
            spent.setdefault(name, SpentOn()).add(each.count, each.gas, each.seconds)
        if node.end.count:
            spent.setdefault(end_of(node), SpentOn()).add(node.end.count, node.end.gas, node.end.seconds)
    return ProfileTable.of("instruction", spent)


def by_contract(profile: EvmProfile, gas_used: int) -> ProfileTable:
    """What was spent in the code of each account, without what that called; counts are calls."""
    spent: dict[str, SpentOn] = {}
    inside = 0
    for node in profile.nodes:
        name = "(creations)" if node.selector == "creation" else node.code
        each = spent.setdefault(name, SpentOn())
        each.add(node.calls, node.end.gas, node.end.seconds)
        for instruction in node.instructions.values():
            each.add(0, instruction.gas, instruction.seconds)
        inside += node.end.gas + sum(instruction.gas for instruction in node.instructions.values())
    spent[OUTSIDE] = SpentOn(len(profile.transactions), gas_used - inside)
    return ProfileTable.of("contract", spent)


def by_slot(profile: EvmProfile) -> ProfileTable:
    """What SLOAD and SSTORE of each slot have spent."""
    return ProfileTable.of(
        "slot",
        {
            f"{each.address} {each.slot:#x}": SpentOn(each.spending.count, each.spending.gas, each.spending.seconds)
            for each in profile.slots
        },
    )


def by_transaction(profile: EvmProfile, gas: tuple[int, ...]) -> ProfileTable:
    """What each transaction took, its sender's recovery included; counts are instructions."""
    return ProfileTable.of(
        "transaction",
        {
            str(each.number): SpentOn(
                each.instructions,
                gas[each.number] if each.number < len(gas) else 0,
                each.seconds + each.sender_seconds,
            )
            for each in profile.transactions
        },
    )


def tree_of(profile: EvmProfile, weight: str) -> FlameNode:
    """The tree of calls, as wide as their gas or their time, down to the instruction."""
    top = FlameNode()
    places: list[FlameNode] = []
    for node in profile.nodes:
        above = top if node.parent is None else places[node.parent]
        place = above.part(name_of(node))
        places.append(place)
        for name, each in node.instructions.items():
            place.part(name).amount += each.seconds * 1e9 if weight == "time" else each.gas
        if node.end.count:
            place.part(end_of(node)).amount += node.end.seconds * 1e9 if weight == "time" else node.end.gas
    top.sum_up()
    return top


def name_of(node: CallNode) -> str:
    """A place in the tree of calls, for a box: whose code, and which function."""
    if node.selector == "creation":
        return f"{node.call} creation"
    return f"{node.code[:10]}…{node.code[-4:]} {node.selector or 'no selector'}"


def kind_of(name: str) -> str:
    """What a box is about, for its colour."""
    if name.startswith(("KECCAK", "(precompile")):
        return "hash"
    if name.startswith(("SLOAD", "SSTORE", "BALANCE", "EXTCODE", "SELFBALANCE", "LOG")):
        return "state"
    if name.startswith("0x") or name.endswith(" creation"):
        return "around"
    return "library" if name.startswith("(") else "code"


LEGEND: Final = {
    "around": "contract and selector",
    "code": "instructions",
    "state": "state",
    "hash": "hashing, precompiles",
    "library": "ends of frames",
}
