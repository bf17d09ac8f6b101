"""Access lists that a block carries: right ones, and lists that are wrong in one entry."""

from __future__ import annotations

from dataclasses import replace

from samestate.conformance.scenarios.scenario import toy_scenario
from samestate.conformance.scenarios.toy_block_builder import ToyBlockBuilder
from samestate.conformance.scenarios.toy_draft import WEALTH, add, load, noop, store
from samestate.spec.machine import Key, Value
from samestate.spec.toy.access_list import AccessList, Entry
from samestate.spec.toy.keys import balance_key, nonce_key, slot_key
from samestate.spec.toy.rejections import Invalid
from samestate.spec.toy.word import to_value

OPEN, FIRST, SECOND, CLOSE = 0, 1, 2, -1
"""Places of entries in the list of a block with two transactions."""

HELD, COUNTED, RESTORED = 1, 2, 3


def story(block: ToyBlockBuilder) -> None:
    """A small block for lists to be wrong about: slots read, changed and restored, fees, a withdrawal."""
    block.holding({HELD: 7, RESTORED: 5})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, load(HELD), add(1), store(COUNTED), store(RESTORED, 6), store(RESTORED, 5))
    block.send(bob, load(COUNTED), add(1), store(COUNTED))
    block.withdrawal(block.nobody("stranger"), 9)


def at(right: AccessList, place: int, entry: Entry) -> AccessList:
    """The list with another entry at a place."""
    entries = list(right)
    entries[place] = entry
    return tuple(entries)


def reading(right: AccessList, place: int, key: Key) -> AccessList:
    """The list in which an entry says that a key is read, too."""
    return at(right, place, replace(right[place], reads=tuple(sorted({*right[place].reads, key}))))


def not_reading(right: AccessList, place: int, key: Key) -> AccessList:
    """The list in which an entry leaves a read key out."""
    return at(right, place, replace(right[place], reads=tuple(each for each in right[place].reads if each != key)))


def changing(right: AccessList, place: int, key: Key, value: Value) -> AccessList:
    """The list in which an entry says that a key changes, and to what."""
    changes = {**dict(right[place].changes), key: value}
    return at(right, place, replace(right[place], changes=tuple(sorted(changes.items()))))


def not_changing(right: AccessList, place: int, key: Key) -> AccessList:
    """The list in which an entry leaves a changed key out."""
    return at(
        right, place, replace(right[place], changes=tuple(each for each in right[place].changes if each[0] != key))
    )


@toy_scenario(hazards="H69")
def right_list(block: ToyBlockBuilder) -> None:
    """The block carries the list that its execution gives."""
    story(block)
    block.carry_access_list()
    block.expect_success()
    block.expect_slot(COUNTED, 9)


@toy_scenario(hazards="H69 H75")
def right_list_of_failures(block: ToyBlockBuilder) -> None:
    """What a failure read is in the list, what it stored is not; a slot that is cleared becomes absent."""
    block.holding({HELD: 7})
    alice, bob = block.accounts("alice", "bob")
    block.send(alice, load(HELD), store(COUNTED, 1), store(RESTORED, 1), gas=30_000)
    block.send(bob, load(COUNTED), store(HELD))
    block.carry_access_list()
    block.expect_success(False, True)
    block.expect_slot(HELD, 0)


@toy_scenario()
def right_list_of_nothing(block: ToyBlockBuilder) -> None:
    """The list of an empty block has two entries, which are empty."""
    block.carry_access_list()
    block.expect_success()


@toy_scenario(hazards="H15 H72")
def right_list_of_fees(block: ToyBlockBuilder) -> None:
    """The list has what the coinbase has after each step, and says who reads it: the coinbase itself, in the middle."""
    alice, bob, miner = block.accounts("alice", "bob", miner=1_000)
    block.mined_by(miner)
    block.send(alice, noop(), price=7)
    block.send(miner, store(1, 1), price=0)
    block.send(bob, noop(), price=0)
    block.send(bob, noop(), price=9)
    block.withdrawal(miner, 50)
    block.carry_access_list()
    block.expect_success()
    block.expect_balance(miner, 1_066)


@toy_scenario(hazards="H44 H74")
def right_lists_of_two_blocks(block: ToyBlockBuilder) -> None:
    """Each of two blocks carries its own list, and credits go on from the block before."""
    alice = block.account("alice")
    for _ in range(2):
        block.send(alice, load(HELD), add(1), store(HELD))
        block.carry_access_list()
        block.expect_success()
        block.next_block()
    block.expect_success()
    block.expect_slot(HELD, 2)


@toy_scenario(hazards="H74")
def list_of_another_block(block: ToyBlockBuilder) -> None:
    """The second block carries the list of the first: the same transactions, on another state."""
    alice = block.account("alice")
    kept: list[AccessList] = []

    def keep(right: AccessList) -> AccessList:
        kept.append(right)
        return right

    block.send(alice, load(HELD), add(1), store(HELD))
    block.carry_access_list(keep)
    block.expect_success()
    block.next_block()
    block.send(alice, load(HELD), add(1), store(HELD))
    block.carry_access_list(lambda right: kept[0])
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H66")
def read_left_out(block: ToyBlockBuilder) -> None:
    """The list leaves out a slot that the first transaction reads."""
    story(block)
    block.carry_access_list(lambda right: not_reading(right, FIRST, slot_key(HELD)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H66 H70")
def read_of_a_failure_left_out(block: ToyBlockBuilder) -> None:
    """The list leaves out a slot that a store has read and then could not pay for."""
    alice = block.account("alice")
    block.send(alice, store(HELD, 1), gas=2_200)
    block.carry_access_list(lambda right: not_reading(right, FIRST, slot_key(HELD)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H66")
def nonce_read_left_out(block: ToyBlockBuilder) -> None:
    """The list leaves out that the second transaction reads its sender's nonce."""
    story(block)
    nonce = nonce_key(block.nobody("bob").address)
    block.carry_access_list(lambda right: not_reading(right, SECOND, nonce))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario(hazards="H67 H69")
def read_too_many(block: ToyBlockBuilder) -> None:
    """The list says that the second transaction reads a slot that only the first one reads."""
    story(block)
    block.carry_access_list(lambda right: reading(right, SECOND, slot_key(HELD)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario()
def read_that_was_not_paid(block: ToyBlockBuilder) -> None:
    """The list says that a transaction reads a slot, but its gas ended before: what is not paid did not happen."""
    alice = block.account("alice")
    block.send(alice, store(HELD, 1), gas=2_199)
    block.carry_access_list(lambda right: reading(right, FIRST, slot_key(HELD)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H67 H72")
def credited_balance_called_a_read(block: ToyBlockBuilder) -> None:
    """The list says that a transaction reads the balance that its fee is added to."""
    story(block)
    coinbase = balance_key(block.nobody("coinbase").address)
    block.carry_access_list(lambda right: reading(right, FIRST, coinbase))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H66")
def change_left_out(block: ToyBlockBuilder) -> None:
    """The list leaves out a slot that the second transaction changes."""
    story(block)
    block.carry_access_list(lambda right: not_changing(right, SECOND, slot_key(COUNTED)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario(hazards="H67")
def write_called_a_read(block: ToyBlockBuilder) -> None:
    """The list has a changed balance among the reads only."""
    story(block)
    alice = balance_key(block.nobody("alice").address)
    block.carry_access_list(lambda right: not_changing(right, FIRST, alice))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H15 H66")
def fee_left_out(block: ToyBlockBuilder) -> None:
    """The list leaves out what the first fee makes of the coinbase's balance."""
    story(block)
    coinbase = balance_key(block.nobody("coinbase").address)
    block.carry_access_list(lambda right: not_changing(right, FIRST, coinbase))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario()
def change_too_many(block: ToyBlockBuilder) -> None:
    """The list says that the second transaction changes a slot that nobody touches."""
    story(block)
    block.carry_access_list(lambda right: changing(right, SECOND, slot_key(99), b"\x01"))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario(hazards="H67 H73")
def no_op_entry(block: ToyBlockBuilder) -> None:
    """The list has a slot that was changed and restored among the changes, with the value that it has all along."""
    story(block)
    block.carry_access_list(lambda right: changing(right, FIRST, slot_key(RESTORED), b"\x05"))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H14 H67")
def zero_fee_called_a_change(block: ToyBlockBuilder) -> None:
    """The list says that a fee of zero leaves the coinbase absent, which it was and which is no change."""
    alice = block.account("alice")
    block.send(alice, noop(), price=0)
    coinbase = balance_key(block.nobody("coinbase").address)
    block.carry_access_list(lambda right: changing(right, FIRST, coinbase, None))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario()
def wrong_value(block: ToyBlockBuilder) -> None:
    """The list has a wrong value of a slot after the first transaction; the second goes on from the right one."""
    story(block)
    block.carry_access_list(lambda right: changing(right, FIRST, slot_key(COUNTED), b"\x07"))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario()
def wrong_value_that_agrees_with_itself(block: ToyBlockBuilder) -> None:
    """The list has the values that would come out if the first one were right: it is wrong from its first entry on."""
    story(block)

    def shifted(right: AccessList) -> AccessList:
        return changing(changing(right, FIRST, slot_key(COUNTED), b"\x14"), SECOND, slot_key(COUNTED), b"\x15")

    block.carry_access_list(shifted)
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario()
def value_called_absent(block: ToyBlockBuilder) -> None:
    """The list says that a slot is absent after the transaction that sets it."""
    story(block)
    block.carry_access_list(lambda right: changing(right, SECOND, slot_key(COUNTED), None))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario()
def value_with_a_leading_zero(block: ToyBlockBuilder) -> None:
    """The list has the right number in two bytes instead of one: that is another value."""
    story(block)
    block.carry_access_list(lambda right: changing(right, FIRST, slot_key(COUNTED), b"\x00\x08"))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H15 H72")
def balance_before_the_block(block: ToyBlockBuilder) -> None:
    """The list adds each fee to what the coinbase had before the block, and so forgets the first fee in the second."""
    block.account("coinbase")
    story(block)
    coinbase = balance_key(block.nobody("coinbase").address)

    def forgetful(right: AccessList) -> AccessList:
        first, second = (
            int.from_bytes(dict(right[place].changes)[coinbase] or b"", "big") for place in (FIRST, SECOND)
        )
        return changing(right, SECOND, coinbase, to_value(second - (first - WEALTH)))

    block.carry_access_list(forgetful)
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario(hazards="H68")
def change_at_the_wrong_step(block: ToyBlockBuilder) -> None:
    """The list has the second transaction's change of a slot at the first one, and none at the second."""
    story(block)

    def earlier(right: AccessList) -> AccessList:
        return not_changing(changing(right, FIRST, slot_key(COUNTED), b"\x09"), SECOND, slot_key(COUNTED))

    block.carry_access_list(earlier)
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H68")
def steps_exchanged(block: ToyBlockBuilder) -> None:
    """The list has the entries of two transactions in the wrong order."""
    story(block)
    block.carry_access_list(lambda right: (right[OPEN], right[SECOND], right[FIRST], right[CLOSE]))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H46 H68")
def withdrawal_at_the_wrong_step(block: ToyBlockBuilder) -> None:
    """The list has the withdrawal at the last transaction, and not at the end of the block."""
    story(block)
    stranger = balance_key(block.nobody("stranger").address)

    def earlier(right: AccessList) -> AccessList:
        return not_changing(changing(right, SECOND, stranger, b"\x09"), CLOSE, stranger)

    block.carry_access_list(earlier)
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=1)


@toy_scenario(hazards="H46 H68")
def withdrawal_left_out(block: ToyBlockBuilder) -> None:
    """The list leaves out the withdrawal: no transaction is at fault."""
    story(block)
    block.carry_access_list(lambda right: at(right, CLOSE, Entry((), ())))
    block.expect(Invalid.ACCESS_LIST_MISMATCH)


@toy_scenario(hazards="H46 H67")
def withdrawal_of_nothing_called_a_change(block: ToyBlockBuilder) -> None:
    """The list says that a withdrawal of zero changes a balance."""
    alice = block.account("alice")
    block.withdrawal(alice, 0)
    block.carry_access_list(lambda right: changing(right, CLOSE, balance_key(alice.address), to_value(WEALTH)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH)


@toy_scenario(hazards="H66")
def something_before_the_first_transaction(block: ToyBlockBuilder) -> None:
    """The list says that the opening step reads a slot: nothing happens there."""
    story(block)
    block.carry_access_list(lambda right: reading(right, OPEN, slot_key(HELD)))
    block.expect(Invalid.ACCESS_LIST_MISMATCH)


@toy_scenario()
def entry_left_out(block: ToyBlockBuilder) -> None:
    """The list ends before the closing step."""
    story(block)
    block.carry_access_list(lambda right: right[:CLOSE])
    block.expect(Invalid.ACCESS_LIST_MISMATCH)


@toy_scenario()
def entry_too_many(block: ToyBlockBuilder) -> None:
    """The list has an entry after the closing step."""
    story(block)
    block.carry_access_list(lambda right: (*right, Entry((), ())))
    block.expect(Invalid.ACCESS_LIST_MISMATCH)


@toy_scenario()
def list_without_entries(block: ToyBlockBuilder) -> None:
    """The list has no entries at all, which is not the same as no list."""
    story(block)
    block.carry_access_list(lambda right: ())
    block.expect(Invalid.ACCESS_LIST_MISMATCH)


@toy_scenario()
def first_of_two_wrong_entries(block: ToyBlockBuilder) -> None:
    """Two entries are wrong: the first one is named, by its transaction."""
    story(block)

    def twice_wrong(right: AccessList) -> AccessList:
        return reading(changing(right, SECOND, slot_key(COUNTED), b"\x01"), FIRST, slot_key(99))

    block.carry_access_list(twice_wrong)
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)


@toy_scenario(hazards="H58 H68")
def rejection_comes_before_the_list(block: ToyBlockBuilder) -> None:
    """The list is wrong at the first transaction, and the third one may not be in the block: that decides."""
    story(block)
    block.send(block.nobody("alice"), noop(), nonce=0)
    block.carry_access_list(lambda right: reading(right, FIRST, slot_key(99)))
    block.expect(Invalid.NONCE_TOO_LOW, transaction=2)


@toy_scenario(hazards="H44 H68")
def rejected_list_leaves_nothing(block: ToyBlockBuilder) -> None:
    """A block is rejected for its list only, after all of it was executed: the next one starts from before it."""
    alice = block.account("alice")
    block.send(alice, load(HELD), add(1), store(HELD), nonce=0)
    block.carry_access_list(lambda right: changing(right, FIRST, slot_key(HELD), b"\x02"))
    block.expect(Invalid.ACCESS_LIST_MISMATCH, transaction=0)
    block.next_block()
    block.send(alice, load(HELD), add(1), store(HELD), nonce=0)
    block.carry_access_list()
    block.expect_success()
    block.expect_slot(HELD, 1)


@toy_scenario(hazards="H57 H69")
def list_of_a_long_chain(block: ToyBlockBuilder) -> None:
    """The list makes sixteen transactions on one slot independent, since it has what each of them leaves."""
    for place in range(16):
        block.send(block.account(f"sender {chr(ord('a') + place)}"), load(HELD), add(place), store(HELD))
    block.carry_access_list()
    block.expect_success()
    block.expect_slot(HELD, sum(range(16)))
