"""What is paid for accounts that do not come to be: endowments that are not there, precompiles that fail, halts."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.assembler import call, code, create, store, when, words
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.gas_edges import GasEdge, try_edges
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, OSAKA, PRAGUE
from samestate.spec.evm.precompiles import BLAKE2F, BN254_ADD, IDENTITY, POINT_EVALUATION

PUSH: Final = 3
CREATION: Final = 32_000
CREATION_IN_AMSTERDAM: Final = 12_000
FAILING: Final = (BN254_ADD, BLAKE2F, POINT_EVALUATION)
"""Precompiles that fail on what they are given here, each for another reason."""


def precompile(block: BlockBuilder, address: bytes) -> NamedAccount:
    """A precompile by its address."""
    return block.at(f"precompile {int.from_bytes(address, 'big')}", address)


@scenario(hazards="H134 H141", forks=(BERLIN, PRAGUE, AMSTERDAM))
def creation_without_its_endowment(block: BlockBuilder) -> None:
    """A creation offers more than there is: it costs itself, nothing for an account, and pushes zero."""
    edges = {
        "create": "PUSH 0 PUSH 0 PUSH 1 CREATE",
        "create by salt": "PUSH 7 PUSH 0 PUSH 0 PUSH 1 CREATE2",
    }
    contracts = try_edges(
        block,
        [
            GasEdge(name, words_of_code, PUSH * words_of_code.count("PUSH") + CREATION,
                    PUSH * words_of_code.count("PUSH") + CREATION_IN_AMSTERDAM)
            for name, words_of_code in edges.items()
        ],
    )  # fmt: skip
    for contract in contracts:
        block.expect_nonce(contract, 1)


@scenario(hazards="H141", forks=(PRAGUE, AMSTERDAM))
def endowment_that_an_earlier_transaction_took(block: BlockBuilder) -> None:
    """A contract can endow what it creates only until somebody takes its balance: the second creation pushes 0."""
    alice, bob, carol, shop = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER, shop=1)
    maker = block.contract(
        "maker",
        code(
            when("CALLDATASIZE", "give"),
            store("CALLER", f"{create(b'', value=5)} ISZERO PUSH 1 ADD"),
            "STOP",
            "give:",
            call(shop, value=4),
        ),
        balance=9,
    )
    block.call(alice, maker)
    block.call(bob, maker, data=words(1))
    block.call(carol, maker)
    block.expect_success()
    block.expect_slot(maker, alice.as_number, 1)
    block.expect_slot(maker, carol.as_number, 2)
    block.expect_balance(maker, 0)
    block.expect_nonce(maker, 2)


@scenario(hazards="H142", forks=(PRAGUE, OSAKA, AMSTERDAM))
def value_to_precompiles_that_fail(block: BlockBuilder) -> None:
    """Value goes to precompiles without accounts, which fail: it stays, and there are still no accounts."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    calls = [
        store(index, f"PUSH 0 PUSH 0 PUSH 2 PUSH 31 PUSH 1 PUSH 0x{address.hex()} PUSH 100000 CALL PUSH 1 ADD")
        for index, address in enumerate(FAILING)
    ]
    payer = block.contract("payer", code("PUSH 1 PUSH 31 MSTORE8 PUSH 1 PUSH 32 MSTORE8", *calls), balance=9)
    block.call(alice, payer, gas=3_000_000)
    block.call(bob, payer, gas=3_000_000)
    block.expect_success()
    block.expect_balance(payer, 9)
    for index, address in enumerate(FAILING):
        block.expect_slot(payer, index, 1)
        block.expect_gone(precompile(block, address))


@scenario(hazards="H142", forks=(PRAGUE, OSAKA, AMSTERDAM))
def value_of_a_transaction_to_a_precompile(block: BlockBuilder) -> None:
    """Transactions pay a precompile, which fails for one and answers another: the second makes its account."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    adding = precompile(block, BN254_ADD)
    block.call(alice, adding, value=7, data=b"\x01" * 64)
    block.call(bob, adding, value=5)
    block.call(carol, adding, value=3, data=b"\x01" * 64)
    block.expect_success(False, True, False)
    block.expect_balance(adding, 5)


@scenario(hazards="H142", forks=(PRAGUE, AMSTERDAM))
def precompile_that_cannot_be_paid(block: BlockBuilder) -> None:
    """A precompile gets value and too little gas, and once it has an account the same again: it fails both times."""
    alice, bob, carol = block.accounts(alice=ETHER, bob=ETHER, carol=ETHER)
    identity = precompile(block, IDENTITY)
    payer = block.contract(
        "payer",
        code(store("CALLER", f"PUSH 0 PUSH 0 PUSH 100000 PUSH 0 PUSH 1 PUSH {identity} PUSH 10 CALL PUSH 1 ADD")),
        balance=9,
    )
    block.call(alice, payer)
    block.transfer(bob, to=identity, value=7, gas=block.prices.call)
    block.call(carol, payer)
    block.expect_success()
    block.expect_slot(payer, alice.as_number, 1)
    block.expect_slot(payer, carol.as_number, 1)
    block.expect_balance(identity, 7)
    block.expect_balance(payer, 9)


@scenario(hazards="H136 H143", forks=(AMSTERDAM,))
def halts_with_a_reservoir(block: BlockBuilder) -> None:
    """Transactions with more than 2^24 gas set slots and halt, on top or in a frame: their state gas comes back."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    halting = block.contract("halting", code(store(0, 1), store(1, 1), "INVALID"))
    outer = block.contract("outer", code(store(0, f"{call(halting, gas=200_000)} PUSH 1 ADD")))
    block.set_environment(gas_limit=60_000_000)
    block.call(alice, halting, gas=2**24 + 500_000)
    block.call(bob, outer, gas=2**24 + 500_000)
    block.expect_success(False, True)
    calling, storing = 7 * PUSH + 3_000 + 200_000, 3 * PUSH + 2_100 + 10_000 + block.prices.new_slot
    block.expect_paid(2**24, 15_000 + calling + storing)
    block.expect_slot(halting, 0, 0)
    block.expect_slot(outer, 0, 1)
