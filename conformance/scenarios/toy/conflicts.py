"""Conflicts: transactions that read, overwrite or restore what others wrote."""

from __future__ import annotations

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import ToyAccount, add, hash_of, load, noop, store, subtract
from samestate.spec.toy.keys import slot_key
from samestate.spec.toy.rejections import Invalid

HOT, OTHER, SEEN = 1, 2, 3


def people(block: ToyBlockBuilder, count: int) -> list[ToyAccount]:
    """So many senders, so that nonces make no dependencies."""
    return [
        block.account(f"sender {chr(ord('a') + place // 26)}{chr(ord('a') + place % 26)}") for place in range(count)
    ]


@toy_scenario()
def strangers(block: ToyBlockBuilder) -> None:
    """Eight transactions have nothing in common but the coinbase."""
    for place, person in enumerate(people(block, 8)):
        block.send(person, load(place), store(100 + place, 1))
    block.expect_success()
    block.expect_critical_path(1)


@toy_scenario(hazards="H57 H59 H60")
def all_to_one(block: ToyBlockBuilder) -> None:
    """Thirty transactions count up one slot: each reads what the one before wrote."""
    for person in people(block, 30):
        block.send(person, load(HOT), add(1), store(HOT))
    block.expect_success()
    block.expect_critical_path(30)
    block.expect_slot(HOT, 30)


@toy_scenario(hazards="H57 H60")
def long_chain(block: ToyBlockBuilder) -> None:
    """Thirty transactions hand a value on: each takes it from the slot of the one before and puts it into its own."""
    block.holding({0: 1_000})
    for place, person in enumerate(people(block, 30)):
        block.send(person, load(place), add(1), store(place + 1))
    block.expect_success()
    block.expect_critical_path(30)
    block.expect_slot(30, 1_030)


@toy_scenario(hazards="H57 H59")
def two_chains_that_meet(block: ToyBlockBuilder) -> None:
    """Two chains run side by side, and the last transaction adds up their ends."""
    block.holding({10: 100, 20: 200})
    senders = people(block, 9)
    for place in range(4):
        block.send(senders[2 * place], load(10 + place), add(1), store(11 + place))
        block.send(senders[2 * place + 1], load(20 + place), add(2), store(21 + place))
    block.send(senders[8], load(14), store(30), load(24), store(31))
    block.expect_success()
    block.expect_critical_path(5)
    block.expect_slot(30, 104)
    block.expect_slot(31, 208)


@toy_scenario(hazards="H56 H59")
def write_write_storm(block: ToyBlockBuilder) -> None:
    """Twenty transactions store different values to one slot, and the last one stays."""
    for place, person in enumerate(people(block, 20)):
        block.send(person, store(HOT, 100 + place))
    block.expect_success()
    block.expect_gas(22_100, *(5_000,) * 19)
    block.expect_slot(HOT, 119)


@toy_scenario(hazards="H54 H56")
def same_value_from_all(block: ToyBlockBuilder) -> None:
    """Ten transactions store the same value to one slot: only the first is a write, and all others read it."""
    senders = people(block, 10)
    for person in senders:
        block.send(person, store(HOT, 7))
    block.expect_success()
    block.expect_critical_path(2)
    for place in range(1, 10):
        block.expect_sources(place, slot_key(HOT), 0)


@toy_scenario(hazards="H56")
def one_writes_and_all_read(block: ToyBlockBuilder) -> None:
    """The first transaction sets a slot that ten others read, each into a slot of its own."""
    senders = people(block, 11)
    block.send(senders[0], store(HOT, 7))
    for place, person in enumerate(senders[1:]):
        block.send(person, load(HOT), store(10 + place))
    block.expect_success()
    block.expect_critical_path(2)


@toy_scenario(hazards="H56")
def all_read_and_one_writes(block: ToyBlockBuilder) -> None:
    """Ten transactions read a slot that the last one changes: none may see it."""
    block.holding({HOT: 5})
    senders = people(block, 11)
    for place, person in enumerate(senders[:10]):
        block.send(person, load(HOT), store(10 + place))
    block.send(senders[10], store(HOT, 6))
    block.expect_success()
    block.expect_critical_path(1)
    for place in range(10):
        block.expect_slot(10 + place, 5)


@toy_scenario(hazards="H22")
def back_and_forth(block: ToyBlockBuilder) -> None:
    """A slot goes from 7 to 8 and back to 7, by two transactions: who reads the 7 has it from the second."""
    block.holding({HOT: 7})
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(HOT, 8))
    block.send(bob, store(HOT, 7))
    block.send(carol, load(HOT), store(SEEN))
    block.expect_success()
    block.expect_sources(2, slot_key(HOT), 1)
    block.expect_slot(SEEN, 7)


@toy_scenario(hazards="H22")
def back_and_forth_between_readers(block: ToyBlockBuilder) -> None:
    """Readers stand before, between and after two writes that leave a slot as it was: equal values, other sources."""
    block.holding({HOT: 7})
    senders = people(block, 7)
    block.send(senders[0], load(HOT), store(10))
    block.send(senders[1], load(HOT), add(1), store(HOT))
    block.send(senders[2], load(HOT), store(11))
    block.send(senders[3], load(HOT), subtract(1), store(HOT))
    block.send(senders[4], load(HOT), store(12))
    block.send(senders[5], store(HOT, 8))
    block.send(senders[6], load(HOT), store(13))
    block.expect_success()
    for slot, value in ((10, 7), (11, 8), (12, 7), (13, 8)):
        block.expect_slot(slot, value)
    block.expect_sources(4, slot_key(HOT), 3)
    block.expect_sources(6, slot_key(HOT), 5)


@toy_scenario(hazards="H22 H25")
def set_and_cleared_by_another(block: ToyBlockBuilder) -> None:
    """A slot is set, cleared and set again by three transactions: absent in the middle, it costs 20000 both times."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(HOT, 7))
    block.send(bob, store(HOT, 0))
    block.send(carol, store(HOT, 7))
    block.expect_success()
    block.expect_gas(22_100, 5_000, 22_100)
    block.expect_slot(HOT, 7)


@toy_scenario(hazards="H31")
def cleared_slot_reads_zero(block: ToyBlockBuilder) -> None:
    """A slot that was held before the block is cleared: the next transaction finds nothing, and not the old value."""
    block.holding({HOT: 7, SEEN: 9})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HOT, 0))
    block.send(bob, load(HOT), store(SEEN))
    block.expect_success()
    block.expect_sources(1, slot_key(HOT), 0)
    block.expect_slot(SEEN, 0)


@toy_scenario(hazards="H22")
def restored_write_between_others(block: ToyBlockBuilder) -> None:
    """A transaction in the middle changes a slot and restores it: for those after it the writer is the one before."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(HOT, 7))
    block.send(bob, load(HOT), store(HOT, 8), add(0), store(HOT))
    block.send(carol, load(HOT), store(SEEN))
    block.expect_success()
    block.expect_sources(2, slot_key(HOT), 0)
    block.expect_slot(SEEN, 7)


@toy_scenario(hazards="H58")
def affordable_after_another(block: ToyBlockBuilder) -> None:
    """A store has gas for a change but not for setting: it succeeds only because an earlier one set the slot."""
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HOT, 1))
    block.send(bob, store(HOT, 2), gas=5_000)
    block.expect_success(True, True)
    block.expect_slot(HOT, 2)


@toy_scenario(hazards="H58")
def unaffordable_after_another(block: ToyBlockBuilder) -> None:
    """A store has gas for a change but not for setting: it fails because an earlier transaction cleared the slot."""
    block.holding({HOT: 1})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, store(HOT, 0))
    block.send(bob, store(HOT, 2), gas=5_000)
    block.expect_success(True, False)
    block.expect_slot(HOT, 0)


@toy_scenario(hazards="H58")
def affordable_because_it_changes_nothing(block: ToyBlockBuilder) -> None:
    """A store has gas for keeping a value only: it succeeds because an earlier transaction has stored the same."""
    block.holding({HOT: 1})
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(HOT, 2))
    block.send(bob, store(HOT, 2), gas=2_200)
    block.send(carol, store(HOT, 1), gas=2_200)
    block.expect_success(True, True, False)


@toy_scenario(hazards="H58 H63")
def failure_decides_for_another(block: ToyBlockBuilder) -> None:
    """A writer runs out of gas after its store: whoever is priced or fed by that store finds it undone."""
    block.holding({OTHER: 4})
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, store(HOT, 1), store(OTHER, 5), gas=25_000)
    block.send(bob, store(HOT, 2), gas=5_000)
    block.send(carol, load(OTHER), store(SEEN))
    block.expect_success(False, False, True)
    block.expect_slot(HOT, 0)
    block.expect_slot(SEEN, 4)


@toy_scenario(hazards="H62")
def chain_of_failures(block: ToyBlockBuilder) -> None:
    """Each transaction succeeds only if the one before failed: they take turns."""
    senders = people(block, 8)
    block.send(senders[0], store(0, 1), gas=22_099)
    for place in range(1, 8):
        # Where the slot of the one before holds something, both stores find no gas; else the first is for nothing.
        block.send(senders[place], store(place - 1, 0), store(place, 1), gas=2_200 + 22_100)
    block.expect_success(False, True, False, True, False, True, False, True)


@toy_scenario(hazards="H56")
def crossing(block: ToyBlockBuilder) -> None:
    """Two transactions each read the slot that the other one writes: the second sees the first, and not the reverse."""
    block.holding({HOT: 10, OTHER: 20})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, load(HOT), store(OTHER))
    block.send(bob, load(OTHER), store(HOT, 99), add(1), store(SEEN))
    block.expect_success()
    block.expect_slot(OTHER, 10)
    block.expect_slot(SEEN, 11)


@toy_scenario(hazards="H56")
def swapped_in_a_circle(block: ToyBlockBuilder) -> None:
    """Three transactions move the values of three slots around in a circle, through a fourth."""
    block.holding({1: 11, 2: 22, 3: 33})
    alice, bob, carol, dave = block.accounts("alice", "bob", "carol", "dave")
    block.send(alice, load(1), store(4))
    block.send(bob, load(2), store(1))
    block.send(carol, load(3), store(2))
    block.send(dave, load(4), store(3), store(4, 0))
    block.expect_success()
    for slot, value in ((1, 22), (2, 33), (3, 11), (4, 0)):
        block.expect_slot(slot, value)


@toy_scenario(hazards="H57 H62")
def diamond(block: ToyBlockBuilder) -> None:
    """One writes, two build on it apart, and one builds on both."""
    alice, bob, carol, dave = block.accounts("alice", "bob", "carol", "dave")
    block.send(alice, store(HOT, 5))
    block.send(bob, load(HOT), add(1), store(10))
    block.send(carol, load(HOT), add(2), store(11))
    block.send(dave, load(10), store(12), load(11), store(13))
    block.expect_success()
    block.expect_critical_path(3)
    block.expect_slot(12, 6)
    block.expect_slot(13, 7)


@toy_scenario(hazards="H61")
def reads_do_not_conflict(block: ToyBlockBuilder) -> None:
    """Ten transactions read the same slots and write none: only the fees are common to them."""
    block.holding({HOT: 7, OTHER: 8})
    for person in people(block, 10):
        block.send(person, load(HOT), load(OTHER), load(SEEN))
    block.expect_success()
    block.expect_critical_path(1)


@toy_scenario(hazards="H56 H59")
def later_one_is_quick(block: ToyBlockBuilder) -> None:
    """A transaction with much to do writes a slot last; quick ones after it read that slot, and must wait for it."""
    alice, bob, carol = block.accounts("alice", "bob", "carol")
    block.send(alice, *(hash_of(bytes([number]) * 100) for number in range(60)), store(HOT, 1))
    block.send(bob, load(HOT), store(10))
    block.send(carol, load(HOT), store(11))
    block.expect_success()
    block.expect_slot(10, 1)
    block.expect_slot(11, 1)


@toy_scenario(hazards="H62")
def blind_write_between(block: ToyBlockBuilder) -> None:
    """A store of a value that depends on nothing stands between a writer and a reader of the same slot."""
    alice, bob, carol, dave = block.accounts("alice", "bob", "carol", "dave")
    block.send(alice, load(HOT), add(1), store(HOT))
    block.send(bob, store(HOT, 50))
    block.send(carol, load(HOT), add(1), store(HOT))
    block.send(dave, load(HOT), store(SEEN))
    block.expect_success()
    block.expect_slot(SEEN, 51)


@toy_scenario(hazards="H57 H61")
def nonces_and_slots_together(block: ToyBlockBuilder) -> None:
    """Two senders take turns on one slot: every transaction waits for the one before, by slot or by nonce."""
    alice, bob = block.accounts("alice", "bob")
    for _ in range(4):
        block.send(alice, load(HOT), add(1), store(HOT))
        block.send(bob, load(HOT), add(10), store(HOT))
    block.expect_success()
    block.expect_critical_path(8)
    block.expect_slot(HOT, 44)


@toy_scenario(hazards="H01 H58")
def rejected_last_of_a_chain(block: ToyBlockBuilder) -> None:
    """The last of a chain on one slot may not be in the block: it is rejected as a whole, however far others came."""
    senders = people(block, 6)
    for person in senders:
        block.send(person, load(HOT), add(1), store(HOT))
    block.send(senders[0], noop(), nonce=0)
    block.expect(Invalid.NONCE_TOO_LOW, transaction=6)
    block.next_block()
    block.send(senders[0], load(HOT), store(SEEN), add(1), store(HOT), nonce=0)
    block.expect_success()
    block.expect_slot(SEEN, 0)


@toy_scenario(hazards="H60 H64")
def many_conflicts_of_many_kinds(block: ToyBlockBuilder) -> None:
    """Twenty-four transactions on five slots, each of which reads one, and writes and reads two others."""
    for place, person in enumerate(people(block, 24)):
        first, second, third = place % 5, (place * 2 + 1) % 5, (place * 3 + 2) % 5
        block.send(person, load(first), add(place), store(second), load(third), add(1), store(third))
    block.expect_success()
