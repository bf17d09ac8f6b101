"""Every operation, and every edge of its price: what the last unit of gas decides."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import add, hash_of, load, noop, store, subtract
from samestate.spec.evm.hashing import keccak256
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.operations import Operation

LAST_WORD = 2**256 - 1
HELD, ABSENT = 1, 2


def enough_and_one_short(block: ToyBlockBuilder, *operations: Operation, gas: int, reads: int | None = None) -> None:
    """Two transactions do the same, one with just enough gas and one with a unit less, each on the state before.

    ``reads`` is the slot that either reads, if any.
    """
    block.holding({HELD: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(bob, *operations, gas=gas - 1, comment=f"{gas - 1} gas is one short")
    block.send(alice, *operations, gas=gas, comment=f"{gas} gas is enough")
    block.expect_success(False, True)
    block.expect_gas(gas - 1, gas)
    slots = [] if reads is None else [slot_key(reads)]
    block.expect_reads(1, balance_key(alice.address), nonce_key(alice.address), *slots)


@toy_scenario()
def load_of_a_cold_slot(block: ToyBlockBuilder) -> None:
    """The first access to a slot costs 2100; without that much gas nothing is read."""
    enough_and_one_short(block, load(HELD), gas=2_100, reads=HELD)
    block.expect_reads(0, balance_key(block.nobody("bob").address), nonce_key(block.nobody("bob").address))


@toy_scenario()
def load_of_a_warm_slot(block: ToyBlockBuilder) -> None:
    """Any later access by SLOAD costs 100."""
    enough_and_one_short(block, load(HELD), load(HELD), gas=2_200, reads=HELD)


@toy_scenario()
def load_of_a_stored_slot(block: ToyBlockBuilder) -> None:
    """A store warms its slot: loading it costs 100, and gives what was stored."""
    enough_and_one_short(block, store(HELD, 8), load(HELD), store(HELD), gas=5_000 + 100 + 100, reads=HELD)
    block.expect_slot(HELD, 8)


@toy_scenario()
def set_a_cold_slot(block: ToyBlockBuilder) -> None:
    """To set a slot that holds zero costs 20000, 2100 more when cold; it is read before the price is known."""
    enough_and_one_short(block, store(ABSENT, 1), gas=22_100, reads=ABSENT)
    bob = block.nobody("bob")
    block.expect_reads(0, balance_key(bob.address), nonce_key(bob.address), slot_key(ABSENT))
    block.expect_slot(ABSENT, 1)


@toy_scenario()
def set_a_warm_slot(block: ToyBlockBuilder) -> None:
    """To set a slot that was loaded before costs 20000."""
    enough_and_one_short(block, load(ABSENT), store(ABSENT, 1), gas=2_100 + 20_000, reads=ABSENT)


@toy_scenario()
def change_a_cold_slot(block: ToyBlockBuilder) -> None:
    """To change a slot costs 2900, and 2100 for the first access."""
    enough_and_one_short(block, store(HELD, 8), gas=5_000, reads=HELD)
    block.expect_slot(HELD, 8)


@toy_scenario()
def change_a_warm_slot(block: ToyBlockBuilder) -> None:
    """To change a slot that was loaded before costs 2900."""
    enough_and_one_short(block, load(HELD), store(HELD, 8), gas=2_100 + 2_900, reads=HELD)


@toy_scenario()
def keep_a_cold_slot(block: ToyBlockBuilder) -> None:
    """To store what a slot holds costs 100, and 2100 for the first access; with less gas the slot is not even read."""
    enough_and_one_short(block, store(HELD, 7), gas=2_200, reads=HELD)
    bob = block.nobody("bob")
    block.expect_reads(0, balance_key(bob.address), nonce_key(bob.address))


@toy_scenario()
def keep_a_warm_slot(block: ToyBlockBuilder) -> None:
    """To store what a slot that was loaded before holds costs 100."""
    enough_and_one_short(block, load(HELD), store(HELD), gas=2_100 + 100, reads=HELD)


@toy_scenario()
def keep_zero(block: ToyBlockBuilder) -> None:
    """To store zero where there is nothing changes nothing, and leaves nothing."""
    enough_and_one_short(block, store(ABSENT, 0), gas=2_200, reads=ABSENT)
    block.expect_slot(ABSENT, 0)


@toy_scenario()
def clear_a_slot(block: ToyBlockBuilder) -> None:
    """To set a slot to zero is a change like any other; it leaves the state, and nothing is refunded."""
    enough_and_one_short(block, store(HELD, 0), gas=5_000, reads=HELD)
    block.expect_slot(HELD, 0)


@toy_scenario()
def price_of_an_unpaid_store(block: ToyBlockBuilder) -> None:
    """2200 gas is the least with which a store reads its slot, whatever it then costs."""
    block.holding({HELD: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HELD, 8), gas=2_200)
    block.send(bob, store(HELD, 8), gas=2_199)
    block.expect_success(False, False)
    block.expect_reads(0, balance_key(alice.address), nonce_key(alice.address), slot_key(HELD))
    block.expect_reads(1, balance_key(bob.address), nonce_key(bob.address))


@toy_scenario()
def price_of_an_unpaid_warm_store(block: ToyBlockBuilder) -> None:
    """A store to a slot that an earlier operation has read fails with 99 gas left, and with 2899."""
    block.holding({HELD: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, load(HELD), store(HELD, 8), gas=2_199)
    block.send(bob, load(HELD), store(HELD, 8), gas=4_999)
    block.expect_success(False, False)


@toy_scenario()
def zero_is_set_again(block: ToyBlockBuilder) -> None:
    """What counts is what the slot holds now: cleared and set again in one transaction it costs 2900, then 20000."""
    block.holding({HELD: 7})
    alice = block.account("alice")
    block.send(alice, store(HELD, 0), store(HELD, 9))
    block.expect_success()
    block.expect_gas(2_100 + 2_900 + 20_000)
    block.expect_slot(HELD, 9)


@toy_scenario(hazards="H22")
def written_and_restored(block: ToyBlockBuilder) -> None:
    """A transaction changes a slot and restores it: it pays for both changes, and writes nothing."""
    block.holding({HELD: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HELD, 8), store(HELD, 7))
    block.send(bob, load(HELD), store(3))
    block.expect_success()
    block.expect_gas(2_100 + 2_900 + 2_900, 2_100 + 22_100)
    block.expect_writes(0, balance_key(alice.address), nonce_key(alice.address))
    block.expect_sources(1, slot_key(HELD))
    block.expect_slot(3, 7)


@toy_scenario()
def set_and_cleared(block: ToyBlockBuilder) -> None:
    """A transaction sets an absent slot and clears it: nothing is written, and later the slot is as cold as ever."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(ABSENT, 1), store(ABSENT, 0))
    block.send(bob, store(ABSENT, 1))
    block.expect_success()
    block.expect_gas(22_100 + 2_900, 22_100)
    block.expect_sources(1, slot_key(ABSENT))


@toy_scenario()
def addition(block: ToyBlockBuilder) -> None:
    """ADD costs 3."""
    enough_and_one_short(block, add(5), gas=3)


@toy_scenario()
def subtraction(block: ToyBlockBuilder) -> None:
    """SUB costs 3."""
    enough_and_one_short(block, subtract(5), gas=3)


@toy_scenario()
def doing_nothing(block: ToyBlockBuilder) -> None:
    """NOOP costs 1."""
    enough_and_one_short(block, noop(), gas=1)


@toy_scenario()
def no_operations(block: ToyBlockBuilder) -> None:
    """A transaction without operations costs nothing, whatever its gas limit: there is no intrinsic gas."""
    alice = block.account("alice")
    block.send(alice, gas=0)
    block.send(alice)
    block.expect_success()
    block.expect_gas(0, 0)
    block.expect_nonce(alice, 2)


@toy_scenario()
def hash_of_nothing(block: ToyBlockBuilder) -> None:
    """KECCAK of no data costs 30."""
    enough_and_one_short(block, hash_of(b""), gas=30)
    block.expect_logs([], [keccak256(b"")])


@toy_scenario()
def hash_of_a_byte(block: ToyBlockBuilder) -> None:
    """KECCAK of one byte costs 6 for the word that it begins."""
    enough_and_one_short(block, hash_of(b"\x00"), gas=36)


@toy_scenario()
def hash_of_a_word(block: ToyBlockBuilder) -> None:
    """KECCAK of 32 bytes costs what one byte costs."""
    enough_and_one_short(block, hash_of(bytes(32)), gas=36)


@toy_scenario()
def hash_of_a_word_and_a_byte(block: ToyBlockBuilder) -> None:
    """KECCAK of 33 bytes costs two words."""
    enough_and_one_short(block, hash_of(bytes(33)), gas=42)


@toy_scenario(hazards="H63")
def hash_of_much_data(block: ToyBlockBuilder) -> None:
    """KECCAK of more data than one block of the sponge holds: 136 bytes, one less and one more, and a thousand."""
    alice = block.account("alice")
    for length in (135, 136, 137, 1000):
        block.send(alice, hash_of(b"\xa5" * length), store(length))
    block.expect_success()
    block.expect_gas(*(30 + 6 * words + 22_100 for words in (5, 5, 5, 32)))
    for length in (135, 136, 137, 1000):
        block.expect_slot(length, int.from_bytes(keccak256(b"\xa5" * length), "big"))


@toy_scenario()
def sums_wrap(block: ToyBlockBuilder) -> None:
    """The accumulator begins at zero, and counts modulo 2^256 in both directions."""
    alice = block.account("alice")
    block.send(alice, subtract(1), store(1), add(1), store(2), add(LAST_WORD), add(LAST_WORD), store(3))
    block.expect_success()
    block.expect_gas(3 + 22_100 + 3 + 2_200 + 3 + 3 + 22_100)
    block.expect_slot(1, LAST_WORD)
    block.expect_slot(2, 0)
    block.expect_slot(3, LAST_WORD - 1)


@toy_scenario(hazards="H54")
def accumulator_begins_at_zero(block: ToyBlockBuilder) -> None:
    """Each transaction begins with an accumulator of zero, whatever the one before left in its own."""
    alice = block.account("alice")
    block.send(alice, add(5), store(1))
    block.send(alice, store(2), add(1), store(3))
    block.expect_success()
    block.expect_slot(1, 5)
    block.expect_slot(2, 0)
    block.expect_slot(3, 1)


@toy_scenario()
def operations_replace_the_accumulator(block: ToyBlockBuilder) -> None:
    """SLOAD and KECCAK replace what the accumulator holds; SSTORE of a value, and NOOP, leave it."""
    block.holding({HELD: 7})
    alice = block.account("alice")
    block.send(alice, add(100), load(HELD), store(3, 50), noop(), store(4), hash_of(b"x"), load(ABSENT), store(HELD))
    block.expect_success()
    block.expect_slot(4, 7)
    block.expect_slot(HELD, 0)


@toy_scenario()
def farthest_slots(block: ToyBlockBuilder) -> None:
    """The first and the last slot there are, with the largest value."""
    alice = block.account("alice")
    block.send(alice, store(0, LAST_WORD), store(LAST_WORD, LAST_WORD), load(LAST_WORD), store(2**255))
    block.expect_success()
    for slot in (0, LAST_WORD, 2**255):
        block.expect_slot(slot, LAST_WORD)


@toy_scenario()
def values_of_every_length(block: ToyBlockBuilder) -> None:
    """Values at the ends of bytes and limbs."""
    alice = block.account("alice")
    values = [2**bits - less for bits in (8, 64, 128, 192, 256) for less in (0, 1) if (bits, less) != (256, 0)]
    block.send(alice, *(store(slot, value) for slot, value in enumerate(values)), gas=1_000_000)
    block.expect_success()
    for slot, value in enumerate(values):
        block.expect_slot(slot, value)
