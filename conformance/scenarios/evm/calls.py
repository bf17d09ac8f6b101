"""Calls: what a static context forbids further down, what is left of return data, and what a stipend does not buy.

An outcome is stored as 1 more than it is, so that a slot shows that the call was made.
"""

from __future__ import annotations

from samestate.conformance.scenarios.assembler import call, code, delegate_call, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since, until
from samestate.spec.evm.forks import BERLIN, OSAKA

GAS = 3_000_000
FORBIDDEN = {
    "storing": store(0, 1),
    "creating": "PUSH 0 PUSH 0 PUSH 0 CREATE POP",
    "logging": "PUSH 0 PUSH 0 LOG0",
    "paying": f"{call('ADDRESS', 1)} POP",
    "destroying": "ADDRESS SELFDESTRUCT",
}
"""What a static context forbids (EIP-214)."""


@scenario(forks=since(BERLIN))
def static_context_reaches_all_below(block: BlockBuilder) -> None:
    """What a static frame calls is static too, be it called or delegated to: whatever writes there fails."""
    alice = block.account("alice", ETHER)
    asking = []
    for slot, (name, forbidden) in enumerate(FORBIDDEN.items()):
        writer = block.contract(name, code(forbidden), balance=9)
        ways = f"{call(writer, gas=20_000)} {delegate_call(writer)} ADD"
        passing = block.contract(f"asks for {name}", code(ways, "PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN"), balance=9)
        asking.append(f"PUSH 32 PUSH 0 PUSH 0 PUSH 0 PUSH {passing} PUSH 90000 STATICCALL POP")
        asking.append(store(slot, "PUSH 0 MLOAD PUSH 1 ADD"))
    asker = block.contract("asker", code(*asking))
    block.call(alice, asker, gas=GAS)
    block.expect_success()
    for slot in range(len(FORBIDDEN)):
        block.expect_slot(asker, slot, 1)


@scenario(forks=since(BERLIN))
def call_that_cannot_begin_returns_nothing(block: BlockBuilder) -> None:
    """A call or creation that the caller cannot afford returns nothing, and nothing is left of what was returned."""
    alice = block.account("alice", ETHER)
    talker = block.contract("talker", code("PUSH 32 PUSH 0 RETURN"))
    talk = f"{call(talker)} POP"
    asker = block.contract(
        "asker",
        code(
            talk, store(0, "RETURNDATASIZE PUSH 1 ADD"),
            talk, f"{call(talker, ETHER)} POP", store(1, "RETURNDATASIZE PUSH 1 ADD"),
            talk, "PUSH 0 PUSH 0 PUSH 1 CREATE POP", store(2, "RETURNDATASIZE PUSH 1 ADD"),
        ),
    )  # fmt: skip
    block.call(alice, asker, gas=GAS)
    block.expect_success()
    for slot, returned in enumerate((32, 0, 0)):
        block.expect_slot(asker, slot, returned + 1)


@scenario(forks=until(BERLIN, OSAKA))
def store_with_no_more_than_a_stipend(block: BlockBuilder) -> None:
    """With 2,300 gas left nothing is stored, though the slot is warm and would stay as it is; with 2,301 it is."""
    alice = block.account("alice", ETHER)
    keeper = block.contract("keeper", code(store(0, 1)), storage={0: 1})
    asker = block.contract(
        "asker",
        code(*(store(slot, f"{call(keeper, 1, gas=6 + slot)} PUSH 1 ADD") for slot in range(2))),
        balance=9,
    )
    block.call(alice, asker, access_list=[(keeper, [0])])
    block.expect_success()
    block.expect_slot(asker, 0, 1)
    block.expect_slot(asker, 1, 2)
