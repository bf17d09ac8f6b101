"""DUPN, SWAPN and EXCHANGE (EIP-8024): how the byte after them is read."""

from __future__ import annotations

from samestate.conformance.scenarios.amsterdam_gas import CALL, COLD_SLOT, PUSH, SLOT_WRITE
from samestate.conformance.scenarios.assembler import call, code, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder
from samestate.conformance.scenarios.scenario import scenario
from samestate.spec.evm.forks import AMSTERDAM

DUPN = b"\xe6"
SWAPN = b"\xe7"
EXCHANGE = b"\xe8"
NAMES = {DUPN: "dupn", SWAPN: "swapn", EXCHANGE: "exchange"}

PAIRS = (
    (0x8E, 1, 2),
    (0x9D, 2, 3),
    (0x80, 1, 16),
    (0x51, 14, 15),
    (0x50, 14, 16),
    (0x00, 9, 16),
    (0xFF, 1, 22),
    (0x8F, 1, 29),
)
"""Immediates of EXCHANGE, and the items that they mean, counted from below the top."""

TO_SLOT_0 = code("PUSH 0 SSTORE")


def pushes(count: int) -> bytes:
    """Code that pushes ``count`` down to 1: the n-th item from the top is n."""
    return code(*(f"PUSH {number}" for number in range(count, 0, -1)))


@scenario(hazards="H54", forks=(AMSTERDAM,))
def duplicated_at_each_end(block: BlockBuilder) -> None:
    """DUPN reaches the 17th to the 235th item: the immediates at both ends of both ranges, each in a transaction."""
    alice = block.account("alice", ETHER)
    for encoded, depth in ((128, 17), (255, 144), (0, 145), (90, 235)):
        contract = block.contract(f"item {depth}", pushes(235) + DUPN + bytes([encoded]) + TO_SLOT_0)
        block.call(alice, contract)
        block.expect_slot(contract, 0, depth)
    block.expect_success()


@scenario(hazards="H54", forks=(AMSTERDAM,))
def swapped_at_each_end(block: BlockBuilder) -> None:
    """SWAPN lets the top and the item 17 to 235 below it change places: the top is stored, and what lies below it."""
    alice = block.account("alice", ETHER)
    for encoded, depth in ((128, 17), (0, 145), (90, 235)):
        swapped = pushes(236) + SWAPN + bytes([encoded])
        top = block.contract(f"top and {depth}", swapped + TO_SLOT_0)
        block.call(alice, top)
        block.expect_slot(top, 0, depth + 1)
    below = block.contract("below", pushes(236) + SWAPN + b"\x80" + code("POP") + DUPN + b"\x80" + TO_SLOT_0)
    block.call(alice, below)
    block.expect_slot(below, 0, 1)
    block.expect_success()


@scenario(hazards="H54", forks=(AMSTERDAM,))
def exchanged_pairs(block: BlockBuilder) -> None:
    """EXCHANGE lets two items below the top change places, which its immediate names together; the top stays."""
    alice = block.account("alice", ETHER)
    for encoded, first, second in PAIRS:
        contract = block.contract(
            f"exchange {first} and {second}",
            pushes(30)
            + EXCHANGE
            + bytes([encoded])
            + code("PUSH 0 SSTORE", *("POP" for _ in range(first - 1)), "PUSH 1 SSTORE")
            + code(*("POP" for _ in range(second - first - 1)), "PUSH 2 SSTORE"),
        )
        block.call(alice, contract, gas=400_000)
        block.expect_slot(contract, 0, 1)
        block.expect_slot(contract, 1, second + 1)
        block.expect_slot(contract, 2, first + 1)
    block.expect_success()


@scenario(hazards="H63", forks=(AMSTERDAM,))
def immediates_that_mean_nothing(block: BlockBuilder) -> None:
    """Immediates that look like JUMPDEST or a PUSH halt, at both ends of their range; their neighbours don't."""
    alice = block.account("alice", ETHER)
    good = [(DUPN, 90), (DUPN, 128), (SWAPN, 90), (SWAPN, 128), (EXCHANGE, 81), (EXCHANGE, 128)]
    bad = [(DUPN, 91), (DUPN, 127), (SWAPN, 91), (SWAPN, 127), (EXCHANGE, 82), (EXCHANGE, 127)]
    for instruction, encoded in good + bad:
        contract = block.contract(f"{NAMES[instruction]} {encoded}", pushes(236) + instruction + bytes([encoded]))
        block.call(alice, contract, gas=50_000)
    block.expect_success(*(True for _ in good), *(False for _ in bad))


@scenario(hazards="H63", forks=(AMSTERDAM,))
def too_few_items(block: BlockBuilder) -> None:
    """Each instruction with just the items that it needs, and with one less, which halts."""
    alice = block.account("alice", ETHER)
    needs = ((DUPN, 0x80, 17), (SWAPN, 0x80, 18), (EXCHANGE, 0x8E, 3), (EXCHANGE, 0x8F, 30))
    for instruction, encoded, count in needs:
        for items in (count, count - 1):
            name = f"{NAMES[instruction]} {encoded} on {items}"
            block.call(alice, block.contract(name, pushes(items) + instruction + bytes([encoded])), gas=50_000)
    block.expect_success(*len(needs) * (True, False))


@scenario(hazards="H63", forks=(AMSTERDAM,))
def immediate_past_the_end(block: BlockBuilder) -> None:
    """The code ends with DUPN: its immediate is 0, which means the 145th item, and a halt where there are fewer."""
    alice = block.account("alice", ETHER)
    enough = block.contract("enough", pushes(145) + DUPN)
    too_few = block.contract("too few", pushes(144) + DUPN)
    both = block.contract(
        "both", code(store(0, call(enough, gas=5_000)), store(1, f"{call(too_few, gas=5_000)} PUSH 1 ADD"))
    )
    block.call(alice, both)
    block.expect_success()
    block.expect_slot(both, 0, 1)
    block.expect_slot(both, 1, 1)


@scenario(hazards="H35", forks=(AMSTERDAM,))
def jump_after_an_immediate(block: BlockBuilder) -> None:
    """A JUMPDEST after DUPN can be jumped to, though DUPN would halt on it; one after PUSH1 can't."""
    alice = block.account("alice", ETHER)
    into = block.contract("into", code("PUSH 4 JUMP") + DUPN + code("here:", store(0, 1)))
    data = block.contract("data", code("PUSH 4 JUMP") + b"\x60" + code("here:", store(0, 1)))
    through = block.contract("through", pushes(17) + DUPN + code("here:"))
    block.call(alice, into)
    block.call(alice, data, gas=50_000)
    block.call(alice, through, gas=50_000)
    block.expect_success(True, False, False)
    block.expect_slot(into, 0, 1)


@scenario(hazards="H51", forks=(AMSTERDAM,))
def price_of_each(block: BlockBuilder) -> None:
    """Each of the three costs 3 gas: just enough for a store after all of them, and one gas less."""
    alice = block.account("alice", ETHER)
    all_three = DUPN + b"\x80" + SWAPN + b"\x80" + EXCHANGE + b"\x8e"
    contract = block.contract("contract", pushes(30) + all_three + TO_SLOT_0, storage={0: 99})
    enough = CALL + 30 * PUSH + 3 * 3 + PUSH + COLD_SLOT + SLOT_WRITE
    block.call(alice, contract, gas=enough - 1)
    block.call(alice, contract, gas=enough)
    block.expect_success(False, True)
    block.expect_paid(enough - 1, enough)
