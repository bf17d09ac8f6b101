"""What comes back for storage that is given up: how it is counted, how much of it counts, and against which floor."""

from __future__ import annotations

from typing import Final

from samestate.conformance.scenarios.assembler import REVERT, call, code, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import scenario, until
from samestate.spec.evm.forks import AMSTERDAM, BERLIN, CANCUN, LONDON, OSAKA, PRAGUE, SHANGHAI

TRANSACTION: Final = 21_000
CLEARING: Final = 2 * 3 + 5_000
"""A store that clears a cold slot."""
COLD_LOAD: Final = 3 + 2_100 + 2
"""A cold slot that is read, and dropped."""
UNTIL_OSAKA: Final = (BERLIN, LONDON, SHANGHAI, CANCUN, PRAGUE, OSAKA)


def refund_of_a_clear(block: BlockBuilder) -> int:
    """For each slot that is cleared (EIP-2200, EIP-3529)."""
    return 15_000 if block.fork is BERLIN else 4_800


def share(block: BlockBuilder) -> int:
    """Of what was spent no more than one part in so many comes back."""
    return 2 if block.fork is BERLIN else 5


def spends(gas: int) -> str:
    """Code that uses just so much gas, by reading slots from 1000 on."""
    loads = gas // COLD_LOAD
    reading = " ".join(f"PUSH2 {1000 + index} SLOAD POP" for index in range(loads))
    return reading + " JUMPDEST" * (gas - loads * COLD_LOAD)


@scenario(hazards="H11 H51", forks=UNTIL_OSAKA)
def cap_of_refunds(block: BlockBuilder) -> None:
    """Two slots are cleared by transactions that spend a unit less, just as much and more than lets all of it count."""
    counter, part = 2 * refund_of_a_clear(block), share(block)
    edge = counter * part
    paid = []
    for name, spent in (("below", edge - 1), ("at", edge), ("above", edge + part)):
        beside = spent - TRANSACTION - 2 * CLEARING
        cell = block.contract(name, code(store(0, 0), store(1, 0), spends(beside)), storage={0: 7, 1: 7})
        block.call(block.account(f"{name} sender", ETHER), cell, gas=200_000)
        paid.append(spent - min(counter, spent // part))
    block.expect_success()
    block.expect_paid(*paid)


@scenario(hazards="H51", forks=(BERLIN, LONDON, PRAGUE))
def refunds_given_and_taken_back(block: BlockBuilder) -> None:
    """A slot is cleared and set again, set and cleared again, cleared twice: what is earned is the net of it all."""
    alice = block.account("alice", ETHER)
    clear, reset, set_ = refund_of_a_clear(block), 5_000 - 2_100 - 100, 20_000 - 100
    stories: dict[str, tuple[list[str], int, int]] = {
        "cleared and back": ([store(0, 0), store(0, 7)], 5_000 + 100, reset),
        "cleared and other": ([store(0, 0), store(0, 8)], 5_000 + 100, 0),
        "other and cleared": ([store(0, 8), store(0, 0)], 5_000 + 100, clear),
        "cleared and set and cleared": ([store(0, 0), store(0, 8), store(0, 0)], 5_000 + 200, clear),
        "set and cleared": ([store(1, 8), store(1, 0)], 22_100 + 100, set_),
        "set and changed and cleared": ([store(1, 8), store(1, 9), store(1, 0)], 22_100 + 200, set_),
    }
    paid = []
    for name, (stores, price, earned) in stories.items():
        cell = block.contract(name, code(*stores), storage={0: 7})
        block.call(alice, cell, gas=100_000)
        spent = TRANSACTION + price + 6 * len(stores)
        paid.append(spent - min(earned, spent // share(block)))
    block.expect_success()
    block.expect_paid(*paid)


@scenario(hazards="H54 H55", forks=(BERLIN, LONDON, PRAGUE))
def refunds_of_frames_that_fail(block: BlockBuilder) -> None:
    """Slots are cleared in a frame that reverts, in one that halts and in one that ends well: the last alone earns."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    clearing = {"reverts": REVERT, "halts": "INVALID", "ends well": "STOP"}
    cells = [block.contract(name, code(store(0, 0), end), storage={0: 7}) for name, end in clearing.items()]
    outer = block.contract("outer", code(*(f"{call(cell, gas=20_000)} POP" for cell in cells)))
    block.call(alice, outer, gas=200_000)
    block.call(bob, cells[0], gas=100_000)
    block.expect_success(True, False)
    one_call = 7 * 3 + 2_600 + 2
    spent = TRANSACTION + 3 * one_call + (CLEARING + 6) + 20_000 + CLEARING
    failed = TRANSACTION + CLEARING + 6
    block.expect_paid(spent - min(refund_of_a_clear(block), spent // share(block)), failed)


TOKENS: Final = 10
"""What the floor counts for each token of data, of which a byte that is not zero has four (EIP-7623)."""


@scenario(hazards="H11 H51", forks=(PRAGUE, OSAKA))
def floor_is_taken_after_the_refund(block: BlockBuilder) -> None:
    """Data whose floor is below what is left after the refund, between that and what was spent, and above all of it."""
    clear = refund_of_a_clear(block)
    paid = []
    for name, length in (("little data", 10), ("more data", 260), ("much data", 500)):
        cell = block.contract(name, code(store(0, 0)), storage={0: 7})
        data = b"\x01" * length
        block.call(block.account(f"{name} sender", ETHER), cell, data=data, gas=200_000)
        spent = TRANSACTION + 16 * length + CLEARING
        floor = TRANSACTION + TOKENS * 4 * length
        paid.append(max(spent - min(clear, spent // 5), floor))
    block.expect_success()
    block.expect_paid(*paid)


@scenario(hazards="H11 H52", forks=(PRAGUE, OSAKA))
def floor_at_its_edge(block: BlockBuilder) -> None:
    """After the refund a transaction has used a unit less than the floor of its data, just that, and a unit more."""
    length = 300
    floor = TRANSACTION + TOKENS * 4 * length
    data = b"\x01" * length
    intrinsic = TRANSACTION + 16 * length
    clear = refund_of_a_clear(block)
    paid = []
    for name, over in (("below", -1), ("at", 0), ("above", 1)):
        beside = floor + over + clear - intrinsic - CLEARING
        cell = block.contract(name, code(store(0, 0), spends(beside)), storage={0: 7})
        block.call(block.account(f"{name} sender", ETHER), cell, data=data, gas=200_000)
        paid.append(max(floor + over, floor))
    block.expect_success()
    block.expect_paid(*paid)


@scenario(hazards="H51 H136", forks=(AMSTERDAM,))
def cap_of_refunds_counts_state_gas(block: BlockBuilder) -> None:
    """A transaction clears slots and sets another: a fifth of all that it used may come back, state gas included."""
    alice, bob = block.accounts(alice=ETHER, bob=ETHER)
    clearing = [store(index, 0) for index in range(2)]
    setting = block.contract("setting", code(*clearing, store(9, 1)), storage={0: 7, 1: 7})
    only = block.contract("only", code(*clearing), storage={0: 7, 1: 7})
    block.call(alice, setting)
    block.call(bob, only)
    execution = 15_000 + 2 * (6 + 2_100 + 10_000)
    fresh = 6 + 2_100 + 10_000 + block.prices.new_slot
    counter = 2 * 11_616
    block.expect_success()
    block.expect_paid(
        execution + fresh - min(counter, (execution + fresh) // 5), execution - min(counter, execution // 5)
    )


def cleared_by(block: BlockBuilder, cell: NamedAccount, *senders: str) -> None:
    """Let each of the senders call the cell."""
    for name in senders:
        block.call(block.account(name, ETHER), cell, gas=100_000)


@scenario(hazards="H51 H54", forks=until(BERLIN, CANCUN))
def refund_that_only_the_first_earns(block: BlockBuilder) -> None:
    """Three transactions clear one slot and set it again: each is paid for what it found, and none for the others."""
    cell = block.contract("cell", code("PUSH 0 SLOAD ISZERO PUSH 0 SSTORE"), storage={0: 1})
    cleared_by(block, cell, "alice", "bob", "carol")
    loading = 3 + 2_100 + 3 + 3
    clearing, setting = TRANSACTION + loading + 2_900, TRANSACTION + loading + 20_000
    back = clearing - min(refund_of_a_clear(block), clearing // share(block))
    block.expect_success()
    block.expect_paid(back, setting, back)
