"""A block of some variety, which comes with the right access list, or with one that is wrong in a single entry.

The block has everything that a list can say: slots read and changed, by two transactions one after the other; balances,
nonces and code that change; an account that is only touched; a withdrawal; the system calls before and after.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from samestate.conformance.scenarios.assembler import REVERT, add_to_slot, balance, call, code, deploying, load, store
from samestate.conformance.scenarios.block_builder import ETHER, BlockBuilder, NamedAccount
from samestate.conformance.scenarios.scenario import Story, scenario
from samestate.spec.evm import rlp
from samestate.spec.evm.block_access_list import (
    AccountAccess,
    BlockAccessList,
    SlotChanges,
    decode_access_list,
    encode_access_list,
)
from samestate.spec.evm.forks import AMSTERDAM, BPO2_ACCESS_LISTS
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.system_calls import BEACON_ROOTS, BLOCK_HASHES
from samestate.spec.evm.transfer_logs import SYSTEM_ADDRESS

FORKS: Final = (BPO2_ACCESS_LISTS, AMSTERDAM)
OF_THE_CLOSING: Final = 4
"""The index of what comes after the block's three transactions."""


@dataclass(frozen=True, slots=True)
class Told:
    """The block's accounts, and its right list."""

    sender: NamedAccount
    cell: NamedAccount
    shop: NamedAccount
    created: NamedAccount
    saver: NamedAccount
    right: BlockAccessList

    def entry(self, account: NamedAccount | bytes) -> AccountAccess:
        """The right entry of an account."""
        address = account if isinstance(account, bytes) else account.address
        return next(entry for entry in self.right if entry.address == address)

    def but(self, account: NamedAccount | bytes, **fields: Any) -> BlockAccessList:
        """The right list, but for fields of one account's entry."""
        wrong = self.entry(account)._replace(**fields)
        return tuple(wrong if entry.address == wrong.address else entry for entry in self.right)

    def without(self, account: NamedAccount | bytes) -> BlockAccessList:
        """The right list without an account."""
        address = account if isinstance(account, bytes) else account.address
        return tuple(entry for entry in self.right if entry.address != address)

    def having(self, entry: AccountAccess) -> BlockAccessList:
        """The right list with an account more, at its place."""
        return tuple(sorted((*self.right, entry)))


def tell(block: BlockBuilder) -> Callable[[bytes], Told]:
    """Describe the block. What is given back takes the right list apart."""
    alice, bob, saver = block.accounts(alice=ETHER, bob=ETHER, saver=1)
    shop = block.account("shop", balance=5)
    reverting = block.contract("reverting", code(store(3, 1), REVERT))
    cell = block.contract(
        "cell",
        code(add_to_slot(1, 1), store(2, load(0)), store(0, load(0)), balance(shop), "POP", call(reverting)),
        storage={0: 7, 1: 1},
    )
    block.call(alice, cell)
    block.call(bob, cell, value=3)
    created = block.create(alice, "created", deploying(bytes(1)))
    block.withdrawal(saver, gwei=1)
    return lambda right: Told(alice, cell, shop, created, saver, decode_access_list(right))


def wrong(
    hazards: str, code: Invalid = Invalid.INVALID_BLOCK_ACCESS_LIST, is_of_both: bool = False
) -> Callable[[Callable[..., Any]], Story]:
    """Make a scenario of what makes a wrong list out of the block that was told: a list, or its bytes.

    ``is_of_both``: under both rulesets that have lists, and not under Amsterdam alone.
    """

    def add(change: Callable[[Told], BlockAccessList | bytes]) -> Story:
        @functools.wraps(change)
        def story(block: BlockBuilder) -> None:
            take_apart = tell(block)

            def propose(right: bytes) -> bytes:
                proposed = change(take_apart(right))
                return proposed if isinstance(proposed, bytes) else encode_access_list(proposed)

            block.propose_access_list(propose)
            block.expect(code)

        return scenario(hazards=hazards, forks=FORKS if is_of_both else (AMSTERDAM,))(story)

    return add


@scenario(hazards="H66 H67 H68 H69 H74", forks=FORKS)
def none_is_wrong(block: BlockBuilder) -> None:
    """The block comes with its right list: changes, reads and touches of three transactions and the system calls."""
    tell(block)
    block.propose_access_list(lambda right: right)
    block.expect_success()


# What is left out


@wrong("H66")
def account_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out an account that was only touched."""
    return told.without(told.shop)


@wrong("H66")
def system_contract_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out the contract that the opening calls first."""
    return told.without(BEACON_ROOTS)


@wrong("H14 H66")
def coinbase_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out the changes of the coinbase's balance, which nobody has read."""
    coinbase = next(entry for entry in told.right if len(entry.balance_changes) == 3 and not entry.nonce_changes)
    return told.but(coinbase.address, balance_changes=())


@wrong("H66", is_of_both=True)
def read_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out a slot that was read, and written with the value that it had."""
    return told.but(told.cell, storage_reads=())


@wrong("H66 H70")
def read_of_a_reverted_frame_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out a slot that was written in a frame that reverted."""
    reverting = next(entry for entry in told.right if entry.storage_reads == (3,))
    return told.but(reverting.address, storage_reads=())


@wrong("H66", is_of_both=True)
def changed_slot_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out a slot that two transactions changed."""
    return told.but(told.cell, storage_changes=told.entry(told.cell).storage_changes[1:])


@wrong("H66")
def second_change_left_out(told: Told) -> BlockAccessList:
    """The proposed list has the first change of a slot, and not the second."""
    first, *others = told.entry(told.cell).storage_changes
    return told.but(told.cell, storage_changes=(first._replace(changes=first.changes[:1]), *others))


@wrong("H66")
def first_change_left_out(told: Told) -> BlockAccessList:
    """The proposed list has the second change of a slot, and not the first: its value before the block is no help."""
    first, *others = told.entry(told.cell).storage_changes
    return told.but(told.cell, storage_changes=(first._replace(changes=first.changes[1:]), *others))


@wrong("H15 H66")
def balance_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out what a contract was paid."""
    return told.but(told.cell, balance_changes=())


@wrong("H66")
def nonce_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out the nonce of a sender after its second transaction."""
    return told.but(told.sender, nonce_changes=told.entry(told.sender).nonce_changes[:1])


@wrong("H66")
def code_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out the code of a contract that was created."""
    return told.but(told.created, code_changes=())


@wrong("H66 H68")
def withdrawal_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out what a withdrawal paid."""
    return told.but(told.saver, balance_changes=())


@wrong("H66 H73")
def opening_change_left_out(told: Told) -> BlockAccessList:
    """The proposed list leaves out the slot that the opening has written with the hash of the parent."""
    return told.but(BLOCK_HASHES, storage_changes=())


# What is too much


@wrong("H67 H74", is_of_both=True)
def account_added(told: Told) -> BlockAccessList:
    """The proposed list has an account that nothing accessed, at its right place."""
    return told.having(AccountAccess(b"\x7f" * 20))


@wrong("H67", is_of_both=True)
def system_address_added(told: Told) -> BlockAccessList:
    """The proposed list has the address that calls the system contracts, which no transaction accessed."""
    return told.having(AccountAccess(SYSTEM_ADDRESS))


@wrong("H67")
def read_added(told: Told) -> BlockAccessList:
    """The proposed list has a slot among the reads that nothing has read."""
    return told.but(told.cell, storage_reads=(0, 9))


@wrong("H67")
def read_of_a_changed_slot_added(told: Told) -> BlockAccessList:
    """The proposed list has a slot among the changes, rightly, and among the reads as well."""
    return told.but(told.cell, storage_reads=(0, 1))


@wrong("H67")
def balance_that_did_not_change(told: Told) -> BlockAccessList:
    """The proposed list has a change of a balance to what it was before."""
    return told.but(told.shop, balance_changes=((1, 5),))


@wrong("H67")
def nonce_that_did_not_change(told: Told) -> BlockAccessList:
    """The proposed list has a change of a contract's nonce to what it was before."""
    return told.but(told.cell, nonce_changes=((1, 1),))


@wrong("H67")
def code_that_did_not_change(told: Told) -> BlockAccessList:
    """The proposed list has code for an account that has none."""
    return told.but(told.shop, code_changes=((1, b"\x00"),))


@wrong("H67", is_of_both=True)
def slot_that_did_not_change(told: Told) -> BlockAccessList:
    """The proposed list has a slot that was written with the value that it had among the changes."""
    changes = told.entry(told.cell).storage_changes
    return told.but(told.cell, storage_reads=(), storage_changes=(SlotChanges(0, ((1, 7),)), *changes))


@wrong("H67")
def change_that_came_once_more(told: Told) -> BlockAccessList:
    """The proposed list repeats the last value of a slot for a step that left it as it was."""
    first, *others = told.entry(told.cell).storage_changes
    again = (*first.changes, (3, first.changes[-1][1]))
    return told.but(told.cell, storage_changes=(first._replace(changes=again), *others))


# What is at the wrong index, or has another value


@wrong("H68")
def change_too_early(told: Told) -> BlockAccessList:
    """The proposed list has what the second transaction has paid at the index of the first."""
    ((_, value),) = told.entry(told.cell).balance_changes
    return told.but(told.cell, balance_changes=((1, value),))


@wrong("H68 H74")
def indices_from_zero(told: Told) -> BlockAccessList:
    """The proposed list counts transactions from zero, which is the index of the opening."""
    first, *others = told.entry(told.cell).storage_changes
    early = tuple((index - 1, value) for index, value in first.changes)
    return told.but(told.cell, storage_changes=(first._replace(changes=early), *others))


@wrong("H68", is_of_both=True)
def withdrawal_with_the_last_transaction(told: Told) -> BlockAccessList:
    """The proposed list has what a withdrawal paid at the index of the last transaction."""
    ((index, value),) = told.entry(told.saver).balance_changes
    if index != OF_THE_CLOSING:
        raise ValueError(f"the withdrawal is at {index}")
    return told.but(told.saver, balance_changes=((index - 1, value),))


@wrong("H68")
def withdrawal_after_the_end(told: Told) -> BlockAccessList:
    """The proposed list has what a withdrawal paid at an index of its own, after that of the closing."""
    ((index, value),) = told.entry(told.saver).balance_changes
    return told.but(told.saver, balance_changes=((index + 1, value),))


@wrong("H67 H72", is_of_both=True)
def other_value_of_a_slot(told: Told) -> BlockAccessList:
    """The proposed list has a slot's first change with the value of the second."""
    first, *others = told.entry(told.cell).storage_changes
    (index, _), second = first.changes
    return told.but(told.cell, storage_changes=(first._replace(changes=((index, second[1]), second)), *others))


@wrong("H67 H72")
def other_balance(told: Told) -> BlockAccessList:
    """The proposed list has a balance that is a wei too high."""
    ((index, value),) = told.entry(told.cell).balance_changes
    return told.but(told.cell, balance_changes=((index, value + 1),))


@wrong("H67")
def other_nonce(told: Told) -> BlockAccessList:
    """The proposed list has the nonce of a new contract as zero."""
    ((index, _),) = told.entry(told.created).nonce_changes
    return told.but(told.created, nonce_changes=((index, 0),))


@wrong("H67 H77")
def other_code(told: Told) -> BlockAccessList:
    """The proposed list has the code of a new contract with a byte more."""
    ((index, deployed),) = told.entry(told.created).code_changes
    return told.but(told.created, code_changes=((index, deployed + b"\x00"),))


# What is in another order, or in another form


@wrong("H67")
def slots_out_of_order(told: Told) -> BlockAccessList:
    """The proposed list has the changed slots of an account in another order."""
    return told.but(told.cell, storage_changes=told.entry(told.cell).storage_changes[::-1])


@wrong("H67")
def changes_out_of_order(told: Told) -> BlockAccessList:
    """The proposed list has the two changes of a slot in another order."""
    first, *others = told.entry(told.cell).storage_changes
    return told.but(told.cell, storage_changes=(first._replace(changes=first.changes[::-1]), *others))


@wrong("H67")
def read_twice(told: Told) -> BlockAccessList:
    """The proposed list has a slot among the reads twice."""
    return told.but(told.cell, storage_reads=(0, 0))


@wrong("H67")
def slot_without_a_change(told: Told) -> BlockAccessList:
    """The proposed list has a changed slot, and no change of it."""
    first, *others = told.entry(told.cell).storage_changes
    return told.but(told.cell, storage_changes=(first._replace(changes=()), *others))


@wrong("H67", Invalid.MALFORMED_ACCESS_LIST, is_of_both=True)
def accounts_out_of_order(told: Told) -> BlockAccessList:
    """The proposed list has its first two accounts in another order."""
    first, second, *others = told.right
    return (second, first, *others)


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def account_split_in_two(told: Told) -> BlockAccessList:
    """The proposed list has what an account read and what it changed in two entries, one after the other."""
    entry = told.entry(told.cell)
    place = told.right.index(entry)
    parts = (entry._replace(storage_reads=()), AccountAccess(entry.address, storage_reads=entry.storage_reads))
    return (*told.right[:place], *parts, *told.right[place + 1 :])


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def index_of_33_bits(told: Told) -> BlockAccessList:
    """The proposed list has a change at index 2^32, which fits no index."""
    return told.but(told.shop, balance_changes=((2**32, 6),))


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def value_of_257_bits(told: Told) -> BlockAccessList:
    """The proposed list has a balance of 2^256, which fits no word."""
    return told.but(told.shop, balance_changes=((1, 2**256),))


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def nonce_of_65_bits(told: Told) -> BlockAccessList:
    """The proposed list has a nonce of 2^64, which fits no nonce."""
    return told.but(told.created, nonce_changes=((3, 2**64),))


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def entry_of_seven_fields(told: Told) -> bytes:
    """An account in the proposed list has a seventh field."""
    items = rlp.to_list(rlp.decode(encode_access_list(told.right)), "the right list")
    first = rlp.to_list(items[0], "an account")
    return rlp.encode([[*first, b""], *items[1:]])


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def slot_with_zeros_in_front(told: Told) -> bytes:
    """A slot in the proposed list is written in 32 bytes: numbers have no leading zeros there."""
    items = rlp.to_list(rlp.decode(encode_access_list(told.right)), "the right list")
    place = told.right.index(told.entry(told.cell))
    entry = rlp.to_list(items[place], "an account")
    entry = [*entry[:2], [bytes(31) + b"\x01"], *entry[3:]]
    return rlp.encode([*items[:place], entry, *items[place + 1 :]])


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def byte_behind_the_list(told: Told) -> bytes:
    """A byte follows behind the proposed list."""
    return encode_access_list(told.right) + b"\x00"


@wrong("H65", Invalid.MALFORMED_ACCESS_LIST)
def bytes_for_a_list(told: Told) -> bytes:
    """In the place of a list there is a string of bytes with the list in it."""
    return rlp.encode(encode_access_list(told.right))


# Lists of other blocks


@wrong("H74")
def list_of_nothing(told: Told) -> BlockAccessList:
    """The proposed list is empty, as of a block in which nothing at all happens."""
    return ()


@wrong("H74")
def list_without_transactions(told: Told) -> BlockAccessList:
    """The proposed list is that of the system calls alone."""
    return tuple(entry for entry in told.right if entry.address not in {told.sender.address, told.cell.address})


@scenario(hazards="H74", forks=FORKS)
def list_of_the_block_before(block: BlockBuilder) -> None:
    """The second block comes with the right list of the first, which had the same transactions."""
    lists: list[bytes] = []

    def keep(right: bytes) -> bytes:
        lists.append(right)
        return right

    tell(block)
    block.propose_access_list(keep)
    block.expect_success()
    block.next_block()
    alice, bob = block.nobody("alice"), block.nobody("bob")
    block.call(alice, block.nobody("cell"))
    block.call(bob, block.nobody("cell"), value=3)
    block.create(alice, "created later", deploying(bytes(1)))
    block.withdrawal(block.nobody("saver"), gwei=1)
    block.propose_access_list(lambda right: lists[0])
    block.expect(Invalid.INVALID_BLOCK_ACCESS_LIST)


@scenario(hazards="H44 H74 H75", forks=FORKS)
def right_lists_one_after_the_other(block: BlockBuilder) -> None:
    """Two blocks with the same transactions come each with its own list: what changes is not the same."""
    tell(block)
    block.propose_access_list(lambda right: right)
    block.expect_success()
    block.next_block()
    alice, bob = block.nobody("alice"), block.nobody("bob")
    block.call(alice, block.nobody("cell"))
    block.call(bob, block.nobody("cell"), value=3)
    block.create(alice, "created later", deploying(bytes(1)))
    block.withdrawal(block.nobody("saver"), gwei=1)
    block.propose_access_list(lambda right: right)
    block.expect_success()
