"""Details that engines have had wrong: one block for each, in which later transactions depend on it."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.assembler import (
    REVERT,
    argument,
    code,
    create,
    create2,
    deploying,
    store,
    when,
    words,
)
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.curve_points import (
    BLS_INFINITY_2,
    BN_INFINITY,
    BN_INFINITY_2,
    bls_point_2,
    bn_point,
    bn_point_2,
    word,
)
from samestate.conformance.scenarios.precompile_questions import Question, ask
from samestate.conformance.scenarios.scenario import scenario, since
from samestate.spec.evm.address import salted_address
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, PRAGUE, SHANGHAI
from samestate.spec.evm.gas import WARM_ACCESS
from samestate.spec.evm.precompiles import BLS12_381_SUM_SECOND_GROUP, BN254_PAIRING, MODULAR_EXPONENTIATION

PUSH_AND_POP: Final = 3 + 2
MEASURED: Final = 2
"""What GAS costs, which is part of what is measured by it."""


@scenario(hazards="H13 H54", forks=(LONDON, SHANGHAI, AMSTERDAM))
def coinbase_of_every_type(block: BlockBuilder) -> None:
    """The first access to the coinbase costs the same in transactions of every type: it is warm since Shanghai."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    looker = block.contract("looker", code(store(argument(0), "GAS COINBASE BALANCE POP GAS SWAP1 SUB")))
    block.call(alice, looker, data=words(1), legacy=True)
    block.call(bob, looker, data=words(2))
    block.call(alice, looker, data=words(3), access_list=[(bob, [])])
    block.expect_success()
    cold = 0 if block.fork.warms_coinbase else block.fork.cold_account_access - WARM_ACCESS
    for index in (1, 2, 3):
        block.expect_slot(looker, index, WARM_ACCESS + PUSH_AND_POP - 1 + MEASURED + cold)


@scenario(hazards="H29 H51", forks=(BERLIN, SHANGHAI, AMSTERDAM))
def what_creations_give_back(block: BlockBuilder) -> None:
    """A creation that succeeds gives nothing back, whatever it deploys; one that reverts gives back what it says."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    deploys = block.contract("deploys", code(create(deploying(code("STOP"))), store(1, "RETURNDATASIZE PUSH 1 ADD")))
    reverts = block.contract(
        "reverts",
        code(
            create(code("PUSH 7 PUSH 0 MSTORE PUSH 64 PUSH 0 REVERT")),
            store(1, "RETURNDATASIZE"),
            "PUSH 32 PUSH 0 PUSH 0 RETURNDATACOPY",
            store(2, "PUSH 0 MLOAD"),
        ),
    )
    reader = block.contract("reader", code(f"PUSH {deploys} EXTCODESIZE PUSH 0 SSTORE"))
    for sender, contract in ((alice, deploys), (bob, reverts), (alice, deploys), (bob, reader)):
        block.call(sender, contract, gas=block.prices.call + 2 * block.prices.creation)
    block.expect_success()
    block.expect_slot(deploys, 1, 1)
    block.expect_slot(reverts, 1, 64)
    block.expect_slot(reverts, 2, 7)


@scenario(hazards="H54 H55", forks=since(CANCUN))
def transient_store_in_a_static_call(block: BlockBuilder) -> None:
    """TSTORE halts in a static call, and leaves nothing; TLOAD does not."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    keeper = block.contract(
        "keeper",
        code(
            when("CALLDATASIZE", "write"),
            "PUSH 0 TLOAD PUSH 0 MSTORE PUSH 32 PUSH 0 RETURN",
            "write:",
            "PUSH 5 PUSH 0 TSTORE",
        ),
    )
    asked = f"PUSH 32 PUSH 0 {{size}} PUSH 0 PUSH {keeper} PUSH 50000 STATICCALL PUSH 1 ADD"
    asker = block.contract(
        "asker",
        code(
            store(argument(0), asked.format(size="PUSH 1")),
            store(f"{argument(0)} PUSH 1 ADD", asked.format(size="PUSH 0")),
            store(f"{argument(0)} PUSH 2 ADD", "PUSH 0 MLOAD PUSH 9 ADD"),
        ),
    )
    for sender, index in ((alice, 10), (bob, 20)):
        block.call(sender, asker, data=words(index), gas=block.prices.call + 3 * block.prices.new_slot)
        block.expect_slot(asker, index, 1)
        block.expect_slot(asker, index + 1, 2)
        block.expect_slot(asker, index + 2, 9)
    block.expect_success()


@scenario(hazards="H54", forks=(CANCUN, AMSTERDAM))
def copy_from_beyond_memory(block: BlockBuilder) -> None:
    """MCOPY makes memory reach to the end of what it copies from, not only of what it copies to, and pays for both."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    copier = block.contract("copier", code(f"PUSH 32 {argument(0)} PUSH 0 MCOPY", store(argument(0), "MSIZE")))
    for sender, source in ((alice, 64), (bob, 1024), (alice, 1)):
        block.call(sender, copier, data=words(source))
        block.expect_slot(copier, source, (source + 63) // 32 * 32)
    block.expect_success()


@scenario(hazards="H63", forks=(BERLIN, AMSTERDAM))
def jump_that_is_not_taken(block: BlockBuilder) -> None:
    """The destination of a jump that is not taken may be anything: only the transaction that jumps halts."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    jumper = block.contract("jumper", code(f"{argument(0)} PUSH 1 JUMPI", store(0, "PUSH 0 SLOAD PUSH 1 ADD")))
    for sender, condition in ((alice, 0), (bob, 1), (alice, 0)):
        block.call(sender, jumper, data=words(condition))
    block.expect_success(True, False, True)
    block.expect_slot(jumper, 0, 2)


@scenario(hazards="H29 H54", forks=(BERLIN, AMSTERDAM))
def address_of_a_creation_that_failed(block: BlockBuilder) -> None:
    """The address of a creation that failed is warm, for its transaction alone; the creator's nonce is one more."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    failing, salt = code(REVERT), 5
    creator = block.nobody("creator")
    address = f"PUSH20 0x{salted_address(creator.address, salt.to_bytes(32, 'big'), failing).hex()}"
    measured = f"GAS {address} BALANCE POP GAS SWAP1 SUB"
    block.contract(
        "creator",
        code(when(argument(1), "look"), f"{create2(failing, salt)} POP", "look:", store(argument(0), measured)),
    )
    for sender, index, looks_alone in ((alice, 1, 0), (bob, 2, 1), (alice, 3, 0)):
        block.call(sender, creator, data=words(index, looks_alone), gas=block.prices.call + block.prices.creation)
        cold = block.fork.cold_account_access - WARM_ACCESS
        block.expect_slot(creator, index, WARM_ACCESS + PUSH_AND_POP + MEASURED + looks_alone * cold)
    block.expect_success()
    block.expect_nonce(creator, 3)


@scenario(hazards="H20", forks=(BERLIN, AMSTERDAM))
def storage_trie_that_collapses(block: BlockBuilder) -> None:
    """A slot is cleared, and of the storage trie two slots remain whose paths begin alike: one extension leads there.

    So it is when the slot that is left is cleared too, and one leaf remains.
    """
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    apart, alike, also_alike = 2, 1, 24
    keeper = block.contract(
        "keeper", code(store(argument(0), argument(1))), storage={apart: 7, alike: 8, also_alike: 9}
    )
    block.call(alice, keeper, data=words(alike, 3))
    block.next_block()
    block.call(bob, keeper, data=words(apart, 0))
    block.call(alice, keeper, data=words(also_alike, 4))
    block.next_block()
    block.call(bob, keeper, data=words(alike, 0))
    block.expect_success()
    block.expect_slot(keeper, also_alike, 4)


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def powers_of_nothing(block: BlockBuilder) -> None:
    """MODEXP of a base without bytes is a number like any other: zero, and one to the power of zero."""

    def power(what: str, lengths: tuple[int, int, int], data: bytes, answer: bytes) -> Question:
        price = 500 if block.fork.name == AMSTERDAM.name else 200
        return Question(what, words(*lengths) + data, answer, price)

    ask(
        block,
        MODULAR_EXPONENTIATION,
        [
            power("nothing to the power of nothing modulo 7", (0, 0, 1), b"\x07", b"\x01"),
            power("nothing to the power of 0 modulo 7", (0, 1, 1), b"\x00\x07", b"\x01"),
            power("nothing to the power of 3 modulo 7", (0, 1, 1), b"\x03\x07", b"\x00"),
            power("nothing to the power of nothing modulo 1", (0, 0, 1), b"\x01", b"\x00"),
            power("nothing to the power of nothing modulo 7, in two bytes", (0, 0, 2), b"\x00\x07", b"\x00\x01"),
        ],
    )


@scenario(hazards="H51 H65", forks=(BERLIN, AMSTERDAM))
def pairings_with_infinity(block: BlockBuilder) -> None:
    """A pair with the point at infinity changes nothing: what the other pairs give is the answer, one or zero."""

    def paired(what: str, data: bytes, answer: int) -> Question:
        return Question(what, data, words(answer), 45_000 + 34_000 * (len(data) // 192))

    one, one_2 = bn_point(1), bn_point_2(1)
    ask(
        block,
        BN254_PAIRING,
        [
            paired("a pair that is not one", one + one_2, 0),
            paired("the same and infinity in the first group", one + one_2 + BN_INFINITY + one_2, 0),
            paired("the same and infinity in the second group", one + BN_INFINITY_2 + one + one_2, 0),
            paired("opposites, and infinity", one + one_2 + BN_INFINITY + BN_INFINITY_2 + bn_point(-1) + one_2, 1),
        ],
    )


@scenario(hazards="H51 H65", forks=(PRAGUE, AMSTERDAM))
def sums_with_infinity(block: BlockBuilder) -> None:
    """A term with the point at infinity adds nothing to a sum of multiples in the second group."""
    one = bls_point_2(1)
    two_terms = 2 * 22_500

    ask(
        block,
        BLS12_381_SUM_SECOND_GROUP,
        [
            Question("7 · infinity", BLS_INFINITY_2 + word(7), BLS_INFINITY_2, 22_500),
            Question("2 · 1 + 7 · infinity", one + word(2) + BLS_INFINITY_2 + word(7), bls_point_2(2), two_terms),
            Question("7 · infinity + 3 · 1", BLS_INFINITY_2 + word(7) + one + word(3), bls_point_2(3), two_terms),
        ],
    )
