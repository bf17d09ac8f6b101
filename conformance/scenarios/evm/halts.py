"""Every reason to halt: in a frame of its own it burns what that frame had, and takes back what it did, no more."""

from __future__ import annotations

from collections.abc import Mapping

from samestate.conformance.scenarios.assembler import REVERT, argument, call, code, create, deploying, store, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, PARIS, SHANGHAI

FORWARDED = 100_000
"""What the frame that halts is given."""


def halt_in_turn(block: BlockBuilder, halting: Mapping[str, str], forwarded: int = FORWARDED) -> None:
    """Call one contract after another by way of a driver, which keeps a slot for each: 1 where the call failed, else 2.

    Each contract first counts on its slot 0, which must be as it was afterwards.
    """
    driver = block.contract(
        "driver",
        code(store(argument(0), f"{call(argument(0), gas=forwarded)} PUSH 1 ADD")),
    )
    for index, (name, words_of_code) in enumerate(halting.items()):
        contract = block.contract(name, code(store(0, 8), words_of_code), storage={0: 7})
        sender = block.account(f"sender {index}", ETHER)
        gas = 200_000 + 2 * block.prices.new_slot + forwarded
        block.call(sender, driver, gas=gas, data=words(contract), comment=f"{sender.name} tries {name}")
        block.expect_slot(driver, contract.as_number, 1)
        block.expect_slot(contract, 0, 7)
    block.expect_success()


@scenario(hazards="H55 H65", forks=(BERLIN, SHANGHAI, AMSTERDAM))
def stacks_and_opcodes(block: BlockBuilder) -> None:
    """Too few items on the stack, one too many, an opcode that is none, and the one that is meant to be none."""
    full = "PUSH 1 " * 1024
    halt_in_turn(
        block,
        {
            "nothing to add": "PUSH 1 ADD",
            "nothing to duplicate": "PUSH 1 DUP2",
            "nothing to swap with": "PUSH 1 SWAP1",
            "one item too many": f"{full} PUSH 1",
            "one duplicate too many": f"{full} DUP1",
            "designated to be invalid": "INVALID",
        },
    )


@scenario(hazards="H55 H65", forks=(BERLIN, SHANGHAI, AMSTERDAM))
def jumps_to_nowhere(block: BlockBuilder) -> None:
    """Jumps into the data of a PUSH, past the end of the code, beyond 64 bits, and to what is no destination."""
    halt_in_turn(
        block,
        {
            "into data": "PUSH 9 JUMP PUSH 0x5b STOP",
            "past the end": "PUSH 200 JUMP",
            "far away": "PUSH 0x10000000000000000 JUMP",
            "farther": f"PUSH 1 PUSH {2**256 - 1} JUMPI",
            "to no destination": "PUSH 1 PUSH 0 JUMPI",
        },
    )


@scenario(hazards="H55 H63 H65", forks=(BERLIN, SHANGHAI, AMSTERDAM))
def more_than_there_is(block: BlockBuilder) -> None:
    """Return data past its end, and memory whose offset and length wrap around 64 and 256 bits."""
    halt_in_turn(
        block,
        {
            "return data that is not there": "PUSH 1 PUSH 0 PUSH 0 RETURNDATACOPY",
            "return data that wraps": f"PUSH 1 PUSH {2**256 - 1} PUSH 0 RETURNDATACOPY",
            "memory at the end of 64 bits": f"PUSH {2**64 - 32} MLOAD",
            "memory at the last byte": f"PUSH 1 PUSH {2**256 - 1} MSTORE",
            "endless hash": f"PUSH {2**64} PUSH 0 KECCAK256",
            "log that wraps": f"PUSH {2**64 - 1} PUSH {2**64 - 1} LOG0",
        },
    )


@scenario(hazards="H55 H134", forks=(BERLIN, CANCUN, AMSTERDAM))
def static_context(block: BlockBuilder) -> None:
    """What may not be done in a static call halts there: storing, logging, creating, destroying and paying."""
    alice = block.account("alice", ETHER)
    shop = block.account("shop", balance=1)
    forbidden = {
        "store": store(0, 1),
        "log": "PUSH 0 PUSH 0 LOG0",
        "create": create(b""),
        "create2": "PUSH 7 PUSH 0 PUSH 0 PUSH 0 CREATE2",
        "destroy": f"PUSH {shop} SELFDESTRUCT",
        "pay": call(shop, value=1),
    }
    asked = [block.contract(name, code(words_of_code), balance=1) for name, words_of_code in forbidden.items()]
    asking = [
        store(index, f"PUSH 0 PUSH 0 PUSH 0 PUSH 0 PUSH {contract} PUSH 50000 STATICCALL PUSH 1 ADD")
        for index, contract in enumerate(asked)
    ]
    asker = block.contract("asker", code(*asking))
    block.call(alice, asker, gas=1_000_000 + len(asked) * block.prices.new_slot)
    block.expect_success()
    for index, contract in enumerate(asked):
        block.expect_slot(asker, index, 1)
        block.expect_balance(contract, 1)


@scenario(hazards="H55", forks=since(BERLIN))
def nothing_of_it_is_paid_twice(block: BlockBuilder) -> None:
    """A frame halts in a frame that reverts in a frame that succeeds: logs and refunds of two are gone."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    innermost = block.contract("innermost", code("PUSH 0 PUSH 0 LOG0", store(0, 0), "INVALID"), storage={0: 7})
    inner = block.contract(
        "inner", code("PUSH 0 PUSH 0 LOG0", store(0, 0), call(innermost, gas=30_000), REVERT), storage={0: 7}
    )
    outer = block.contract("outer", code("PUSH 0 PUSH 0 LOG0", store(0, f"{call(inner)} PUSH 1 ADD")))
    block.call(alice, outer)
    block.call(bob, innermost, gas=60_000)
    block.expect_success(True, False)
    block.expect_slot(outer, 0, 1)
    block.expect_slot(inner, 0, 7)
    block.expect_slot(innermost, 0, 7)


@scenario(hazards="H29 H55", forks=(LONDON, AMSTERDAM))
def code_that_may_not_be(block: BlockBuilder) -> None:
    """Creations whose code begins with 0xEF or is too large burn their gas; a byte less of either is deployed."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    limit = block.fork.code_size_limit
    large = code(f"PUSH {limit + 1} PUSH 0 RETURN")
    initcodes = {
        "prefix": deploying(b"\xef"),
        "prefix and more": deploying(b"\xef\x01\x00" + bytes(20)),
        "too large": large,
        "prefix second": deploying(b"\xfe\xef"),
    }
    gas = 6_000_000
    for index, (name, initcode) in enumerate(initcodes.items()):
        created = block.create((alice, bob)[index % 2], name, initcode, gas=gas)
        if name == "prefix second":
            block.expect_code(created, b"\xfe\xef")
        else:
            block.expect_gone(created)
    block.expect_success(False, False, False, True)


@scenario(hazards="H51", forks=(BERLIN,))
def contract_prefix_before_it_was_reserved(block: BlockBuilder) -> None:
    """Before London code may begin with 0xEF; whoever runs it halts there (EIP-3541)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    created = block.create(alice, "reserved", deploying(b"\xef\x00"))
    block.call(bob, created, gas=50_000)
    block.expect_success(True, False)
    block.expect_code(created, b"\xef\x00")


@scenario(hazards="H129", forks=(PARIS, AMSTERDAM))
def creator_without_next_nonce(block: BlockBuilder) -> None:
    """A contract whose nonce is at its limit creates: that fails before the new account is accessed (EIP-2681)."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    making = code(store("NUMBER CALLER ADD", f"{create(deploying(b''))} ISZERO PUSH 1 ADD"))
    last = block.contract("last", making, nonce=2**64 - 2)
    block.call(alice, last)
    block.call(bob, last)
    block.expect_success()
    block.expect_nonce(last, 2**64 - 1)
    block.expect_slot(last, block.environment.number + alice.as_number, 1)
    block.expect_slot(last, block.environment.number + bob.as_number, 2)
