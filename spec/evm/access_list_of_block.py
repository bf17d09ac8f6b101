"""The block access list that follows from what a block did (EIP-7928)."""

# source: EIP-7928, Recording Semantics by Change Type

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from samestate.spec.access import StepAccess
from samestate.spec.evm.block_access_list import AccountAccess, BlockAccessList, SlotChanges
from samestate.spec.evm.keys import BALANCE, CODE, EMPTY_ACCOUNT, NONCE, SLOT
from samestate.spec.evm.rejections import Invalid
from samestate.spec.machine import Key, Rejection, State, Value

GAS_PER_ITEM = 2000


def number(value: Value) -> int:
    """The number in a value; what is absent is zero."""
    return int.from_bytes(value, "big") if value else 0


class Gathered:
    """What is known so far, by address: every account that is listed, and of those that have any, changes and reads.

    Changes are (index, value after the step).
    """

    __slots__ = ("balances", "codes", "listed", "nonces", "slots", "slots_read")

    def __init__(self) -> None:
        self.listed: set[bytes] = set()
        self.balances: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        self.nonces: dict[bytes, list[tuple[int, int]]] = defaultdict(list)
        self.codes: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
        self.slots: dict[bytes, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
        self.slots_read: dict[bytes, set[int]] = defaultdict(set)

    def read(self, keys: Iterable[Key]) -> None:
        """A step has observed the values of these keys."""
        # rule: evm.access-list.account-read
        self.listed.update([key[1:21] for key in keys if key[0] != EMPTY_ACCOUNT])
        for key in keys:
            if key[0] == SLOT:
                # rule: evm.access-list.slot-read
                self.slots_read[key[1:21]].add(int.from_bytes(key[21:], "big"))

    def write(self, changes: Mapping[Key, Value], index: int) -> None:
        """A step has given these keys other values."""
        self.listed.update([key[1:21] for key in changes])
        for key, value in changes.items():
            kind = key[0]
            if kind == BALANCE:
                # rule: evm.access-list.balance-change
                self.balances[key[1:]].append((index, number(value)))
            elif kind == SLOT:
                # rule: evm.access-list.slot-change
                slots = self.slots[key[1:21]]
                slots[int.from_bytes(key[21:], "big")].append((index, number(value)))
            elif kind == NONCE:
                # rule: evm.access-list.nonce-change
                self.nonces[key[1:]].append((index, number(value)))
            elif kind == CODE:
                # rule: evm.access-list.code-change
                self.codes[key[1:]].append((index, value or b""))

    def account(self, address: bytes) -> AccountAccess:
        """The entry of one account."""
        changed: tuple[SlotChanges, ...] = ()
        read: tuple[int, ...] = ()
        if address in self.slots:
            changed = tuple([SlotChanges(slot, tuple(found)) for slot, found in sorted(self.slots[address].items())])
        if address in self.slots_read:
            # rule: evm.access-list.changed-slot-is-no-read
            read = tuple(sorted(self.slots_read[address].difference(self.slots.get(address, ()))))
        return AccountAccess(
            address,
            changed,
            read,
            tuple(sorted(self.balances.get(address, ()))),
            tuple(self.nonces.get(address, ())),
            tuple(self.codes.get(address, ())),
        )


def block_access_list(before: State, steps: Sequence[StepAccess]) -> BlockAccessList:
    """Every account and slot that the steps accessed, and the values after each step that changed them."""
    gathered = Gathered()
    balances: dict[Key, int] = {}
    for access in steps:
        # rule: evm.access-list.index
        # source: EIP-7928, BlockAccessIndex Assignment
        index = access.step + 1
        # rule: evm.access-list.touched-account
        # source: EIP-7928, Scope and Inclusion
        gathered.listed.update(access.touches)
        gathered.read(access.reads)
        for key, amount in access.credits.items():
            if key not in balances:
                balances[key] = number(before.get(key))
            balances[key] += amount
            # rule: evm.access-list.credit
            gathered.balances[key[1:]].append((index, balances[key]))
        gathered.listed.update([key[1:] for key in access.credits])
        gathered.write(access.writes, index)
        for key, value in access.writes.items():
            if key[0] == BALANCE:
                balances[key] = number(value)
    return tuple([gathered.account(address) for address in sorted(gathered.listed)])


def check_item_count(items: int, gas_limit: int) -> None:
    """A list may have one item, an address or a slot, for each 2000 gas of the block's limit."""
    if items > gas_limit // GAS_PER_ITEM:
        # rule: evm.access-list.too-many-items
        # source: EIP-7928, Block Access List Size Constraint
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
