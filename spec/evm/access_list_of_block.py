"""The block access list that follows from what a block did (EIP-7928)."""

# source: EIP-7928, Recording Semantics by Change Type

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from samestate.spec.access import StepAccess
from samestate.spec.evm.block_access_list import AccountAccess, BlockAccessList, SlotChanges
from samestate.spec.evm.keys import BALANCE, CODE, NONCE, SLOT
from samestate.spec.evm.rejections import Invalid
from samestate.spec.evm.world import add_to_value
from samestate.spec.machine import Key, Rejection, State, Value

GAS_PER_ITEM = 2000


@dataclass(slots=True)
class Gathered:
    """What is known so far of one account: changes as (index, value after the step)."""

    slots: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    slots_read: set[int] = field(default_factory=set)
    balances: list[tuple[int, int]] = field(default_factory=list)
    nonces: list[tuple[int, int]] = field(default_factory=list)
    codes: list[tuple[int, bytes]] = field(default_factory=list)


def block_access_list(before: State, steps: Sequence[StepAccess]) -> BlockAccessList:
    """Every account and slot that the steps accessed, and the values after each step that changed them."""
    accounts: dict[bytes, Gathered] = {}
    balances: dict[Key, Value] = {}

    def account(address: bytes) -> Gathered:
        return accounts.setdefault(address, Gathered())

    for access in steps:
        # rule: evm.access-list.index
        # source: EIP-7928, BlockAccessIndex Assignment
        index = access.step + 1
        for address in access.touches:
            # rule: evm.access-list.touched-account
            # source: EIP-7928, Scope and Inclusion
            account(address)
        for key in access.reads:
            if key[0] == SLOT:
                # rule: evm.access-list.slot-read
                account(key[1:21]).slots_read.add(int.from_bytes(key[21:], "big"))
            elif key[0] in (BALANCE, NONCE, CODE):
                account(key[1:21])
        for key, amount in access.credits.items():
            value = add_to_value(balances[key] if key in balances else before.get(key), amount)
            balances[key] = value
            # rule: evm.access-list.credit
            account(key[1:21]).balances.append((index, int.from_bytes(value or b"", "big")))
        for key, value in access.writes.items():
            _gather_write(account(key[1:21]), key, value, index)
            if key[0] == BALANCE:
                balances[key] = value
    return tuple(_finish(address, accounts[address]) for address in sorted(accounts))


def _gather_write(gathered: Gathered, key: Key, value: Value, index: int) -> None:
    after = value or b""
    if key[0] == SLOT:
        # rule: evm.access-list.slot-change
        gathered.slots.setdefault(int.from_bytes(key[21:], "big"), []).append((index, int.from_bytes(after, "big")))
    elif key[0] == BALANCE:
        # rule: evm.access-list.balance-change
        gathered.balances.append((index, int.from_bytes(after, "big")))
    elif key[0] == NONCE:
        # rule: evm.access-list.nonce-change
        gathered.nonces.append((index, int.from_bytes(after, "big")))
    elif key[0] == CODE:
        # rule: evm.access-list.code-change
        gathered.codes.append((index, after))


def _finish(address: bytes, gathered: Gathered) -> AccountAccess:
    return AccountAccess(
        address=address,
        storage_changes=tuple(SlotChanges(slot, tuple(changes)) for slot, changes in sorted(gathered.slots.items())),
        # rule: evm.access-list.changed-slot-is-no-read
        storage_reads=tuple(sorted(gathered.slots_read - gathered.slots.keys())),
        balance_changes=tuple(sorted(gathered.balances)),
        nonce_changes=tuple(gathered.nonces),
        code_changes=tuple(gathered.codes),
    )


def check_item_count(items: int, gas_limit: int) -> None:
    """A list may have one item, an address or a slot, for each 2000 gas of the block's limit."""
    if items > gas_limit // GAS_PER_ITEM:
        # rule: evm.access-list.too-many-items
        # source: EIP-7928, specification: at most gas limit // 2000 items
        raise Rejection(Invalid.ACCESS_LIST_TOO_LARGE, f"{items} items in a block of {gas_limit} gas")


def check_access_list(proposed: BlockAccessList, computed: BlockAccessList) -> None:
    """The list that came with a block is the one that its execution gives, whatever is wrong with it (EIP-7928)."""
    if proposed != computed:
        # rule: evm.block.access-list
        # source: EIP-7928, State Transition Function
        raise Rejection(Invalid.INVALID_BLOCK_ACCESS_LIST, first_difference(proposed, computed))


def first_difference(proposed: BlockAccessList, computed: BlockAccessList) -> str:
    """Where a proposed list first departs from the computed one, for people: account, slot, index and both values."""
    for given, right in zip_longest(proposed, computed):
        if given == right:
            continue
        if right is None or (given is not None and given.address < right.address):
            return f"account 0x{given.address.hex()} is too much"
        if given is None or given.address != right.address:
            return f"account 0x{right.address.hex()} is missing"
        return f"account 0x{right.address.hex()}: {difference_of_accounts(given, right)}"
    return "nothing differs"


def difference_of_accounts(given: AccountAccess, right: AccountAccess) -> str:
    """What first differs between two entries for one account."""
    for slot, changes, expected in _by_key(
        ((each.slot, each.changes) for each in given.storage_changes),
        ((each.slot, each.changes) for each in right.storage_changes),
    ):
        if changes is None or expected is None:
            return f"slot {slot:#x} is {'not ' if changes is None else ''}listed as changed"
        return f"slot {slot:#x}: {difference_of_changes(changes, expected)}"
    for slot, read, expected_read in _by_key(_keys(given.storage_reads), _keys(right.storage_reads)):
        if read is None or expected_read is None:
            return f"slot {slot:#x} is {'not ' if read is None else ''}listed as read"
        return f"slot {slot:#x} is listed as read twice"
    for name in ("balance", "nonce", "code"):
        changes, expected = getattr(given, f"{name}_changes"), getattr(right, f"{name}_changes")
        if changes != expected:
            return f"{name}: {difference_of_changes(changes, expected)}"
    return "the order differs"


def difference_of_changes(given: Changes, right: Changes) -> str:
    """What first differs between two lists of changes, each (index, value after the step)."""
    for index, value, expected in _by_key(given, right):
        if value is None:
            return f"the change at index {index} to {_shown(expected)} is missing"
        if expected is None:
            return f"the change at index {index} to {_shown(value)} is too much"
        if value == expected:
            return f"the change at index {index} is listed twice"
        return f"at index {index} it is {_shown(expected)}, not {_shown(value)}"
    return "the order of the changes differs"


Changes = Sequence[tuple[int, int]] | Sequence[tuple[int, bytes]]


def _keys(slots: Iterable[int]) -> Iterator[tuple[int, int]]:
    return ((slot, slot) for slot in slots)


def _by_key(given: Iterable[tuple[int, Any]], right: Iterable[tuple[int, Any]]) -> Iterator[tuple[int, Any, Any]]:
    """Where two lists differ, by key in order: what each has there, or None. A key that is given twice differs too."""
    listed = list(given)
    left, expected = dict(listed), dict(right)
    times = Counter(key for key, _ in listed)
    for key in sorted({*left, *expected}):
        if left.get(key) != expected.get(key) or times[key] > 1:
            yield key, left.get(key), expected.get(key)


def _shown(value: int | bytes) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
